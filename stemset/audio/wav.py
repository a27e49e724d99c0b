"""WAV files of 16 or 24 bit that are written to a stream, whose header has to state their length beforehand."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

_PCM = 1
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")


def wav_size(frames: int, channels: int, bit_depth: int) -> int:
    """Bytes of the whole file."""
    return _HEADER.size + frames * channels * bit_depth // 8


def wav_header(frames: int, sample_rate: int, channels: int, bit_depth: int) -> bytes:
    """The RIFF header, which the samples follow."""
    frame_bytes = channels * bit_depth // 8
    data = frames * frame_bytes
    return _HEADER.pack(
        b"RIFF", 36 + data, b"WAVE", b"fmt ", 16, _PCM, channels, sample_rate, sample_rate * frame_bytes,
        frame_bytes, bit_depth, b"data", data,
    )  # fmt: skip


def wav_samples(block: NDArray[np.number], bit_depth: int) -> bytes:
    """The bytes of int32 samples, shape (frames, channels), which are in the upper bits, as soundfile reads them."""
    octets = block.astype("<i4").view("u1").reshape(*block.shape, 4)
    return octets[..., 4 - bit_depth // 8 :].tobytes()
