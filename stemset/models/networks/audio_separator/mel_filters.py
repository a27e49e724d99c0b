"""The mel filters of MelBand-Roformer, as librosa makes them, without librosa: its import takes three seconds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Slaney's scale is linear below 1 kHz, and logarithmic above with 27 steps for a factor of 6.4.
_HZ_PER_MEL = 200.0 / 3
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0


def mel_filters(*, sr: float, n_fft: int, n_mels: int) -> NDArray[np.float32]:
    """Triangles over the bins of a spectrum, shape (n_mels, n_fft // 2 + 1), each of the same area.

    The same to the last bit as `librosa.filters.mel`: a network's bands are the bins where a filter is above zero.
    """
    bins = np.fft.rfftfreq(n=n_fft, d=1.0 / sr)
    edges = _hz(np.linspace(0.0, _mel(sr / 2), n_mels + 2))
    widths = np.diff(edges)
    ramps = np.subtract.outer(edges, bins)
    filters = np.zeros((n_mels, 1 + n_fft // 2), np.float32)
    for band in range(n_mels):
        rising = -ramps[band] / widths[band]
        falling = ramps[band + 2] / widths[band + 1]
        filters[band] = np.maximum(0, np.minimum(rising, falling))
    filters *= (2.0 / (edges[2:] - edges[:-2]))[:, np.newaxis]
    return filters


def _mel(hz: float) -> float:
    return float(_BREAK_MEL + np.log(hz / _BREAK_HZ) / _LOG_STEP) if hz >= _BREAK_HZ else hz / _HZ_PER_MEL


def _hz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    hz = _HZ_PER_MEL * mels
    above = mels >= _BREAK_MEL
    hz[above] = _BREAK_HZ * np.exp(_LOG_STEP * (mels[above] - _BREAK_MEL))
    return hz
