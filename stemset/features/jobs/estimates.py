"""What a node should take: from the last runs of its model here, else from its published work."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from stemset.features.jobs.records import JobStatus, NodeStatus
from stemset.models import registry
from stemset.models.card import Architecture, ModelCard

GFLOPS_PER_CORE = 40.0
"""What one CPU core does of the work on the cards, in GFLOP per second. Two cores took 84 s for 210 s of audio with
MDX-Net, 120 s with htdemucs and 2040 s with MelBand-Roformer, which is 127, 68 and 80 GFLOP per second."""

SPECTRAL_GFLOPS = 3.0
"""The same for the built-in models, which use one core and wait for memory more than they count."""

LAST_RUNS = 20
"""How many jobs back a model's pace is taken from."""


def published_pace(card: ModelCard, cores: int) -> float:
    """Seconds of work for one second of audio, by the model's published work."""
    speed = SPECTRAL_GFLOPS if card.architecture is Architecture.SPECTRAL else GFLOPS_PER_CORE * cores
    return card.gflop_per_second / speed


def measured_paces(runs: Iterable[tuple[JobStatus, float]]) -> dict[str, float]:
    """Model -> seconds of work for one second of audio, from jobs and the seconds that their recordings last."""
    paces: dict[str, list[float]] = {}
    for status, duration_s in runs:
        for node in status.nodes:
            if node.seconds and not node.cached and duration_s > 0:
                paces.setdefault(node.model, []).append(node.seconds / duration_s)
    return {model: median(found) for model, found in paces.items()}


def expecting(nodes: Sequence[NodeStatus], duration_s: float, measured: Mapping[str, float]) -> tuple[NodeStatus, ...]:
    """The nodes, each with what it should take on a recording that lasts duration_s."""
    known = set(registry.names())

    def expected_s(model: str) -> float | None:
        if model in measured:
            return round(measured[model] * duration_s, 3)
        if model not in known:
            return None
        return round(published_pace(registry.card(model), os.cpu_count() or 1) * duration_s, 3)

    return tuple(node.model_copy(update={"expected_s": expected_s(node.model)}) for node in nodes)
