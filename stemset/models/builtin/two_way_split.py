"""Splits a file in two by a mask over its short-time spectrum, in bounded memory."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

import numpy as np
import soundfile
from numpy.typing import NDArray

from stemset.audio.pcm import float_writer
from stemset.concurrency.progress import Progress, ignore_progress
from stemset.models.builtin.rank_filters import Spectrogram
from stemset.models.builtin.stft import WINDOWS_PER_SAMPLE, Grid, backward, forward
from stemset.models.model import AudioSeparator


class TwoWaySplit(AudioSeparator):
    """A model whose first slot is a masked copy of its input and whose second slot is the rest.

    Input is read in blocks of about 10 s. Frame i covers the samples (i-3)·hop to (i+1)·hop, counted from the start
    of the file whatever the block, and a mask looks no further than `reach_s`; so with that much context on both
    sides each block equals the same stretch of a run over the whole file, and nothing needs to be cross-faded.
    """

    window_s: ClassVar[float]
    reach_s: ClassVar[float]
    block_s: ClassVar[float] = 10.0

    @abstractmethod
    def masks(self, mid: Spectrogram, side: Spectrogram, grid: Grid) -> tuple[Spectrogram, Spectrogram | None]:
        """Gains 0 to 1 for mid and side, shape (frames, bins), from their powers; None silences the side."""

    def separate(
        self,
        input_file: Path,
        output_dir: Path,
        progress: Progress = ignore_progress,
        wanted: Collection[str] | None = None,  # noqa: ARG002 - both slots come at once
    ) -> dict[str, Path]:
        files = {slot: output_dir / f"{slot}.wav" for slot in self.output_slots}
        with ExitStack() as opened:
            song = opened.enter_context(soundfile.SoundFile(input_file))
            first, second = (
                opened.enter_context(float_writer(file, song.samplerate, 2, song.frames)) for file in files.values()
            )
            grid = Grid.near(self.window_s, song.samplerate)
            for samples, estimate, end in self._blocks(song, grid):
                first.write(estimate)
                second.write(samples - estimate)
                progress(end / song.frames)
        return files

    def _blocks(
        self, song: soundfile.SoundFile, grid: Grid
    ) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32], int]]:
        """Input and estimate of the first slot, shape (samples, 2), and the sample where the block ends."""
        hop = grid.hop
        hops = -(-song.frames // hop)
        block = grid.frames(self.block_s)
        context = grid.frames(self.reach_s) + WINDOWS_PER_SAMPLE
        for start in range(0, hops, block):
            stop = min(start + block, hops)
            first_frame = max(0, start - context)
            last_frame = min(hops + WINDOWS_PER_SAMPLE - 1, stop + WINDOWS_PER_SAMPLE - 1 + context)
            samples = _read_padded(song, (first_frame - WINDOWS_PER_SAMPLE + 1) * hop, last_frame * hop)
            estimate = self._estimate(samples, grid)
            begin = (start - first_frame + WINDOWS_PER_SAMPLE - 1) * hop
            length = min(stop * hop, song.frames) - start * hop
            kept = slice(begin, begin + length)
            yield samples[kept], estimate[kept], start * hop + length

    def _estimate(self, samples: NDArray[np.float32], grid: Grid) -> NDArray[np.float32]:
        mid_side = np.stack((samples[:, 0] + samples[:, 1], samples[:, 0] - samples[:, 1])) * np.float32(0.5)
        spectrum = forward(mid_side, grid)
        powers = spectrum.real**2 + spectrum.imag**2
        mid_mask, side_mask = self.masks(powers[0], powers[1], grid)
        mid = backward(spectrum[0] * mid_mask, grid)
        if side_mask is None:
            return np.stack((mid, mid), axis=1)
        side = backward(spectrum[1] * side_mask, grid)
        return np.stack((mid + side, mid - side), axis=1)


def _read_padded(song: soundfile.SoundFile, start: int, stop: int) -> NDArray[np.float32]:
    """Samples start to stop, shape (samples, 2); zeros where that lies outside of the file."""
    samples = np.zeros((stop - start, 2), np.float32)
    inside = max(start, 0)
    song.seek(inside)
    content = song.read(min(stop, song.frames) - inside, dtype="float32", always_2d=True)
    samples[inside - start : inside - start + len(content)] = content
    return samples
