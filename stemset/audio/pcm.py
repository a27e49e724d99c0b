"""Float32 WAV files, whole and in blocks: what travels between the steps of a separation."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.float32]
"""Shape (channels, frames), full scale ±1.0."""

BLOCK_FRAMES = 1 << 17
"""Frames held at a time where a whole file is passed through; 1 MiB of stereo float32."""

_WAV_LIMIT_BYTES = 4_000_000_000  # sizes in a WAV header are 32 bits


@dataclass(frozen=True)
class Pcm:
    """A float32 WAV on disk."""

    file: Path
    sample_rate: int
    frames: int
    channels: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate


@contextmanager
def replacing(target: Path) -> Generator[Path]:
    """A path beside target to write to; it becomes target when the block ends well, and is deleted otherwise."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        yield fresh
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def float_writer(target: Path, sample_rate: int, channels: int, most_frames: float) -> Generator[soundfile.SoundFile]:
    """A float32 WAV open for writing, RF64 where most_frames would not fit a WAV; renamed into place at the end."""
    fits = most_frames * channels * 4 < _WAV_LIMIT_BYTES
    with (
        replacing(target) as fresh,
        soundfile.SoundFile(
            fresh, "w", sample_rate, channels, subtype="FLOAT", format="WAV" if fits else "RF64"
        ) as out,
    ):
        yield out


Check: TypeAlias = Callable[[], None]
"""Called for every block of a file that is passed through; it may raise, which ends that."""


def ignore_check() -> None:
    """The Check of a caller who never ends it."""


def pcm_of(file: Path) -> Pcm:
    """Rate, length and channels by the header of a WAV or FLAC."""
    with soundfile.SoundFile(file) as sound:
        return Pcm(file, sound.samplerate, sound.frames, sound.channels)


def read(file: Path) -> tuple[Samples, int]:
    """The whole file and its sample rate in Hz."""
    data, sample_rate = soundfile.read(file, dtype="float32", always_2d=True)
    return np.ascontiguousarray(data.T, dtype=np.float32), sample_rate


def write(file: Path, samples: Samples, sample_rate: int) -> None:
    """Float32 WAV; the file appears whole or not at all."""
    with float_writer(file, sample_rate, samples.shape[0], samples.shape[1]) as out:
        out.write(samples.T)


def blocks(file: Path, frames: int = BLOCK_FRAMES, check: Check = ignore_check) -> Iterator[Samples]:
    """The file in runs of `frames`; the last one may be shorter. Each block is an array of its own."""
    with soundfile.SoundFile(file) as sound:
        while (block := sound.read(frames, dtype="float32", always_2d=True)).shape[0]:
            check()
            yield np.ascontiguousarray(block.T, dtype=np.float32)


def resample_blocks(sound: Iterable[Samples], from_rate: int, to_rate: int, channels: int) -> Iterator[Samples]:
    """Sound that comes in blocks, (channels, frames), at to_rate. soxr VHQ: no delay, linear phase.

    The length is what the ratio of the rates gives; the blocks that come out have any length, also none.
    """
    if from_rate == to_rate:
        yield from sound
        return
    resampler = soxr.ResampleStream(from_rate, to_rate, channels, quality="VHQ")
    for block in sound:
        yield np.ascontiguousarray(resampler.resample_chunk(np.ascontiguousarray(block.T)).T)
    yield np.ascontiguousarray(resampler.resample_chunk(np.zeros((0, channels), np.float32), last=True).T)


def fit_to_length(sound: Iterable[Samples], frames: int, channels: int) -> Iterator[Samples]:
    """The sound, cut at the end or followed by silence, in blocks of `frames` frames together, none of them empty."""
    left = frames
    for block in sound:
        if block.shape[1] and left:
            yield block[:, :left]
            left -= min(left, block.shape[1])
    while left:
        yield np.zeros((channels, min(left, BLOCK_FRAMES)), np.float32)
        left -= min(left, BLOCK_FRAMES)


def write_resampled(source: Path, target: Path, sample_rate: int, check: Check) -> None:
    """The float WAV source at another rate, as long as the ratio gives. check: called for every block; it may raise."""
    shape = pcm_of(source)
    frames = round(shape.frames * sample_rate / shape.sample_rate)
    sound = resample_blocks(blocks(source), shape.sample_rate, sample_rate, shape.channels)
    with float_writer(target, sample_rate, shape.channels, frames) as out:
        for block in fit_to_length(sound, frames, shape.channels):
            check()
            out.write(block.T)


def subtract(minuend: Path, subtrahends: Sequence[Path], target: Path) -> None:
    """target = minuend − Σ subtrahends, float32, block by block; added up in float64 and rounded once.

    All files have one rate, length and number of channels; ValueError otherwise.
    """
    shape = pcm_of(minuend)
    for other in map(pcm_of, subtrahends):
        if (other.sample_rate, other.frames, other.channels) != (shape.sample_rate, shape.frames, shape.channels):
            raise ValueError(f"{other} can't be subtracted from {shape}: rate, length and channels must be the same")
    with ExitStack() as stack:
        parts = [stack.enter_context(soundfile.SoundFile(file)) for file in subtrahends]
        out = stack.enter_context(float_writer(target, shape.sample_rate, shape.channels, shape.frames))
        for block in blocks(minuend):
            rest = block.T.astype(np.float64)
            for part in parts:
                rest -= part.read(block.shape[1], dtype="float32", always_2d=True)
            out.write(rest.astype(np.float32))
