"""From YAML to a tree. Every mistake is told with its YAML path, the culprit and the choices."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from typing import TypeVar

from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError
from typing_extensions import TypeIs

from stemset.errors import ConfigError, NotFound
from stemset.manifest import MIXTURE
from stemset.models import registry
from stemset.models.model import AudioSeparator
from stemset.models.params import ModelParams
from stemset.strategy.blending import Blend, BlendKind
from stemset.strategy.tree import Branch, Leaf, Node, Run, Strategy, prune

MAX_DEPTH = 8

_STEM_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_JSON_OBJECT = TypeAdapter(dict[str, JsonValue])

_Values = TypeVar("_Values", bound=BaseModel)


def parse(name: str, tree: object) -> Strategy:
    """Read a tree as YAML gives it. ConfigError names the YAML path, the culprit and the choices.

    Nodes none of whose leaves is wanted are dropped: they would never run.
    """
    where = f"strategies.{name}"
    root = _parse_node(tree, where, "root", None, ())
    stems = Counter(root.stems)
    for stem, count in stems.items():
        if count > 1:
            raise ConfigError(where, f"{count} leaves are named {stem!r}; every stem needs a name of its own")
    wanted = prune(root, frozenset(stems))
    if wanted is None:
        raise ConfigError(where, "discards every slot; map at least one to a stem")
    return Strategy(name, wanted, _JSON_OBJECT.validate_python(tree))


def _parse_node(tree: object, where: str, path: str, parent: str | None, above: tuple[int, ...]) -> Node:
    if not _is_mapping(tree):
        raise ConfigError(where, f"expected a node (a mapping with `_: <model>`), found {_describe(tree)}")
    if id(tree) in above:
        raise ConfigError(where, "a YAML alias leads back to a node above: the tree has a cycle")
    if len(above) >= MAX_DEPTH:
        raise ConfigError(where, f"deeper than {MAX_DEPTH} nodes")
    items = _require_text_keys(tree, where)
    named = items.pop("_", None)
    if _is_list(named):
        runs = _parse_ensemble(named, items, where, path, parent)
        blend = _parse_blend(items.pop("blend", BlendKind.AVERAGE.value), runs, f"{where}.blend")
    else:
        model = _parse_model(named, f"{where}._")
        if "blend" in items:
            raise ConfigError(f"{where}.blend", "there is one model here; a blend needs a list of models under `_`")
        runs = (Run(path, parent, model, _parse_params(model, items.pop("params", None), f"{where}.params")),)
        blend = None
    _check_slots(runs[0], items.keys(), where)
    above = (*above, id(tree))
    branches = {
        slot: _parse_branch(items[slot], f"{where}.{slot}", f"{path}/{slot}", runs[-1].path, above) for slot in items
    }
    return Node(path, runs, blend, branches)


def _parse_branch(value: object, where: str, path: str, parent: str, above: tuple[int, ...]) -> Branch:
    if value is None:
        return None
    if _is_mapping(value):
        return _parse_node(value, where, path, parent, above)
    if not isinstance(value, str):
        raise ConfigError(where, f"expected a stem name, a node or null, found {_describe(value)}")
    if not _STEM_NAME.fullmatch(value) or value == MIXTURE:
        raise ConfigError(
            where,
            f"{value!r} can't name a stem: use lower-case letters, digits and _, at most 40, beginning with a letter,"
            f" and not {MIXTURE!r}",
        )
    return Leaf(value)


# --- ensembles -------------------------------------------------------------------------------------------


def _parse_ensemble(
    members: list[object], items: Collection[str], where: str, path: str, parent: str | None
) -> tuple[Run, ...]:
    if len(members) < 2:
        found = "one model" if members else "none"
        raise ConfigError(f"{where}._", f"a list of models to blend needs at least two, found {found}")
    if "params" in items:
        raise ConfigError(
            f"{where}.params", "several models have parameters each: write `_: [{_: <model>, params: {…}}, …]`"
        )
    runs: list[Run] = []
    for number, member in enumerate(members):
        at = f"{where}._[{number}]"
        model, params = _parse_member(member, at)
        run = Run(f"{path}.{number + 1}", parent, model, params)
        if any((other.model, other.params) == (model, params) for other in runs):
            raise ConfigError(at, f"{model.model_filename} stands twice with the same parameters; use `weights`")
        if runs and set(run.slots) != set(runs[0].slots):
            raise ConfigError(
                at,
                f"models that are blended need the same slots: {model.model_filename} has {', '.join(run.slots)}; "
                f"{runs[0].model.model_filename} has {', '.join(runs[0].slots)}",
            )
        runs.append(run)
    return tuple(runs)


def _parse_member(member: object, where: str) -> tuple[type[AudioSeparator], ModelParams]:
    if not _is_mapping(member):
        return (model := _parse_model(member, where)), model.card.params()
    items = _require_text_keys(member, where)
    model = _parse_model(items.pop("_", None), f"{where}._")
    params = _parse_params(model, items.pop("params", None), f"{where}.params")
    for key in items:
        raise ConfigError(f"{where}.{key}", f"unknown key {key!r} beside a model in a list", ("_", "params"))
    return model, params


def _parse_blend(value: object, runs: tuple[Run, ...], where: str) -> Blend:
    if isinstance(value, str):
        if value not in list(BlendKind):
            raise ConfigError(where, f"unknown blend {value!r}", list(BlendKind))
        return Blend(kind=BlendKind(value))
    if not _is_mapping(value):
        raise ConfigError(
            where, f"expected the name of a blend or a mapping, found {_describe(value)}", list(BlendKind)
        )
    blend = _validate(Blend, value, where, "a blend")
    if blend.weights is not None and blend.kind is not BlendKind.AVERAGE:
        raise ConfigError(f"{where}.weights", f"only an average has weights, not {blend.kind.value!r}")
    if blend.weights is not None and len(blend.weights) != len(runs):
        raise ConfigError(
            f"{where}.weights", f"{len(runs)} models need {len(runs)} weights, found {len(blend.weights)}"
        )
    return blend


# --- models ----------------------------------------------------------------------------------------------


def _parse_model(name: object, where: str) -> type[AudioSeparator]:
    if not isinstance(name, str):
        raise ConfigError(where, f"a node names its model here, found {_describe(name)}", registry.names())
    try:
        return registry.find(name)
    except NotFound:
        raise ConfigError(where, f"unknown model {name!r}", registry.names()) from None


def _parse_params(model: type[AudioSeparator], params: object, where: str) -> ModelParams:
    return _validate(model.card.params, {} if params is None else params, where, model.model_filename)


def _validate(kind: type[_Values], values: object, where: str, whose: str) -> _Values:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(part) for part in (where, *first["loc"]))
        known = kind.model_fields
        if first["type"] == "extra_forbidden":
            what = f"{whose} has no parameter {first['loc'][-1]!r}"
            raise ConfigError(at, what if known else f"{what}; it has none", known) from None
        raise ConfigError(at, f"{first['msg']}, found {first['input']!r}") from None


def _check_slots(run: Run, mapped: Collection[str], where: str) -> None:
    name = run.model.model_filename
    for slot in mapped:
        if slot not in run.slots:
            raise ConfigError(f"{where}.{slot}", f"{name} has no slot {slot!r}", run.slots)
    for slot in run.slots:
        if slot not in mapped:
            raise ConfigError(
                where, f"slot {slot!r} of {name} is not mapped; name a stem, a node, or null to discard it"
            )


def _is_mapping(value: object) -> TypeIs[dict[object, object]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeIs[list[object]]:
    return isinstance(value, list)


def _require_text_keys(mapping: dict[object, object], where: str) -> dict[str, object]:
    """A copy of a mapping of which every key is text."""
    items: dict[str, object] = {}
    for key, value in mapping.items():
        if not isinstance(key, str):
            raise ConfigError(where, f"slot names are text, found {_describe(key)}")
        items[key] = value
    return items


def _describe(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return repr(value)
