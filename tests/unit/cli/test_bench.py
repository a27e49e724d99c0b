"""`stemset bench`: its documents, tables and exit codes; what is measured is tested with stemset.bench."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from stemset import audio
from tests.support.command import Command

CONFIG = """
profiles: {songs: {title: Songs, strategy: halves}}
strategies:
  halves: {_: test_share, part: drums, rest: other}
"""


@pytest.fixture(autouse=True)
def config(command: Command, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """Two songs whose drums and other are noise of equal power, and their sums."""
    for number, song in enumerate(("test/one", "train/two")):
        folder = tmp_path / "songs" / song
        folder.mkdir(parents=True)
        stems = np.random.default_rng(number).uniform(-0.4, 0.4, (2, 2, 44_100)).astype(np.float32)
        for name, samples in zip(("drums", "other", "mixture"), (*stems, stems.sum(axis=0)), strict=True):
            audio.write(folder / f"{name}.wav", samples, 44_100)
    return tmp_path / "songs"


def test_quality_is_one_document_with_every_song_and_stem(command: Command, reference: Path) -> None:
    done = command("bench", "quality", "--reference", reference, "--json")
    assert done.code == 0, done.err
    printed = json.loads(done.out)
    assert [song["song"] for song in printed["songs"]] == ["test/one", "train/two"]
    drums = {stem["stem"]: stem for stem in printed["songs"][0]["stems"]}["drums"]
    # Half of the sum of two signals of equal power is off by half of either: as much as the stem less 3.01 dB.
    assert drums["sdr_db"] == pytest.approx(10 * np.log10(2), abs=0.1)
    # The mixture itself is off by all of the other one.
    assert drums["mixture_sdr_db"] == pytest.approx(0, abs=0.1)


def test_songs_are_chosen_by_a_pattern_and_a_limit(command: Command, reference: Path) -> None:
    def songs(*arguments: str) -> list[str]:
        printed = json.loads(command("bench", "quality", "--reference", reference, "--json", *arguments).out)
        return [song["song"] for song in printed["songs"]]

    assert songs("--songs", "train/*") == ["train/two"]
    assert songs("--limit", "1") == ["test/one"]


def test_each_song_is_told_on_stderr_as_it_is_done(command: Command, reference: Path) -> None:
    done = command("bench", "quality", "--reference", reference)
    assert "test/one: " in done.err
    assert "× real time" in done.err
    assert "median of 2 songs" in done.out


def test_a_folder_without_songs_is_one_line_and_no_traceback(command: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = command("bench", "quality", "--reference", "empty")
    assert done.code != 0
    assert done.out == ""
    assert "Traceback" not in done.err


def test_a_speed_report_has_a_cold_run_and_so_many_warm_ones(command: Command, noise: Path) -> None:
    done = command("bench", "speed", "--song", noise, "--runs", "3", "--json")
    assert done.code == 0, done.err
    printed = json.loads(done.out)
    assert printed["strategy"] == "halves"
    assert printed["duration_s"] == pytest.approx(0.5)
    assert len(printed["warm"]) == 3
    for run in (printed["cold"], *printed["warm"]):
        assert 0 < run["first_stem_s"] <= run["seconds"]
        assert [node["model"] for node in run["nodes"]] == ["test_share"]
    assert done.err.count(" s") == 4


def test_speed_without_json_is_a_table_on_stdout(command: Command, noise: Path) -> None:
    done = command("bench", "speed", "--song", noise, "--runs", "1")
    assert done.code == 0
    assert "test_share" in done.out
    assert "real time" in done.out


@pytest.mark.parametrize("arguments", [["--runs", "0"], ["--song", "none.wav"], ["--strategy", "nope"]])
def test_wrong_use_of_speed_has_exit_code_2(command: Command, arguments: list[str]) -> None:
    done = command("bench", "speed", *arguments)
    assert (done.code, done.out) == (2, "")
