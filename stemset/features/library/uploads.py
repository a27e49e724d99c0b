"""Uploads in steps: what was announced, the parts that came for it, and the end of both.

The bytes lie in the storage, under `Keys.upload`. A client sends them straight there where the storage has addresses
of its own, else to this service. Until it is complete, an upload is a row, and what came of its bytes.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from anyio import to_thread
from sqlalchemy import delete, select

from stemset.database.sessions import Sessions
from stemset.database.tables import UploadRow
from stemset.errors import AudioError, Conflict, InvalidRequest, NotFound
from stemset.features.jobs.records import new_id
from stemset.features.library.received_file import ReceivedFile, hash_file
from stemset.features.library.records import UploadRecord
from stemset.storage import Keys, PresignedPut, Storage
from stemset.storage.local_files import local_copy, temporary_folder
from stemset.web.request_body import HashingWriter

LIFETIME = timedelta(days=1)
"""How long an upload may take from its announcement to its completion."""

_PART_BYTES = 8 << 20
_MAX_PARTS = 100


@dataclass(frozen=True)
class UploadPart:
    """Bytes `offset` up to `offset + bytes` of a file. number: from 1."""

    number: int
    offset: int
    bytes: int


def split_into_parts(upload: UploadRecord) -> list[UploadPart]:
    """Cut the announced file into its parts; an empty one is one part."""
    step = upload.part_bytes
    offsets = range(0, max(upload.bytes, 1), step)
    return [UploadPart(n, offset, min(step, upload.bytes - offset)) for n, offset in enumerate(offsets, 1)]


class UploadRepository:
    """Stores and finds uploads that were announced. One per process."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def add(self, upload: UploadRecord) -> None:
        """Store an upload, which may come until it expires."""
        async with self._sessions.begin() as session:
            session.add(UploadRow(**upload.model_dump(), created_at=datetime.now(UTC)))

    async def get(self, upload_id: UUID) -> UploadRecord:
        """Find an upload. Raises NotFound also for one that has expired."""
        async with self._sessions() as session:
            row = await session.get(UploadRow, upload_id)
        if row is None or row.expires_at <= datetime.now(UTC):
            raise NotFound("upload", str(upload_id))
        return _record_of(row)

    async def expired(self) -> Sequence[UploadRecord]:
        """The uploads that nobody completed in time."""
        async with self._sessions() as session:
            rows = await session.scalars(select(UploadRow).where(UploadRow.expires_at <= datetime.now(UTC)))
            return [_record_of(row) for row in rows]

    async def delete(self, upload_id: UUID) -> None:
        """Forget an upload; nothing happens where it is forgotten already."""
        async with self._sessions.begin() as session:
            await session.execute(delete(UploadRow).where(UploadRow.id == upload_id))


