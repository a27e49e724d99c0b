"""The estimate of what a song costs on each GPU: price × seconds, from the work on the models' cards."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from stemset.config.modal import ModalSettings
from stemset.models import registry
from stemset.strategy import Strategy

CPU_PER_S = 0.0000131
"""Dollars for a CPU core and a second."""

GIB_PER_S = 0.00000222
"""Dollars for a GiB of memory and a second."""

SHARE_OF_PEAK = 0.3
"""The fraction of a GPU's peak in float32 that a network reaches: assumed. One figure is published: Kim's MelBand
Roformer in float32 on a T4 takes 23.98 s for 99 s of audio (audio-separator's pull request 298), 40 % if it computes
what the card counts.
"""

START_S = 15.0
"""Seconds from the call to the first work, with a memory snapshot: assumed."""

HANDLING_S = 10.0
"""Seconds that the GPU waits while a song of four minutes is fetched, decoded, encoded and stored: assumed."""

SONG_S = 240.0


@dataclass(frozen=True)
class Gpu:
    """A GPU of Modal. per_s: dollars for a second, mid 2026. peak_tflops: in float32, without tensor cores."""

    name: str
    per_s: float
    peak_tflops: float


GPUS = (
    Gpu("T4", 0.000164, 8.1),
    Gpu("L4", 0.000222, 30.3),
    Gpu("A10", 0.000306, 31.2),
    Gpu("L40S", 0.000542, 91.6),
    Gpu("A100-40GB", 0.000583, 19.5),
    Gpu("A100-80GB", 0.000694, 19.5),
    Gpu("H100", 0.001097, 66.9),
)


@dataclass(frozen=True)
class Cost:
    """What one song costs. compute_s: seconds of work. next_song: dollars where the GPU is awake and another song
    follows. lone_song: dollars with the container's start, and the time that it then waits for another song."""

    strategy: str
    gpu: str
    compute_s: float
    next_song: float
    lone_song: float


def estimate_costs(strategies: Collection[Strategy], knobs: ModalSettings, song_s: float = SONG_S) -> list[Cost]:
    """Estimate a Cost for every strategy with a network and every GPU. song_s: duration of the song in seconds."""
    found: list[Cost] = []
    for strategy in strategies:
        work = sum(registry.card(run.model.model_filename).gflop_per_second for run in strategy.runs) * song_s
        if not any(registry.card(model).weights for model in strategy.models):
            continue
        for gpu in GPUS:
            compute_s = work / (gpu.peak_tflops * 1000 * SHARE_OF_PEAK) + HANDLING_S * song_s / SONG_S
            per_s = gpu.per_s + knobs.gpu_cpu * CPU_PER_S + knobs.gpu_memory_mb / 1024 * GIB_PER_S
            alone_s = START_S + compute_s + knobs.gpu_scaledown_s
            found.append(Cost(strategy.name, gpu.name, round(compute_s, 1), compute_s * per_s, alone_s * per_s))
    return found
