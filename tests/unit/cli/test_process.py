"""`stemset process`: what it prints and its exit codes; tests/integration/test_process.py is about what it does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.api import wav
from tests.support.command import Command

CONFIG = """
profiles:
  songs: {title: Songs, strategy: halves, source: music}
  lost: {title: Lost, strategy: halves, source: nowhere}
  bare: {title: Bare, strategy: halves}
strategies:
  halves: {_: test_share, part: drums, rest: other}
limits: {max_upload_mb: 1}
"""


@pytest.fixture(autouse=True)
def music(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The profile's source folder: one song, and a text beside it."""
    (tmp_path / "config.yaml").write_text(CONFIG)
    monkeypatch.setenv("STEMSET_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "music"
    (folder / "album").mkdir(parents=True)
    (folder / "album" / "song.wav").write_bytes(wav())
    (folder / "notes.txt").write_text("no song")
    return folder


def test_a_dry_run_says_what_would_be_done_and_counts_what_is_no_audio(command: Command) -> None:
    done = command("process", "songs", "--dry-run")
    assert done.code == 0
    lines = done.out.splitlines()
    assert [line.split()[:2] for line in lines[1:-1]] == [["album/song.wav", "planned"]]
    assert lines[-1] == "songs, halves: 1 not audio, 1 planned"


def test_as_json_stdout_is_one_document_with_an_entry_for_every_file(command: Command, music: Path) -> None:
    done = command("process", "songs", "--dry-run", "--json")
    assert done.code == 0
    printed = json.loads(done.out)
    assert {name: printed[name] for name in ("profile", "source", "strategy", "counts")} == {
        "profile": "songs", "source": "music", "strategy": "halves", "counts": {"planned": 1, "not_audio": 1},
    }  # fmt: skip
    assert [(file["file"], file["outcome"]) for file in printed["files"]] == [
        ("music/notes.txt", "not_audio"),
        ("music/album/song.wav", "planned"),
    ]
    assert {frozenset(file) for file in printed["files"]} == {
        frozenset({"file", "outcome", "seconds", "recordingId", "jobId", "error"})
    }
    assert printed["files"][1]["error"] is None
    assert sorted(path.name for path in music.rglob("*")) == ["album", "notes.txt", "song.wav"]


def test_a_song_is_separated_once_and_present_from_then_on(command: Command) -> None:
    first = command("process", "songs", "--json")
    assert first.code == 0
    again = command("process", "songs", "--json")
    one, other = (json.loads(done.out)["files"][1] for done in (first, again))
    assert (one["outcome"], other["outcome"]) == ("separated", "present")
    assert one["recordingId"] == other["recordingId"]
    assert "song.wav separated in" in first.err
    assert "separated" not in again.err


def test_a_file_that_fails_makes_the_exit_code_1_and_is_told_with_its_reason(command: Command, music: Path) -> None:
    (music / "claims.mp3").write_text("to be a song")
    done = command("process", "songs", "--dry-run", "--json")
    assert done.code == 1
    (failed,) = [file for file in json.loads(done.out)["files"] if file["outcome"] == "failed"]
    assert failed["file"] == "music/claims.mp3"
    assert failed["error"].keys() == {"kind", "message"}
    assert failed["error"]["kind"] == "unreadable-audio"
    assert f"claims.mp3 failed: {failed['error']['message']}" in done.err
    assert "Traceback" not in done.err


def test_a_file_above_the_limit_of_the_config_fails(command: Command, music: Path) -> None:
    (music / "huge.wav").write_bytes(wav(5.7))  # of 1.005 MB
    done = command("process", "songs", "--dry-run", "--json")
    (failed,) = [file for file in json.loads(done.out)["files"] if file["outcome"] == "failed"]
    assert (done.code, failed["error"]["kind"]) == (1, "too-large")


def test_the_named_folder_comes_before_that_of_the_profile(command: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = command("process", "songs", "--source", "empty")
    assert (done.code, done.out) == (0, "songs, halves: no files\n")


def test_markup_in_a_name_is_printed_as_it_is(command: Command, music: Path) -> None:
    (music / "[bold]live.wav").write_bytes(wav(0.25))
    assert "[bold]live.wav" in command("process", "songs", "--dry-run").out


def test_a_source_folder_that_is_not_there_is_one_line_and_exit_code_1(command: Command, tmp_path: Path) -> None:
    done = command("process", "lost")
    assert (done.code, done.out) == (1, "")
    assert done.err == f"error: profiles.lost.source: there is no folder {tmp_path / 'nowhere'}"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Missing argument"),
        (["bare"], "profile 'bare' has no `source` in config.yaml; name a folder with --source"),
        (["songs", "--source", "music/notes.txt"], "is a file"),
        (["songs", "-s", "nope"], "unknown strategy 'nope'; choose one of: halves"),
        (["nope"], "unknown profile 'nope'; choose one of: songs, lost, bare"),
    ],
)
def test_wrong_use_has_exit_code_2_and_makes_no_library(
    command: Command, tmp_path: Path, arguments: list[str], says: str
) -> None:
    done = command("process", *arguments)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert not (tmp_path / "data").exists()
