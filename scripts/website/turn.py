"""One build at a time in one folder: a second one waits until the first is through.

The system gives the folder free when a build ends in whatever way, killed too, and with
it the English build, which is handed what is held.
"""

import logging
import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

log = logging.getLogger("mkdocs.hooks")
held: list[int] = []  # until this process and the English build end

# Tells the English build, a process of its own, that it is part of `mkdocs serve`.
COMMAND = "MKDOCS_COMMAND"


def wait(folder: Path) -> None:
    """Wait until no other build writes into the folder, then take it."""
    if fcntl is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    held.append(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        log.info("another build is writing %s: waiting for it", folder)
        fcntl.flock(handle, fcntl.LOCK_EX)
