"""What every storage does: a folder, the memory of a test, and a real S3 server."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from stemset.errors import NotFound
from stemset.storage import Keys, Storage

JOB = UUID("01890000-0000-7000-8000-000000000001")
PART = 5 << 20
"""The least that a part may have unless it is the last."""


def file(folder: Path, content: bytes) -> Path:
    source = folder / "source"
    source.write_bytes(content)
    return source


def test_what_is_put_comes_back(storage: Storage, tmp_path: Path) -> None:
    key = Keys.stem(JOB, "vocals")
    storage.put(key, file(tmp_path, b"sound"), "audio/flac")
    assert storage.read(key) == b"sound"
    assert storage.exists(key)
    with storage.open(key) as stream:
        assert stream.seek(2) == 2
        assert stream.read() == b"und"
        assert stream.read() == b""
        assert stream.seek(-4, os.SEEK_END) == 1
        assert stream.read(2) == b"ou"
        assert stream.tell() == 3
    storage.fetch(key, tmp_path / "deep" / "copy.flac")
    assert (tmp_path / "deep" / "copy.flac").read_bytes() == b"sound"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["copy.flac"]


def test_a_large_file_comes_back_whole_and_by_ranges(storage: Storage, tmp_path: Path) -> None:
    # Above two parts, so that it is sent and fetched in several requests at once.
    content = os.urandom(20_000_001)
    key = Keys.source(JOB, "wav")
    storage.put(key, file(tmp_path, content), "audio/wav")
    assert storage.stat(key).bytes == len(content)
    storage.fetch(key, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content
    with storage.open(key) as stream:
        for start in (19_999_990, 0, 8_388_600):
            stream.seek(start)
            assert stream.read(300_000) == content[start : start + 300_000]


def test_an_empty_object_is_one(storage: Storage, tmp_path: Path) -> None:
    key = Keys.manifest(JOB)
    storage.put(key, file(tmp_path, b""), "application/json")
    assert (storage.stat(key).bytes, storage.read(key)) == (0, b"")
    with storage.open(key) as stream:
        assert stream.read() == b""


def test_the_size_is_exact_and_the_etag_changes_with_the_content(storage: Storage) -> None:
    key = Keys.manifest(JOB)
    storage.put_bytes(key, b"{1}", "application/json")
    first = storage.stat(key)
    assert storage.stat(key) == first
    storage.put_bytes(key, b"{2}", "application/json")
    second = storage.stat(key)
    assert (first.bytes, second.bytes) == (3, 3)
    assert first.etag != second.etag


def test_a_missing_object_is_not_found_whatever_is_asked_of_it(storage: Storage, tmp_path: Path) -> None:
    key = Keys.manifest(JOB)
    assert not storage.exists(key)
    for ask in (storage.read, storage.open, storage.stat):
        with pytest.raises(NotFound, match=key):
            ask(key)
    with pytest.raises(NotFound):
        storage.copy(key, Keys.index(JOB, "bass"))
    with pytest.raises(NotFound):
        storage.fetch(key, tmp_path / "copy")
    assert list(tmp_path.glob("*copy*")) == []


def test_a_failed_put_leaves_the_old_object(storage: Storage, tmp_path: Path) -> None:
    key = Keys.stem(JOB, "drums")
    storage.put(key, file(tmp_path, b"old"), "audio/flac")
    with pytest.raises(FileNotFoundError):
        storage.put(key, tmp_path / "missing", "audio/flac")
    with pytest.raises(IsADirectoryError):
        storage.put(key, tmp_path, "audio/flac")
    assert storage.read(key) == b"old"


def test_a_copy_outlives_what_it_was_made_of(storage: Storage) -> None:
    first, second = Keys.upload_content(JOB), Keys.source(JOB, "wav")
    storage.put_bytes(first, b"song", "audio/wav")
    for _ in range(2):
        storage.copy(first, second)
    storage.put_bytes(first, b"other", "audio/wav")
    assert storage.read(second) == b"song"
    storage.delete_prefix(Keys.upload(JOB))
    assert storage.read(second) == b"song"


def test_deleting_a_job_leaves_its_neighbours(storage: Storage) -> None:
    other = UUID(int=JOB.int + 1)
    for job in (JOB, other):
        storage.put_bytes(Keys.manifest(job), b"{}", "application/json")
        storage.put_bytes(Keys.peaks(job, "drums", 256), b"", "application/octet-stream")
    storage.put_bytes(f"{Keys.job(JOB)}x/file", b"", "text/plain")
    storage.delete_prefix(Keys.job(JOB))
    storage.delete_prefix(Keys.job(JOB))
    assert not storage.exists(Keys.manifest(JOB))
    assert storage.exists(Keys.manifest(other))
    assert storage.exists(f"{Keys.job(JOB)}x/file")


def test_an_object_can_come_in_parts_in_any_order(storage: Storage, tmp_path: Path) -> None:
    key = Keys.upload_content(JOB)
    contents = [os.urandom(PART), os.urandom(PART), b"the end"]
    transfer = storage.begin_parts(key, "audio/wav")
    assert storage.list_parts(key, transfer) == {}
    for number in (3, 1, 2):
        storage.put_part(key, transfer, number, file(tmp_path, contents[number - 1]))
    assert storage.list_parts(key, transfer) == {1: PART, 2: PART, 3: 7}
    assert not storage.exists(key)
    storage.join_parts(key, transfer, (1, 2, 3))
    assert storage.read(key) == b"".join(contents)
    with pytest.raises(NotFound):
        storage.list_parts(key, transfer)


def test_a_part_sent_again_takes_the_place_of_the_first(storage: Storage, tmp_path: Path) -> None:
    key = Keys.upload_content(JOB)
    transfer = storage.begin_parts(key, "audio/wav")
    for content in (b"first", b"second"):
        storage.put_part(key, transfer, 1, file(tmp_path, content))
    storage.join_parts(key, transfer, (1,))
    assert storage.read(key) == b"second"


def test_a_dropped_transfer_leaves_nothing(storage: Storage, tmp_path: Path) -> None:
    key = Keys.upload_content(JOB)
    transfer = storage.begin_parts(key, "audio/wav")
    storage.put_part(key, transfer, 1, file(tmp_path, b"part"))
    for _ in range(2):
        storage.drop_parts(key, transfer)
    with pytest.raises(NotFound):
        storage.list_parts(key, transfer)
    with pytest.raises(NotFound):
        storage.put_part(key, transfer, 1, file(tmp_path, b"part"))
    with pytest.raises(NotFound):
        storage.join_parts(key, transfer, (1,))
    assert not storage.exists(key)


def test_what_a_killed_writer_left_is_removed_and_nothing_else(storage: Storage, tmp_path: Path) -> None:
    other = UUID(int=JOB.int + 1)
    transfers = {job: storage.begin_parts(Keys.stem(job, "drums"), "audio/flac") for job in (JOB, other)}
    for job, transfer in transfers.items():
        storage.put_part(Keys.stem(job, "drums"), transfer, 1, file(tmp_path, b"ha"))
    storage.put_bytes(Keys.stem(JOB, "bass"), b"whole", "audio/flac")
    storage.remove_unfinished(Keys.job(JOB))
    storage.remove_unfinished(Keys.job(UUID(int=0)))
    with pytest.raises(NotFound):
        storage.list_parts(Keys.stem(JOB, "drums"), transfers[JOB])
    assert storage.list_parts(Keys.stem(other, "drums"), transfers[other]) == {1: 2}
    assert storage.read(Keys.stem(JOB, "bass")) == b"whole"


def test_only_what_is_old_is_swept(storage: Storage, tmp_path: Path) -> None:
    whole, begun = Keys.upload_content(JOB), Keys.upload_content(UUID(int=JOB.int + 1))
    storage.put_bytes(whole, b"whole", "audio/wav")
    transfer = storage.begin_parts(begun, "audio/wav")
    storage.put_part(begun, transfer, 1, file(tmp_path, b"part"))
    storage.put_bytes(Keys.source(JOB, "wav"), b"song", "audio/wav")
    storage.remove_older_than(Keys.UPLOADS, timedelta(days=1))
    assert storage.read(whole) == b"whole"
    assert storage.list_parts(begun, transfer) == {1: 4}
    storage.remove_older_than(Keys.UPLOADS, timedelta(seconds=-5))
    assert not storage.exists(whole)
    with pytest.raises(NotFound):
        storage.list_parts(begun, transfer)
    assert storage.exists(Keys.source(JOB, "wav"))


def test_the_library_of_s3_is_loaded_only_where_it_is_used() -> None:
    import subprocess
    import sys

    program = "import sys, stemset.server.app, stemset.worker; sys.exit('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
