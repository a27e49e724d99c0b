"""`StemEncoder` writes stored stems in other formats than FLAC."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import structlog
from anyio import CapacityLimiter, to_thread

from stemset.audio import AudioFormat
from stemset.errors import Unavailable
from stemset.sandbox.process import run_module
from stemset.storage import Storage
from stemset.storage.local_files import local_copy, temporary_folder

_AT_ONCE = 2
_TIMEOUT_S = 600.0
_MEMORY_BYTES = 4 << 30
_CPU_S = 600

log = structlog.get_logger()


class StemEncoder:
    """Encodes stems in child processes, two at once at most. One per process."""

    def __init__(self, storage: Storage, temporary_dir: Path) -> None:
        self._storage = storage
        self._temporary_dir = temporary_dir
        self._limiter = CapacityLimiter(_AT_ONCE)

    async def encode(self, key: str, audio_format: AudioFormat, bit_depth: int, title: str) -> BinaryIO:
        """Encode a stored FLAC. The file that is returned has no name any more: it is gone when it is closed.

        bit_depth: of formats that have one. title: for the file's tags. Raises NotFound, Unavailable.
        """
        async with self._limiter, temporary_folder(self._temporary_dir) as folder:
            target = folder / f"stem{audio_format.extension}"
            source = await to_thread.run_sync(local_copy, self._storage, key, folder)
            arguments = (str(source), str(target), audio_format.value, str(bit_depth), title)
            try:
                output = await run_module(
                    "stemset.sandbox.encode",
                    *arguments,
                    timeout_s=_TIMEOUT_S,
                    memory_bytes=_MEMORY_BYTES,
                    cpu_s=_CPU_S,
                )
            except TimeoutError:
                raise Unavailable(f"The stem was not written as {audio_format.value} within ten minutes.") from None
            if output.returncode != 0:
                reason = output.stderr.decode(errors="replace")
                log.error("not_encoded", source=str(source), format=audio_format.value, reason=reason)
                raise Unavailable(f"The stem could not be written as {audio_format.value}; the service's log says why.")
            return await to_thread.run_sync(_open, target)


def _open(file: Path) -> BinaryIO:
    return file.open("rb")
