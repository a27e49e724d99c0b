"""Strategies and models are described in words that a musician reads, and with what they lack."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import JsonValue

from stemset.features.catalogue.ratings import estimate_seconds
from stemset.features.catalogue.schemas import (
    ENGINE,
    ModelFile,
    ModelScore,
    StrategyBlend,
    WeightsState,
    describe_model,
    describe_strategy,
)
from stemset.models.registry import card
from stemset.strategy import BlendDomain, BlendKind, parse

DRUMS: dict[str, JsonValue] = {"_": "kuielab_b_drums.onnx", "drums": "drums", "not_drums": "other"}
BASS: dict[str, JsonValue] = {"_": "kuielab_b_bass.onnx", "bass": "bass", "not_bass": "other"}
DRUMS_THEN_BASS: dict[str, JsonValue] = {**DRUMS, "not_drums": BASS}


def test_a_service_on_modal_runs_networks_without_having_their_packages(tmp_path: Path) -> None:
    drums = parse("d", {"_": "kuielab_b_drums.onnx", "drums": "drums", "not_drums": "other"})
    elsewhere = describe_strategy(drums, tmp_path, engine=True)
    nowhere = describe_strategy(drums, tmp_path, engine=False)
    assert ENGINE not in elsewhere.missing
    assert ENGINE in nowhere.missing


def test_an_ensemble_names_its_models_and_its_blend_and_costs_the_time_of_all(tmp_path: Path) -> None:
    kim: JsonValue = "Kim_Vocal_2.onnx"
    slots: dict[str, JsonValue] = {"vocals": "vocals", "not_vocals": "rest"}
    blend: JsonValue = {"domain": "spectrum", "weights": [3, 1]}
    both = parse("both", {"_": ["vocals_mel_band_roformer.ckpt", kim], "blend": blend, **slots})
    told = describe_strategy(both, tmp_path, engine=True)
    (node,) = told.nodes
    assert [model.name for model in node.models] == ["vocals_mel_band_roformer.ckpt", kim]
    assert node.blend == StrategyBlend(kind=BlendKind.AVERAGE, domain=BlendDomain.SPECTRUM, weights=[3, 1])
    assert "MelBand Roformer, vocals (Kim) with Kim Vocal 2" in told.summary
    assert kim in told.missing
    alone = [parse("one", {"_": model, **slots}) for model in both.models]
    assert estimate_seconds(both, 2) == pytest.approx(sum(estimate_seconds(one, 2) for one in alone), abs=0.1)


def test_a_strategy_of_one_network_is_summed_up_by_the_networks_card(tmp_path: Path) -> None:
    described = describe_strategy(parse("drums", DRUMS), tmp_path, engine=True)
    assert described.summary == card("kuielab_b_drums.onnx").summary
    assert (described.stems, described.ready) == (["drums", "other"], False)


def test_a_strategy_of_several_networks_names_them_in_the_order_in_which_they_run(tmp_path: Path) -> None:
    summary = describe_strategy(parse("two", DRUMS_THEN_BASS), tmp_path, engine=True).summary
    drums, bass = card("kuielab_b_drums.onnx").title, card("kuielab_b_bass.onnx").title
    assert summary == f"2 models: {drums}, then {bass}."


def test_what_is_missing_is_named_once_and_the_engine_first(tmp_path: Path) -> None:
    strategy = parse("two", DRUMS_THEN_BASS)
    files = ["kuielab_b_drums.onnx", "mdx_model_data.json", "kuielab_b_bass.onnx"]
    assert describe_strategy(strategy, tmp_path, engine=False).missing == [ENGINE, *files]
    (tmp_path / "kuielab_b_drums.onnx").write_bytes(b"weights")
    described = describe_strategy(strategy, tmp_path, engine=True)
    assert described.missing == files[1:]
    assert described.download_bytes == pytest.approx(card("kuielab_b_bass.onnx").size_bytes, rel=0.01)


def test_what_needs_no_network_lacks_nothing(tmp_path: Path) -> None:
    preview = parse("preview", {"_": "percussive", "drums": "drums", "not_drums": "other"})
    described = describe_strategy(preview, tmp_path, engine=False)
    assert (described.ready, described.missing, described.download_bytes) == (True, [], 0)
    assert described.summary.startswith("A preview without a download")


def test_a_model_says_what_its_card_says_and_which_files_are_here(tmp_path: Path) -> None:
    model = describe_model("htdemucs.yaml", tmp_path)
    known = card("htdemucs.yaml")
    assert (model.title, model.summary, model.architecture) == (known.title, known.summary, known.architecture.value)
    assert set(model.slots) == {"vocals", "drums", "bass", "other"}
    assert model.scores[0] == ModelScore(slot="vocals", sdr_db=8.24, source="MVSEP Multisong leaderboard")
    assert [file.name for file in model.files] == list(known.weights)
    assert model.weights is WeightsState.ABSENT
    for file in known.weights:
        (tmp_path / file).write_bytes(b"weights")
    model = describe_model("htdemucs.yaml", tmp_path)
    assert model.weights is WeightsState.PRESENT
    assert model.files == [ModelFile(name=file, bytes=7, present=True) for file in known.weights]


def test_a_built_in_model_has_no_weights(tmp_path: Path) -> None:
    model = describe_model("percussive", tmp_path)
    assert (model.weights, model.files, model.scores, model.size_bytes) == (WeightsState.NONE, [], [], 0)
