"""Run the experiments: `python -m scripts.experiments [NAME…] [--all] [--check]`.

Each writes docs/results/<name>.json. Without options only stale ones run. Two run side
by side, one thread each. `--check` runs all (or the named) again, compares with the
committed files and writes nothing. `--data FOLDER` runs those that train on digits on
the IDX files of a folder instead (MNIST, Fashion-MNIST), says what holds there and what
was measured, and writes nothing either.

An experiment is a file in this folder (what several share is in parts/). It sets
DATA, SEEDS and TOLERANCE and defines run(seeds) and check(result), which says in a
sentence each thing that a page claims, and whether it holds. TOLERANCE gives, for
patterns of keys, (relative, absolute): either suffices, the last pattern that fits
counts, and None means not compared.
"""

import argparse
import math
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from scripts.experiments.parts.measure import (
    Outcome,
    measure,
    measure_on,
    medians,
    takes_data,
)
from scripts.results import (
    ResultError,
    dump,
    load,
    names,
    result_path,
    why_stale,
    write,
)


def run_all(chosen: list[str], compare: bool) -> Iterator[tuple[str, Outcome]]:
    """Run side by side, two processes of one thread each, with a progress bar."""
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
    shown = sys.stderr.isatty()
    pool = ProcessPoolExecutor(2, mp_context=get_context("spawn"))
    try:
        waiting: dict[Future[Outcome], str] = {
            pool.submit(measure, name, compare): name
            for name in sorted(chosen, key=_seconds, reverse=True)  # longest first
        }
        with tqdm(
            total=len(chosen), unit="experiment", disable=not shown, leave=False
        ) as bar:
            while waiting:
                bar.set_postfix_str(", ".join(list(waiting.values())[:2]))
                done = wait(waiting, 0.5, FIRST_COMPLETED).done
                for future in done:
                    name = waiting.pop(future)
                    outcome = _outcome(name, future)
                    bar.update()
                    if not shown:
                        print(
                            f"{name}: {outcome.seconds} s", file=sys.stderr, flush=True
                        )
                    yield name, outcome
    except BrokenProcessPool:
        raise ResultError("an experiment's process was killed (memory?)") from None
    finally:
        pool.shutdown(cancel_futures=True)


def _seconds(name: str) -> float:
    try:
        return load(name)["about"]["seconds"]
    except ResultError:
        return math.inf


def _outcome(name: str, future: Future[Outcome]) -> Outcome:
    try:
        return future.result()
    except BrokenProcessPool:
        raise
    except Exception as error:  # the others go on
        lines = "".join(traceback.format_exception(error)).rstrip()
        return Outcome({}, {}, [f"{name} failed:\n{lines}"])


def on_other_data(chosen: list[str], folder: Path) -> int:
    """Run on a folder of IDX files and print everything; 0 where all could run."""
    for name in chosen:
        print(f"{name}: running …", file=sys.stderr, flush=True)
        outcome = measure_on(name, folder)
        print(f"{name}, {outcome.seconds} s, on {outcome.result['about']['data']}")
        for claim, holds in outcome.claims.items():
            print(f"  {'holds' if holds else 'NOT SO'}: {claim}")
        rows = list(medians(outcome.result))
        width = max(len(key) for key, _ in rows)
        for key, value in rows:
            print(f"  {key:{width}}  {value}")
    print("Nothing was written: the pages quote the embedded digits.")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Choose, run, write or compare, and print a table."""
    known = names()
    parser = argparse.ArgumentParser(
        prog="python -m scripts.experiments", description="Run the experiments."
    )
    parser.add_argument("name", nargs="*", help="default: all that are stale")
    parser.add_argument("--all", action="store_true", help="also those not stale")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="run on the IDX files in FOLDER (MNIST and the like), write nothing",
    )
    parser.add_argument(
        "--check", action="store_true", help="run again, compare, write nothing"
    )
    options = parser.parse_args(arguments)
    for name in options.name:
        if name not in known:
            parser.error(f"no experiment {name!r}; there are: {', '.join(known)}")
    if options.data:
        if not options.name or options.all or options.check:
            parser.error("--data needs the names of experiments and no other option")
        for name in options.name:
            if not takes_data(name):
                able = ", ".join(one for one in known if takes_data(one))
                parser.error(f"{name} does not take --data; these do: {able}")
        return on_other_data(options.name, options.data)
    chosen: list[str] = options.name or [
        name for name in known if options.all or options.check or why_stale(name)
    ]
    if not chosen:
        print(f"All {len(known)} results are up to date.")
        return 0

    problems: list[str] = []
    rows: list[tuple[str, str, str]] = [("experiment", "seconds", "claims held")]
    for name, outcome in run_all(chosen, options.check):
        problems += outcome.problems
        held = f"{sum(outcome.claims.values())} of {len(outcome.claims)}"
        rows.append((name, str(outcome.seconds), held))
        if not options.check and not outcome.problems:
            write(result_path(name), dump(outcome.result))
    width = max(len(name) for name in known)
    for name, seconds, held in rows:
        print(f"{name:{width}}  {seconds:>7}  {held:>11}")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ResultError as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit("stopped")
