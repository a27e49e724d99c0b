"""Running medians and other ranks along one axis of a spectrogram."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemset.concurrency.import_lock import import_lock

Spectrogram = NDArray[np.float32]
"""Magnitudes, powers or gains, shape (frames, bins)."""


def rank_over_bins(values: Spectrogram, size: int, rank: int | None = None) -> Spectrogram:
    """Running rank of each frame over `size` neighbouring bins (made odd), edges mirrored.

    rank: 0 is the minimum, -1 the maximum, None the median.

    scipy's running rank is fast (a double heap, O(log size) per value) for one-dimensional input only. So all
    frames are laid end to end, each padded by half a window on both sides, and no window crosses into another frame.
    """
    # A second of imports, which a process that only knows the models by name should not pay for.
    with import_lock:
        from scipy.ndimage import rank_filter  # noqa: PLC0415

    size |= 1
    reach = size // 2
    if reach == 0:
        return values
    padded = np.pad(values, ((0, 0), (reach, reach)), mode="symmetric")
    line: Spectrogram = rank_filter(padded.ravel(), reach if rank is None else rank, size=size)
    return line.reshape(padded.shape)[:, reach:-reach]


def rank_over_time(values: Spectrogram, size: int, rank: int | None = None) -> Spectrogram:
    """Running rank of each bin over `size` frames (made odd), ends mirrored; rank as in rank_over_bins."""
    return rank_over_bins(np.ascontiguousarray(values.T), size, rank).T


def sustained_floor(values: Spectrogram, size: int, low: float) -> Spectrogram:
    """What stays in each bin for about `size` frames; peaks shorter than that are cut off.

    An opening over time (erosion, then dilation) with the quantiles low and 1 - low in place of minimum and
    maximum, which would follow single outliers.
    """
    rank = int(low * (size | 1))
    return rank_over_time(rank_over_time(values, size, rank), size, -1 - rank)
