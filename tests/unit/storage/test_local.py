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
    storage.remove_unfinished("jobs/a")
    storage.remove_unfinished("jobs/none")
    left = sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file())
    assert left == ["jobs/a/stems/bass.flac", "jobs/b/stems/.drums.flac.x7", "jobs/b/stems/bass.flac"]
