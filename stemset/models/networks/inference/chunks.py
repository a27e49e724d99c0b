"""Schedules: which pieces of a song a network gets, and how what it makes of them is put together again.

Each architecture cuts and joins in its own way; the library's chunk loops are the reference, which these schedules
follow to the frame. What lies outside of the song is silence. Chunks that would lie beyond its end are left out:
nothing of them reaches the result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Window = Callable[[int], NDArray[np.float32]]
"""Gives the weight of each frame of a chunk from which so many frames are used."""


@dataclass(frozen=True)
class Chunk:
    """A piece of the song: input_frames frames from the frame `start` on, which may be negative.

    Of what the network makes of them, used_frames frames are used, from the frame `skip` on.
    """

    start: int
    input_frames: int
    used_frames: int
    skip: int = 0

    @property
    def used_start(self) -> int:
        """The frame of the song that the first used frame belongs to."""
        return self.start + self.skip


@dataclass(frozen=True)
class Schedule:
    """Chunks in the order of used_start. window: what each is multiplied with before chunks are added up.

    normalised: whether the sum is divided by the sum of the windows.
    """

    chunks: tuple[Chunk, ...]
    window: Window
    normalised: bool = True


def mdx_schedule(frames: int, chunk: int, trim: int, overlap: float) -> Schedule:
    """MDX-Net: the song begins `trim` frames into the first chunk; Hann windows.

    overlap: the share of a chunk that the next one covers, too.
    """
    body = chunk - 2 * trim
    total = trim + frames + body + trim - frames % body
    starts = range(0, min(total, trim + frames), int((1 - overlap) * chunk))
    return Schedule(tuple(Chunk(at - trim, chunk, min(chunk, total - at)) for at in starts), _hann)


def mdx23c_schedule(frames: int, chunk: int, overlap: int) -> Schedule:
    """MDX23C: `overlap` chunks cover each frame, and their results are averaged."""
    hop = chunk // overlap
    lead = chunk - hop
    total = frames + hop - (frames - chunk) % hop + 2 * lead
    starts = range(0, min(total - chunk + 1, lead + frames), hop)
    share = np.float32(1 / overlap)
    return Schedule(
        tuple(Chunk(at - lead, chunk, chunk) for at in starts), lambda n: np.full(n, share), normalised=False
    )


def roformer_schedule(frames: int, chunk: int, overlap: int, hop: int, shortest: int) -> Schedule:
    """Roformers: Hamming windows; the last chunk ends with the song, so it overlaps more.

    A song shorter than a chunk is one chunk of its own length (but of at least `shortest` frames); of that the network
    makes whole hops only, and the few frames behind them stay silent. overlap: chunks that cover each frame.
    """
    if frames <= chunk:
        length = max(frames, shortest)
        return Schedule((Chunk(0, length, length // hop * hop),), _hamming_of(chunk))
    starts = [*range(0, frames - chunk, chunk // overlap), frames - chunk]
    return Schedule(tuple(Chunk(at, chunk, chunk) for at in starts), _hamming_of(chunk))


def demucs_schedule(
    frames: int, segment: int, overlap: float, *, lead: int, input_frames: Callable[[int], int]
) -> Schedule:
    """Demucs: triangles; the first segment begins `lead` frames before the song.

    overlap: the share of a segment that the next one covers, too. input_frames: how many frames the network wants for
    a segment of so many frames; the segment lies in their middle.
    """
    total = lead + frames
    chunks: list[Chunk] = []
    for at in range(0, total, int((1 - overlap) * segment)):
        used = min(segment, total - at)
        around = input_frames(used) - used
        chunks.append(Chunk(at - lead - around // 2, used + around, used, around // 2))
    return Schedule(tuple(chunks), _triangle_of(segment))


def vr_schedule(times: int, hop: int, window: int, *, offset: int, reach: int) -> Schedule:
    """VR: spectra of `window` times, `hop` frames apart, of which `offset` at either end are context only.

    Each sound reaches so many more times to both sides. What the chunks make of them, which fades out there, adds up.
    """
    body = window - 2 * offset
    size, frames = (window + 2 * reach) * hop, (body + 2 * reach) * hop
    starts = range(0, times, body)
    chunks = tuple(Chunk((at - offset - reach) * hop, size, frames, offset * hop) for at in starts)
    return Schedule(chunks, lambda n: np.ones(n, np.float32), normalised=False)


@lru_cache(maxsize=4)
def _hann(frames: int) -> NDArray[np.float32]:
    return np.hanning(frames).astype(np.float32)


def _hamming_of(chunk: int) -> Window:
    window = np.hamming(chunk).astype(np.float32)
    return lambda frames: window[:frames]


def _triangle_of(segment: int) -> Window:
    rising = np.arange(1, segment // 2 + 1)
    falling = np.arange(segment - segment // 2, 0, -1)
    triangle = np.concatenate([rising, falling]).astype(np.float32)
    triangle /= triangle.max()
    return lambda frames: triangle[:frames]
