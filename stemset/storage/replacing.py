"""Giving a file that was written whole the name that others read it by."""

from __future__ import annotations

import sys
import time
from pathlib import Path

_WAIT_FOR_READERS_S = 2.0 if sys.platform == "win32" else 0.0
"""Windows replaces no file that somebody has open; readers of ours have it open for moments."""


def replace_file(fresh: Path, target: Path) -> None:
    """Rename fresh to target, in place of what is there. Raises PermissionError when a reader keeps that open."""
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
