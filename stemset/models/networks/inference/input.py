"""What networks take in: a WAV at their rate, read piece by piece, at the level that they were trained with."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from stemset import audio
from stemset.audio import Samples

SAMPLE_RATE = 44_100
"""Hz; every network of the library was trained at this rate."""

_SILENCE = 2**-24
"""Half a step of 24 bits: below it there is nothing to bring up."""


@dataclass(frozen=True)
class Levels:
    """Of a song: its frames, largest absolute sample, and mean and deviation of its middle (mean of the channels)."""

    frames: int
    peak: float
    mean: float
    deviation: float


@dataclass(frozen=True)
class Scale:
    """The input is (song - offset) × gain, and the stems are the output × undo + offset."""

    gain: float
    undo: float
    offset: float = 0.0


def scale_to_full_peak(levels: Levels) -> Scale:
    """Brings the peak to 1.0, so that a network gets every song at the same level: a quiet residual deep in a tree,
    too."""
    gain = 1.0 / levels.peak if levels.peak > _SILENCE else 1.0
    return Scale(gain, 1 / gain)


def measure_levels(file: Path, check: Callable[[], None]) -> Levels:
    """Reads the whole file. check: called for every block; it may raise."""
    frames, peak, total, squares = 0, 0.0, 0.0, 0.0
    for block in audio.blocks(file):
        check()
        middle = block.mean(axis=0, dtype=np.float64)
        frames += middle.size
        peak = max(peak, float(np.abs(block).max()))
        total += float(middle.sum())
        squares += float(np.square(middle).sum())
    mean = total / max(frames, 1)
    variance = max(0.0, squares - frames * mean * mean) / max(frames - 1, 1)
    return Levels(frames, peak, mean, variance**0.5)


class NetworkInput:
    """An open song, read at the scale that its network wants."""

    def __init__(self, sound: soundfile.SoundFile, scale: Scale) -> None:
        self._sound = sound
        self._scale = scale

    @property
    def frames(self) -> int:
        """The length of the song."""
        return self._sound.frames

    def read(self, start: int, frames: int) -> Samples:
        """See overlap_add.ReadFrames."""
        first, last = max(start, 0), min(start + frames, self._sound.frames)
        samples = np.zeros((2, frames), np.float32)
        if first < last:
            self._sound.seek(first)
            inside = self._sound.read(last - first, dtype="float32", always_2d=True).T
            if self._scale.offset:
                inside = inside - np.float32(self._scale.offset)
            samples[:, first - start : last - start] = inside * np.float32(self._scale.gain)
        return samples


@contextmanager
def open_input(file: Path, scale: Scale) -> Generator[NetworkInput]:
    """Lend a stereo float WAV as the input of a network."""
    with soundfile.SoundFile(file) as sound:
        yield NetworkInput(sound, scale)
