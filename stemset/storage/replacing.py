"""The atomic replacement of a file by another one."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_WAIT_FOR_READERS_S = 2.0 if sys.platform == "win32" else 0.0
"""Windows replaces no file that somebody has open; readers of ours have it open for moments."""


@contextmanager
def write_atomically(target: Path, *, durable: bool) -> Generator[BinaryIO]:
    """Yield a temporary file beside `target`, to write and read, and rename it to `target` when the block ends well.

    durable: the content is on the disk before the name is, so that a crash leaves no empty file under it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.chmod(0o644)
        replace_file(temporary, target)
    finally:
        # It is there still only if the block, or the renaming, failed.
        temporary.unlink(missing_ok=True)


def replace_file(fresh: Path, target: Path) -> None:
    """Rename `fresh` to `target`, in place of what is there. Raises PermissionError while a reader has that open."""
    give_up_at = time.monotonic() + _WAIT_FOR_READERS_S
    while True:
        try:
            fresh.replace(target)
        except PermissionError:
            if time.monotonic() >= give_up_at:
                raise
            time.sleep(0.01)
        else:
            return