class UploadService:
    """Takes uploads in steps. One per process. Raises NotFound for an unknown id.

    temporary_dir: where parts lie while they come in.
    """

    def __init__(self, uploads: UploadRepository, storage: Storage, temporary_dir: Path) -> None:
        self._uploads = uploads
        self._storage = storage
        self._temporary_dir = temporary_dir

    async def announce(
        self, profile: str, file_name: str, size: int, content_type: str, sha256: str | None
    ) -> UploadRecord:
        """Make a new upload, whose parts may come until it expires."""
        upload_id = new_id()
        part_bytes = max(_PART_BYTES, -(-size // _MAX_PARTS))
        key, transfer = Keys.upload_content(upload_id), None
        if size > part_bytes:
            transfer = await to_thread.run_sync(self._storage.begin_parts, key, content_type)
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
        await self._uploads.add(upload)
        return upload

    async def get(self, upload_id: UUID) -> UploadRecord:
        """Find an upload. Raises NotFound also for one that has expired."""
        return await self._uploads.get(upload_id)

    def place_of(self, upload: UploadRecord, part: UploadPart) -> PresignedPut | None:
        """Where the storage takes this part itself; None: send it to the service."""
        key = Keys.upload_content(upload.id)
        if upload.transfer is None:
            return self._storage.presign_upload(key, part.bytes, upload.content_type)
        return self._storage.presign_part(key, upload.transfer, part.number, part.bytes)

    async def received_parts(self, upload: UploadRecord) -> Collection[int]:
        """The numbers of the parts that are there whole."""
        sizes = await to_thread.run_sync(_stored_sizes, self._storage, upload)
        return {part.number for part in split_into_parts(upload) if sizes.get(part.number) == part.bytes}

    def find_part(self, upload: UploadRecord, number: int) -> UploadPart:
        """The part of this number. Raises NotFound where the upload has none."""
        for part in split_into_parts(upload):
            if part.number == number:
                return part
        raise NotFound(f"part of upload {upload.id} with the number", str(number))

    async def store_part(self, upload: UploadRecord, part: UploadPart, content: AsyncIterable[bytes]) -> None:
        """Keep the bytes as a part, in place of what came before.

        Raises InvalidRequest unless they are as many as the part has, NotFound if the upload was given up meanwhile.
        Nothing is kept then, nor when the client goes away.
        """
        async with temporary_folder(self._temporary_dir) as folder:
            file = folder / "part"
            await _write(content, file, part.bytes)
            await to_thread.run_sync(_put, self._storage, upload, part, file)
            try:
                await self.get(upload.id)
            except NotFound:
                await to_thread.run_sync(_remove_bytes, self._storage, upload)
                raise

    @asynccontextmanager
    async def complete(self, upload: UploadRecord) -> AsyncGenerator[ReceivedFile]:
        """Give what came to the block, which makes a recording of it.

        Raises Conflict while parts are missing, InvalidRequest if it isn't what was announced. The upload is over when
        the block ends well, or finds that it is no song. After any other error it can be completed again.
        """
        await self._join(upload)
        key = Keys.upload_content(upload.id)
        async with temporary_folder(self._temporary_dir) as folder:
            try:
                file = await to_thread.run_sync(local_copy, self._storage, key, folder)
                sha256, _ = await to_thread.run_sync(hash_file, file)
                _check_hash(upload, sha256)
                yield ReceivedFile(file, upload.file_name, upload.bytes, sha256, stored=key)
            except (AudioError, InvalidRequest):
                # Another request may have completed it, and taken the bytes from under our eyes.
                await self.get(upload.id)
                await self.forget(upload)
                raise
            else:
                await self.forget(upload)

    async def forget(self, upload: UploadRecord) -> None:
        """Remove the upload and what came of it; nothing happens where it is gone already."""
        await self._uploads.delete(upload.id)
        await to_thread.run_sync(_remove_bytes, self._storage, upload)

    async def forget_expired(self) -> int:
        """Remove the uploads that nobody completed in time; how many those were."""
        expired = await self._uploads.expired()
        for upload in expired:
            await self.forget(upload)
        return len(expired)

    async def _join(self, upload: UploadRecord) -> None:
        key, wanted = Keys.upload_content(upload.id), split_into_parts(upload)
        there = await self.received_parts(upload)
        missing = [str(part.number) for part in wanted if part.number not in there]
        if missing and len(wanted) == 1:
            raise Conflict("Nothing was received for this upload yet.")
        if missing:
            raise Conflict(f"Of the {len(wanted)} parts of this upload these are still missing: {', '.join(missing)}.")
        if upload.transfer and not await to_thread.run_sync(self._storage.exists, key):
            numbers = [part.number for part in wanted]
            await to_thread.run_sync(self._storage.join_parts, key, upload.transfer, numbers)


def _record_of(row: UploadRow) -> UploadRecord:
    return UploadRecord(**{name: getattr(row, name) for name in UploadRecord.model_fields})


def _check_hash(upload: UploadRecord, sha256: str) -> None:
    if upload.sha256 not in (None, sha256):
        raise InvalidRequest("sha256", f"what came has {sha256}, not the one that was announced; upload it again")


async def _write(content: AsyncIterable[bytes], file: Path, size: int) -> None:
    with file.open("xb") as out:
        writer = HashingWriter(out)
        async for chunk in content:
            if writer.bytes + len(chunk) > size:
                raise InvalidRequest("body", f"is longer than the {size} bytes of the part")
            writer.add(chunk)
            if writer.is_full:
                await writer.flush()
        await writer.flush()
    if writer.bytes != size:
        raise InvalidRequest("body", f"has {writer.bytes} bytes; the part has {size}")


def _stored_sizes(storage: Storage, upload: UploadRecord) -> Mapping[int, int]:
    """Bytes by the number of a part."""
    key = Keys.upload_content(upload.id)
    if upload.transfer:
        try:
            return storage.list_parts(key, upload.transfer)
        except NotFound:
            # They were joined already; else the storage has swept them away.
            return {part.number: part.bytes for part in split_into_parts(upload)} if storage.exists(key) else {}
    return {1: storage.stat(key).bytes} if storage.exists(key) else {}


def _put(storage: Storage, upload: UploadRecord, part: UploadPart, file: Path) -> None:
    key = Keys.upload_content(upload.id)
    if upload.transfer is None:
        storage.put(key, file, upload.content_type)
    else:
        storage.put_part(key, upload.transfer, part.number, file)


def _remove_bytes(storage: Storage, upload: UploadRecord) -> None:
    if upload.transfer:
        storage.drop_parts(Keys.upload_content(upload.id), upload.transfer)
    storage.delete_prefix(Keys.upload(upload.id))
