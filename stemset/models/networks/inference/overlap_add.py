"""Joining chunks to a stream of sound, in memory that doesn't grow with the song."""

# Arrays are numpy's or torch's, wherever the network computes.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
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
"""An array where the network computes."""

Stems: TypeAlias = NDArray[np.float32]
"""Shape (stems, channels, frames)."""

Read: TypeAlias = Callable[[int, int], Samples]
"""Gives so many frames of the song from this frame on, as a network hears them; silence outside of it."""


Run: TypeAlias = Callable[[Sequence[Chunk], Sequence[Samples]], Sequence[Array]]
"""What a network makes of chunks, given the sound of each."""


class Arrays(Protocol):
    """Where a network computes."""

    def zeros(self, shape: Sequence[int]) -> Array:
        """float32 zeros there."""
        ...

    def there(self, samples: NDArray[np.float32]) -> Array:
        """Samples, moved there."""
        ...

    def here(self, array: Array) -> NDArray[np.float32]:
        """An array from there."""
        ...


class NumpyArrays:
    """In this process's memory."""

    def zeros(self, shape: Sequence[int]) -> Array:
        """See Arrays."""
        return np.zeros(shape, np.float32)

    def there(self, samples: NDArray[np.float32]) -> Array:
        """See Arrays."""
        return samples

    def here(self, array: Array) -> NDArray[np.float32]:
        """See Arrays."""
        return array


@dataclass(frozen=True)
class Pass:
    """One network over the whole song.

    run: chunks of one length -> for each an array (rows, channels, frames). batch: chunks at a time, asked anew for
    every batch. stems: the row that each comes from, and the weight of this pass for it among all passes.
    """

    schedule: Schedule
    run: Run
    batch: Callable[[], int]
    arrays: Arrays
    stems: dict[str, tuple[int, float]]


def anywhere(run: Callable[[Sequence[Samples]], Sequence[Array]]) -> Run:
    """For a network that makes the same of a sound wherever in the song it is."""
    return lambda _chunks, sounds: run(sounds)


def joined(
    one: Pass, frames: int, read: Read, done: Callable[[], None], block_frames: int = BLOCK_FRAMES
) -> Iterator[Stems]:
    """The stems of a pass, in their order, in blocks of block_frames; the last may be shorter.

    done: called after every chunk; it may raise.
    """
    arrays, rows = one.arrays, [row for row, _ in one.stems.values()]
    room = _BLOCKS_HELD * block_frames + max(chunk.frames for chunk in one.schedule.chunks)
    held, weights = arrays.zeros((len(rows), 2, room)), arrays.zeros((room,))
    origin, out = 0, 0  # the frames of the song that `held` begins with, and that come out next
    ended = [*one.schedule.chunks[1:], None]
    window, window_frames = arrays.zeros((0,)), -1
    for (chunk, heard), following in zip(_heard(one, read), ended, strict=True):
        if chunk.frames != window_frames:
            window, window_frames = arrays.there(one.schedule.window(chunk.frames)), chunk.frames
        # What lies before the song or behind it is nobody's.
        first, last = max(chunk.place, 0), min(chunk.place + chunk.frames, frames)
        if first < last:
            if last - origin > room:
                _shift(held, out - origin)
                _shift(weights, out - origin)
                origin = out
            inside = slice(first - origin, last - origin)
            used = slice(first - chunk.place, last - chunk.place)
            sounds = slice(chunk.skip + used.start, chunk.skip + used.stop)
            for place, row in enumerate(rows):
                held[place, :, inside] += heard[row][:, sounds] * window[used]
            weights[inside] += window[used]
        done()
        final = frames if following is None else max(following.place, 0)
        while final - out >= block_frames or (following is None and final > out):
            size = min(block_frames, final - out)
            ready = slice(out - origin, out - origin + size)
            block = held[:, :, ready]
            if one.schedule.normalised:
                block = block / weights[ready].clip(1e-10)
            yield arrays.here(block)
            out += size


def averaged(passes: Sequence[Pass], frames: int, read: Read, done: Callable[[], None]) -> Iterator[dict[str, Samples]]:
    """The stems of all passes, by name, in blocks: for each the weighted mean of the passes that make it."""
    streams = [joined(one, frames, read, done) for one in passes]
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


def _heard(one: Pass, read: Read) -> Generator[tuple[Chunk, Array]]:
    """Every chunk with what the network made of it."""
    waiting = list(one.schedule.chunks)
    while waiting:
        alike = [chunk for chunk in waiting[: one.batch()] if chunk.heard == waiting[0].heard]
        sounds = [read(chunk.start, chunk.heard) for chunk in alike]
        yield from zip(alike, one.run(alike, sounds), strict=True)
        del waiting[: len(alike)]


def _shift(array: Array, frames: int) -> None:
    """Move everything to the front by so many frames; what comes in is zero."""
    left = array.shape[-1] - frames
    # A copy, as torch doesn't move what overlaps.
    array[..., :left] = array[..., frames:] + 0
    array[..., left:] = 0
