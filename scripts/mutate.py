"""Mutation testing of snippets/: would the tests notice if the code were wrong?

    python -m scripts.mutate [--all] [TOPIC/NAME ...]    the stale ones by default

Makes one small fault at a time in a snippet and runs its mirrored test file, the cheap
tests first, in a fork of a process that has torch loaded. Writes tests/mutation.json.
A survivor needs its reason in tests/mutation_survivors.toml: `equivalent`, no test can
tell it from the original, which takes it out of the score; or `accepted`.
"""

import argparse
import contextlib
import gc
import importlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from tqdm import tqdm

from scripts.digest import ROOT
from scripts.mutants import Mutant, mutants
from scripts.mutation import load, mirror, problems, snippets, source, stale
from scripts.results import dump, write

PROCESSES = 2
PRELOADED = ("torch._dynamo", "torch._functorch.aot_autograd", "hypothesis.internal")
MEMORY = 8 << 30  # bytes: a mutant that allocates without end is stopped


class CheapFirst:
    """A pytest plugin: measures what each test costs, or runs the cheap ones first."""

    def __init__(self, costs: dict[str, float] | None = None) -> None:
        self.costs = costs
        self.calls: dict[str, float] = {}
        self.setups: dict[str, float] = {}
        self.fixtures: dict[str, list[str]] = {}
        self.killer = Path("killer")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Sort the tests."""
        self.killer = Path("killer").resolve()  # a test may change the folder
        self.fixtures = {item.nodeid: item.fixturenames for item in items}
        if self.costs is not None:
            costs = self.costs
            items.sort(key=lambda item: costs.get(item.nodeid, 0.0))

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note the seconds; a test shares the cost of its fixtures with others."""
        if report.failed and self.costs is not None:
            self.killer.write_text(report.nodeid, encoding="utf-8")
        if report.when == "call":
            self.calls[report.nodeid] = report.duration
        for name in self.fixtures[report.nodeid] if report.when == "setup" else ():
            self.setups[name] = max(self.setups.get(name, 0), report.duration)

    def measured(self) -> dict[str, float]:
        """Seconds of each test that ran."""
        return {
            test: seconds + max([self.setups[n] for n in self.fixtures[test]] or [0])
            for test, seconds in self.calls.items()
        }


class Fork:
    """The tests of one snippet, in a child process with its own copy of the files."""

    def __init__(self, copy: Path, snippet: str, plugin: CheapFirst) -> None:
        self.costs = copy / "costs.json"
        self.log = copy / "log"
        self.start = time.monotonic()
        self.process = os.fork()
        if self.process == 0:
            try:
                os._exit(self._run(copy, snippet, plugin))
            except BaseException as error:
                self.log.write_text(repr(error), encoding="utf-8")
            finally:
                os._exit(1)

    def _run(self, copy: Path, snippet: str, plugin: CheapFirst) -> int:
        os.setsid()  # with what the tests start: all are killed together
        os.chdir(copy)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.path = [str(copy), *[p for p in sys.path if Path(p).resolve() != ROOT]]
        for name in list(sys.modules):  # ours, and from another folder
            if name.split(".")[0] in {"scripts", "snippets", "tests"}:
                del sys.modules[name]
        hypothesis = importlib.import_module("hypothesis")
        phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
        settings: dict[str, Any] = {"derandomize": True, "database": None}
        settings |= {"deadline": None, "phases": phases}  # no shrinking
        hypothesis.settings.register_profile("mutate", **settings)
        hypothesis.settings.load_profile("mutate")
        options = ["-x", "-q", "--tb=short", "-p", "pytest_timeout", "--basetemp=t"]
        code = pytest.main([*options, str(mirror(snippet, copy))], [plugin])
        if plugin.costs is None:
            self.costs.write_text(json.dumps(plugin.measured()), encoding="utf-8")
        return int(code)

    def ended(self, limit: float) -> int | None:
        """Exit code of pytest; None while it runs; -1 when the time is up."""
        process, status = os.waitpid(self.process, os.WNOHANG)
        if process == 0 and time.monotonic() - self.start < limit:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process, signal.SIGKILL)
        if process == 0:
            os.waitpid(self.process, 0)
            return -1
        return os.waitstatus_to_exitcode(status)


