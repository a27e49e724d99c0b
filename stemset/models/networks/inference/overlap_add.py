"""Joins chunks to a stream of sound, in memory that doesn't grow with the song."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from stemset.audio import Samples
from stemset.models.networks.inference.chunks import Chunk, Schedule

BLOCK_FRAMES = 1 << 17
"""Frames that come out at a time."""

# What is held besides the longest chunk, so that what comes out is seldom moved out of the way.
_BLOCKS_HELD = 4

Array: TypeAlias = Any
"""A float32 array where the network computes: numpy's or torch's, which have no type in common."""

Stems: TypeAlias = NDArray[np.float32]
"""Shape (stems, channels, frames)."""

ReadFrames: TypeAlias = Callable[[int, int], Samples]
"""Gives so many frames of the song from this frame on, as the network takes them; silence outside of the song."""

RunChunks: TypeAlias = Callable[[Sequence[Chunk], Sequence[Samples]], Sequence[Array]]
"""Gives what a network makes of chunks, each of shape (rows, channels, frames), from the sound of each."""


class Backend(Protocol):
    """Makes and moves arrays on the device where a network computes."""

    def zeros(self, shape: Sequence[int]) -> Array:
        """A float32 array of zeros on the device."""
        ...

    def to_device(self, samples: NDArray[np.float32]) -> Array:
        """A copy of the samples on the device; on the CPU it may be the samples themselves."""
        ...

    def to_numpy(self, array: Array) -> NDArray[np.float32]:
        """The content of an array of the device as numpy's; on the CPU it may be the same memory."""
        ...


class NumpyBackend:
    """See Backend: numpy's arrays in this process's memory."""

    def zeros(self, shape: Sequence[int]) -> Array:
        """See Backend."""
        return np.zeros(shape, np.float32)

    def to_device(self, samples: NDArray[np.float32]) -> Array:
        """See Backend."""
        return samples

    def to_numpy(self, array: Array) -> NDArray[np.float32]:
        """See Backend."""
        return array


@dataclass(frozen=True)
class Pass:
    """One run of one network over the whole song.

    run: gets chunks of one length. batch: says how many chunks run should get, asked anew for every batch.
    stems: the row that each comes from, and the weight of this pass for it among all passes.
    """

    schedule: Schedule
    run: RunChunks
    batch: Callable[[], int]
    backend: Backend
    stems: dict[str, tuple[int, float]]


def position_independent(run: Callable[[Sequence[Samples]], Sequence[Array]]) -> RunChunks:
    """The RunChunks of a network that makes the same of a sound wherever in the song it is."""
    return lambda _chunks, sounds: run(sounds)


def join_chunks(
    one: Pass, frames: int, read: ReadFrames, chunk_done: Callable[[], None], block_frames: int = BLOCK_FRAMES
) -> Iterator[Stems]:
    """Run a pass, and give its stems, in their order, in blocks of block_frames; the last may be shorter.

    A block is valid until the next one is asked for.
    frames: of the song. chunk_done: called after every chunk; it may raise.
    """
    backend, rows = one.backend, [row for row, _ in one.stems.values()]
    room = _BLOCKS_HELD * block_frames + max(chunk.used_frames for chunk in one.schedule.chunks)
    held, weights = backend.zeros((len(rows), 2, room)), backend.zeros((room,))
    origin, out = 0, 0  # the frames of the song that `held` begins with, and that come out next
    ended = [*one.schedule.chunks[1:], None]
    window, window_frames = backend.zeros((0,)), -1
    for (chunk, output), following in zip(_run_chunks(one, read), ended, strict=True):
        if chunk.used_frames != window_frames:
            window, window_frames = backend.to_device(one.schedule.window(chunk.used_frames)), chunk.used_frames
        # What lies before the song or behind it is left out.
        first, last = max(chunk.used_start, 0), min(chunk.used_start + chunk.used_frames, frames)
        if first < last:
            if last - origin > room:
                _shift(held, out - origin)
                _shift(weights, out - origin)
                origin = out
            inside = slice(first - origin, last - origin)
            used = slice(first - chunk.used_start, last - chunk.used_start)
            sounds = slice(chunk.skip + used.start, chunk.skip + used.stop)
            for place, row in enumerate(rows):
                held[place, :, inside] += output[row][:, sounds] * window[used]
            weights[inside] += window[used]
        chunk_done()
        final = frames if following is None else max(following.used_start, 0)
        while final - out >= block_frames or (following is None and final > out):
            size = min(block_frames, final - out)
            ready = slice(out - origin, out - origin + size)
            block = held[:, :, ready]
            if one.schedule.normalised:
                block = block / weights[ready].clip(1e-10)
            yield backend.to_numpy(block)
            out += size


def average_passes(
    passes: Sequence[Pass], frames: int, read: ReadFrames, chunk_done: Callable[[], None]
) -> Iterator[dict[str, Samples]]:
    """The stems by name, in blocks: of each the weighted mean of the passes that make it. See join_chunks."""
    streams = [join_chunks(one, frames, read, chunk_done) for one in passes]
    totals: dict[str, float] = {}
    for one in passes:
        for stem, (_, weight) in one.stems.items():
            totals[stem] = totals.get(stem, 0.0) + weight
    for blocks in zip(*streams, strict=True):
        sums: dict[str, Samples] = {}
        for one, block in zip(passes, blocks, strict=True):
            for samples, (stem, (_, weight)) in zip(block, one.stems.items(), strict=True):
                share = samples if weight == totals[stem] else samples * np.float32(weight / totals[stem])
                sums[stem] = sums[stem] + share if stem in sums else share
        yield sums


def _run_chunks(one: Pass, read: ReadFrames) -> Generator[tuple[Chunk, Array]]:
    """Every chunk with what the network makes of it."""
    waiting = list(one.schedule.chunks)
    while waiting:
        alike = [chunk for chunk in waiting[: one.batch()] if chunk.input_frames == waiting[0].input_frames]
        sounds = [read(chunk.start, chunk.input_frames) for chunk in alike]
        yield from zip(alike, one.run(alike, sounds), strict=True)
        del waiting[: len(alike)]


def _shift(array: Array, frames: int) -> None:
    """Move everything to the front by so many frames; what comes in is zero."""
    left = array.shape[-1] - frames
    # A copy, as torch doesn't move what overlaps.
    array[..., :left] = array[..., frames:] + 0
    array[..., left:] = 0
