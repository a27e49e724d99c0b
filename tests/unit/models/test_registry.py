from __future__ import annotations

import re
from typing import ClassVar

import pytest

from stemset.errors import NotFound
from stemset.models import registry
from stemset.models.card import Architecture, ModelCard
from stemset.models.model import RESIDUAL, AudioSeparator, register
from stemset.models.params import ManyStemParams

CARD = ModelCard("Any", Architecture.SPECTRAL, "Any.", 0, 0.0, "Any.")


def test_the_built_in_models_come_first_and_every_name_once() -> None:
    names = registry.names()
    real = [name for name in names if not name.startswith("test_")]
    assert set(real[:3]) == {"percussive", "low_end", "centre_voice"}
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", registry.names())
def test_a_model_is_found_by_its_name_with_the_card_that_bears_it(name: str) -> None:
    model = registry.find(name)
    assert model.model_filename == name
    assert registry.card(name) is model.card
    assert model.card.name == name


@pytest.mark.parametrize("name", registry.names())
def test_slots_are_in_snake_case_described_and_none_is_called_as_the_residual(name: str) -> None:
    slots = registry.find(name).output_slots
    assert len(slots) >= 2
    assert RESIDUAL not in slots
    for slot, description in slots.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", slot)
        assert description.strip() == description != ""


@pytest.mark.parametrize("name", registry.names())
def test_what_the_slots_leave_has_a_place(name: str) -> None:
    model = registry.find(name)
    slots = list(model.output_slots)
    if len(slots) == 2:
        assert model.complement() == slots[1]
        # A second slot that is the rest has nothing to keep besides.
        assert not issubclass(model.card.params, ManyStemParams)
    else:
        assert model.complement() in {"other", None}


def test_an_unknown_model_is_refused_with_the_choices() -> None:
    says = r"no model 'low-end'; there are: .*low_end.*percussive"
    with pytest.raises(NotFound, match=says):
        registry.find("low-end")
    with pytest.raises(NotFound, match=says):
        registry.card("low-end")
    with pytest.raises(NotFound, match=says):
        registry.cards(["low_end", "low-end"])


def test_cards_come_in_the_order_asked_for_or_of_all_models() -> None:
    chosen = ("percussive", "centre_voice", "percussive")
    assert tuple(card.name for card in registry.cards(chosen)) == chosen
    assert tuple(card.name for card in registry.cards()) == registry.names()
    assert registry.cards([]) == ()


def test_a_name_is_not_given_twice_and_the_first_keeps_it() -> None:
    first = registry.find("low_end")

    class LowerEnd(AudioSeparator):
        model_filename = "low_end"
        output_slots: ClassVar[dict[str, str]] = {"a": "A.", "b": "B."}

    with pytest.raises(ValueError, match=r"two models are named 'low_end': LowEnd and .*LowerEnd"):
        register(CARD)(LowerEnd)
    assert registry.find("low_end") is first
