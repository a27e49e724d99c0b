"""The JSON Schema of a tree, with every model, slot, parameter and blend, for editors."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import JsonValue

from stemset.models import registry
from stemset.models.model import RESIDUAL, AudioSeparator
from stemset.models.params import ManyStemParams
from stemset.strategy.blending import Blend, BlendKind
from stemset.strategy.tree import Run

Schema = dict[str, JsonValue]


def definitions() -> Schema:
    """The definitions `Node`, `Branch` and `Blend`: a tree is a `Node`."""
    models = [registry.find(name) for name in registry.names()]
    alike: dict[frozenset[str], list[type[AudioSeparator]]] = {}
    for model in models:
        alike.setdefault(frozenset(_slots(model)), []).append(model)
    nodes: list[JsonValue] = [_node(model) for model in models]
    nodes += [_ensemble(members) for members in alike.values() if len(members) > 1]
    blend: Schema = Blend.model_json_schema()
    kinds: Schema = Blend.model_json_schema()["$defs"]
    del blend["$defs"]
    kind: Schema = {"enum": [kind.value for kind in BlendKind]}
    return {
        **kinds,
        "Node": {"anyOf": nodes},
        "Branch": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Node"}, {"type": "null"}]},
        "Blend": {"anyOf": [kind, blend]},
    }


def _node(model: type[AudioSeparator]) -> Schema:
    name = model.model_filename
    properties: Schema = {
        "_": {"const": name, "description": registry.card(name).summary},
        "params": _params(model),
        **_branches(model),
    }
    return _object(properties, ("_", *_slots(model)))


def _ensemble(models: list[type[AudioSeparator]]) -> Schema:
    """Of models with the same slots."""
    choices: list[JsonValue] = []
    for model in models:
        name: JsonValue = {"const": model.model_filename}
        choices += [name, _object({"_": name, "params": _params(model)}, ("_",))]
    properties: Schema = {
        "_": {"type": "array", "minItems": 2, "items": {"anyOf": choices}, "description": "models to blend"},
        "blend": {"$ref": "#/$defs/Blend"},
        **_branches(models[0]),
    }
    return _object(properties, ("_", *_slots(models[0])))


def _branches(model: type[AudioSeparator]) -> Schema:
    branches: Schema = {
        slot: {"$ref": "#/$defs/Branch", "description": model.output_slots.get(slot, "what is left")}
        for slot in _slots(model)
    }
    if issubclass(model.card.params, ManyStemParams):
        branches[RESIDUAL] = {"$ref": "#/$defs/Branch", "description": "with keep_residual: what is left"}
    return branches


def _slots(model: type[AudioSeparator]) -> tuple[str, ...]:
    return Run("root", None, model, model.card.params()).slots


def _params(model: type[AudioSeparator]) -> JsonValue:
    return model.card.params.model_json_schema()


def _object(properties: Schema, required: Iterable[str]) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
