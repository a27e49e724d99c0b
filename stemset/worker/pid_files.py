"""Which processes take the jobs of a data folder: each locks a file that is named by its process id. There is one at a
time, unless several share a queue."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from stemset.concurrency.file_lock import is_locked, locked
from stemset.errors import Conflict


def pid_file(data_dir: Path, pid: int) -> Path:
    """The file that exists, and is locked, while the worker with this process id takes jobs."""
    return data_dir / "workers" / str(pid)


@contextmanager
def lock_pid_file(data_dir: Path) -> Generator[None]:
    """Show other processes of this machine that this one takes jobs, until the block ends."""
    file = pid_file(data_dir, os.getpid())
    file.parent.mkdir(parents=True, exist_ok=True)
    for other in file.parent.iterdir():
        if not is_locked(other):
            # A worker that was killed left it. Another user's file can't be removed, and stays.
            with suppress(OSError):
                other.unlink()
    with locked(file):
        yield


def find_workers(data_dir: Path) -> list[int]:
    """The process ids of the workers on this machine that take jobs."""
    folder = data_dir / "workers"
    return [int(file.name) for file in folder.iterdir() if is_locked(file)] if folder.is_dir() else []


@contextmanager
def lock_data_dir(data_dir: Path, *, patience_s: float = 10.0) -> Generator[None]:
    """Keep other workers off the data folder until the block ends: two with one queue identity would each take the
    other's running job for one that a crash left.

    Raises Conflict when another worker still has it after patience_s, which one that was just told to stop needs.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(locked(data_dir / "worker.lock", patience_s=patience_s))
        except TimeoutError:
            raise Conflict(f"Another worker serves {data_dir.resolve()}; stop it first.") from None
        yield
