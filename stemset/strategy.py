"""The strategy: a tree of model runs. Parse and validate it, prune it, run it.

_: vocals_mel_band_roformer.ckpt      the node's model
params: {…}                           its parameters, if any
vocals: vocals                        slot -> final stem
not_vocals: {_: …}                    slot -> a subtree that splits that slot further
crash: null                           slot -> discarded on purpose
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeAlias, cast

from pydantic import JsonValue, TypeAdapter, ValidationError

from stemset.cache import NodeCache, node_key, pcm_hash
from stemset.errors import ConfigError, ModelFailed, NotFound
from stemset.manifest import MIXTURE
from stemset.models import registry
from stemset.models.base import RESIDUAL, AudioSeparator, ManyStemParams, ModelFacts, ModelParams
from stemset.models.pool import ModelPool

MAX_DEPTH = 8

_STEM_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_JSON = TypeAdapter[JsonValue](JsonValue)


@dataclass(frozen=True)
class Leaf:
    """A slot that is a final stem."""

    stem: str


@dataclass(frozen=True)
class Node:
    """One model run. path: slots from the root, `root/not_vocals`; None as a branch discards that slot."""

    path: str
    model: type[AudioSeparator]
    params: ModelParams
    branches: Mapping[str, Branch]

    @property
    def slot(self) -> str | None:
        """The slot of the node above that this one splits; None at the root."""
        return self.path.rpartition("/")[2] if "/" in self.path else None

    @property
    def parent(self) -> str | None:
        """The path of the node above; None at the root."""
        return self.path.rpartition("/")[0] or None

    @property
    def stems(self) -> tuple[str, ...]:
        """All final stems at or below this node, in the order in which they come out: its own leaves first."""
        own = (branch.stem for branch in self.branches.values() if isinstance(branch, Leaf))
        below = (stem for branch in self.branches.values() if isinstance(branch, Node) for stem in branch.stems)
        return (*own, *below)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """This node and those below, in the order in which they run."""
        below = (branch for branch in self.branches.values() if isinstance(branch, Node))
        return (self, *(node for child in below for node in child.nodes))


Branch: TypeAlias = Leaf | Node | None


@dataclass(frozen=True)
class Strategy:
    """A named tree. tree: the YAML it came from, as JSON, to store with a job."""

    name: str
    root: Node
    tree: dict[str, JsonValue]

    @property
    def stems(self) -> tuple[str, ...]:
        """All final stems, in the order in which they come out."""
        return self.root.stems

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, in the order in which they run."""
        return self.root.nodes

    @property
    def complete(self) -> bool:
        """Whether its stems sum to the mixture: nothing is discarded or left out."""
        return all(branch is not None for node in self.nodes for branch in node.branches.values())

    def only(self, stems: Collection[str]) -> Strategy:
        """The same tree without the nodes that no stem of `stems` needs. NotFound names the choices."""
        for stem in stems:
            if stem not in self.stems:
                raise NotFound(f"stem of strategy {self.name!r} named", stem, self.stems)
        pruned = _prune(self.root, frozenset(stems))
        if pruned is None:
            raise NotFound(f"stem of strategy {self.name!r} named", "", self.stems)
        return replace(self, root=pruned)


def _prune(node: Node, wanted: frozenset[str]) -> Node | None:
    def keep(branch: Branch) -> Branch:
        if isinstance(branch, Node):
            return _prune(branch, wanted)
        return branch if branch and branch.stem in wanted else None

    branches = {slot: keep(branch) for slot, branch in node.branches.items()}
    return replace(node, branches=branches) if any(branches.values()) else None


# --- parse -----------------------------------------------------------------------------------------------


