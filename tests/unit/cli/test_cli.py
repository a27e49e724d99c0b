from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.waiting import LIMIT_S

ROOT = Path(__file__).parents[3]


def stemset(*arguments: str | Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the real command in a folder without a config.yaml, so with the shipped one."""
    return subprocess.run(
        [sys.executable, "-m", "stemset", *map(str, arguments)],
        cwd=folder,
        env=os.environ | {"COLUMNS": "200"} | environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def test_separate_writes_the_stems_and_prints_json(noise: Path, tmp_path: Path) -> None:
    done = stemset("separate", noise, "-o", tmp_path / "stems", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert set(printed["stems"]) == {"drums", "bass", "vocals", "other"}
    assert all(Path(file).is_file() for file in printed["stems"].values())
    assert printed["manifest"]["sum_to_mixture_db"] <= -90
    assert "drums is ready" in done.stderr


def test_separate_makes_only_what_is_wanted_in_the_format_asked_for(noise: Path, tmp_path: Path) -> None:
    done = stemset("separate", noise, "--only", "drums,bass", "--format", "wav", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {file.name for file in (tmp_path / "noise-stems").glob("*.wav")} == {"mixture.wav", "drums.wav", "bass.wav"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["separate", "nothing.wav"], "does not exist"),
        (["separate", "noise.wav", "--strategy", "nope"], "unknown strategy 'nope'; choose one of: instant"),
        (["separate", "noise.wav", "--only", "piano"], "there are: bass, drums, other, vocals"),
        (["separate", "noise.wav", "--format", "ogg"], "'flac', 'wav', 'mp3'"),
        (["seperate", "noise.wav"], "No such command"),
    ],
)
def test_wrong_use_exits_with_2_and_says_what_would_be_right(
    arguments: list[str], says: str, noise: Path, tmp_path: Path
) -> None:
    done = stemset(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_song_exits_with_1_and_one_line(tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_text("not a song")
    done = stemset("separate", "song.mp3", folder=tmp_path)
    assert done.returncode == 1
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_name_that_the_output_has_no_letters_for_is_printed_with_question_marks(noise: Path, tmp_path: Path) -> None:
    song = noise.rename(tmp_path / "太鼓.wav")
    done = stemset("separate", song, "--only", "drums", folder=tmp_path, PYTHONIOENCODING="cp1252")
    assert done.returncode == 0, done.stderr
    assert "??-stems" in done.stdout
    assert (tmp_path / "太鼓-stems" / "drums.flac").is_file()


def test_config_check_tells_the_place_of_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        (ROOT / "config.yaml").read_text("utf-8").replace("_: low_end", "_: low"), "utf-8"
    )
    done = stemset("config", "check", folder=tmp_path, STEMSET_CONFIG=str(tmp_path / "mine.yaml"))
    assert done.returncode == 1
    assert "strategies.instant.not_drums._: unknown model 'low'; choose one of: " in done.stderr


def test_the_shipped_config_is_used_where_there_is_none(tmp_path: Path) -> None:
    done = stemset("config", "check", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "9 strategies, all valid" in done.stdout


def test_strategies_and_models_are_listed(tmp_path: Path) -> None:
    assert "not_drums: low_end" in stemset("strategies", folder=tmp_path).stdout
    models = json.loads(stemset("models", "list", "--json", folder=tmp_path).stdout)
    assert set(models["percussive"]["slots"]) == {"drums", "not_drums"}
    assert models["htdemucs.yaml"]["size_bytes"] > 80_000_000


@pytest.mark.parametrize(
    ("shell", "says"), [("bash", "complete -o default"), ("zsh", "compdef"), ("fish", "--command")]
)
def test_a_shell_gets_its_completion(shell: str, says: str, tmp_path: Path) -> None:
    done = stemset("--show-completion", shell, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert says in done.stdout
    assert "_STEMSET_COMPLETE" in done.stdout


def test_completion_knows_the_commands(tmp_path: Path) -> None:
    done = stemset(folder=tmp_path, _STEMSET_COMPLETE="complete_bash", COMP_WORDS="stemset models ", COMP_CWORD="2")
    assert {"list", "download", "path"} <= set(done.stdout.split())
