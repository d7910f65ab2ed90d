"""Time two programs side by side, so that load on the machine hits both alike.

Blocks of calls alternate, and which of the two goes first alternates too. A ratio is
that of two neighbouring blocks; what counts is the median, min and max show the noise.
The clock counts the processor's time: with one thread the time that passes, less what
other programs take.
"""

import statistics
import time
from collections.abc import Callable, Sequence

Call = Callable[[], object]
Clock = Callable[[], float]
Spread = dict[str, float]

ROUNDS = 11
BLOCK = 0.003  # seconds that a block lasts at least, so that the clock is fine enough


def spread(values: Sequence[float]) -> Spread:
    """Median, minimum and maximum."""
    return {
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
    }


def seconds(call: Call, number: int, clock: Clock) -> float:
    """Time a block of calls; return seconds per call."""
    start = clock()
    for _ in range(number):
        call()
    return (clock() - start) / number


def enough(call: Call, least: float, clock: Clock) -> int:
    """Return how many calls last at least so many seconds, having warmed up."""
    number = 1
    while (once := seconds(call, number, clock)) * number < least:
        number = max(2 * number, int(least / once) if once > 0 else 0)
    return number


def paired(
    ours: Call,
    theirs: Call,
    rounds: int = ROUNDS,
    least: float = BLOCK,
    clock: Clock = time.process_time,
) -> dict[str, Spread]:
    """Milliseconds per call of both, and how many times as long ours takes."""
    calls = (ours, theirs)
    numbers = [enough(call, least, clock) for call in calls]
    blocks: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds):
        for which in (0, 1) if turn % 2 == 0 else (1, 0):
            blocks[which].append(1000 * seconds(calls[which], numbers[which], clock))
    ratios = [one / other for one, other in zip(*blocks, strict=True)]
    return {
        "ours": spread(blocks[0]),
        "theirs": spread(blocks[1]),
        "ratio": spread(ratios),
    }


def alone(
    call: Call,
    rounds: int = ROUNDS,
    least: float = BLOCK,
    clock: Clock = time.process_time,
) -> Spread:
    """Milliseconds per call of a program that has no twin."""
    number = enough(call, least, clock)
    return spread([1000 * seconds(call, number, clock) for _ in range(rounds)])
