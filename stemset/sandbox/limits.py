"""Runs a module in a process that first sets limits for itself, before it opens what a stranger sent.

Arguments: bytes of memory, seconds of computing, the module, and the module's own arguments.
"""

from __future__ import annotations

import runpy
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


def main(memory_bytes: str, cpu_s: str, module: str, *arguments: str) -> None:
    """Set the limits, then do what `python -m module arguments` would."""
    limit_process(memory_bytes=int(memory_bytes), cpu_s=int(cpu_s))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
