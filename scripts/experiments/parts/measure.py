"""Run one experiment, see whether its claims hold and what has moved."""

import importlib
import inspect
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Protocol, cast

from scripts.results import ResultError, dump, load, source, why_stale

Tolerance = dict[str, tuple[float, float] | None]


class Experiment(Protocol):
    """What a file in scripts/experiments/ provides."""

    DATA: str
    SEEDS: Sequence[int]
    TOLERANCE: Tolerance

    def run(self, seeds: Sequence[int]) -> dict[str, Any]:
        """Measure."""
        ...

    def check(self, result: dict[str, Any]) -> dict[str, bool]:
        """Sentence by sentence what the pages claim, and whether it holds."""
        ...


@dataclass
class Outcome:
    """One run: what it measured and what is wrong with it."""

    result: dict[str, Any]
    claims: dict[str, bool]
    problems: list[str]

    @property
    def seconds(self) -> float:
        """How long it ran; 0 when it failed."""
        return self.result["about"]["seconds"] if self.result else 0


def takes_data(name: str) -> bool:
    """Whether an experiment can be run on other images than its own."""
    module = importlib.import_module(f"scripts.experiments.{name}")
    return "data" in inspect.signature(module.run).parameters


def measure_on(name: str, folder: Path) -> Outcome:
    """Run one experiment on the IDX files of a folder; what does not hold is no fault.

    Nothing is written: the pages quote what was measured on the embedded digits.
    """
    import torch  # noqa: PLC0415

    from scripts.experiments.parts.idx import idx_digits  # noqa: PLC0415

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    module = importlib.import_module(f"scripts.experiments.{name}")
    data = idx_digits(folder)
    start = time.perf_counter()
    result = module.run(module.SEEDS, data)
    images = (
        f"{folder}: {data.train_y.numel()} images for training, {data.test_y.numel()} "
        f"for test, {data.train_x.size(0)} pixels"
    )
    about = {"data": images, "seconds": round(time.perf_counter() - start, 1)}
    return Outcome({**result, "about": about}, module.check(result), [])


def medians(result: dict[str, Any], key: str = "") -> Iterator[tuple[str, str]]:
    """Name each median with its range, and each single number; no curves."""
    if "median" in result and not isinstance(result["median"], list):
        yield key, "{median:.4g} [{min:.4g} .. {max:.4g}]".format(**result)
        return
    for part, value in result.items():
        name = f"{key}.{part}".lstrip(".")
        if isinstance(value, dict) and part not in {"about", "curve"}:
            yield from medians(cast("dict[str, Any]", value), name)
        elif isinstance(value, int | float):
            yield name, f"{value:.4g}"


def measure(name: str, compare: bool) -> Outcome:
    """Run one experiment, in a process of its own; see what it proves or changes."""
    import torch  # noqa: PLC0415  (slow: only where something runs)

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    module = importlib.import_module(f"scripts.experiments.{name}")
    experiment = cast("Experiment", cast("object", module))
    digest = source(name)  # before the run: an edit meanwhile makes the result stale
    start = time.perf_counter()
    measured = experiment.run(experiment.SEEDS)
    about = {
        "data": experiment.DATA,
        "seconds": round(time.perf_counter() - start, 1),
        "seeds": list(experiment.SEEDS),
        "source": digest,
        "torch": torch.__version__.split("+")[0],
    }
    # What is checked is what is written: rounded.
    result = json.loads(dump({**measured, "about": about}))
    claims = experiment.check(result)
    problems = [
        f"{name}: not so: {claim}" for claim, holds in claims.items() if not holds
    ]
    if not claims:
        problems.append(f"{name}: check() claims nothing")
    if compare:
        problems += compared(name, result, experiment)
    return Outcome(result, claims, problems)


def compared(name: str, result: dict[str, Any], experiment: Experiment) -> list[str]:
    """Say where the committed file differs from what was measured now."""
    shown = f"docs/results/{name}.json"
    try:
        committed = load(name)
    except ResultError as error:
        return [str(error)]
    problems: list[str] = []
    if why := why_stale(name):
        problems.append(why)
    held = experiment.check(committed)
    problems += [
        f"{shown}: not so: {claim}" for claim, holds in held.items() if not holds
    ]
    old = {key: value for key, value in committed.items() if key != "about"}
    new = {key: value for key, value in result.items() if key != "about"}
    problems += [
        f"{shown}: {one}" for one in differences(old, new, experiment.TOLERANCE)
    ]
    return problems


def differences(
    old: Any,
    new: Any,
    tolerance: Tolerance,
    key: str = "",
) -> Iterator[str]:
    """Name each key that is missing, new or outside its tolerance."""
    inner = f"{key}." if key else ""
    if isinstance(old, dict) and isinstance(new, dict):
        old, new = cast("dict[str, Any]", old), cast("dict[str, Any]", new)
        for part in sorted(old.keys() | new.keys()):
            if part not in old or part not in new:
                yield f"{inner}{part} is only {'measured' if part in new else 'there'}"
            else:
                yield from differences(old[part], new[part], tolerance, inner + part)
    elif isinstance(old, list) and isinstance(new, list):
        old, new = cast("list[Any]", old), cast("list[Any]", new)
        if len(old) != len(new):
            yield f"{key} has {len(old)} values, measured {len(new)}"
        else:
            for index, pair in enumerate(zip(old, new, strict=True)):
                yield from differences(*pair, tolerance, f"{inner}{index}")
    else:
        fitting = [limit for one, limit in tolerance.items() if fnmatchcase(key, one)]
        limit = fitting[-1] if fitting else (0.0, 0.0)
        if limit is not None and not _close(old, new, *limit):
            yield f"{key} is {old}, measured {new} (allowed: {_shown(limit)})"


def _close(old: Any, new: Any, relative: float, absolute: float) -> bool:
    if type(old) in {int, float} and type(new) in {int, float}:
        largest = max(abs(old), abs(new))
        return abs(old - new) <= max(relative * largest, absolute)
    return type(old) is type(new) and old == new


def _shown(limit: tuple[float, float]) -> str:
    return f"{100 * limit[0]:g} % or {limit[1]:g}"
