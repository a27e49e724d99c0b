from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from stemset.errors import NotFound
from stemset.storage import LocalStorage
from stemset.storage.local_files import local_copy, remove_abandoned_folders, temporary_folder
from stemset.testing import MemoryStorage

KEY = "recordings/1/source.wav"


async def test_a_temporary_folder_is_gone_after_its_block_with_all_that_is_in_it(tmp_path: Path) -> None:
    parent = tmp_path / "uploads"

    async def fail() -> None:
        async with temporary_folder(parent) as folder:
            assert folder.parent == parent
            (folder / "song.wav").write_bytes(b"x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert list(parent.iterdir()) == []


async def test_two_temporary_folders_are_different_ones(tmp_path: Path) -> None:
    async with temporary_folder(tmp_path) as first, temporary_folder(tmp_path) as second:
        assert first != second


def test_only_folders_in_which_nothing_is_new_are_abandoned(tmp_path: Path) -> None:
    long_ago = time.time() - 7200
    for name in ("old", "written"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part").write_bytes(b"x")
        os.utime(tmp_path / name / "part", (long_ago, long_ago))
    (tmp_path / "written" / "fresh").write_bytes(b"x")
    for name in ("old", "written"):
        os.utime(tmp_path / name, (long_ago, long_ago))
    assert remove_abandoned_folders(tmp_path, timedelta(hours=1)) == 1
    assert [folder.name for folder in tmp_path.iterdir()] == ["written"]


def test_without_a_folder_nothing_is_abandoned(tmp_path: Path) -> None:
    assert remove_abandoned_folders(tmp_path / "none", timedelta(hours=1)) == 0


def test_an_object_in_a_folder_is_its_own_local_copy(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "objects")
    storage.put_bytes(KEY, b"sound", "audio/wav")
    assert local_copy(storage, KEY, tmp_path / "copies") == tmp_path / "objects" / KEY
    assert not (tmp_path / "copies").exists()


def test_an_object_elsewhere_is_fetched_into_the_folder(tmp_path: Path) -> None:
    storage = MemoryStorage()
    storage.put_bytes(KEY, b"sound", "audio/wav")
    copy = local_copy(storage, KEY, tmp_path)
    assert (copy, copy.read_bytes()) == (tmp_path / "source.wav", b"sound")


def test_an_object_that_is_not_there_has_no_copy(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        local_copy(MemoryStorage(), KEY, tmp_path)
