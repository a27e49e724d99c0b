"""Running a tree on a file: a recursion over its nodes."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from stemset import audio
from stemset.errors import ModelFailed
from stemset.models.model import ModelFacts
from stemset.models.pool import ModelPool
from stemset.strategy.blending import Blend, blend_files
from stemset.strategy.node_cache import NodeCache, node_key, pcm_hash
from stemset.strategy.tree import Leaf, Node, Run


@dataclass(frozen=True)
class Done:
    """A run that has ended. cache_key: what the cache keeps of it, if it does."""

    facts: ModelFacts
    seconds: float
    cached: bool
    cache_key: str | None


class Watcher(Protocol):
    """Is told how each run of a model goes. Any method may raise Cancelled to end it."""

    def node_started(self, run: Run) -> None: ...
    def node_progress(self, run: Run, fraction: float) -> None: ...
    def node_done(self, run: Run, done: Done) -> None: ...
    def leaf_ready(self, stem: str, file: Path) -> None: ...


def execute(
    node: Node, mixture: Path, folder: Path, pool: ModelPool, watcher: Watcher, cache: NodeCache | None = None
) -> None:
    """Run node on mixture (float32 stereo WAV) and then its subtrees, depth first.

    Each node works in its own folder, named by its path, and so does each model of an ensemble. A leaf is told as
    soon as it exists; its file stays until the watcher or the caller removes it, the inputs of subtrees are removed
    once they are used. Nobody may write into any of these files: what cache keeps may be the same file.
    """
    _execute(node, _Heard(mixture), _Surroundings(folder, pool, watcher, cache))


@dataclass(frozen=True)
class _Surroundings:
    folder: Path
    pool: ModelPool
    watcher: Watcher
    cache: NodeCache | None


@dataclass(frozen=True)
class _Heard:
    """The input of a node; pcm_sha256: of its samples, where that is known already."""

    file: Path
    pcm_sha256: str | None = None


def _execute(node: Node, heard: _Heard, around: _Surroundings) -> None:
    outputs = _outputs(node, heard, around)
    for slot, branch in node.branches.items():
        if isinstance(branch, Leaf):
            around.watcher.leaf_ready(branch.stem, outputs[slot].file)
        elif branch is None and slot in outputs:
            outputs[slot].file.unlink()
    for slot, branch in node.branches.items():
        if isinstance(branch, Node):
            _execute(branch, outputs[slot], around)
            outputs[slot].file.unlink()


def _outputs(node: Node, heard: _Heard, around: _Surroundings) -> Mapping[str, _Heard]:
    """slot -> file. What comes from the cache or from a blend are only the slots that are wanted."""
    if around.cache and heard.pcm_sha256 is None:
        heard = _Heard(heard.file, pcm_hash(heard.file))
    wanted = [slot for slot, branch in node.branches.items() if branch is not None]
    if node.blend is None:
        return _run(node.runs[0], heard, wanted, wanted, around)
    return _ensemble(node, node.blend, heard, wanted, around)


def _ensemble(
    node: Node, blend: Blend, heard: _Heard, wanted: Collection[str], around: _Surroundings
) -> Mapping[str, _Heard]:
    """Each model in turn, then one blend of them for each slot.

    The rest is what the other slots leave of the input, whatever the blend: so all slots sum to it.
    """
    rest = node.runs[0].rest
    blended = [slot for slot in node.branches if slot != rest and (slot in wanted or rest in wanted)]
    made = [_run(run, heard, blended, {*blended, *wanted}, around) for run in node.runs]
    folder = around.folder / node.path
    folder.mkdir(parents=True, exist_ok=True)
    outputs = {slot: folder / f"{slot}.wav" for slot in node.branches if slot in wanted or slot in blended}
    for slot in blended:
        files = [outputs[slot].file for outputs in made]
        # The last run is told once more that it is done, so that a job that is to stop does.
        blend_files(blend, files, outputs[slot], lambda: around.watcher.node_progress(node.runs[-1], 1.0))
    for run_outputs in made:
        for output in run_outputs.values():
            output.file.unlink()
    if rest in wanted:
        audio.subtract(heard.file, [outputs[slot] for slot in blended], outputs[rest])
    return {slot: _Heard(file) for slot, file in outputs.items()}


def _run(
    run: Run, heard: _Heard, needed: Collection[str], kept: Collection[str], around: _Surroundings
) -> Mapping[str, _Heard]:
    """slot -> file of one model. needed: what is taken from the cache; kept: what is left there for others."""
    folder, watcher, cache = around.folder / run.path, around.watcher, around.cache
    folder.mkdir(parents=True, exist_ok=True)
    model = around.pool.get(run.model, run.params)
    watcher.node_started(run)
    begun = time.monotonic()
    input_hash = heard.pcm_sha256 or ""
    if cache and (key := node_key(model, input_hash, kept)) and (entry := cache.get(key, needed, folder)):
        watcher.node_done(run, Done(entry.facts, time.monotonic() - begun, cached=True, cache_key=key))
        return {slot: _Heard(file, entry.hashes[slot]) for slot, file in entry.files.items()}
    tell = _rising(lambda fraction: watcher.node_progress(run, fraction))
    files = model.separate(heard.file, folder, tell, kept)
    missing = {*kept} - files.keys()
    if missing:
        raise ModelFailed(f"{run.model.model_filename} gave no {', '.join(sorted(missing))} at {run.path}")
    seconds = time.monotonic() - begun
    facts = model.facts()
    hashes: dict[str, str] = {}
    # Asked anew: weights that were absent before are there now, and have their hashes.
    key = node_key(model, input_hash, kept) if cache else None
    if cache and key:
        hashes = cache.put(key, files, kept, facts)
    watcher.node_done(run, Done(facts, seconds, cached=False, cache_key=key))
    return {slot: _Heard(file, hashes.get(slot)) for slot, file in files.items()}


def _rising(told: Callable[[float], None]) -> Callable[[float], None]:
    """Lets fractions through clamped to 0..1 and never falling, whatever a library's progress bar does."""
    highest = 0.0

    def tell(fraction: float) -> None:
        nonlocal highest
        highest = max(highest, min(1.0, fraction))
        told(highest)

    return tell
