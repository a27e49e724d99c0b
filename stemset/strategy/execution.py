"""Runs a tree on a file: a recursion over its nodes."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from stemset import audio
from stemset.concurrency.progress import Progress
from stemset.errors import ModelFailed
from stemset.models.model import ModelFacts
from stemset.models.pool import ModelPool
from stemset.strategy.blending import Blend, blend_files
from stemset.strategy.node_cache import NodeCache, node_key, pcm_hash
from stemset.strategy.tree import Leaf, Node, Run


@dataclass(frozen=True)
class Done:
    """A run that has ended.

    seconds: that it took; cached: its outputs were in the cache; cache_key: under which they lie there, if at all.
    """

    facts: ModelFacts
    seconds: float
    cached: bool
    cache_key: str | None


class Watcher(Protocol):
    """Is called as a tree runs. Any method may raise Cancelled to end it."""

    def node_started(self, run: Run) -> None: ...
    def node_progress(self, run: Run, fraction: float) -> None: ...
    def node_done(self, run: Run, done: Done) -> None: ...
    def leaf_ready(self, stem: str, file: Path) -> None: ...


def execute(
    node: Node, mixture: Path, folder: Path, pool: ModelPool, watcher: Watcher, cache: NodeCache | None = None
) -> None:
    """Run node on mixture (float32 stereo WAV) and then its subtrees, depth first.

    Each node works in its own folder, named by its path, and so does each model of an ensemble. The watcher gets a leaf
    as soon as it exists; its file stays until the watcher or the caller removes it, the inputs of subtrees are removed
    once they are used. Nobody may write into any of these files: what the cache keeps may be the same file.
    """
    _execute(node, _Sound(mixture), _Context(folder, pool, watcher, cache))


@dataclass(frozen=True)
class _Context:
    """What is the same for all nodes of a tree. folder: of all files that are made."""

    folder: Path
    pool: ModelPool
    watcher: Watcher
    cache: NodeCache | None


@dataclass(frozen=True)
class _Sound:
    """A file that is the input of a node. pcm_sha256: of its samples, where that is known already."""

    file: Path
    pcm_sha256: str | None = None


def _execute(node: Node, mixture: _Sound, context: _Context) -> None:
    outputs = _run_node(node, mixture, context)
    for slot, branch in node.branches.items():
        if isinstance(branch, Leaf):
            context.watcher.leaf_ready(branch.stem, outputs[slot].file)
        elif branch is None and slot in outputs:
            outputs[slot].file.unlink()
    for slot, branch in node.branches.items():
        if isinstance(branch, Node):
            _execute(branch, outputs[slot], context)
            outputs[slot].file.unlink()


def _run_node(node: Node, mixture: _Sound, context: _Context) -> Mapping[str, _Sound]:
    """Make slot -> file. What comes from the cache or from a blend are only the slots that are wanted."""
    if context.cache and mixture.pcm_sha256 is None:
        mixture = _Sound(mixture.file, pcm_hash(mixture.file))
    wanted = [slot for slot, branch in node.branches.items() if branch is not None]
    if node.blend is None:
        return _run_model(node.runs[0], mixture, wanted, wanted, context)
    return _run_ensemble(node, node.blend, mixture, wanted, context)


def _run_ensemble(
    node: Node, blend: Blend, mixture: _Sound, wanted: Collection[str], context: _Context
) -> Mapping[str, _Sound]:
    """Run each model in turn, then blend their outputs for each slot.

    The rest is what the other slots leave of the input, whatever the blend: so all slots sum to it.
    """
    rest = node.runs[0].rest
    blended = [slot for slot in node.branches if slot != rest and (slot in wanted or rest in wanted)]
    outputs_by_run = [_run_model(run, mixture, blended, {*blended, *wanted}, context) for run in node.runs]
    folder = context.folder / node.path
    folder.mkdir(parents=True, exist_ok=True)
    outputs = {slot: folder / f"{slot}.wav" for slot in node.branches if slot in wanted or slot in blended}
    for slot in blended:
        files = [outputs[slot].file for outputs in outputs_by_run]
        # The last run reports once more that it is done, so that a job that is to stop does.
        blend_files(blend, files, outputs[slot], lambda: context.watcher.node_progress(node.runs[-1], 1.0))
    for run_outputs in outputs_by_run:
        for output in run_outputs.values():
            output.file.unlink()
    if rest in wanted:
        audio.subtract(mixture.file, [outputs[slot] for slot in blended], outputs[rest])
    return {slot: _Sound(file) for slot, file in outputs.items()}


def _run_model(
    run: Run, mixture: _Sound, needed: Collection[str], kept: Collection[str], context: _Context
) -> Mapping[str, _Sound]:
    """Make slot -> file of one model.

    needed: the slots that suffice in the cache; kept: those that the model makes, and that are put there for others.
    """
    folder, watcher, cache = context.folder / run.path, context.watcher, context.cache
    folder.mkdir(parents=True, exist_ok=True)
    model = context.pool.get(run.model, run.params)
    watcher.node_started(run)
    begun = time.monotonic()
    input_hash = mixture.pcm_sha256 or ""
    if cache and (key := node_key(model, input_hash, kept)) and (entry := cache.get(key, needed, folder)):
        watcher.node_done(run, Done(entry.facts, time.monotonic() - begun, cached=True, cache_key=key))
        return {slot: _Sound(file, entry.hashes[slot]) for slot, file in entry.files.items()}
    progress = _never_falling(lambda fraction: watcher.node_progress(run, fraction))
    files = model.separate(mixture.file, folder, progress, kept)
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
    return {slot: _Sound(file, hashes.get(slot)) for slot, file in files.items()}


def _never_falling(progress: Progress) -> Progress:
    """A Progress that gets fractions clamped to 0..1 and never falling, whatever a library's progress bar does."""
    highest = 0.0

    def report(fraction: float) -> None:
        nonlocal highest
        highest = max(highest, min(1.0, fraction))
        progress(highest)

    return report
