from __future__ import annotations

import threading
from pathlib import Path
from uuid import UUID

import pytest

from stemset.errors import NotFound
from stemset.storage import Keys, LocalStorage

JOB = UUID("01890000-0000-7000-8000-000000000001")


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "objects")


def put(storage: LocalStorage, key: str, content: bytes, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(content)
    storage.put(key, source, "audio/flac")


def test_what_is_put_comes_back(storage: LocalStorage, tmp_path: Path):
    key = Keys.stem(JOB, "vocals")
    put(storage, key, b"sound", tmp_path)
    assert storage.read(key) == b"sound"
    assert storage.exists(key)
    with storage.open(key) as stream:
        stream.seek(2)
        assert stream.read() == b"und"
    storage.fetch(key, tmp_path / "deep" / "copy.flac")
    assert (tmp_path / "deep" / "copy.flac").read_bytes() == b"sound"
    path = storage.local_path(key)
    assert path is not None
    assert path.read_bytes() == b"sound"


def test_the_size_is_exact_and_the_etag_changes_with_the_content(storage: LocalStorage):
    key = Keys.manifest(JOB)
    storage.put_bytes(key, b"{1}", "application/json")
    first = storage.stat(key)
    assert storage.stat(key) == first
    storage.put_bytes(key, b"{2}", "application/json")
    second = storage.stat(key)
    assert (first.bytes, second.bytes) == (3, 3)
    assert first.etag != second.etag


def test_a_missing_object_is_not_found_whatever_is_asked_of_it(storage: LocalStorage, tmp_path: Path):
    key = Keys.manifest(JOB)
    assert not storage.exists(key)
    for ask in (storage.read, storage.open, storage.stat, storage.local_path):
        with pytest.raises(NotFound, match=key):
            ask(key)
    with pytest.raises(NotFound):
        storage.fetch(key, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_failed_put_leaves_the_old_object_and_no_other_file(storage: LocalStorage, tmp_path: Path):
    key = Keys.stem(JOB, "drums")
    put(storage, key, b"old", tmp_path)
    with pytest.raises(FileNotFoundError):
        storage.put(key, tmp_path / "missing", "audio/flac")
    with pytest.raises(IsADirectoryError):
        storage.put(key, tmp_path, "audio/flac")
    assert storage.read(key) == b"old"
    assert [file.name for file in (tmp_path / "objects/jobs" / str(JOB) / "stems").iterdir()] == ["drums.flac"]


def test_a_reader_sees_whole_objects_while_they_are_replaced(storage: LocalStorage):
    key = Keys.index(JOB, "bass")
    contents = {bytes([n]) * 200_000 for n in range(2)}
    storage.put_bytes(key, min(contents), "application/octet-stream")
    done = threading.Event()

    def replace() -> None:
        for _ in range(20):
            for content in contents:
                storage.put_bytes(key, content, "application/octet-stream")
        done.set()

    writer = threading.Thread(target=replace)
    writer.start()
    while not done.is_set():
        assert storage.read(key) in contents
    writer.join()


def test_deleting_a_job_leaves_its_neighbours(storage: LocalStorage):
    other = UUID(int=JOB.int + 1)
    for job in (JOB, other):
        storage.put_bytes(Keys.manifest(job), b"{}", "application/json")
        storage.put_bytes(Keys.peaks(job, "drums", 256), b"", "application/octet-stream")
    storage.delete_prefix(Keys.job(JOB))
    storage.delete_prefix(Keys.job(JOB))
    assert not storage.exists(Keys.manifest(JOB))
    assert storage.exists(Keys.manifest(other))


@pytest.mark.parametrize("key", ["../secret", "/etc/passwd", "jobs/../../secret", "jobs/./x", "", "a\\..\\b", "a\0b"])
def test_a_key_never_leads_out_of_the_storage(storage: LocalStorage, tmp_path: Path, key: str):
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(NotFound):
        storage.read(key)
    with pytest.raises(NotFound):
        storage.put_bytes(key, b"x", "text/plain")
    assert (tmp_path / "secret").read_text() == "secret"


def test_keys_are_these():
    assert [
        Keys.source(JOB, "mp3"),
        Keys.stem(JOB, "mixture"),
        Keys.index(JOB, "vocals"),
        Keys.peaks(JOB, "vocals", 256),
        Keys.manifest(JOB),
    ] == [
        f"recordings/{JOB}/source.mp3",
        f"jobs/{JOB}/stems/mixture.flac",
        f"jobs/{JOB}/stems/vocals.index",
        f"jobs/{JOB}/peaks/vocals.256.dat",
        f"jobs/{JOB}/manifest.json",
    ]
    assert Keys.source(JOB, "mp3").startswith(Keys.recording(JOB) + "/")
    assert Keys.manifest(JOB).startswith(Keys.job(JOB) + "/")


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    for job in ("a", "b"):
        storage.put_bytes(f"jobs/{job}/stems/bass.flac", b"whole", "audio/flac")
        (tmp_path / f"jobs/{job}/stems/.drums.flac.x7").write_bytes(b"ha")
    storage.tidy("jobs/a")
    storage.tidy("jobs/none")
    left = sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file())
    assert left == ["jobs/a/stems/bass.flac", "jobs/b/stems/.drums.flac.x7", "jobs/b/stems/bass.flac"]
