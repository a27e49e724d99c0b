"""The names of a track's files: what a client may ask for, and nothing that leads elsewhere."""

from __future__ import annotations

from uuid import UUID

import pytest

from stemset.errors import NotFound
from stemset.features.player.tracks import TrackFile, parse_peaks_file, parse_stem_file

JOB = UUID("0193b1c2-7e61-7c3a-9d5e-2f4b8a6c1d03")


@pytest.mark.parametrize(
    ("file", "key", "media_type"),
    [
        ("vocals.flac", f"jobs/{JOB}/stems/vocals.flac", "audio/flac"),
        ("mixture.flac", f"jobs/{JOB}/stems/mixture.flac", "audio/flac"),
        ("lead_vocals2.index", f"jobs/{JOB}/stems/lead_vocals2.index", "application/octet-stream"),
    ],
)
def test_a_stem_or_its_index_is_named_by_stem_and_kind(file: str, key: str, media_type: str) -> None:
    assert parse_stem_file(JOB, file) == TrackFile(JOB, file.partition(".")[0], key, media_type)


@pytest.mark.parametrize("pixels", [256, 2048, 16384])
def test_a_waveform_is_named_by_stem_and_samples_per_pixel(pixels: int) -> None:
    found = parse_peaks_file(JOB, f"drums.{pixels}.dat")
    assert (found.track, found.key) == ("drums", f"jobs/{JOB}/peaks/drums.{pixels}.dat")
    assert found.media_type == "application/octet-stream"


BAD_STEMS = ["", "..", "../x", "Drums", "2b", "_x", "a" * 41, "dr ums", "drums\n", "drüms", "a/b", "a%2fb", "a\0"]


@pytest.mark.parametrize("stem", BAD_STEMS)
def test_a_name_that_no_stem_has_is_not_found(stem: str) -> None:
    for parse, ending in ((parse_stem_file, "flac"), (parse_stem_file, "index"), (parse_peaks_file, "256.dat")):
        with pytest.raises(NotFound):
            parse(JOB, f"{stem}.{ending}")


@pytest.mark.parametrize("ending", ["", ".wav", ".FLAC", ".flac.index", ".flac\n", ".index.", ".256.dat"])
def test_another_kind_of_stem_file_is_not_found(ending: str) -> None:
    with pytest.raises(NotFound):
        parse_stem_file(JOB, f"drums{ending}")


@pytest.mark.parametrize("pixels", ["255", "0256", "0", "-256", "2560000", "256.0", "", "\u0662\u0665\u0666", "4096"])
def test_a_waveform_that_is_not_made_is_not_found_with_those_that_are(pixels: str) -> None:
    with pytest.raises(NotFound, match=r"<stem>\.16384\.dat, <stem>\.2048\.dat, <stem>\.256\.dat"):
        parse_peaks_file(JOB, f"drums.{pixels}.dat")


def test_the_longest_name_of_a_stem_is_forty_characters() -> None:
    assert parse_stem_file(JOB, f"{'a' * 40}.flac").track == "a" * 40