def parse(name: str, tree: object) -> Strategy:
    """Read a tree as YAML gives it. ConfigError names the YAML path, the culprit and the choices.

    Nodes none of whose leaves is wanted are dropped: they would never run.
    """
    where = f"strategies.{name}"
    root = _parse_node(tree, where, "root", ())
    stems = Counter(root.stems)
    for stem, count in stems.items():
        if count > 1:
            raise ConfigError(where, f"{count} leaves are named {stem!r}; every stem needs a name of its own")
    wanted = _prune(root, frozenset(stems))
    if wanted is None:
        raise ConfigError(where, "discards every slot; map at least one to a stem")
    return Strategy(name, wanted, cast("dict[str, JsonValue]", _JSON.validate_python(tree)))


def _parse_node(tree: object, where: str, path: str, above: tuple[int, ...]) -> Node:
    if not isinstance(tree, dict):
        raise ConfigError(where, f"expected a node (a mapping with `_: <model>`), found {_name_of(tree)}")
    if id(cast("object", tree)) in above:
        raise ConfigError(where, "a YAML alias leads back to a node above: the tree has a cycle")
    if len(above) >= MAX_DEPTH:
        raise ConfigError(where, f"deeper than {MAX_DEPTH} nodes")
    items = {_key(key, where): value for key, value in cast("dict[object, object]", tree).items()}
    model = _parse_model(items.pop("_", None), where)
    params = _parse_params(model, items.pop("params", None), where)
    _check_slots(model, params, items.keys(), where)
    above = (*above, id(cast("object", tree)))
    branches = {slot: _parse_branch(items[slot], f"{where}.{slot}", f"{path}/{slot}", above) for slot in items}
    return Node(path, model, params, branches)


def _parse_branch(value: object, where: str, path: str, above: tuple[int, ...]) -> Branch:
    if value is None:
        return None
    if isinstance(value, dict):
        return _parse_node(cast("object", value), where, path, above)
    if not isinstance(value, str):
        raise ConfigError(where, f"expected a stem name, a node or null, found {_name_of(value)}")
    if not _STEM_NAME.fullmatch(value) or value == MIXTURE:
        raise ConfigError(
            where,
            f"{value!r} can't name a stem: use lower-case letters, digits and _, at most 40, beginning with a letter,"
            f" and not {MIXTURE!r}",
        )
    return Leaf(value)


def _parse_model(name: object, where: str) -> type[AudioSeparator]:
    if not isinstance(name, str):
        raise ConfigError(f"{where}._", f"a node names its model here, found {_name_of(name)}", registry.names())
    try:
        return registry.find(name)
    except NotFound:
        raise ConfigError(f"{where}._", f"unknown model {name!r}", registry.names()) from None


def _parse_params(model: type[AudioSeparator], params: object, where: str) -> ModelParams:
    try:
        return model.Params.model_validate({} if params is None else params)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(part) for part in ("params", *first["loc"]))
        known = model.Params.model_fields
        if first["type"] == "extra_forbidden":
            what = f"{model.model_filename} has no parameter {first['loc'][-1]!r}"
            raise ConfigError(f"{where}.{at}", what if known else f"{what}; it has none", known) from None
        raise ConfigError(f"{where}.{at}", f"{first['msg']}, found {first['input']!r}") from None


def slots_of(model: type[AudioSeparator], params: ModelParams) -> tuple[str, ...]:
    """The slots that a node of this model maps."""
    keeps_residual = isinstance(params, ManyStemParams) and params.keep_residual
    return (*model.output_slots, *((RESIDUAL,) if keeps_residual or model.complement() is None else ()))


def _check_slots(model: type[AudioSeparator], params: ModelParams, mapped: Collection[str], where: str) -> None:
    required = slots_of(model, params)
    for slot in mapped:
        if slot not in required:
            raise ConfigError(f"{where}.{slot}", f"{model.model_filename} has no slot {slot!r}", required)
    for slot in required:
        if slot not in mapped:
            raise ConfigError(
                where,
                f"slot {slot!r} of {model.model_filename} is not mapped; name a stem, a node, or null to discard it",
            )


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise ConfigError(where, f"slot names are text, found {_name_of(key)}")
    return key


