"""Drums, by their shape: short in time and broad in frequency, or deep and not sustained."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np

from stemset.models.builtin.rank_filters import Spectrogram, rank_over_bins, rank_over_time, sustained_floor
from stemset.models.builtin.stft import Grid
from stemset.models.builtin.two_way_split import TwoWaySplit
from stemset.models.card import Architecture, ModelCard
from stemset.models.model import register

_DEEP_HZ = 120.0
_FLOOR_S = 0.4
_FLOOR_QUANTILE = 0.08
_FLOOR_WEIGHT = 1.15
_SUSTAIN_S = 0.1
_TINY = np.float32(1e-9)


class _Band(NamedTuple):
    """Frequencies up to to_hz: how broad a hit is there, how hard the mask, how much sustain weighs."""

    to_hz: float
    breadth_hz: float
    exponent: int
    sustain_weight: float


_BANDS = (
    _Band(250, 150, 2, 1.0),
    _Band(1000, 500, 2, 1.2),
    _Band(5000, 1500, 1, 1.4),
    _Band(float("inf"), 1500, 2, 0.35),
)


@register(
    ModelCard(
        title="Percussive (built in)",
        architecture=Architecture.SPECTRAL,
        summary="Drums by their short, broad hits. A preview that needs no download; far from a neural network.",
        size_bytes=0,
        gflop_per_second=0.1,
        device_advice="Any processor; about 80 times faster than the song plays, on one core.",
        licence="MIT",
    )
)
class Percussive(TwoWaySplit):
    """Drums out of a mixture.

    Above 120 Hz a running median over frequency keeps the hits, one over time keeps what sounds on, and a soft mask
    weighs them (Fitzgerald 2010, "Harmonic/percussive separation using median filtering"), band by band. Below, a
    kick and a bass note look alike there; a kick is what rises above the floor sustained over a little less than
    one beat.
    """

    model_filename = "percussive"
    output_slots: ClassVar[dict[str, str]] = {
        "drums": "Drums and other short, broad sounds.",
        "not_drums": "Everything else.",
    }
    window_s = 2048 / 44100
    reach_s = 2 * (_FLOOR_S / 2 + 0.03)

    def masks(self, mid: Spectrogram, side: Spectrogram, grid: Grid) -> tuple[Spectrogram, Spectrogram]:
        magnitude = np.sqrt(mid + side) + _TINY
        frequencies = grid.frequencies
        mask = np.empty_like(magnitude)
        first = int(np.searchsorted(frequencies, _DEEP_HZ))
        deep = magnitude[:, :first]
        floor = sustained_floor(deep, grid.frames(_FLOOR_S), _FLOOR_QUANTILE)
        mask[:, :first] = np.maximum(0, 1 - (_FLOOR_WEIGHT * floor / deep) ** 2)
        sustained = rank_over_time(magnitude[:, first:], grid.frames(_SUSTAIN_S))
        start = first
        for band in _BANDS:
            stop = int(np.searchsorted(frequencies, band.to_hz))
            if stop <= start:
                continue
            size = grid.bins(band.breadth_hz)
            low, high = max(0, start - size), stop + size
            hit = rank_over_bins(magnitude[:, low:high], size)[:, start - low : stop - low]
            steady = band.sustain_weight * sustained[:, start - first : stop - first]
            if band.exponent == 2:
                hit, steady = hit * hit, steady * steady
            mask[:, start:stop] = hit / (hit + steady)
            start = stop
        return mask, mask
