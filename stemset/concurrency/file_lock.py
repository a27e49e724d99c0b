"""Locks on files: between processes that share a folder, and between the threads of one.

The operating system keeps them (flock; LockFileEx on Windows), so a lock ends with its process, however that ends. A
file that only stands for a lock would outlive a kill. filelock has a `FileLock`, too, which falls back to just that on
file systems without locks; its `lock_descriptor` never does, and raises OSError there.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from filelock import lock_descriptor, unlock_descriptor

_LOOK_AGAIN_S = 0.2


def _only_wait() -> None:
    """Do nothing else."""


@contextmanager
def locked(
    path: Path, *, patience_s: float = math.inf, while_waiting: Callable[[], None] = _only_wait
) -> Generator[None]:
    """Hold the lock of a file, which is made for it and gone afterwards; a killed process leaves it, unlocked.

    while_waiting is called a few times a second while somebody else holds it; what it raises ends the waiting. Raises
    TimeoutError after patience_s seconds. A thread that asks for a lock that it holds waits for itself.
    """
    give_up_at = time.monotonic() + patience_s
    while True:
        with path.open("ab") as file:
            while not lock_descriptor(file.fileno(), blocking=False):
                if time.monotonic() >= give_up_at:
                    raise TimeoutError(f"{path} is locked by another process or thread")
                while_waiting()
                time.sleep(_LOOK_AGAIN_S)
            if not _is_at(file, path):
                # Whoever held it removed it while we waited; others will lock the next file of this name.
                continue
            try:
                yield
            finally:
                if os.name == "posix":
                    path.unlink(missing_ok=True)
                unlock_descriptor(file.fileno())
        if os.name != "posix":
            # Windows removes no file that is open, so this can hit none that another holds or waits for.
            with suppress(OSError):
                path.unlink()
        return


def is_locked(path: Path) -> bool:
    """Whether somebody holds the lock of this file; a file that may not be opened counts as held, by another user."""
    try:
        with path.open("rb") as file:
            return not lock_descriptor(file.fileno(), blocking=False)
    except FileNotFoundError:
        return False
    except PermissionError:
        return True


def _is_at(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
