"""Time the snippets against torch.nn: `scripts/bench`, on a quiet machine.

Writes docs/results/benchmark.json and says where an aim is missed. It is no experiment
and no test: no check runs it again, for another machine or hour gives other times. But
the result counts as stale when a snippet that it times, or this folder, has changed.
"""

import argparse
import sys
import time
from collections.abc import Sequence

import torch
from tqdm import tqdm

from scripts.benchmark.layers import LAYERS
from scripts.benchmark.measure import AIMS, COSTS, missed, run
from scripts.results import BENCHMARK, ResultError, dump, result_path, source, write

DATA = "Gaussian random numbers"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write, print."""
    argparse.ArgumentParser(
        prog="scripts/bench", description="Time the snippets against torch.nn."
    ).parse_args(arguments)
    digest = source(BENCHMARK)  # before the run: an edit meanwhile makes it stale
    start = time.perf_counter()
    shown = sys.stderr.isatty()
    with tqdm(total=len(LAYERS) + 1, disable=not shown, leave=False) as bar:

        def done(name: str) -> None:
            bar.set_postfix_str(name)
            bar.update()

        measured = run(done)
    about = {
        "data": DATA,
        "seconds": round(time.perf_counter() - start, 1),
        "seeds": [0],
        "source": digest,
        "torch": torch.__version__.split("+")[0],
    }
    write(result_path(BENCHMARK), dump({**measured, "about": about}))

    print(f"{'times as long as its twin':24}" + "".join(f"{mode:>14}" for mode in AIMS))
    for name, one in measured["layers"].items():
        ranges = [f"{one[mode]['min']:.2f}..{one[mode]['max']:.2f}" for mode in AIMS]
        print(f"{name:25}" + "".join(f"{text:>14}" for text in ranges))
    deep = measured["deep_net"]
    print(
        f"{deep['layers']} layers folded run {deep['gain']['median']:.2f} times as fast"
    )
    for name in COSTS:
        print(f"{name}: {deep[name]['median']:.1f} ms")
    for words in missed(measured):
        print(f"missed: {words}")
    print(f"{about['seconds']} s; load at the start {measured['machine']['load']:.1f}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ResultError as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit("stopped")
