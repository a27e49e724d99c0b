"""Files of this machine that last as long as one piece of work: temporary folders, and local copies of objects."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path, PurePosixPath

from anyio import CancelScope, to_thread

from stemset.storage.protocol import Storage


@asynccontextmanager
async def temporary_folder(parent: Path) -> AsyncGenerator[Path]:
    """Make a folder below `parent`, and remove it with its content however the block ends."""
    folder = await to_thread.run_sync(_make_folder, parent)
    try:
        yield folder
    finally:
        # A client that hangs up cancels the request; the folder goes nevertheless.
        with CancelScope(shield=True):
            await to_thread.run_sync(shutil.rmtree, folder, True)


def remove_abandoned_folders(parent: Path, older_than: timedelta) -> int:
    """Remove the folders below `parent` that nothing was written into for `older_than`: killed processes left them.

    Returns how many folders were removed. Blocking.
    """
    too_old = time.time() - older_than.total_seconds()
    removed = 0
    for folder in parent.glob("*"):
        if all(path.stat().st_mtime < too_old for path in (folder, *folder.rglob("*"))):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def local_copy(storage: Storage, key: str, folder: Path) -> Path:
    """Return a stored object as a file of this machine: the storage's own where it has one, else a copy in `folder`.

    Blocking. Raises NotFound.
    """
    own = storage.local_path(key)
    if own is not None:
        return own
    copy = folder / PurePosixPath(key).name
    storage.fetch(key, copy)
    return copy


def _make_folder(parent: Path) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=parent))
