"""The Volume of weights is filled from where the weights are published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stemset.config import parse_config
from stemset.deploy.weights import fill_volume, models_with_weights
from stemset.errors import NotFound, WeightsDamaged, WeightsMissing
from tests.support.weights_server import WeightsServer, serving_weights

DRUMS, BASS, CATALOGUE = "kuielab_b_drums.onnx", "kuielab_b_bass.onnx", "mdx_model_data.json"
CONFIG = f"""
profiles: {{songs: {{title: Songs, strategy: drums}}}}
strategies:
  drums: {{_: {DRUMS}, drums: drums, not_drums: other}}
  both: {{_: {DRUMS}, drums: drums, not_drums: {{_: {BASS}, bass: bass, not_bass: other}}}}
  built_in: {{_: percussive, drums: drums, not_drums: other}}
"""


@pytest.fixture
def server() -> Iterator[WeightsServer]:
    with serving_weights({DRUMS: b"a network", CATALOGUE: b"{}"}) as running:
        yield running


@pytest.fixture
def volume(server: WeightsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config.yaml").write_text(CONFIG)
    monkeypatch.setenv("STEMSET_CONFIG", str(tmp_path / "config.yaml"))
    monkeypatch.setenv("STEMSET_MODELS_DIR", str(tmp_path / "weights"))
    monkeypatch.setenv("STEMSET_WEIGHTS_MIRROR", server.address)
    return tmp_path / "weights"


def test_the_models_of_strategies_are_listed_once_and_without_those_that_have_no_weights() -> None:
    config = parse_config(CONFIG)
    assert models_with_weights(config) == [DRUMS, BASS]
    assert models_with_weights(config, ["drums", "built_in"]) == [DRUMS]
    assert models_with_weights(config, ["built_in"]) == []


def test_an_unknown_strategy_is_named_with_the_choices() -> None:
    with pytest.raises(NotFound, match=r"no strategy 'drumz'; there are: both, built_in, drums"):
        models_with_weights(parse_config(CONFIG), ["drumz"])


def test_the_weights_of_a_strategy_are_fetched_and_the_volume_committed(volume: Path) -> None:
    commits: list[bool] = []
    fill_volume(["drums"], commit=lambda: commits.append((volume / DRUMS).is_file()))
    assert (volume / DRUMS).read_bytes() == b"a network"
    assert commits == [True]


def test_a_model_that_can_not_be_fetched_loses_none_that_came_before(volume: Path) -> None:
    commits: list[list[str]] = []
    with pytest.raises(WeightsMissing, match=BASS):
        fill_volume(["both"], commit=lambda: commits.append(sorted(file.name for file in volume.glob("*.onnx"))))
    assert commits == [[DRUMS]]


def test_a_damaged_file_is_an_error_that_names_the_command_that_mends_it(volume: Path) -> None:
    fill_volume(["drums"], commit=lambda: None)
    (volume / CATALOGUE).write_bytes(b"[]")
    with pytest.raises(WeightsDamaged, match=r"modal_app\.py::download_models"):
        fill_volume(["built_in"], commit=lambda: None)
