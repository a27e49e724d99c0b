"""`stemset separate`: what it writes where, what it prints, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from stemset import audio
from tests.support.command import Command

CONFIG = """
profiles: {songs: {title: Songs, strategy: halves}}
strategies:
  halves: {_: test_share, part: drums, rest: other}
  quarter: {_: test_share, params: {share: 0.25}, part: drums, rest: other}
  nothing: {_: test_share, params: {share: 0.0}, part: drums, rest: other}
  broken: {_: test_broken, part: drums, rest: other}
output: {format: wav, bit_depth: 24}
"""


@pytest.fixture(autouse=True)
def config(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(CONFIG)
    monkeypatch.setenv("STEMSET_CONFIG", str(file))


def read(file: Path) -> NDArray[np.float64]:
    return np.asarray(soundfile.read(file, dtype="float64")[0], np.float64)


def test_stems_lie_in_a_folder_named_after_the_song_in_the_format_of_the_config(
    command: Command, noise: Path, tmp_path: Path
) -> None:
    assert command("separate", noise).code == 0
    files = {file.name: soundfile.info(file) for file in (tmp_path / "noise-stems").glob("*.wav")}
    assert files.keys() == {"mixture.wav", "drums.wav", "other.wav"}
    assert {(info.subtype, info.frames, info.samplerate) for info in files.values()} == {("PCM_24", 22_050, 44_100)}


def test_a_stem_holds_what_the_strategy_gives_it(command: Command, noise: Path, tmp_path: Path) -> None:
    assert command("separate", noise, "-s", "quarter", "-o", "out").code == 0
    # A step of 24 bits for the stem and a quarter of one for the song.
    assert np.abs(read(tmp_path / "out/drums.wav") - read(noise) / 4).max() < 2 * 2.0**-23


def test_a_song_of_another_folder_has_its_stems_here(command: Command, noise: Path, tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    song = noise.rename(tmp_path / "music" / "My Song.v2.wav")
    assert command("separate", song).code == 0
    assert (tmp_path / "My Song.v2-stems" / "drums.wav").is_file()
    assert [file.name for file in song.parent.iterdir()] == ["My Song.v2.wav"]


def test_the_song_is_left_as_it_was(command: Command, noise: Path) -> None:
    before = noise.read_bytes()
    assert command("separate", noise, "-o", noise.parent / "out").code == 0
    assert noise.read_bytes() == before


def test_stems_of_an_earlier_run_are_replaced_and_other_files_stay(
    command: Command, noise: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "drums.wav").write_bytes(b"of an earlier run")
    (folder / "notes.txt").write_text("mine")
    assert command("separate", noise, "-o", folder).code == 0
    assert soundfile.info(folder / "drums.wav").frames == 22_050
    assert (folder / "notes.txt").read_text() == "mine"


def test_the_table_names_each_stem_with_its_file_peak_and_loudness(command: Command, tmp_path: Path) -> None:
    song = tmp_path / "sine.wav"
    # A sine of 1 kHz at full scale in one channel has -3.01 LUFS (BS.1770-4), in both 3.01 LU more.
    sine = np.sin(2 * np.pi * 997 * np.arange(88_200) / 44_100)
    audio.write(song, np.stack([sine, sine]).astype(np.float32), 44_100)
    done = command("separate", song, "-o", "out")
    assert done.code == 0
    rows = [line.split() for line in done.out.splitlines()]
    # Half of it is 6.02 dB less.
    assert ["drums", "out/drums.wav", "-6.0", "-6.0"] in rows
    assert ["other", "out/other.wav", "-6.0", "-6.0"] in rows


def test_stems_that_sum_exactly_are_said_to(command: Command, tmp_path: Path) -> None:
    song = tmp_path / "steps.wav"
    # Even steps of 16 bits: each half is a step of 24 bits too.
    samples = np.random.default_rng(0).integers(-1000, 1000, (2, 22_050)).astype(np.float32) * np.float32(2 / 2**15)
    audio.write(song, samples, 44_100)
    done = command("separate", song, "-o", "out")
    assert done.out.splitlines()[-1] == "sum of the stems minus the song: nothing, they sum exactly"


def test_a_stem_without_sound_is_silent_in_the_table(command: Command, noise: Path) -> None:
    rows = [line.split() for line in command("separate", noise, "-s", "nothing", "-o", "out").out.splitlines()]
    assert ["drums", "out/drums.wav", "-inf", "silent"] in rows


def test_what_is_ready_is_told_on_stderr_while_stdout_has_the_table_alone(command: Command, noise: Path) -> None:
    done = command("separate", noise, "-o", "out")
    assert "drums is ready: out/drums.wav" in done.err
    assert "is ready" not in done.out
    assert done.out.split()[:2] == ["stem", "file"]


def test_as_json_stdout_is_one_document_of_files_and_manifest(command: Command, noise: Path, tmp_path: Path) -> None:
    done = command("separate", noise, "-o", "out", "--json", "--format", "flac")
    assert done.out.count("\n") == 1
    printed = json.loads(done.out)
    assert printed.keys() == {"stems", "manifest_file", "manifest"}
    assert printed["stems"] == {"drums": "out/drums.flac", "other": "out/other.flac"}
    assert json.loads((tmp_path / printed["manifest_file"]).read_text()) == printed["manifest"]
    assert (printed["manifest"]["strategy"], printed["manifest"]["state"]) == ("halves", "succeeded")


@pytest.mark.parametrize("only", ["drums", " drums ,", "drums,drums"])
def test_only_the_named_stems_are_made(command: Command, noise: Path, only: str) -> None:
    printed = json.loads(command("separate", noise, "--only", only, "-o", "out", "--json").out)
    assert list(printed["stems"]) == ["drums"]
    assert [stem["name"] for stem in printed["manifest"]["stems"]] == ["drums"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["."], "is a directory"),
        (["none.wav"], "'none.wav' does not exist"),
        (["noise.wav", "--strategy", "nope"], "unknown strategy 'nope'; choose one of: halves, quarter"),
        (["noise.wav", "--only", "piano"], "piano"),
        (["noise.wav", "--format", "ogg"], "'ogg' is not one of"),
        ([], "Missing argument"),
        (["noise.wav", "noise.wav"], "unexpected extra argument"),
    ],
)
def test_wrong_use_has_exit_code_2_and_writes_nothing(
    command: Command, noise: Path, tmp_path: Path, arguments: list[str], says: str
) -> None:
    assert noise.name == "noise.wav"
    done = command("separate", *arguments)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert list(tmp_path.glob("*-stems")) == []


def test_a_file_without_sound_is_one_line_and_exit_code_1(command: Command, tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_text("words")
    done = command("separate", "song.mp3")
    assert (done.code, done.out) == (1, "")
    assert done.err.count("error: ") == 1
    assert "Traceback" not in done.err


def test_a_model_that_fails_is_one_line_and_exit_code_1_and_leaves_a_manifest(
    command: Command, noise: Path, tmp_path: Path
) -> None:
    done = command("separate", noise, "-s", "broken", "-o", "out")
    assert (done.code, done.out) == (1, "")
    assert "the test model always fails" in done.err
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (manifest["state"], manifest["error"]["kind"]) == ("failed", "model-failed")
