from __future__ import annotations

import io

import pytest

from stemset.errors import NotFound, RangeNotSatisfiable
from stemset.testing import MemoryStorage
from stemset.web.ranges import ByteRange
from stemset.web.stored_files import describe_object, read_chunks, send_object

KEY = "jobs/1/stems/drums.flac"
CONTENT = b"0123456789"


@pytest.fixture
def storage() -> MemoryStorage:
    storage = MemoryStorage()
    storage.put_bytes(KEY, CONTENT, "audio/flac")
    return storage


async def test_a_whole_object_has_its_length_and_etag_and_may_be_kept_if_it_never_changes(storage: MemoryStorage):
    for immutable, cache in ((True, "public, max-age=31536000, immutable"), (False, "no-cache")):
        response = await send_object(storage, KEY, "audio/flac", immutable=immutable)
        assert response.status_code == 200
        assert response.headers["Content-Length"] == "10"
        assert response.headers["Content-Type"] == "audio/flac"
        assert response.headers["ETag"] == f'"{storage.stat(KEY).etag}"'
        assert response.headers["Cache-Control"] == cache


async def test_a_range_is_a_206_with_its_place(storage: MemoryStorage):
    response = await send_object(storage, KEY, "audio/flac", immutable=True, range_="bytes=2-4")
    assert (response.status_code, response.headers["Content-Range"]) == (206, "bytes 2-4/10")
    assert response.headers["Content-Length"] == "3"


async def test_a_range_of_another_version_is_the_whole_object(storage: MemoryStorage):
    response = await send_object(storage, KEY, "audio/flac", immutable=True, range_="bytes=2-4", if_range='"old"')
    assert (response.status_code, response.headers["Content-Length"]) == (200, "10")


async def test_an_object_that_the_client_has_is_not_sent(storage: MemoryStorage):
    etag = f'"{storage.stat(KEY).etag}"'
    sent = await send_object(storage, KEY, "audio/flac", immutable=True, if_none_match=etag)
    described = await describe_object(storage, KEY, "audio/flac", immutable=True, if_none_match=etag)
    assert (sent.status_code, described.status_code) == (304, 304)
    assert "Content-Length" not in described.headers


async def test_a_head_tells_the_length(storage: MemoryStorage):
    response = await describe_object(storage, KEY, "audio/flac", immutable=False)
    assert (response.status_code, response.headers["Content-Length"]) == (200, "10")


async def test_a_missing_object_is_named_without_its_key(storage: MemoryStorage):
    with pytest.raises(NotFound, match=r"named 'bass\.flac'"):
        await send_object(storage, "jobs/1/stems/bass.flac", "audio/flac", immutable=True)


async def test_a_range_beyond_the_end_is_refused(storage: MemoryStorage):
    with pytest.raises(RangeNotSatisfiable):
        await send_object(storage, KEY, "audio/flac", immutable=True, range_="bytes=10-")


async def test_chunks_are_those_of_the_range_and_the_file_is_closed_after_them():
    file = io.BytesIO(bytes(700_000))
    chunks = [chunk async for chunk in read_chunks(file, ByteRange(100_000, 600_000))]
    assert [len(chunk) for chunk in chunks] == [262_144, 237_856]
    assert file.closed


async def test_the_file_is_closed_when_the_client_goes_away():
    file = io.BytesIO(bytes(700_000))
    reading = read_chunks(file, ByteRange(0, 700_000))
    await anext(reading)
    await reading.aclose()
    assert file.closed
