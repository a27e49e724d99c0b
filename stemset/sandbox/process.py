"""`run_module` runs work on what a stranger sent in a child process with limits, and leaves nothing of it behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass

from anyio import CancelScope
from typing_extensions import override

_MAX_OUTPUT_BYTES = 1 << 20
_PIPES_CLOSE_WITHIN_S = 1.0


@dataclass(frozen=True)
class ProcessOutput:
    """What a child process left: the first MiB of each stream. returncode: negative is the signal that ended it."""

    returncode: int
    stdout: bytes
    stderr: bytes


async def run_module(module: str, *arguments: str, timeout_s: float, memory_bytes: int, cpu_s: int) -> ProcessOutput:
    """Run `python -m module arguments` to its end.

    memory_bytes: of address space; cpu_s: seconds of computing, of all threads together; `limits` says which systems
    have these. Raises TimeoutError after timeout_s seconds. However this ends, cancelled too, the process is gone
    afterwards; on POSIX whatever it has started is gone as well, unless that made itself a session of its own.
    """
    child = await _start("stemset.sandbox.limits", str(memory_bytes), str(cpu_s), module, *arguments)
    try:
        async with asyncio.timeout(timeout_s):
            await child.exited.wait()
    finally:
        # A client that hangs up cancels the request; the process goes nevertheless.
        with CancelScope(shield=True):
            await child.end()
    return ProcessOutput(child.transport.get_returncode() or 0, bytes(child.streams[1]), bytes(child.streams[2]))


class _Child(asyncio.SubprocessProtocol):
    """Follows a process. streams: file descriptor -> what was read of it. closed: nothing more comes of them.

    `asyncio.subprocess.Process` won't do: its `wait` lasts as long as anybody holds a pipe, a grandchild too.
    """

    transport: asyncio.SubprocessTransport

    def __init__(self) -> None:
        self.exited = asyncio.Event()
        self.closed = asyncio.Event()
        self.streams = {1: bytearray(), 2: bytearray()}

    @override
    def pipe_data_received(self, fd: int, data: bytes) -> None:
        stream = self.streams[fd]
        stream += data[: _MAX_OUTPUT_BYTES - len(stream)]

    @override
    def process_exited(self) -> None:
        self.exited.set()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()

    async def end(self) -> None:
        """Kill the process, which may be gone already, with its group where there is one, and reap it."""
        with suppress(ProcessLookupError):
            if sys.platform == "win32":
                self.transport.kill()
            else:
                os.killpg(self.transport.get_pid(), signal.SIGKILL)
        await self.exited.wait()
        # What was written before the end may still be in the pipes.
        with suppress(TimeoutError):
            async with asyncio.timeout(_PIPES_CLOSE_WITHIN_S):
                await self.closed.wait()
        self.transport.close()


async def _start(module: str, *arguments: str) -> _Child:
    """Start a module in a session, and so in a process group, of its own."""
    child = _Child()
    child.transport, _ = await asyncio.get_running_loop().subprocess_exec(
        lambda: child,
        sys.executable,
        "-m",
        module,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    return child
