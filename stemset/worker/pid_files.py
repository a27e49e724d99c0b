"""Which process takes the jobs of a data folder: one at a time, unless several share a queue."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from stemset.errors import Conflict


def ready_file(data_dir: Path, pid: int) -> Path:
    """Is there while the worker with this process id takes jobs."""
    return data_dir / "workers" / str(pid)


@contextmanager
def taking_jobs(data_dir: Path) -> Generator[None]:
    """Let others on this machine see that this process takes jobs, until the block ends."""
    file = ready_file(data_dir, os.getpid())
    file.parent.mkdir(parents=True, exist_ok=True)
    for other in file.parent.iterdir():
        if not _lives(other.name):
            # It was killed.
            other.unlink(missing_ok=True)
    file.touch()
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def workers(data_dir: Path) -> list[int]:
    """The process ids of those that take jobs and live; a worker on another machine is not seen."""
    folder = data_dir / "workers"
    return [int(file.name) for file in folder.iterdir() if _lives(file.name)] if folder.is_dir() else []


def _lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except PermissionError:
        # Under another user.
        return True
    except (OSError, ValueError):
        return False
    return True


@contextmanager
def only_worker(data_dir: Path, *, patience_s: float = 10.0) -> Generator[None]:
    """Two workers with one queue identity would each take the other's running job for one that a crash left."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "worker.lock").open("a+") as lock:
        give_up_at = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > give_up_at:
                    raise Conflict(f"Another worker serves {data_dir.resolve()}; stop it first.") from None
                # A worker that was just told to stop needs a moment.
                time.sleep(0.2)
        yield
