"""Limits that a process sets for itself before it opens what a stranger sent."""

from __future__ import annotations

import sys
from contextlib import suppress


def limit_process(*, memory_bytes: int, cpu_s: int) -> None:
    """Have the system refuse this process more address space, and end it after so many seconds of computing.

    What a system can't limit stays unlimited: macOS the memory, Windows both. Whoever started the process still ends
    it after a time.
    """
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - Windows has no such module

    for limit, most in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CPU, cpu_s)):
        # Refused, too, where a stricter limit holds already.
        with suppress(OSError, ValueError):
            resource.setrlimit(limit, (most, most))
