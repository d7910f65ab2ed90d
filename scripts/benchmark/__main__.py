"""Time the snippets, the site or the tests: `scripts/bench`, on a quiet machine.

Writes docs/results/<name>.json and says where an aim is missed. It is no experiment
and no test: no check runs it again, for another machine or hour gives other times. But
the result counts as stale when the program that measures has changed.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any

from tqdm import tqdm

from scripts.results import BENCHMARK, ResultError, dump, result_path, source, write

# What can be timed: the word, the result, the module that measures, the data.
WHAT = {
    "layers": (BENCHMARK, "measure", "Gaussian random numbers"),
    "costs": ("costs", "costs", "Gaussian random numbers"),
    "site": ("site_speed", "site_speed", "this repository"),
    "frames": ("frames", "frames", "the interactive figures"),
    "lighthouse": ("lighthouse", "lighthouse", "every page, both languages"),
    "suite": ("suite", "suite", "all tests"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Time the snippets, the site or the tests."
    )
    parser.add_argument("what", nargs="?", choices=WHAT, default="layers")
    name, module, data = WHAT[parser.parse_args(arguments).what]
    program = import_module(f"scripts.benchmark.{module}")
    digest = source(name)  # before the run: an edit meanwhile makes it stale
    start = time.perf_counter()
    with tqdm(disable=not sys.stderr.isatty(), leave=False) as bar:

        def done(words: str) -> None:
            bar.set_postfix_str(words)
            bar.update()

        measured = program.run(done)
    about = {
        "data": data,
        "seconds": round(time.perf_counter() - start, 1),
        "seeds": [0],
        "source": digest,
        "torch": version("torch").split("+")[0],
    }
    write(result_path(name), dump({**measured, "about": about}))
    for words in layers(measured) if name == BENCHMARK else program.report(measured):
        print(words)
    for words in program.missed(measured):
        print(f"missed: {words}")
    print(f"{about['seconds']} s")
    return 0


def layers(measured: dict[str, Any]) -> Iterator[str]:
    """Say how the layers did, a line each."""
    aims = measured["aims"]
    yield f"{'times as long as its twin':24}" + "".join(f"{mode:>14}" for mode in aims)
    for name, one in measured["layers"].items():
        ranges = [f"{one[mode]['min']:.2f}..{one[mode]['max']:.2f}" for mode in aims]
        yield f"{name:25}" + "".join(f"{text:>14}" for text in ranges)
    deep = measured["deep_net"]
    gain = deep["gain"]["median"]
    yield f"{deep['layers']} layers folded run {gain:.2f} times as fast"
    for name, time_ms in deep.items():
        if isinstance(time_ms, dict) and name != "gain":
            yield f"{name}: {time_ms['median']:.1f} ms"
    yield f"load at the start {measured['machine']['load']:.1f}"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ResultError as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit("stopped")
