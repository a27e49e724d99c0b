from __future__ import annotations

import pytest

from stemset.features.library.received_file import clean_file_name, make_title


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("song.mp3", "song.mp3"),
        ("/etc/passwd", "passwd"),
        ("C:\\Music\\Träume.flac", "Träume.flac"),
        ("..", ".."),
        ("a\x00b\u202e.wav", "ab.wav"),
        ("", "untitled"),
        ("x" * 400, "x" * 255),
    ],
)
def test_of_a_file_name_only_the_printable_last_part_is_kept(sent: str, kept: str) -> None:
    assert clean_file_name(sent) == kept


@pytest.mark.parametrize(
    ("file_name", "title"),
    [
        ("01_My_Song.mp3", "01 My Song"),
        ("Vol. 2", "Vol. 2"),
        (".mp3", "Untitled"),
        ("a" * 300 + ".wav", "a" * 120),
        ("  two   words .flac", "two words"),
    ],
)
def test_a_title_is_the_file_name_made_readable(file_name: str, title: str) -> None:
    assert make_title(file_name) == title
