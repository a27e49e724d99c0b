"""What networks hear: a WAV at their rate, read piece by piece, at the level that they are used to."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from stemset import audio
from stemset.audio import Samples

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
    """A network hears (song - offset) × gain, and what it makes of it is multiplied by undo, plus offset."""

    gain: float
    undo: float
    offset: float = 0.0


def level_scale(levels: Levels) -> Scale:
    """So that a network always hears a song at the same level, however quiet it is: a residual deep in a tree, too."""
    gain = 1.0 / levels.peak if levels.peak > _SILENCE else 1.0
    return Scale(gain, 1 / gain)


def levels(file: Path, check: Callable[[], None]) -> Levels:
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


class Song:
    """An open song."""

    def __init__(self, sound: soundfile.SoundFile, scale: Scale) -> None:
        self._sound = sound
        self._scale = scale

    @property
    def frames(self) -> int:
        """Its length."""
        return self._sound.frames

    def read(self, start: int, frames: int) -> Samples:
        """See overlap_add.Read."""
        first, last = max(start, 0), min(start + frames, self._sound.frames)
        heard = np.zeros((2, frames), np.float32)
        if first < last:
            self._sound.seek(first)
            inside = self._sound.read(last - first, dtype="float32", always_2d=True).T
            if self._scale.offset:
                inside = inside - np.float32(self._scale.offset)
            heard[:, first - start : last - start] = inside * np.float32(self._scale.gain)
        return heard


@contextmanager
def opened(file: Path, scale: Scale) -> Generator[Song]:
    """A stereo float WAV as a Song."""
    with soundfile.SoundFile(file) as sound:
        yield Song(sound, scale)
