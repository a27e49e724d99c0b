"""The short-time spectrum and its way back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from stemset.concurrency.import_lock import import_lock

Spectrum = NDArray[np.complex64]
"""Shape (channels, frames, bins)."""

WINDOWS_PER_SAMPLE = 4
"""Windows that cover one sample. With Hann windows before and after, the overlapped squares sum to 1.5."""

_MIN_HOP = 8


def _import_fft() -> ModuleType:
    """scipy.fft: a second of imports, which a process that only looks models up should not pay for."""
    with import_lock:
        return import_module("scipy.fft")


@dataclass(frozen=True)
class Grid:
    """The raster of a short-time spectrum at one sample rate, in Hz. hop: samples from one frame to the next."""

    sample_rate: int
    hop: int

    @classmethod
    def near(cls, window_s: float, sample_rate: int) -> Grid:
        """A raster whose window lasts about window_s, of a length that the FFT likes."""
        hop: int = _import_fft().next_fast_len(
            max(round(window_s * sample_rate / WINDOWS_PER_SAMPLE), _MIN_HOP), real=True
        )
        return cls(sample_rate, hop)

    @property
    def window(self) -> int:
        """Samples of a window."""
        return WINDOWS_PER_SAMPLE * self.hop

    @property
    def frequencies(self) -> NDArray[np.float32]:
        """The centre of each bin, in Hz."""
        return np.fft.rfftfreq(self.window, 1 / self.sample_rate).astype(np.float32)

    def frames(self, seconds: float) -> int:
        """The number of frames that begin within so many seconds, at least 1."""
        return max(1, round(seconds * self.sample_rate / self.hop))

    def bins(self, hertz: float) -> int:
        """The number of bins within so many Hz, at least 1."""
        return max(1, round(hertz * self.window / self.sample_rate))


def _hann(grid: Grid) -> NDArray[np.float32]:
    return np.hanning(grid.window + 1)[:-1].astype(np.float32)


def forward(channels: NDArray[np.float32], grid: Grid) -> Spectrum:
    """Transform (channels, samples) to (channels, frames, bins); frame i begins at sample i·hop."""
    frames = np.lib.stride_tricks.sliding_window_view(channels, grid.window, axis=1)[:, :: grid.hop]
    return _import_fft().rfft(frames * _hann(grid), axis=-1).astype(np.complex64, copy=False)


def backward(spectrum: NDArray[np.complex64], grid: Grid) -> NDArray[np.float32]:
    """Transform one channel, (frames, bins), to samples.

    It undoes forward wherever WINDOWS_PER_SAMPLE windows cover a sample.
    """
    pieces: NDArray[np.float32] = _import_fft().irfft(spectrum, grid.window, axis=-1) * (_hann(grid) / np.float32(1.5))
    frames = len(pieces)
    pieces = pieces.reshape(frames, WINDOWS_PER_SAMPLE, grid.hop)
    samples = np.zeros((frames + WINDOWS_PER_SAMPLE - 1, grid.hop), np.float32)
    for part in range(WINDOWS_PER_SAMPLE):
        samples[part : part + frames] += pieces[:, part]
    return samples.ravel()


def windows(sound: Iterable[NDArray[np.float32]], frames: int, margin: int) -> Iterator[NDArray[np.float32]]:
    """Each run of a sound, shape (channels, frames), with `margin` samples of its neighbours on both sides.

    Outside of the sound, and in what the last run lacks, are zeros.

    With a margin of WINDOWS_PER_SAMPLE - 1 hops, forward and backward give back what lies between the margins.
    """
    waiting: NDArray[np.float32] | None = None
    for block in sound:
        before = np.zeros((len(block), margin), np.float32) if waiting is None else waiting
        waiting = np.concatenate((before, block), axis=1)
        if waiting.shape[1] >= frames + 2 * margin:
            yield waiting[:, : frames + 2 * margin]
            waiting = waiting[:, frames:]
    while waiting is not None and waiting.shape[1] > margin:
        yield np.pad(waiting, ((0, 0), (0, max(0, frames + 2 * margin - waiting.shape[1]))))[:, : frames + 2 * margin]
        waiting = waiting[:, frames:]
