"""Uploads in steps: what was announced, the parts that came for it, and the end of both.

The bytes lie in the storage, under `Keys.upload`. A client sends them straight there where the storage has addresses
of its own, else to this service. Until it is complete, an upload is a row, and what came of its bytes.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from anyio import CancelScope, to_thread

from stemset.errors import AudioError, Conflict, NotFound
from stemset.features.jobs.records import new_id
from stemset.features.library.multipart import FOLDER, Sink, Upload, body_of, new_folder
from stemset.features.library.records import UploadRecord
from stemset.storage import Keys, Place, Storage
from stemset.web.problems import AnyRequest, InvalidRequest

if TYPE_CHECKING:
    from stemset.server.services import Parts

LIFETIME = timedelta(days=1)
"""How long an upload may take from its announcement to its completion."""

_PART_BYTES = 8 << 20
_MAX_PARTS = 100
_READ_BYTES = 1 << 20

log = structlog.get_logger()


@dataclass(frozen=True)
class Part:
    """Bytes `offset` up to `offset + bytes` of a file. number: from 1."""

    number: int
    offset: int
    bytes: int


def parts_of(upload: UploadRecord) -> list[Part]:
    """The whole file in parts; an empty one is one part."""
    step = upload.part_bytes
    offsets = range(0, max(upload.bytes, 1), step)
    return [Part(n, offset, min(step, upload.bytes - offset)) for n, offset in enumerate(offsets, 1)]


async def announce(
    parts: Parts, profile: str, file_name: str, size: int, content_type: str, sha256: str | None
) -> UploadRecord:
    """A new upload, which may come now."""
    upload_id = new_id()
    part_bytes = max(_PART_BYTES, -(-size // _MAX_PARTS))
    key, transfer = Keys.uploaded(upload_id), None
    if size > part_bytes:
        transfer = await to_thread.run_sync(parts.storage.begin_parts, key, content_type)
    upload = UploadRecord(
        id=upload_id,
        profile=profile,
        file_name=file_name,
        bytes=size,
        content_type=content_type,
        sha256=sha256,
        part_bytes=part_bytes,
        transfer=transfer,
        expires_at=datetime.now(UTC) + LIFETIME,
    )
    await parts.library.announce(upload)
    return upload


def place_of(storage: Storage, upload: UploadRecord, part: Part) -> Place | None:
    """Where the storage takes this part itself; None: send it to the service."""
    key = Keys.uploaded(upload.id)
    if upload.transfer is None:
        return storage.place(key, part.bytes, upload.content_type)
    return storage.part_place(key, upload.transfer, part.number, part.bytes)


async def received(parts: Parts, upload: UploadRecord) -> Collection[int]:
    """The numbers of the parts that are there."""
    there = await to_thread.run_sync(_received, parts.storage, upload)
    return {part.number for part in parts_of(upload) if there.get(part.number) == part.bytes}


async def receive(parts: Parts, request: AnyRequest, upload: UploadRecord, number: int) -> None:
    """Keep the request's body as a part, in place of what came before.

    Raises NotFound if the upload has no such part, or was given up meanwhile; InvalidRequest unless the size is the
    part's. Nothing is kept then, nor when the client goes away.
    """
    part = next((part for part in parts_of(upload) if part.number == number), None)
    if part is None:
        raise NotFound(f"part of upload {upload.id} with the number", str(number))
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) != part.bytes:
        raise InvalidRequest("Content-Length", f"is {announced}; the part has {part.bytes} bytes")
    folder = await to_thread.run_sync(new_folder, parts.settings.data_dir / FOLDER)
    try:
        file = folder / "part"
        await _write(request, file, part.bytes)
        await to_thread.run_sync(_put, parts.storage, upload, part, file)
        await _still_there(parts, upload)
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(shutil.rmtree, folder, True)


@asynccontextmanager
async def taken(parts: Parts, upload: UploadRecord) -> AsyncGenerator[Upload]:
    """What came, for the block to make a recording of. Raises Conflict while parts are missing, InvalidRequest if it
    isn't what was announced.

    The upload is over when the block ends well, or finds that it is no song. After any other error it can be
    completed again.
    """
    await _join(parts, upload)
    key = Keys.uploaded(upload.id)
    folder = await to_thread.run_sync(new_folder, parts.settings.data_dir / FOLDER)
    try:
        file, sha256 = await to_thread.run_sync(_looked_at, parts.storage, key, folder / "content")
        _check(upload, sha256)
        yield Upload(file, upload.file_name, upload.bytes, sha256, stored=key)
    except (AudioError, InvalidRequest):
        # Another request may have completed it, and taken the bytes from under our eyes.
        await parts.library.get_upload(upload.id)
        await forget(parts, upload)
        raise
    else:
        await forget(parts, upload)
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(shutil.rmtree, folder, True)


async def forget(parts: Parts, upload: UploadRecord) -> None:
    """The upload and what came of it are gone."""
    await parts.library.forget_upload(upload.id)
    await to_thread.run_sync(_remove, parts.storage, upload)


def sweep(data_dir: Path) -> None:
    """Remove folders that nothing was written into for as long as an upload may take. Blocking."""
    too_old = time.time() - LIFETIME.total_seconds()
    for folder in (data_dir / FOLDER).glob("*"):
        if all(path.stat().st_mtime < too_old for path in (folder, *folder.rglob("*"))):
            shutil.rmtree(folder, ignore_errors=True)


async def _write(request: AnyRequest, file: Path, size: int) -> None:
    with file.open("xb") as out:
        sink = Sink(out)
        async for chunk in body_of(request):
            if sink.bytes + len(chunk) > size:
                raise InvalidRequest("body", f"is longer than the {size} bytes of the part")
            sink.add(chunk)
            if sink.full:
                await sink.flush()
        await sink.flush()
    if sink.bytes != size:
        raise InvalidRequest("body", f"has {sink.bytes} bytes; the part has {size}")


async def _still_there(parts: Parts, upload: UploadRecord) -> None:
    """Raises NotFound, and leaves nothing, if it was given up while bytes came."""
    try:
        await parts.library.get_upload(upload.id)
    except NotFound:
        await to_thread.run_sync(_remove, parts.storage, upload)
        raise


async def _join(parts: Parts, upload: UploadRecord) -> None:
    key, wanted = Keys.uploaded(upload.id), parts_of(upload)
    there = await received(parts, upload)
    missing = [str(part.number) for part in wanted if part.number not in there]
    if missing and len(wanted) == 1:
        raise Conflict("Nothing was received for this upload yet.")
    if missing:
        raise Conflict(f"Of the {len(wanted)} parts of this upload these are still missing: {', '.join(missing)}.")
    if upload.transfer and not await to_thread.run_sync(parts.storage.exists, key):
        numbers = [part.number for part in wanted]
        await to_thread.run_sync(parts.storage.join_parts, key, upload.transfer, numbers)


def _check(upload: UploadRecord, sha256: str) -> None:
    if upload.sha256 not in (None, sha256):
        raise InvalidRequest("sha256", f"what came has {sha256}, not the one that was announced; upload it again")


def _received(storage: Storage, upload: UploadRecord) -> Mapping[int, int]:
    """Bytes by part."""
    key = Keys.uploaded(upload.id)
    if upload.transfer:
        try:
            return storage.parts(key, upload.transfer)
        except NotFound:
            # They were joined already; else the storage has swept them away.
            return {part.number: part.bytes for part in parts_of(upload)} if storage.exists(key) else {}
    return {1: storage.stat(key).bytes} if storage.exists(key) else {}


def _put(storage: Storage, upload: UploadRecord, part: Part, file: Path) -> None:
    key = Keys.uploaded(upload.id)
    if upload.transfer is None:
        storage.put(key, file, upload.content_type)
    else:
        storage.put_part(key, upload.transfer, part.number, file)


def _looked_at(storage: Storage, key: str, copy: Path) -> tuple[Path, str]:
    """The bytes as a file of this machine, and their SHA-256."""
    path = storage.local_path(key)
    if path is None:
        storage.fetch(key, copy)
    digest = hashlib.sha256()
    with (path or copy).open("rb") as content:
        while block := content.read(_READ_BYTES):
            digest.update(block)
    return path or copy, digest.hexdigest()


def _remove(storage: Storage, upload: UploadRecord) -> None:
    if upload.transfer:
        storage.drop_parts(Keys.uploaded(upload.id), upload.transfer)
    storage.delete_prefix(Keys.upload(upload.id))