def _name_of(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return repr(value)


# --- run -------------------------------------------------------------------------------------------------


class Watcher(Protocol):
    """Is told how a run goes. Any method may raise Cancelled to end it."""

    def node_started(self, node: Node) -> None: ...
    def node_progress(self, node: Node, fraction: float) -> None: ...
    def node_done(self, node: Node, facts: ModelFacts, seconds: float, *, cached: bool) -> None: ...
    def leaf_ready(self, stem: str, file: Path) -> None: ...


def execute(
    node: Node, mixture: Path, folder: Path, pool: ModelPool, watcher: Watcher, cache: NodeCache | None = None
) -> None:
    """Run node on mixture (float32 stereo WAV) and then its subtrees, depth first.

    Each node works in its own folder, named by its path. A leaf is told as soon as it exists; its file stays
    until the watcher or the caller removes it, the inputs of subtrees are removed once they are used. Nobody may
    write into any of these files: what cache keeps may be the same file.
    """
    _execute(node, mixture, None, _Surroundings(folder, pool, watcher, cache))


@dataclass(frozen=True)
class _Surroundings:
    folder: Path
    pool: ModelPool
    watcher: Watcher
    cache: NodeCache | None


def _execute(node: Node, mixture: Path, mixture_hash: str | None, around: _Surroundings) -> None:
    outputs, hashes = _outputs(node, mixture, mixture_hash, around)
    for slot, branch in node.branches.items():
        if isinstance(branch, Leaf):
            around.watcher.leaf_ready(branch.stem, outputs[slot])
        elif branch is None and slot in outputs:
            outputs[slot].unlink()
    for slot, branch in node.branches.items():
        if isinstance(branch, Node):
            _execute(branch, outputs[slot], hashes.get(slot), around)
            outputs[slot].unlink()


def _outputs(
    node: Node, mixture: Path, mixture_hash: str | None, around: _Surroundings
) -> tuple[Mapping[str, Path], Mapping[str, str]]:
    """slot -> file; slot -> hash of its samples, as far as known. Of a cached node only the slots that are wanted.

    mixture_hash: of the samples of mixture, where the node above has told.
    """
    folder, watcher, cache = around.folder / node.path, around.watcher, around.cache
    folder.mkdir(parents=True, exist_ok=True)
    model = around.pool.get(node.model, node.params)
    wanted = tuple(slot for slot, branch in node.branches.items() if branch is not None)
    watcher.node_started(node)
    begun = time.monotonic()
    heard = (mixture_hash or pcm_hash(mixture)) if cache else ""
    if cache and (key := node_key(model, heard)) and (kept := cache.take(key, wanted, folder)):
        watcher.node_done(node, kept.facts, time.monotonic() - begun, cached=True)
        return kept.files, kept.hashes
    outputs = model.separate(mixture, folder, _rising(lambda fraction: watcher.node_progress(node, fraction)))
    missing = node.branches.keys() - outputs.keys()
    if missing:
        raise ModelFailed(f"{node.model.model_filename} gave no {', '.join(sorted(missing))} at {node.path}")
    seconds = time.monotonic() - begun
    facts = model.facts()
    hashes: dict[str, str] = {}
    # Asked anew: weights that were absent before are there now, and have their hashes.
    if cache and (key := node_key(model, heard)):
        hashes = cache.keep(key, outputs, wanted, facts)
    watcher.node_done(node, facts, seconds, cached=False)
    return outputs, hashes


def _rising(told: Callable[[float], None]) -> Callable[[float], None]:
    """Lets fractions through clamped to 0..1 and never falling, whatever a library's progress bar does."""
    highest = 0.0

    def tell(fraction: float) -> None:
        nonlocal highest
        highest = max(highest, min(1.0, fraction))
        told(highest)

    return tell
