"""`stream_zip` makes a ZIP while it is sent; its entries, and the names of files in it, are made here, too."""

from __future__ import annotations

import re
import zipfile
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from anyio import CancelScope, to_thread

from stemset.storage import Storage

_CHUNK_BYTES = 256 * 1024
_MAX_NAME = 150


@dataclass(frozen=True)
class ArchiveEntry:
    """A file of an archive. bytes: its size. read_pieces: begins to read it, when its turn comes."""

    name: str
    bytes: int
    read_pieces: Callable[[], Generator[bytes]]


def make_object_entry(storage: Storage, name: str, key: str) -> ArchiveEntry:
    """Make an entry that holds a stored object as it is. Blocking. Raises NotFound."""

    def read_pieces() -> Generator[bytes]:
        with storage.open(key) as source:
            while chunk := source.read(_CHUNK_BYTES):
                yield chunk

    return ArchiveEntry(name, storage.stat(key).bytes, read_pieces)


def make_text_entry(name: str, text: str) -> ArchiveEntry:
    """Make an entry that holds a text in UTF-8."""
    content = text.encode()
    return ArchiveEntry(name, len(content), lambda: (part for part in (content,)))


def join_file_name(*parts: str) -> str:
    """Join the parts by a dash, without what some system forbids in a file name; at most 150 characters.

    The extension is not among them.
    """
    cleaned = (re.sub(r'[\\/:*?"<>|\x00-\x1f\x7f]+', "_", part).strip(" .") for part in parts)
    return " - ".join(part for part in cleaned if part)[:_MAX_NAME].strip(" .") or "stem"


async def stream_zip(entries: Sequence[ArchiveEntry], at: datetime) -> AsyncGenerator[bytes]:
    """Yield a ZIP of files that are all of this time. None is compressed: FLAC is already, and WAV gains little."""
    chunks = _write_zip(entries, at)
    try:
        while (chunk := await to_thread.run_sync(next, chunks, None)) is not None:
            yield chunk
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(chunks.close)


class _WriteBuffer:
    """Holds what zipfile has written until it is sent. It can't seek, so sizes and sums come after each file."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._written.append(bytes(data))
        return len(data)

    def flush(self) -> None: ...

    def close(self) -> None: ...

    def take(self) -> bytes:
        """Take what was written since the last call."""
        written, self._written = self._written, []
        return b"".join(written)


def _write_zip(entries: Sequence[ArchiveEntry], at: datetime) -> Generator[bytes]:
    buffer = _WriteBuffer()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, at.timetuple()[:6])
            info.file_size = entry.bytes
            info.external_attr = 0o644 << 16
            with archive.open(info, "w") as target, closing(entry.read_pieces()) as pieces:
                for piece in pieces:
                    target.write(piece)
                    yield buffer.take()
    yield buffer.take()
