"""Blends the outputs of several models for one input, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from stemset import audio
from stemset.audio.pcm import float_writer
from stemset.models.builtin.stft import WINDOWS_PER_SAMPLE, Grid, backward, forward, windows

_WINDOW_S = 4096 / 44100
_BLOCK_S = 5.0


class BlendKind(StrEnum):
    """Which value several values become."""

    AVERAGE = "average"
    MEDIAN = "median"
    MAX = "max"
    MIN = "min"


class BlendDomain(StrEnum):
    """Whether samples are blended, or bins of the short-time spectrum."""

    WAVEFORM = "waveform"
    SPECTRUM = "spectrum"


class Blend(BaseModel):
    """How an ensemble's outputs become one. weights: of an average, one for each model; only their ratios count."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: BlendKind = BlendKind.AVERAGE
    domain: BlendDomain = BlendDomain.WAVEFORM
    weights: tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...] | None = None

    def shares(self, members: int) -> tuple[float, ...]:
        """What each member counts in an average; they sum to 1."""
        weights = self.weights or (1.0,) * members
        return tuple(weight / sum(weights) for weight in weights)

    def __str__(self) -> str:
        of_spectrum = " of spectra" if self.domain is BlendDomain.SPECTRUM else ""
        weighted = f", weighted {' : '.join(f'{weight:g}' for weight in self.weights)}" if self.weights else ""
        return f"{self.kind.value}{of_spectrum}{weighted}"


def blend_files(blend: Blend, files: Sequence[Path], target: Path, check: Callable[[], None]) -> None:
    """Blend float WAVs of one rate, length and number of channels into target.

    max, min: the value of the largest or smallest magnitude, with its sign or phase. median: of samples; of a
    spectrum the value whose magnitude is in the middle, or the mean of the two there. average: of samples; of a
    spectrum the average magnitude with the phase of the average, so that models which differ in phase alone don't
    cancel each other. check is called for every block and may raise.
    """
    shape = audio.pcm_of(files[0])
    with ExitStack() as opened:
        out = opened.enter_context(float_writer(target, shape.sample_rate, shape.channels, shape.frames))
        of_spectra = blend.domain is BlendDomain.SPECTRUM
        for piece in _blend_spectra(blend, files, shape) if of_spectra else _blend_samples(blend, files):
            check()
            out.write(piece.T)


def _blend_samples(blend: Blend, files: Sequence[Path]) -> Iterator[audio.Samples]:
    for blocks in zip(*(audio.blocks(file) for file in files), strict=True):
        values = np.stack(blocks)
        match blend.kind:
            case BlendKind.AVERAGE:
                yield _average(blend, values).astype(np.float32)
            case BlendKind.MEDIAN:
                yield np.median(values, axis=0)
            case _:
                yield _pick_by_magnitude(blend, values).astype(np.float32)


def _blend_spectra(blend: Blend, files: Sequence[Path], shape: audio.Pcm) -> Iterator[audio.Samples]:
    grid = Grid.near(_WINDOW_S, shape.sample_rate)
    block = grid.frames(_BLOCK_S) * grid.hop
    margin = (WINDOWS_PER_SAMPLE - 1) * grid.hop
    blend_bins = _average_magnitude if blend.kind is BlendKind.AVERAGE else _pick_by_magnitude
    left = shape.frames
    for parts in zip(*(windows(audio.blocks(file, block), block, margin) for file in files), strict=True):
        spectrum = blend_bins(blend, np.stack([forward(part, grid) for part in parts]))
        samples = np.stack([backward(channel, grid) for channel in spectrum.astype(np.complex64)])
        kept = min(block, left)
        yield samples[:, margin : margin + kept]
        left -= kept


def _average(blend: Blend, values: NDArray[np.inexact]) -> NDArray[np.inexact]:
    return np.tensordot(np.array(blend.shares(len(values))), values, axes=1)


def _average_magnitude(blend: Blend, spectra: NDArray[np.complex64]) -> NDArray[np.inexact]:
    mean = _average(blend, spectra)
    size = np.abs(mean)
    phase = np.divide(mean, size, out=np.zeros_like(mean), where=size > 0)
    return phase * _average(blend, np.abs(spectra))


def _pick_by_magnitude(blend: Blend, values: NDArray[np.inexact]) -> NDArray[np.inexact]:
    """The value of the largest, smallest or middle magnitude along the first axis."""
    members = len(values)
    first, last = {
        BlendKind.MAX: (members - 1, members - 1),
        BlendKind.MIN: (0, 0),
    }.get(blend.kind, ((members - 1) // 2, members // 2))
    order = np.argsort(np.abs(values), axis=0, kind="stable")

    def at(rank: int) -> NDArray[np.inexact]:
        return np.take_along_axis(values, order[rank : rank + 1], axis=0)[0]

    return at(first) if first == last else (at(first) + at(last)) / 2
