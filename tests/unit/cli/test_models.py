from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

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
