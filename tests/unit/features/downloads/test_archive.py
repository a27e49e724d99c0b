"""A ZIP is made while it is sent: each file is read when its turn comes, and closed whatever becomes of the rest."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Generator, Sequence
from datetime import datetime

import pytest

from stemset.errors import NotFound
from stemset.features.downloads.archive import (
    ArchiveEntry,
    join_file_name,
    make_object_entry,
    make_text_entry,
    stream_zip,
)
from stemset.testing import MemoryStorage

AT = datetime(2026, 11, 20, 18, 5, 42)  # noqa: DTZ001 - a ZIP knows no zone


async def collect(entries: Sequence[ArchiveEntry]) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join([chunk async for chunk in stream_zip(entries, AT)])))


class LoggedEntry:
    """Makes entries of three pieces, and logs what is begun, read and closed."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def make(self, name: str) -> ArchiveEntry:
        def read_pieces() -> Generator[bytes]:
            self.log.append(f"begin {name}")
            try:
                for number in range(3):
                    self.log.append(f"read {name} {number}")
                    yield bytes([number]) * 1000
            finally:
                self.log.append(f"close {name}")

        return ArchiveEntry(name, 3000, read_pieces)


async def test_files_come_out_as_they_went_in():
    storage = MemoryStorage()
    content = bytes(range(256)) * 3000  # more than two chunks
    storage.put_bytes("jobs/1/stems/bass.flac", content, "audio/flac")
    entries = [
        make_text_entry("Song/README.txt", "Grüße"),
        make_object_entry(storage, "Song/Bäss.flac", "jobs/1/stems/bass.flac"),
    ]
    assert [entry.bytes for entry in entries] == [7, len(content)]
    with await collect(entries) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["Song/README.txt", "Song/Bäss.flac"]
        assert archive.read("Song/README.txt").decode() == "Grüße"
        assert archive.read("Song/Bäss.flac") == content
        for info in archive.infolist():
            assert (info.date_time, info.compress_type) == ((2026, 11, 20, 18, 5, 42), zipfile.ZIP_STORED)
            assert info.external_attr >> 16 == 0o644


async def test_an_archive_of_nothing_is_a_zip_too():
    with await collect([]) as archive:
        assert archive.namelist() == []


async def test_a_file_is_read_when_its_turn_comes():
    entries = LoggedEntry()
    stream = stream_zip([entries.make("a"), entries.make("b")], AT)
    first = await anext(stream)
    assert entries.log == ["begin a", "read a 0"]
    rest = [chunk async for chunk in stream]
    assert entries.log[-1] == "close b"
    assert entries.log.index("close a") < entries.log.index("begin b")
    with zipfile.ZipFile(io.BytesIO(b"".join([first, *rest]))) as archive:
        assert archive.testzip() is None


async def test_a_download_that_is_broken_off_closes_its_file():
    entries = LoggedEntry()
    stream = stream_zip([entries.make("a"), entries.make("b")], AT)
    await anext(stream)
    await stream.aclose()
    assert entries.log == ["begin a", "read a 0", "close a"]


def test_an_object_that_is_not_stored_is_missed_before_anything_is_sent():
    with pytest.raises(NotFound):
        make_object_entry(MemoryStorage(), "Song/Bass.flac", "jobs/1/stems/bass.flac")


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("Song", "Lead vocals"), "Song - Lead vocals"),
        (("../../etc/passwd", "Bass"), "_.._etc_passwd - Bass"),
        (("a\nb\0", "x"), "a_b_ - x"),
        (("...", "???"), "_"),
        (("", ""), "stem"),
        (("x" * 300,), "x" * 150),
    ],
)
def test_a_file_name_is_one_on_every_system(parts: tuple[str, ...], name: str) -> None:
    assert join_file_name(*parts) == name
