"""How long a node should take: by the last runs of its model here, else by the work that its publisher states."""

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
"""The paces of models are measured on this many of the newest jobs."""


def published_pace(card: ModelCard, cores: int) -> float:
    """Seconds of work for one second of audio, by the published work of the model on that many CPU cores."""
    speed = SPECTRAL_GFLOPS if card.architecture is Architecture.SPECTRAL else GFLOPS_PER_CORE * cores
    return card.gflop_per_second / speed


def measure_paces(runs: Iterable[tuple[JobStatus, float]]) -> dict[str, float]:
    """Model -> seconds of work for one second of audio, the median of its runs that were not taken from the cache.

    runs: jobs, each with the seconds that its recording lasts.
    """
    paces: dict[str, list[float]] = {}
    for status, duration_s in runs:
        for node in status.nodes:
            if node.seconds and not node.cached and duration_s > 0:
                paces.setdefault(node.model, []).append(node.seconds / duration_s)
    return {model: median(values) for model, values in paces.items()}


def estimate_nodes(
    nodes: Sequence[NodeStatus], duration_s: float, measured: Mapping[str, float]
) -> tuple[NodeStatus, ...]:
    """The nodes with the seconds that each should take on a recording of duration_s; None for an unknown model.

    measured: what `measure_paces` returns."""
    known = set(registry.names())

    def expected_s(model: str) -> float | None:
        if model in measured:
            return round(measured[model] * duration_s, 3)
        if model not in known:
            return None
        return round(published_pace(registry.card(model), os.cpu_count() or 1) * duration_s, 3)

    return tuple(node.model_copy(update={"expected_s": expected_s(node.model)}) for node in nodes)
