"""Stems as files to keep: their names, other formats, and an archive that is made while it is sent."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import zipfile
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import structlog
from anyio import CancelScope, to_thread

from stemset.audio import AudioFormat
from stemset.errors import Unavailable
from stemset.features.library.multipart import FOLDER, new_folder
from stemset.storage import Storage

if TYPE_CHECKING:
    from stemset.server.services import Context

_CHUNK_BYTES = 256 * 1024
_MAX_NAME = 150

log = structlog.get_logger()


@dataclass(frozen=True)
class Entry:
    """A file of an archive: its name there, its size, and its bytes, piece by piece, when its turn comes."""

    name: str
    bytes: int
    pieces: Callable[[], Generator[bytes]]


def stored(storage: Storage, name: str, key: str) -> Entry:
    """A stored object as it is. Blocking. Raises NotFound."""

    def pieces() -> Generator[bytes]:
        with storage.open(key) as source:
            while chunk := source.read(_CHUNK_BYTES):
                yield chunk

    return Entry(name, storage.stat(key).bytes, pieces)


def written(name: str, text: str) -> Entry:
    """A text as a file."""
    content = text.encode()
    return Entry(name, len(content), lambda: (part for part in (content,)))


def file_name(*parts: str) -> str:
    """Parts joined by a dash, without what some system forbids in a file name; the extension is still to come."""
    cleaned = (re.sub(r'[\\/:*?"<>|\x00-\x1f\x7f]+', "_", part).strip(" .") for part in parts)
    return " - ".join(part for part in cleaned if part)[:_MAX_NAME].strip(" .") or "stem"


async def encoded(context: Context, key: str, audio_format: AudioFormat, bit_depth: int, title: str) -> BinaryIO:
    """A stored FLAC in another format, as an open file that has no name any more: it is gone when it is closed."""
    folder = await to_thread.run_sync(new_folder, context.settings.data_dir / FOLDER)
    try:
        async with context.encodes:
            target = folder / f"stem{audio_format.extension}"
            source = await to_thread.run_sync(_local, context.storage, key, folder / "source.flac")
            await _encode(source, target, audio_format, bit_depth, title)
            return await to_thread.run_sync(_opened, target)
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(shutil.rmtree, folder, True)


async def archive(entries: Sequence[Entry], at: datetime) -> AsyncIterator[bytes]:
    """A ZIP of files none of which is compressed: FLAC is already, and WAV gains little."""
    chunks = _zipped(entries, at)
    try:
        while (chunk := await to_thread.run_sync(next, chunks, None)) is not None:
            yield chunk
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(chunks.close)


class _Outlet:
    """What zipfile writes to; it can't seek, so sizes and sums come after each file."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._written.append(bytes(data))
        return len(data)

    def flush(self) -> None: ...

    def taken(self) -> bytes:
        written, self._written = self._written, []
        return b"".join(written)


def _zipped(entries: Sequence[Entry], at: datetime) -> Generator[bytes]:
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as out:  # pyright: ignore - writing needs no read or seek
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, at.timetuple()[:6])
            info.file_size = entry.bytes
            info.external_attr = 0o644 << 16
            with out.open(info, "w") as target, closing(entry.pieces()) as pieces:
                for piece in pieces:
                    target.write(piece)
                    yield outlet.taken()
    yield outlet.taken()


def _local(storage: Storage, key: str, copy: Path) -> Path:
    path = storage.local_path(key)
    if path is None:
        storage.fetch(key, copy)
    return path or copy


def _opened(file: Path) -> BinaryIO:
    return file.open("rb")


async def _encode(source: Path, target: Path, audio_format: AudioFormat, bit_depth: int, title: str) -> None:
    arguments = (str(source), str(target), audio_format.value, str(bit_depth), title)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "stemset.sandbox.encode",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, told = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        log.error("not_encoded", source=str(source), format=audio_format.value, reason=told.decode(errors="replace"))
        raise Unavailable(f"The stem could not be written as {audio_format.value}; the service's log says why.")
