"""Uploads in steps: what was announced, the bytes that came for it, and the end of both.

The bytes of an upload lie in a folder of its own, in one file that is named by their hash. While they are received,
and while they are made a recording of, they lie beside it under another name.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog
from anyio import CancelScope, to_thread
from sqlalchemy.exc import DBAPIError

from stemset.api.context import Parts
from stemset.api.problems import AnyRequest, InvalidRequest
from stemset.api.upload import FOLDER, Sink, Upload, body_of, new_folder
from stemset.errors import AudioError, Conflict, NotFound
from stemset.jobs.records import UploadRecord

LIFETIME = timedelta(days=1)
"""How long an upload may take from its announcement to its completion."""

_SWEEP_EVERY_S = 600.0
_CONTENT = "[0-9a-f]" * 64

log = structlog.get_logger()


def expiry() -> datetime:
    """Of an upload that is announced now."""
    return datetime.now(UTC) + LIFETIME


async def receive(parts: Parts, request: AnyRequest, upload: UploadRecord) -> None:
    """Keep the request's body as the content of `upload`, in place of what came before.

    Raises InvalidRequest unless size and hash are those that were announced; nothing is kept then, nor when the
    client goes away.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) != upload.bytes:
        raise InvalidRequest("Content-Length", f"is {announced}; {upload.bytes} bytes were announced")
    home = _home(parts, upload.id)
    folder = await to_thread.run_sync(new_folder, home)
    try:
        file = folder / "content"
        with file.open("xb") as out:
            sink = Sink(out)
            async for chunk in body_of(request):
                if sink.bytes + len(chunk) > upload.bytes:
                    raise InvalidRequest("body", f"is longer than the {upload.bytes} bytes that were announced")
                sink.add(chunk)
                if sink.full:
                    await sink.flush()
            await sink.flush()
        if sink.bytes != upload.bytes:
            raise InvalidRequest("body", f"has {sink.bytes} bytes; {upload.bytes} were announced")
        sha256 = sink.digest.hexdigest()
        if upload.sha256 not in (None, sha256):
            raise InvalidRequest("body", f"has the SHA-256 {sha256}, not the one that was announced; send it again")
        if not await to_thread.run_sync(_keep, file, home, sha256):
            raise NotFound("upload", str(upload.id))
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(shutil.rmtree, folder, True)


@asynccontextmanager
async def taken(parts: Parts, upload: UploadRecord) -> AsyncGenerator[Upload]:
    """What came, for the block to make a recording of; nobody else can take it. Raises Conflict before it came.

    The upload is over when the block ends well, or finds that it is no song. After any other error it can be
    completed again.
    """
    home = _home(parts, upload.id)
    file = await to_thread.run_sync(_take, home)
    if file is None:
        raise Conflict("Nothing was received for this upload yet, or it is being completed already.")
    try:
        yield Upload(file, upload.file_name, upload.bytes, file.name, {})
    except AudioError:
        await forget(parts, upload.id)
        raise
    except BaseException:
        # A client that hangs up cancels us: then, too, the bytes are kept for another try.
        with CancelScope(shield=True):
            await to_thread.run_sync(_keep, file, home, file.name)
        raise
    else:
        await forget(parts, upload.id)
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(shutil.rmtree, file.parent, True)


async def forget(parts: Parts, upload_id: UUID) -> None:
    """The upload and what came of it are gone."""
    await parts.library.forget_upload(upload_id)
    await to_thread.run_sync(shutil.rmtree, _home(parts, upload_id), True)


async def sweep_often(parts: Parts) -> None:
    """Until cancelled: remove what expired, and what a killed process left."""
    while True:
        try:
            for upload_id in await parts.library.expired_uploads():
                await forget(parts, upload_id)
            await to_thread.run_sync(sweep, parts.settings.data_dir)
        except (DBAPIError, OSError) as error:
            log.warning("uploads_not_swept", reason=str(error))
        await asyncio.sleep(_SWEEP_EVERY_S)


def sweep(data_dir: Path) -> None:
    """Remove folders that nothing was written into for as long as an upload may take. Blocking."""
    too_old = time.time() - LIFETIME.total_seconds()
    for folder in (data_dir / FOLDER).glob("*"):
        if all(path.stat().st_mtime < too_old for path in (folder, *folder.rglob("*"))):
            shutil.rmtree(folder, ignore_errors=True)


def _home(parts: Parts, upload_id: UUID) -> Path:
    return parts.settings.data_dir / FOLDER / str(upload_id)


def _take(home: Path) -> Path | None:
    """The content, moved to a folder of its own, where nobody else looks for it."""
    for file in home.glob(_CONTENT):
        folder = new_folder(home.parent)
        try:
            return file.rename(folder / file.name)
        except FileNotFoundError:
            shutil.rmtree(folder, ignore_errors=True)
    return None


def _keep(file: Path, home: Path, sha256: str) -> bool:
    """Make file the content; False if the upload was abandoned meanwhile."""
    before = list(home.glob(_CONTENT))
    try:
        kept = file.rename(home / sha256)
    except FileNotFoundError:
        return False
    for other in before:
        if other != kept:
            other.unlink(missing_ok=True)
    return True
