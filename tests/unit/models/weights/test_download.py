from __future__ import annotations

import errno
import hashlib
import multiprocessing
import threading
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

import pytest

from stemset.errors import Cancelled, NoSpace
from stemset.models.weights import download
from stemset.models.weights.download import FetchedFile, Unreachable, WrongContent, fetch, partial_size
from tests.support.waiting import LIMIT_S
from tests.support.weights_server import WeightsServer, serving_weights

NAME = "weights.onnx"
CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WeightsServer]:
    monkeypatch.setattr(download, "_FIRST_PAUSE_S", 0.001)
    with serving_weights({NAME: CONTENT}) as running:
        yield running


def anything(_fetched: FetchedFile) -> None:
    """Nothing is wrong."""


def quiet(_done: int, _whole: int | None) -> None:
    """Nobody listens."""


def get(server: WeightsServer, target: Path) -> FetchedFile | None:
    return fetch(target, (f"{server.address}/{NAME}",), anything, quiet)


def stop_half_way(server: WeightsServer, target: Path) -> None:
    def stop(done: int, whole: int | None) -> None:
        if done > len(CONTENT) // 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(target, (f"{server.address}/{NAME}",), anything, stop)


def left(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_a_file_comes_whole_with_its_progress_and_nothing_else_stays(server: WeightsServer, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    got = fetch(
        tmp_path / NAME,
        (f"{server.address}/{NAME}",),
        anything,
        lambda done, whole: told.append((done, whole)),
    )
    assert got == FetchedFile(hashlib.sha256(CONTENT).hexdigest(), len(CONTENT), f"{server.address}/{NAME}")
    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert told == sorted(told)
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert len(told) > 2
    assert left(tmp_path) == [NAME]


def test_a_fetch_that_was_stopped_goes_on_where_it_was(server: WeightsServer, tmp_path: Path) -> None:
    stop_half_way(server, tmp_path / NAME)
    done, whole = partial_size(tmp_path / NAME)
    assert 0 < done < len(CONTENT) == whole
    assert not (tmp_path / NAME).exists()
    get(server, tmp_path / NAME)
    assert server.asked[-1] == (NAME, f"bytes={done}-")
    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert left(tmp_path) == [NAME]


def test_a_file_that_changed_meanwhile_comes_from_its_beginning(server: WeightsServer, tmp_path: Path) -> None:
    stop_half_way(server, tmp_path / NAME)
    server.content[NAME] = CONTENT[::-1]
    get(server, tmp_path / NAME)
    assert (tmp_path / NAME).read_bytes() == CONTENT[::-1]


def test_a_server_without_ranges_is_asked_from_the_beginning(server: WeightsServer, tmp_path: Path) -> None:
    server.ranges = False
    stop_half_way(server, tmp_path / NAME)
    get(server, tmp_path / NAME)
    assert server.asked[-1] == (NAME, None)
    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_a_line_that_breaks_again_and_again_is_taken_up_each_time(server: WeightsServer, tmp_path: Path) -> None:
    server.break_after = 40_000
    get(server, tmp_path / NAME)
    assert [wanted for _, wanted in server.asked] == [None, *(f"bytes={40_000 * n}-" for n in range(1, 7))]
    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_a_line_that_breaks_without_getting_further_is_given_up(server: WeightsServer, tmp_path: Path) -> None:
    server.ranges, server.break_after = False, 40_000
    with pytest.raises(Unreachable):
        get(server, tmp_path / NAME)
    assert len(server.asked) < 10
    assert not (tmp_path / NAME).exists()


def test_a_part_that_has_all_bytes_is_not_asked_for_again(server: WeightsServer, tmp_path: Path) -> None:
    def stop(done: int, whole: int | None) -> None:
        if done == whole:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(tmp_path / NAME, (f"{server.address}/{NAME}",), anything, stop)
    get(server, tmp_path / NAME)
    assert len(server.asked) == 1
    assert (tmp_path / NAME).read_bytes() == CONTENT


@pytest.mark.parametrize("lie", [-1000, 1000])
def test_a_file_of_another_length_than_announced_never_appears(lie: int, server: WeightsServer, tmp_path: Path) -> None:
    def as_published(fetched: FetchedFile) -> str | None:
        return None if fetched.bytes == len(CONTENT) else "too short"

    server.longer_by = lie
    with pytest.raises((Unreachable, WrongContent)):
        fetch(tmp_path / NAME, (f"{server.address}/{NAME}",), as_published, quiet)
    assert not (tmp_path / NAME).exists()


def test_wrong_bytes_are_thrown_away_and_the_next_address_is_asked(server: WeightsServer, tmp_path: Path) -> None:
    good = hashlib.sha256(CONTENT).hexdigest()

    def accept(fetched: FetchedFile) -> str | None:
        return None if fetched.sha256 == good else "wrong bytes"

    with serving_weights({NAME: b"something else"}) as bad:
        addresses = (f"{bad.address}/{NAME}", f"{server.address}/{NAME}")
        assert fetch(tmp_path / NAME, addresses, accept, quiet) is not None
        assert (tmp_path / NAME).read_bytes() == CONTENT
        with pytest.raises(WrongContent, match="wrong bytes"):
            fetch(tmp_path / "other" / NAME, addresses[:1], accept, quiet)
    assert left(tmp_path) == [NAME]


@pytest.mark.parametrize("fault", ["absent", "empty", "page"])
def test_what_is_no_weight_file_is_refused(fault: str, server: WeightsServer, tmp_path: Path) -> None:
    server.page = fault == "page"
    server.content = {NAME: b""} if fault == "empty" else {}
    with pytest.raises(Unreachable, match={"absent": "404", "empty": "empty", "page": "web page"}[fault]):
        get(server, tmp_path / NAME)
    assert left(tmp_path) == []


def test_a_disk_that_would_be_too_full_is_told_before_anything_comes(
    server: WeightsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 1000

    def nearly_full(_path: Path) -> Usage:
        return Usage()

    monkeypatch.setattr(download.shutil, "disk_usage", nearly_full)
    with pytest.raises(NoSpace, match="0 MB free"):
        get(server, tmp_path / NAME)
    assert left(tmp_path) == []


def test_a_disk_that_fills_meanwhile_gets_its_room_back(
    server: WeightsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(FileIO):
        def write(self, data: object, /) -> int:
            if self.tell() >= 50_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(download, "FileIO", Full)
    with pytest.raises(NoSpace, match="too full for the weights"):
        get(server, tmp_path / NAME)
    assert left(tmp_path) == []


def _process(address: str, target: Path, results: multiprocessing.SimpleQueue[bool]) -> None:
    results.put(fetch(target, (f"{address}/{NAME}",), anything, quiet) is not None)


def test_processes_that_want_the_same_file_fetch_it_once(server: WeightsServer, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.SimpleQueue[bool] = context.SimpleQueue()
    server.paused.clear()
    processes = [context.Process(target=_process, args=(server.address, tmp_path / NAME, results)) for _ in range(3)]
    for process in processes:
        process.start()
    waiting = threading.Timer(1.5, server.paused.set)
    waiting.start()
    for process in processes:
        process.join(LIMIT_S)
    waiting.cancel()
    assert sorted(results.get() for _ in processes) == [False, False, True]
    assert len(server.asked) == 1
    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert left(tmp_path) == [NAME]
