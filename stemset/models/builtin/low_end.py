"""The bass, by its place: deep and in the centre."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from stemset.models.builtin.rank_filters import Spectrogram
from stemset.models.builtin.stft import Grid
from stemset.models.builtin.two_way_split import TwoWaySplit
from stemset.models.card import Architecture, ModelCard
from stemset.models.model import register

_CORNER_HZ = np.float32(260)
_SIDE_WEIGHT = np.float32(30)
_TINY = np.float32(1e-18)


@register(
    ModelCard(
        title="Low end (built in)",
        architecture=Architecture.SPECTRAL,
        summary="What is deep and in the centre. A preview that needs no download; far from a neural network.",
        size_bytes=0,
        gflop_per_second=0.05,
        device_advice="Any processor; some 300 times faster than the song plays, on one core.",
        licence="MIT",
    )
)
class LowEnd(TwoWaySplit):
    """Bass out of a mixture without drums: below 260 Hz, and equal in both channels, as bass is mixed."""

    model_filename = "low_end"
    output_slots: ClassVar[dict[str, str]] = {
        "bass": "What is deep and in the centre: bass guitar, synth bass.",
        "not_bass": "Everything else.",
    }
    window_s = 4096 / 44100
    reach_s = 0.0

    def masks(self, mid: Spectrogram, side: Spectrogram, grid: Grid) -> tuple[Spectrogram, None]:
        deep = np.reciprocal(1 + (grid.frequencies / _CORNER_HZ) ** 8)
        mask = deep * mid / (mid + _SIDE_WEIGHT * side + _TINY)
        return mask.astype(np.float32, copy=False), None
