"""A ZIP that is made while it is sent, and the names of files in it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from anyio import CancelScope, to_thread

from stemset.storage import Storage

_CHUNK_BYTES = 256 * 1024
_MAX_NAME = 150


@dataclass(frozen=True)
class Entry:
    """A file of an archive: its name there, its size, and its bytes, piece by piece, when its turn comes."""

    name: str
    bytes: int
    pieces: Callable[[], Generator[bytes]]


def object_entry(storage: Storage, name: str, key: str) -> Entry:
    """An entry that holds a stored object as it is. Blocking. Raises NotFound."""

    def pieces() -> Generator[bytes]:
        with storage.open(key) as source:
            while chunk := source.read(_CHUNK_BYTES):
                yield chunk

    return Entry(name, storage.stat(key).bytes, pieces)


def text_entry(name: str, text: str) -> Entry:
    """An entry that holds a text in UTF-8."""
    content = text.encode()
    return Entry(name, len(content), lambda: (part for part in (content,)))


def join_file_name(*parts: str) -> str:
    """Join the parts by a dash, without what some system forbids in a file name; the extension is still to come."""
    cleaned = (re.sub(r'[\\/:*?"<>|\x00-\x1f\x7f]+', "_", part).strip(" .") for part in parts)
    return " - ".join(part for part in cleaned if part)[:_MAX_NAME].strip(" .") or "stem"


async def stream_zip(entries: Sequence[Entry], at: datetime) -> AsyncIterator[bytes]:
    """Yield a ZIP of files none of which is compressed: FLAC is already, and WAV gains little."""
    chunks = _zip_chunks(entries, at)
    try:
        while (chunk := await to_thread.run_sync(next, chunks, None)) is not None:
            yield chunk
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(chunks.close)


class _Outlet:
    """Collects what zipfile writes. It can't seek, so sizes and sums come after each file."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._written.append(bytes(data))
        return len(data)

    def flush(self) -> None: ...

    def drain(self) -> bytes:
        written, self._written = self._written, []
        return b"".join(written)


def _zip_chunks(entries: Sequence[Entry], at: datetime) -> Generator[bytes]:
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as out:  # pyright: ignore - writing needs no read or seek
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, at.timetuple()[:6])
            info.file_size = entry.bytes
            info.external_attr = 0o644 << 16
            with out.open(info, "w") as target, closing(entry.pieces()) as pieces:
                for piece in pieces:
                    target.write(piece)
                    yield outlet.drain()
    yield outlet.drain()
