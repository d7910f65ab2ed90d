"""The colours, in one place: figures and the site's style sheet use the same names.

Light scheme on #fffefb, dark scheme on #16181d. Every colour is readable as text
(contrast 4.5 or more); the five of the methods stay apart for colour-blind readers.
"""

LIGHT = {
    "ink": "#23262b",
    "ink-2": "#5c6068",  # axes, ticks, what is only a baseline
    "plain": "#b35300",  # a network without normalization or dropout
    "batch": "#1075b1",
    "layer": "#0c5f42",
    "group": "#6a3bd2",
    "dropout": "#b0104f",
}
DARK = {
    "ink": "#dcdfe4",
    "ink-2": "#a3a9b4",
    "plain": "#f09541",
    "batch": "#65b0fd",
    "layer": "#45e3a8",
    "group": "#b067f7",
    "dropout": "#f9458a",
}
# Series differ by their dashes too: lengths of line and gap.
DASHES = {
    "plain": (5, 1.8),
    "batch": (),
    "layer": (7, 1.8, 1.5, 1.8),
    "group": (1.5, 1.5),
    "dropout": (9, 2.5),
    "ink-2": (2, 2.5),
}


def css() -> str:
    """Return the colours as CSS variables of both schemes."""

    def declare(scheme: dict[str, str]) -> str:
        return ";".join(f"--{name}:{colour}" for name, colour in scheme.items())

    return (
        f":root{{{declare(LIGHT)}}}"
        f"@media(prefers-color-scheme:dark){{:root{{{declare(DARK)}}}}}"
    )
