"""`stemset config` and `stemset strategies`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command import Command

CONFIG = """
profiles: {songs: {title: Songs, strategy: mine}}
strategies:
  mine:
    _: percussive
    drums: drums
    not_drums: {_: centre_voice, vocals: null, not_vocals: rest}
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "mine.yaml"
    file.write_text(CONFIG)
    monkeypatch.setenv("STEMSET_CONFIG", str(file))
    return file


@pytest.mark.usefixtures("mine")
def test_a_strategy_is_drawn_with_its_stems_models_and_what_is_discarded(command: Command) -> None:
    drawn = command("strategies").out
    assert [line.strip("│├└─ ") for line in drawn.splitlines()] == [
        "mine → drums, rest",
        "percussive",
        "drums: drums",
        "not_drums: centre_voice",
        "vocals: discarded",
        "not_vocals: rest",
    ]


@pytest.mark.usefixtures("mine")
def test_strategies_as_json_are_the_trees_of_the_file(command: Command) -> None:
    assert json.loads(command("strategies", "--json").out) == {
        "mine": {
            "_": "percussive",
            "drums": "drums",
            "not_drums": {"_": "centre_voice", "vocals": None, "not_vocals": "rest"},
        }
    }


def test_a_valid_file_is_counted(command: Command, mine: Path) -> None:
    done = command("config", "check")
    assert (done.code, done.out) == (0, f"{mine}: 1 profiles, 1 strategies, all valid\n")


def test_a_file_that_is_not_there_is_one_line_and_exit_code_1(command: Command, mine: Path) -> None:
    mine.unlink()
    done = command("config", "check")
    assert (done.code, done.out) == (1, "")
    assert done.err == f"error: {mine}: there is no such file; STEMSET_CONFIG names another"


def test_the_schema_is_one_json_document(command: Command) -> None:
    schema = json.loads(command("config", "schema").out)
    assert set(schema["properties"]) == {"profiles", "strategies", "limits", "output"}
    assert "Node" in schema["$defs"]


def test_without_a_command_the_help_is_printed_and_it_is_wrong_use(command: Command) -> None:
    assert command("config").code == 2
    assert command("config", "chekc").code == 2
