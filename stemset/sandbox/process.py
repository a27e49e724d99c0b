"""A child process with limits, for work on what a stranger sent: it is killed and reaped on every way out."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class ProcessOutput:
    """What a child process left. returncode: negative is the signal that ended it."""

    returncode: int
    stdout: bytes
    stderr: bytes


async def run_module(module: str, *arguments: str, timeout_s: float) -> ProcessOutput:
    """Run `python -m module arguments` to its end.

    Raises TimeoutError after timeout_s seconds. However this ends, cancelled too, the process is gone afterwards.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(timeout_s):
            stdout, stderr = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return ProcessOutput(process.returncode or 0, stdout, stderr)
