"""Measures of a separated stem against the true one, and the two yardsticks that put them in proportion.

All of them add up block by block, so that a song's length costs no memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stemset.audio.pcm import BLOCK_FRAMES, Samples, blocks
from stemset.models.builtin.stft import WINDOWS_PER_SAMPLE, Grid, backward, forward, windows

# Of the Music Demixing Challenge's definition: keeps the ratio finite when a stem is silent.
_EPSILON = 1e-7
# Keeps it finite when an estimate is perfect: at 200 dB.
_LEAST_ERROR = 1e-20

_IDEAL_WINDOW_S = 4096 / 44100
_BLOCK_S = 10.0


@dataclass
class Agreement:
    """Sums over all samples and channels of a true stem r and an estimate e, added up in float64."""

    reference_energy: float = 0.0
    estimate_energy: float = 0.0
    product: float = 0.0
    error_energy: float = 0.0

    def add(self, reference: Samples, estimate: Samples) -> None:
        r, e = (side.astype(np.float64).ravel() for side in (reference, estimate))
        self.reference_energy += float(r @ r)
        self.estimate_energy += float(e @ e)
        self.product += float(r @ e)
        difference = r - e
        self.error_energy += float(difference @ difference)

    @property
    def sdr_db(self) -> float:
        """Global signal-to-distortion ratio, Σr² / Σ(r - e)² (Music Demixing Challenge 2021); higher is better."""
        return _decibels(self.reference_energy + _EPSILON, self.error_energy + _EPSILON)

    @property
    def si_sdr_db(self) -> float:
        """Scale-invariant SDR (Le Roux et al. 2019): as sdr_db, but a wrong level alone costs nothing."""
        if self.reference_energy == 0:
            return self.sdr_db
        target = self.product**2 / self.reference_energy
        return _decibels(target + _EPSILON, max(self.estimate_energy - target, 0.0) + _EPSILON)


def _decibels(signal: float, distortion: float) -> float:
    return float(10 * np.log10(signal / distortion))


def agreement(references: Sequence[Path], estimates: Sequence[Path], estimate_gain: float = 1.0) -> Agreement:
    """How far the sums of two groups of files, all of one rate and length, agree.

    estimate_gain: the factor in the estimates, by which they are divided.
    """
    result = Agreement()
    for reference, estimate in zip(_sum_files(references), _sum_files(estimates), strict=True):
        result.add(reference, estimate / np.float32(estimate_gain))
    return result


def bsseval_sdrs(
    references: Mapping[str, Sequence[Path]],
    estimates: Mapping[str, Sequence[Path]],
    sample_rate: int,
    estimate_gain: float = 1.0,
) -> dict[str, float | None]:
    """SDR of BSSEval v4 as museval defines it: the median over frames of 1 s, in dB, for each name.

    Of a stem's image, with filters for the whole song, its SDR is the plain ratio of energies in a frame: spatial
    distortion, interference and artifacts sum to the error. A frame in which any reference or estimate is silent
    (left + right is 0 throughout) counts for none of them; None where no frame is left. The last frame counts only
    if it is whole, unless the song is shorter.
    """
    frames: dict[str, list[float]] = {name: [] for name in references}
    sides = [_sum_files(files, sample_rate) for name in references for files in (references[name], estimates[name])]
    for number, blocks_of_all in enumerate(zip(*sides, strict=True)):
        if blocks_of_all[0].shape[1] < sample_rate and number:
            break
        if any(not block.sum(axis=0).any() for block in blocks_of_all):
            continue
        for name, true, estimate in zip(references, blocks_of_all[::2], blocks_of_all[1::2], strict=True):
            frame = Agreement()
            frame.add(true, estimate / np.float32(estimate_gain))
            energy = frame.reference_energy
            frames[name].append(_decibels(energy, max(frame.error_energy, energy * _LEAST_ERROR)))
    return {name: float(np.median(values)) if values else None for name, values in frames.items()}


def ideal_mask_agreements(
    references: Mapping[str, Sequence[Path]], mixture: Path, sample_rate: int
) -> dict[str, Agreement]:
    """What the ideal ratio mask |S|² / Σ|S|² (per channel, frame and bin) would reach for each reference.

    It knows the true stems; no separator that masks a short-time spectrum of this resolution (4096 samples at
    44.1 kHz) with such gains does better. What the references leave of the mixture counts as one more source.
    """
    grid = Grid.near(_IDEAL_WINDOW_S, sample_rate)
    frames = grid.frames(_BLOCK_S) * grid.hop
    results = {name: Agreement() for name in references}
    margin = (WINDOWS_PER_SAMPLE - 1) * grid.hop
    for whole, *parts in zip(
        windows(_sum_files([mixture], frames), frames, margin),
        *(windows(_sum_files(files, frames), frames, margin) for files in references.values()),
        strict=True,
    ):
        spectrum = forward(whole, grid)
        powers = [_power(part, grid) for part in (*parts, whole - sum(parts))]
        total = np.maximum(np.sum(powers, axis=0), np.float32(1e-20))
        for result, part, power in zip(results.values(), parts, powers, strict=False):
            masked = spectrum * (power / total)
            estimate = np.stack([backward(channel, grid) for channel in masked])
            inside = slice(margin, part.shape[1] - margin)
            result.add(part[:, inside], estimate[:, inside])
    return results


def _power(samples: Samples, grid: Grid) -> NDArray[np.float32]:
    spectrum = forward(samples, grid)
    return spectrum.real**2 + spectrum.imag**2


def _sum_files(files: Sequence[Path], frames: int = BLOCK_FRAMES) -> Iterator[Samples]:
    for parts in zip(*(blocks(file, frames) for file in files), strict=True):
        yield np.stack(parts).sum(axis=0, dtype=np.float32)
