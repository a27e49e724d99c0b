"""Which processes take the jobs of a data folder: one at a time, unless several share a queue."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from stemset.concurrency.file_lock import is_locked, locked
from stemset.errors import Conflict


def ready_file(data_dir: Path, pid: int) -> Path:
    """Is there, and locked, while the worker with this process id takes jobs."""
    return data_dir / "workers" / str(pid)


@contextmanager
def taking_jobs(data_dir: Path) -> Generator[None]:
    """Let others on this machine see that this process takes jobs, until the block ends."""
    file = ready_file(data_dir, os.getpid())
    file.parent.mkdir(parents=True, exist_ok=True)
    for other in file.parent.iterdir():
        if not is_locked(other):
            # It was killed. The file of another user's stays.
            with suppress(OSError):
                other.unlink()
    with locked(file):
        yield


def workers(data_dir: Path) -> list[int]:
    """The process ids of those that take jobs and live; a worker on another machine is not seen."""
    folder = data_dir / "workers"
    return [int(file.name) for file in folder.iterdir() if is_locked(file)] if folder.is_dir() else []


@contextmanager
def only_worker(data_dir: Path, *, patience_s: float = 10.0) -> Generator[None]:
    """Two workers with one queue identity would each take the other's running job for one that a crash left.

    Raises Conflict when another worker is still there after patience_s seconds, which one that was just told to stop
    needs.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(locked(data_dir / "worker.lock", patience_s=patience_s))
        except TimeoutError:
            raise Conflict(f"Another worker serves {data_dir.resolve()}; stop it first.") from None
        yield
