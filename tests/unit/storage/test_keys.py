"""The key of an object is made of ids and checked names alone, and lies in the folder with which it is deleted."""

from __future__ import annotations

import inspect
import re
from uuid import UUID

import pytest

from stemset.storage import Keys

ID = UUID("0193b1c2-7e61-7c3a-9d5e-2f4b8a6c1d03")
ALL = {
    "upload": Keys.upload(ID),
    "upload_content": Keys.upload_content(ID),
    "recording": Keys.recording(ID),
    "source": Keys.source(ID, "flac"),
    "job": Keys.job(ID),
    "stem": Keys.stem(ID, "lead_vocals"),
    "index": Keys.index(ID, "lead_vocals"),
    "peaks": Keys.peaks(ID, "lead_vocals", 256),
    "manifest": Keys.manifest(ID),
}


def test_these_are_all_keys() -> None:
    makers = {name for name, _ in inspect.getmembers(Keys, inspect.isfunction)}
    assert makers == ALL.keys()


@pytest.mark.parametrize("key", ALL.values(), ids=ALL)
def test_a_key_is_plain_ascii_that_no_address_has_to_escape(key: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9._/-]*", key)
    assert "//" not in key
    assert ".." not in key
    assert str(ID) in key.split("/")


def test_no_two_objects_of_one_id_have_the_same_key() -> None:
    assert len(set(ALL.values())) == len(ALL)


@pytest.mark.parametrize(
    ("folder", "names"),
    [
        (Keys.UPLOADS, ["upload", "upload_content"]),
        (Keys.upload(ID), ["upload_content"]),
        (Keys.recording(ID), ["source"]),
        (Keys.job(ID), ["stem", "index", "peaks", "manifest"]),
    ],
)
def test_what_goes_with_a_folder_lies_in_it_and_nothing_else_does(folder: str, names: list[str]) -> None:
    assert [name for name, key in ALL.items() if key.startswith(f"{folder}/")] == names


def test_the_waveforms_are_each_eight_times_coarser_than_the_last() -> None:
    fine, middle, coarse = Keys.SAMPLES_PER_PIXEL
    assert (middle / fine, coarse / middle) == (8, 8)
    assert len({Keys.peaks(ID, "drums", pixels) for pixels in Keys.SAMPLES_PER_PIXEL}) == 3
