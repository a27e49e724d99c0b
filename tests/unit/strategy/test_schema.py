from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from stemset.models import registry
from stemset.strategy.schema import definitions


@pytest.fixture(scope="module")
def validator() -> Any:
    return jsonschema_rs.validator_for({"$ref": "#/$defs/Node", "$defs": definitions()})


TWO = {"part": "a", "rest": "b"}
FOUR = {"vocals": "v", "drums": "d", "bass": "b", "other": "o"}


@pytest.mark.parametrize(
    "tree",
    [
        {"_": "test_share", **TWO},
        {"_": "test_share", "params": {"share": 0.3}, **TWO},
        {"_": "test_share", "part": None, "rest": {"_": "test_share", **TWO}},
        {"_": "test_bands", "low": "a", "mid": "b", "high": "c", "residual": "d"},
        {"_": "htdemucs.yaml", **FOUR},
        {"_": "htdemucs.yaml", "params": {"keep_residual": True, "shifts": 2}, **FOUR, "residual": "r"},
        {"_": ["test_share", {"_": "test_broken"}], **TWO},
        {"_": ["test_share", "test_share"], "blend": "median", **TWO},
        {"_": ["test_share", "test_share"], "blend": {"kind": "max", "domain": "spectrum"}, **TWO},
        {"_": ["test_share", "test_share"], "blend": {"weights": [1, 2]}, **TWO},
    ],
)
def test_what_can_be_parsed_is_valid(tree: object, validator: Any) -> None:
    assert validator.is_valid(tree)


@pytest.mark.parametrize(
    "tree",
    [
        TWO,
        {"_": "no_such_model", **TWO},
        {"_": "test_share", "part": "a"},
        {"_": "test_share", **TWO, "third": "c"},
        {"_": "test_share", "part": 3, "rest": "b"},
        {"_": "test_share", "params": {"shear": 0.3}, **TWO},
        {"_": "test_bands", "low": "a", "mid": "b", "high": "c"},
        {"_": "htdemucs.yaml", "params": {"shifts": 21}, **FOUR},
        {"_": ["test_share"], **TWO},
        {"_": ["test_share", "test_bands"], **TWO},
        {"_": ["test_share", "test_share"], "blend": "mean", **TWO},
        {"_": ["test_share", "test_share"], "blend": {"weights": [1, 0]}, **TWO},
        {"_": "test_share", "blend": "median", **TWO},
        {"_": "test_share", "part": "a", "rest": {"_": "test_share", "part": "c"}},
    ],
)
def test_what_can_not_be_parsed_is_refused(tree: object, validator: Any) -> None:
    assert not validator.is_valid(tree)


def test_every_model_is_among_the_nodes_with_its_summary() -> None:
    node: Any = definitions()["Node"]
    described = {
        one["properties"]["_"]["const"]: one["properties"]["_"]["description"]
        for one in node["anyOf"]
        if "const" in one["properties"]["_"]
    }
    assert described == {name: registry.card(name).summary for name in registry.names()}


def test_every_slot_is_described_in_the_models_own_words() -> None:
    node: Any = definitions()["Node"]
    for one in node["anyOf"]:
        name = one["properties"]["_"].get("const")
        for slot, words in registry.find(name).output_slots.items() if name else ():
            assert one["properties"][slot]["description"] == words
            assert slot in one["required"]
