"""Uploads on their way to become a recording, as rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stemset.errors import NotFound
from stemset.features.jobs.records import new_id
from stemset.features.library.records import UploadRecord
from stemset.features.library.uploads import UploadRepository
from tests.support.queue import Queue


async def test_an_upload_is_known_until_it_expires_or_is_forgotten(queue: Queue):
    uploads = UploadRepository(queue.sessions)
    soon, past = upload(timedelta(minutes=1)), upload(timedelta(seconds=-1))
    await uploads.add(soon)
    await uploads.add(past)
    assert await uploads.get(soon.id) == soon
    with pytest.raises(NotFound, match="no upload"):
        await uploads.get(past.id)
    assert await uploads.expired() == [past]
    await uploads.delete(soon.id)
    await uploads.delete(soon.id)
    with pytest.raises(NotFound):
        await uploads.get(soon.id)


def upload(left: timedelta) -> UploadRecord:
    return UploadRecord(
        id=new_id(), profile="demo", file_name="song.mp3", bytes=5, content_type="audio/mpeg", sha256=None,
        part_bytes=5, transfer=None, expires_at=datetime.now(UTC) + left,
    )  # fmt: skip
