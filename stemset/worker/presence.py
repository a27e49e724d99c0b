"""Which process takes the jobs of a data folder: one at a time, unless several share a queue."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from stemset.errors import Conflict


def ready_file(data_dir: Path) -> Path:
    """Holds the process id of the worker that takes jobs at present."""
    return data_dir / "worker.ready"


def takes_jobs(data_dir: Path) -> bool:
    """Whether the process that wrote `ready_file` lives; a worker on another machine is not seen."""
    try:
        os.kill(int(ready_file(data_dir).read_text("ascii")), 0)
    except PermissionError:
        # It lives, under another user.
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
