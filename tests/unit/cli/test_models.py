from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import Command
from tests.support.weights_server import WeightsServer, serving_weights
from tests.unit.cli.test_cli import stemset

DRUMS = "kuielab_b_drums.onnx"
CATALOGUE = "mdx_model_data.json"


@pytest.fixture
def server() -> Iterator[WeightsServer]:
    with serving_weights({DRUMS: b"a network", CATALOGUE: b"{}"}) as running:
        yield running


def test_weights_are_fetched_from_the_mirror_listed_and_verified(server: WeightsServer, tmp_path: Path) -> None:
    models = tmp_path / "models"
    environment = {"STEMSET_MODELS_DIR": str(models), "STEMSET_WEIGHTS_MIRROR": server.address}
    assert stemset("models", "path", folder=tmp_path, **environment).stdout == f"{models}\n"

    done = stemset("models", "download", DRUMS, folder=tmp_path, **environment)
    assert (done.returncode, done.stdout) == (0, f"{DRUMS}: 2 files fetched\n"), done.stderr
    assert (models / DRUMS).read_bytes() == b"a network"

    listed = json.loads(stemset("models", "list", "--json", folder=tmp_path, **environment).stdout)
    assert listed[DRUMS]["files"] == [
        {"name": DRUMS, "bytes": 9, "present": True},
        {"name": CATALOGUE, "bytes": 2, "present": True},
    ]
    assert listed["kuielab_a_drums.onnx"]["files"][0]["present"] is False

    good = stemset("models", "verify", folder=tmp_path, **environment)
    assert (good.returncode, good.stdout.count("good")) == (0, 2)
    (models / DRUMS).write_bytes(b"tampered!")
    bad = stemset("models", "verify", "--json", folder=tmp_path, **environment)
    assert bad.returncode == 1
    assert {one["file"]: one["fault"] is None for one in json.loads(bad.stdout)} == {DRUMS: False, CATALOGUE: True}


def test_a_mirror_without_the_file_is_told_in_one_line(server: WeightsServer, tmp_path: Path) -> None:
    done = stemset("models", "download", "Kim_Vocal_2.onnx", folder=tmp_path, STEMSET_WEIGHTS_MIRROR=server.address)
    assert done.returncode == 1
    assert "could not be fetched" in done.stderr
    assert "HTTP 404" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: WeightsServer) -> Path:
    """The folder of weights; what is missing in it comes from the mirror."""
    monkeypatch.setenv("STEMSET_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("STEMSET_WEIGHTS_MIRROR", server.address)
    return tmp_path / "models"


def row(table: str, name: str) -> str:
    (found,) = [line for line in table.splitlines() if line.strip().startswith(name)]
    return found


@pytest.mark.usefixtures("here")
def test_the_list_tells_size_presence_and_licence_of_each_model(command: Command) -> None:
    before = command("models", "list")
    assert (before.code, before.err) == (0, "")
    assert "built in" in row(before.out, "percussive")
    assert row(before.out, "percussive").split()[-2:] == ["yes", "MIT"]
    assert " about " in row(before.out, DRUMS)
    assert " no " in row(before.out, DRUMS)
    assert command("models", "download", DRUMS).code == 0
    after = row(command("models", "list").out, DRUMS)
    assert " yes " in after
    # 9 bytes of network and 2 of catalogue.
    assert " 0.0 MB " in after


def test_a_model_of_which_a_file_is_missing_is_partly_here(command: Command, here: Path) -> None:
    command("models", "download", DRUMS)
    (here / DRUMS).unlink()
    assert " partly " in row(command("models", "list").out, DRUMS)


@pytest.mark.usefixtures("here")
def test_what_is_there_is_not_fetched_again(command: Command, server: WeightsServer) -> None:
    assert command("models", "download", DRUMS, DRUMS).out == f"{DRUMS}: 2 files fetched\n"
    asked = len(server.asked)
    assert command("models", "download", DRUMS).out == f"{DRUMS}: already there\n"
    assert len(server.asked) == asked


@pytest.mark.usefixtures("here")
def test_a_strategy_stands_for_all_its_models(command: Command, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "profiles: {songs: {title: Songs, strategy: mine}}\n"
        f"strategies: {{mine: {{_: {DRUMS}, drums: d, not_drums: {{_: percussive, drums: null, not_drums: o}}}}}}\n"
    )
    done = command("models", "download", "mine")
    assert (done.code, done.out) == (0, f"{DRUMS}: 2 files fetched\npercussive: already there\n")


@pytest.mark.usefixtures("here")
def test_without_weights_there_is_nothing_to_verify(command: Command) -> None:
    assert command("models", "verify").out == "There are no weights here.\n"
    done = command("models", "verify", "--json")
    assert (done.code, done.out) == (0, "[]\n")


def test_a_damaged_file_is_named_in_the_table_beside_the_good_one(command: Command, here: Path) -> None:
    command("models", "download", DRUMS)
    (here / DRUMS).write_bytes(b"a netw0rk")
    done = command("models", "verify")
    assert (done.code, done.err) == (1, "")
    assert hashlib.sha256(b"a netw0rk").hexdigest()[:16] in row(done.out, DRUMS)
    assert "good" not in row(done.out, DRUMS)
    assert row(done.out, CATALOGUE).split()[-1] == "good"


def test_the_facts_of_a_model_are_complete_in_json(command: Command) -> None:
    facts = json.loads(command("models", "list", "--json").out)
    assert {frozenset(fact) for fact in facts.values()} == {
        frozenset({"title", "architecture", "slots", "size_bytes", "files", "licence", "scores"})
    }
    assert facts["percussive"]["files"] == []
    assert all(score["source"] for fact in facts.values() for score in fact["scores"])


@pytest.mark.parametrize("arguments", [["download"], ["download", "nope"], ["verify", "extra"]])
def test_wrong_use_has_exit_code_2(command: Command, arguments: list[str]) -> None:
    done = command("models", *arguments)
    assert (done.code, done.out) == (2, "")
