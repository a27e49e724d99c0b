"""Which processes take the jobs of a data folder: each leaves a file named by its process id. There is one at a time,
unless several share a queue."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from stemset.errors import Conflict


def pid_file(data_dir: Path, pid: int) -> Path:
    """The file that exists while the worker with this process id takes jobs."""
    return data_dir / "workers" / str(pid)


@contextmanager
def write_pid_file(data_dir: Path) -> Generator[None]:
    """Show other processes of this machine that this one takes jobs, until the block ends."""
    file = pid_file(data_dir, os.getpid())
    file.parent.mkdir(parents=True, exist_ok=True)
    for other in file.parent.iterdir():
        if not _is_alive(other.name):
            # A worker that was killed left it.
            other.unlink(missing_ok=True)
    file.touch()
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def find_workers(data_dir: Path) -> list[int]:
    """The process ids of the workers on this machine that take jobs."""
    folder = data_dir / "workers"
    return [int(file.name) for file in folder.iterdir() if _is_alive(file.name)] if folder.is_dir() else []


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except PermissionError:
        # A process of another user.
        return True
    except (OSError, ValueError):
        return False
    return True


@contextmanager
def lock_data_dir(data_dir: Path, *, patience_s: float = 10.0) -> Generator[None]:
    """Keep other workers off the data folder until the block ends: two with one queue identity would each take the
    other's running job for one that a crash left. Raises Conflict when another worker still has it after patience_s.
    """
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
