"""Pairing, with a clock that only the timed programs move: no real time is compared."""

from collections.abc import Callable

import pytest

from scripts.benchmark.pairing import alone, enough, paired, seconds, spread


class Machine:
    """A clock, and programs that take a given time on it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.load = 1.0
        self.log: list[str] = []

    def clock(self) -> float:
        return self.now

    def program(self, name: str, cost: float) -> Callable[[], None]:
        def call() -> None:
            self.log.append(name)
            self.now += cost * self.load

        return call

    def runs(self) -> list[tuple[str, int]]:
        """Blocks: who ran, and how many times in a row."""
        found: list[tuple[str, int]] = []
        for name in self.log:
            if found and found[-1][0] == name:
                found[-1] = name, found[-1][1] + 1
            else:
                found.append((name, 1))
        return found


def test_spread_is_median_and_range() -> None:
    assert spread([3, 1, 9]) == {"median": 3, "min": 1, "max": 9}
    assert spread([4, 1, 2, 9]) == {"median": 3, "min": 1, "max": 9}


def test_a_block_is_divided_by_its_calls() -> None:
    machine = Machine()
    assert seconds(machine.program("a", 0.5), 4, machine.clock) == 0.5
    assert len(machine.log) == 4


@pytest.mark.parametrize(("cost", "least"), [(0.25, 4), (1.0, 1), (8.0, 1), (0.3, 1)])
def test_enough_calls_to_fill_a_block_and_not_many_more(
    cost: float, least: float
) -> None:
    machine = Machine()
    number = enough(machine.program("a", cost), least, machine.clock)
    assert number * cost >= least
    assert number == 1 or number * cost <= 2.5 * max(least, cost)


def test_a_clock_that_is_too_coarse_for_one_call_still_fills_a_block() -> None:
    machine = Machine()
    number = enough(machine.program("a", 0.125), 1, lambda: float(int(machine.now)))
    assert number >= 8


def test_a_program_three_times_as_slow_is_reported_as_such() -> None:
    machine = Machine()
    slow, fast = machine.program("slow", 0.75), machine.program("fast", 0.25)
    found = paired(slow, fast, rounds=5, least=1, clock=machine.clock)
    assert found["ratio"] == {"median": 3, "min": 3, "max": 3}
    assert found["ours"] == {"median": 750, "min": 750, "max": 750}
    assert found["theirs"]["median"] == 250
    swapped = paired(fast, slow, rounds=5, least=1, clock=machine.clock)
    assert swapped["ratio"]["median"] == pytest.approx(1 / 3)


def test_a_program_that_calls_its_twin_twice_is_twice_as_slow() -> None:
    machine = Machine()
    fast = machine.program("fast", 0.5)

    def slow() -> None:
        fast()
        fast()

    found = paired(slow, fast, rounds=3, least=1, clock=machine.clock)
    assert found["ratio"]["median"] == 2


def test_blocks_alternate_and_so_does_who_is_first() -> None:
    machine = Machine()
    pair = machine.program("a", 1.0), machine.program("b", 1.0)
    paired(*pair, rounds=4, least=1, clock=machine.clock)
    assert "".join(machine.log) == "ab" + "ab" + "ba" + "ab" + "ba"  # first: warm up


def test_load_hits_both_and_leaves_the_ratio() -> None:
    machine = Machine()
    slow, fast = machine.program("slow", 2.0), machine.program("fast", 1.0)

    def loaded() -> None:  # the machine slows down tenfold after the third round
        machine.load = 10.0 if len(machine.log) >= 8 else 1.0
        slow()

    found = paired(loaded, fast, rounds=9, least=1, clock=machine.clock)
    assert found["ratio"]["median"] == 2
    assert found["ours"]["max"] == 10 * found["ours"]["min"]


def test_each_fills_its_own_block() -> None:
    machine = Machine()
    slow, fast = machine.program("slow", 4.0), machine.program("fast", 1.0)
    paired(slow, fast, rounds=1, least=4, clock=machine.clock)
    assert machine.runs()[-2:] == [("slow", 1), ("fast", 4)]


def test_alone_is_milliseconds_per_call() -> None:
    machine = Machine()
    found = alone(machine.program("a", 0.5), rounds=3, least=2, clock=machine.clock)
    assert found == {"median": 500, "min": 500, "max": 500}
