from __future__ import annotations

import dataclasses
import re

import pytest

from stemset.models import registry
from stemset.models.card import MDX_CATALOGUE, VR_CATALOGUE, Architecture, ModelCard
from stemset.models.params import DemucsParams, ManyStemParams, ModelParams, VrParams

# The test models register beside the real ones.
NAMES = [name for name in registry.names() if not name.startswith("test_")]
every_model = pytest.mark.parametrize("name", NAMES)


@pytest.mark.parametrize("architecture", list(Architecture))
def test_only_a_mask_over_a_spectrum_needs_no_weights(architecture: Architecture) -> None:
    assert architecture.needs_weights == (architecture.value != "spectral masks")
    card = ModelCard("Any", architecture, "Any.", 1, 1.0, "Any.", further_weights=("a.json",), name="a.bin")
    assert card.weights == (("a.bin", "a.json") if architecture.needs_weights else ())


def test_a_card_can_not_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        registry.card("low_end").title = "other"  # pyright: ignore[reportAttributeAccessIssue]


@every_model
def test_a_title_is_that_of_one_model_alone(name: str) -> None:
    assert [other for other in NAMES if registry.card(other).title == registry.card(name).title] == [name]


@every_model
def test_no_weight_file_is_named_twice_nor_leads_out_of_the_folder(name: str) -> None:
    weights = registry.card(name).weights
    assert len(set(weights)) == len(weights)
    assert all(re.fullmatch(r"[\w.-]+", file, re.ASCII) and not file.startswith(".") for file in weights)


@every_model
def test_an_architecture_has_the_description_of_its_networks_among_its_weights(name: str) -> None:
    card = registry.card(name)
    match card.architecture:
        case Architecture.MDX:
            assert card.weights == (name, MDX_CATALOGUE)
            assert name.endswith(".onnx")
        case Architecture.VR:
            assert card.weights == (name, VR_CATALOGUE)
            assert name.endswith(".pth")
        case Architecture.DEMUCS:
            # A bag names its networks, one or several.
            assert name.endswith(".yaml")
            assert card.further_weights
            assert all(file.endswith(".th") for file in card.further_weights)
        case Architecture.SPECTRAL:
            assert card.weights == ()
        case Architecture.MDX23C | Architecture.ROFORMER | Architecture.MEL_ROFORMER:
            assert name.endswith(".ckpt")
            assert [file.rpartition(".")[2] for file in card.further_weights] == ["yaml"]


@every_model
def test_the_parameters_are_those_of_the_architecture(name: str) -> None:
    card = registry.card(name)
    families = {Architecture.DEMUCS: DemucsParams, Architecture.VR: VrParams}
    expected = families.get(card.architecture)
    assert card.params is expected if expected else card.params in (ModelParams, ManyStemParams)


@every_model
def test_published_scores_are_plausible_and_of_one_slot_each(name: str) -> None:
    scores = registry.card(name).scores
    # Noise alone is taken out at 28 dB.
    assert all(0 < score.sdr_db < 30 for score in scores)
    assert len({(score.slot, score.source) for score in scores}) == len(scores)
