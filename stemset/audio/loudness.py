"""Peak and loudness of a file of any length, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stemset.audio.decoding import sound
from stemset.audio.pcm import Check, Samples, blocks, unchecked
from stemset.imports import importing

_HOPS_PER_BLOCK = 4  # gating blocks of 400 ms, a new one every 100 ms
_ABSOLUTE_GATE = -70.0  # LUFS
_RELATIVE_GATE = -10.0  # LU below the mean of what passed the absolute gate


@dataclass(frozen=True)
class Levels:
    """peak: 1.0 is full scale, a float file may be above. lufs: None for silence or below 400 ms."""

    sample_rate: int
    frames: int
    peak: float
    lufs: float | None


def peak(file: Path, check: Check = unchecked) -> float:
    """Largest absolute sample of a FLAC or WAV; 1.0 is full scale."""
    return max((float(np.abs(block).max()) for block in blocks(file, check=check)), default=0.0)


def measure(file: Path, check: Check = unchecked) -> Levels:
    """Reads a file of any format once. Raises UnreadableAudio."""
    frames, loudest, sample_rate = 0, 0.0, 0
    meter: LoudnessMeter | None = None
    for piece in sound(file):
        check()
        if meter is None:
            sample_rate = piece.sample_rate
            meter = LoudnessMeter(sample_rate)
        frames += piece.samples.shape[1]
        loudest = max(loudest, float(np.abs(piece.samples).max()))
        meter.add(piece.samples)
    return Levels(sample_rate, frames, loudest, meter.integrated() if meter else None)


class LoudnessMeter:
    """Integrated loudness of stereo sound that comes in blocks (ITU-R BS.1770-4).

    `pyloudnorm.Meter.integrated_loudness` computes the same from the whole song at once, which takes 2 GB for
    half an hour. The filters are pyloudnorm's "DeMan" ones, which match the standard's coefficients.
    """

    def __init__(self, sample_rate: int) -> None:
        # Two seconds of imports, which a process that measures nothing should not pay for.
        with importing:
            from pyloudnorm import IIRfilter  # noqa: PLC0415
            from scipy.signal import sosfilt  # noqa: PLC0415

        self._run = sosfilt
        self._rate = sample_rate
        stages = (
            IIRfilter(3.99984385397, 0.7071752369554193, 1681.9744509555319, sample_rate, "high_shelf_DeMan"),
            IIRfilter(0.0, 0.5003270373253953, 38.13547087613982, sample_rate, "high_pass_DeMan"),
        )
        coefficients: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = [
            s.generate_coefficients() for s in stages
        ]
        self._filter = np.array([[*b, *a] for b, a in coefficients])
        self._state = np.zeros((len(stages), 2, 2))
        self._held: NDArray[np.float64] = np.zeros(0)  # energies of a hop not yet complete
        self._hops: list[float] = []

    def add(self, block: Samples) -> None:
        """The next frames, shape (2, frames)."""
        weighted, self._state = self._run(self._filter, block.astype(np.float64), axis=1, zi=self._state)
        self._held = np.concatenate([self._held, np.square(weighted).sum(axis=0)])
        # Hop j covers the frames from j·rate/10 on, rounded down, so that no rate drifts.
        start = len(self._hops) * self._rate // 10
        edges: list[int] = [0]
        while (edge := (len(self._hops) + len(edges)) * self._rate // 10 - start) <= self._held.size:
            edges.append(edge)
        if len(edges) > 1:
            self._hops += np.add.reduceat(self._held[: edges[-1]], edges[:-1]).tolist()
            self._held = self._held[edges[-1] :]

    def integrated(self) -> float | None:
        """LUFS of everything so far; None for silence (all below -70 LUFS) and for less than 400 ms."""
        if len(self._hops) < _HOPS_PER_BLOCK:
            return None
        energies = np.convolve(self._hops, np.ones(_HOPS_PER_BLOCK), "valid")
        power = energies / (_HOPS_PER_BLOCK * self._rate / 10)
        gated = power[power > _power(_ABSOLUTE_GATE)]
        if not gated.size:
            return None
        gated = gated[gated > gated.mean() * 10 ** (_RELATIVE_GATE / 10)]
        return float(_lufs(gated.mean()))


def _lufs(power: np.floating) -> float:
    return -0.691 + 10 * float(np.log10(power))


def _power(lufs: float) -> float:
    return 10 ** ((lufs + 0.691) / 10)
