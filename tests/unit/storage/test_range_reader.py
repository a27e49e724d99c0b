"""A remote object as a file."""

from __future__ import annotations

import io
import os

import pytest

from stemset.storage.range_reader import RangedReader

CONTENT = bytes(range(100))


class Remote:
    """Serves CONTENT from an offset on. fails_at: offsets at which a body breaks off once; opened: every offset."""

    def __init__(self, fails_at: set[int] | None = None, *, for_ever: bool = False) -> None:
        self.fails_at = fails_at or set()
        self.for_ever = for_ever
        self.opened: list[int] = []
        self.bodies: list[Body] = []

    def open(self, start: int) -> Body:
        self.opened.append(start)
        self.bodies.append(Body(self, start))
        return self.bodies[-1]


class Body(io.BytesIO):
    def __init__(self, remote: Remote, start: int) -> None:
        super().__init__(CONTENT[start:])
        self.remote = remote
        self.start = start

    def read(self, amount: int | None = -1, /) -> bytes:
        at = self.start + self.tell()
        if at in self.remote.fails_at:
            if not self.remote.for_ever:
                self.remote.fails_at.discard(at)
            raise ConnectionResetError
        return super().read(amount)


def reader(remote: Remote, size: int = len(CONTENT)) -> RangedReader:
    return RangedReader(size, remote.open, (ConnectionError,))


def test_nothing_is_requested_before_it_is_read() -> None:
    remote = Remote()
    file = reader(remote)
    file.seek(10)
    file.seek(-20, os.SEEK_END)
    assert (file.tell(), remote.opened) == (80, [])
    assert file.read(3) == CONTENT[80:83]
    assert remote.opened == [80]


def test_reading_on_needs_one_request_and_a_seek_another() -> None:
    remote = Remote()
    file = reader(remote)
    assert file.read(10) + file.read(10) == CONTENT[:20]
    file.seek(5, os.SEEK_CUR)
    assert file.read() == CONTENT[25:]
    assert remote.opened == [0, 25]
    assert remote.bodies[0].closed


def test_a_body_that_breaks_off_is_requested_again_from_there() -> None:
    remote = Remote(fails_at={30})
    file = reader(remote)
    assert file.read(30) + file.read(70) == CONTENT
    assert remote.opened == [0, 30]


def test_a_body_that_breaks_off_twice_at_one_place_is_an_error() -> None:
    remote = Remote(fails_at={0}, for_ever=True)
    with pytest.raises(ConnectionResetError):
        reader(remote).read(1)
    assert remote.opened == [0, 0]


def test_an_object_that_ends_before_its_size_is_an_error_not_a_short_file() -> None:
    with pytest.raises(EOFError, match="ends at 100 bytes, before its 120"):
        reader(Remote(), size=120).readall()


def test_there_is_nothing_after_the_end_and_no_place_before_the_beginning() -> None:
    file = reader(Remote())
    file.seek(0, os.SEEK_END)
    assert file.read(1) == b""
    with pytest.raises(ValueError, match="before the beginning"):
        file.seek(-1)


def test_closing_the_file_closes_the_body() -> None:
    remote = Remote()
    with reader(remote) as file:
        file.read(1)
    assert remote.bodies[0].closed


class Trickle(io.BytesIO):
    """A body that gives at most seven bytes at a time, as a socket may."""

    def read(self, amount: int | None = -1, /) -> bytes:
        return super().read(7 if amount is None or amount < 0 else min(amount, 7))


def test_a_short_read_is_one_of_fewer_bytes_and_goes_on_where_it_ended() -> None:
    opened: list[int] = []

    def open_body(start: int) -> Trickle:
        opened.append(start)
        return Trickle(CONTENT[start:])

    file = RangedReader(len(CONTENT), open_body, ())
    assert (file.read(50), file.tell()) == (CONTENT[:7], 7)
    assert file.readall() == CONTENT[7:]
    assert opened == [0]


@pytest.mark.parametrize("block", [1, 16, 33, 100, 4096])
def test_a_buffer_around_it_reads_across_its_borders(block: int) -> None:
    file = io.BufferedReader(reader(Remote(fails_at={15, 33})), block)
    for start, stop in ((0, 15), (14, 34), (32, 100), (99, 100), (1, 99), (31, 33)):
        file.seek(start)
        assert file.read(stop - start) == CONTENT[start:stop]


def test_a_seek_to_where_it_is_requests_nothing_new() -> None:
    remote = Remote()
    file = reader(remote)
    file.read(10)
    assert (file.seek(10), file.seek(0, os.SEEK_CUR), file.seek(-90, os.SEEK_END)) == (10, 10, 10)
    assert file.read(1) == CONTENT[10:11]
    assert remote.opened == [0]


def test_a_place_behind_the_end_may_be_sought_and_has_nothing() -> None:
    remote = Remote()
    file = reader(remote)
    assert file.seek(150) == 150
    assert (file.read(5), file.readall(), remote.opened) == (b"", b"", [])
    assert file.seek(-60, os.SEEK_CUR) == 90
    assert file.readall() == CONTENT[90:]


def test_after_an_error_another_place_can_be_read() -> None:
    remote = Remote(fails_at={0}, for_ever=True)
    file = reader(remote)
    with pytest.raises(ConnectionResetError):
        file.read(1)
    file.seek(50)
    assert file.read(2) == CONTENT[50:52]


def test_another_error_than_a_broken_line_is_not_tried_again() -> None:
    opened: list[int] = []

    class Strange(io.BytesIO):
        def read(self, amount: int | None = -1, /) -> bytes:
            raise ZeroDivisionError

    def open_body(start: int) -> Strange:
        opened.append(start)
        return Strange()

    with pytest.raises(ZeroDivisionError):
        RangedReader(5, open_body, (ConnectionError,)).read(1)
    assert opened == [0]


def test_it_can_be_read_and_sought_but_not_written() -> None:
    file = reader(Remote())
    assert (file.readable(), file.seekable(), file.writable()) == (True, True, False)
    assert file.read(0) == b""