def measure(snippet: str, root: Path) -> dict[str, Any]:
    """Run the tests on each mutant of a snippet."""
    about = source(snippet, root)
    file = root / "snippets" / f"{snippet}.py"
    todo = mutants(file.read_bytes())
    counted = len(todo)
    survivors: list[Mutant] = []
    timeouts = 0
    with tempfile.TemporaryDirectory() as folder:
        free = [Path(folder) / str(i) for i in range(min(PROCESSES, counted))]
        for copy in free:
            ignore = shutil.ignore_patterns("__pycache__")
            for part in ("snippets", "tests"):
                shutil.copytree(root / part, copy / part, ignore=ignore)
            shutil.copy(root / "pyproject.toml", copy)
        costs, limit = _costs(free[0], snippet) if free else ({}, 0.0)
        running: dict[Path, tuple[Fork, Mutant]] = {}
        bar = tqdm(total=counted, desc=snippet, disable=None)
        while todo or running:
            while free and todo:
                copy, mutant = free.pop(), todo.pop(0)
                (copy / "snippets" / f"{snippet}.py").write_bytes(mutant.text)
                running[copy] = Fork(copy, snippet, CheapFirst(costs)), mutant
            time.sleep(0.005)
            for copy, (fork, mutant) in list(running.items()):
                code = fork.ended(limit)
                if code is not None:
                    free.append(copy)
                    del running[copy]
                    survivors += [mutant] if code == 0 else []
                    timeouts += code == -1
                    killer = copy / "killer"
                    if code == 1 and killer.is_file():  # let it run earlier from now on
                        test = killer.read_text(encoding="utf-8")
                        costs[test] = costs.get(test, 0.0) / 2
                        killer.unlink()
                    bar.update()
        bar.close()
    survivors.sort(key=lambda mutant: (mutant.line, mutant.mutated))
    keys = ("line", "where", "original", "mutated")
    return {
        "source": about,
        "mutants": counted,
        "killed": counted - len(survivors),
        "timeouts": timeouts,
        "survivors": [{key: getattr(m, key) for key in keys} for m in survivors],
    }


def _costs(copy: Path, snippet: str) -> tuple[dict[str, float], float]:
    """Seconds of each test on the code as it is, and the time a mutant may take."""
    fork = Fork(copy, snippet, CheapFirst())
    while (code := fork.ended(600)) is None:
        time.sleep(0.02)
    if code != 0:
        log = fork.log.read_text(encoding="utf-8")
        sys.exit(f"{log[-3000:]}\n{snippet}: its tests fail without any fault ({code})")
    seconds = time.monotonic() - fork.start
    return json.loads(fork.costs.read_bytes()), 15 + 5 * seconds


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="TOPIC/NAME")
    parser.add_argument("--all", action="store_true", help="the fresh ones too")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    names = snippets(root)
    if unknown := set(arguments.names) - set(names):
        sys.exit(f"no such snippet: {sorted(unknown)}")
    chosen = arguments.names or (names if arguments.all else stale(root))
    # What children inherit: a thread would not survive the fork, so there is none.
    os.environ |= {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.dont_write_bytecode = True
    for module in PRELOADED:
        importlib.import_module(module)
    gc.freeze()  # collecting it again in every child would take most of the time
    for name in [*chosen, None]:
        found = {name: measure(name, root)} if name else {}
        known = load(root) | found  # read after measuring: another run may have written
        known = {key: known[key] for key in names if key in known}
        write(root / "tests/mutation.json", dump(known))
    if wrong := problems(load(root), root):
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
