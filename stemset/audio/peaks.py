"""Waveform overviews in the .dat format, version 2, of the BBC's audiowaveform."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stemset.audio.pcm import blocks, pcm_of

_HEADER = struct.Struct("<iIiiIi")  # version, flags, sample rate, samples per pixel, pixels, channels
_EIGHT_BIT = 1


def peaks(file: Path, resolutions: Sequence[int]) -> dict[int, bytes]:
    """Samples per pixel -> .dat file, for each of the resolutions, from one pass over a FLAC or WAV.

    Each pixel is the lowest and highest sample of all channels as int8, -128 to 127 for full scale; the last one
    may cover fewer frames. Every resolution is a multiple of the smallest; ValueError otherwise.
    """
    finest = min(resolutions)
    if any(resolution % finest for resolution in resolutions):
        raise ValueError(f"every one of {sorted(resolutions)} must be a multiple of {finest}")
    low, high = _find_extremes(file, finest)
    sample_rate = pcm_of(file).sample_rate
    return {spp: _pack_dat(low, high, spp // finest, sample_rate, spp) for spp in resolutions}


def overview(dat: bytes) -> list[int]:
    """The pixels of an 8-bit .dat of one channel: min, max, min, max, …, each -128 to 127."""
    return np.frombuffer(dat, np.int8, offset=_HEADER.size).tolist()


def _find_extremes(file: Path, spp: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    lows: list[NDArray[np.float32]] = [np.zeros(0, np.float32)]
    highs = list(lows)
    for block in blocks(file, spp * max(1, (1 << 17) // spp)):
        starts: NDArray[np.intp] = np.arange(0, int(block.shape[1]), spp)
        lows.append(np.minimum.reduceat(block.min(axis=0), starts))
        highs.append(np.maximum.reduceat(block.max(axis=0), starts))
    return np.concatenate(lows), np.concatenate(highs)


def _pack_dat(low: NDArray[np.float32], high: NDArray[np.float32], merge: int, sample_rate: int, spp: int) -> bytes:
    pixels = -(-low.size // merge)
    pairs = np.zeros((pixels, 2), np.float32)
    if pixels:
        starts = np.arange(0, low.size, merge)
        pairs[:, 0] = np.minimum.reduceat(low, starts)
        pairs[:, 1] = np.maximum.reduceat(high, starts)
    header = _HEADER.pack(2, _EIGHT_BIT, sample_rate, spp, pixels, 1)
    return header + np.clip(np.rint(pairs * 128), -128, 127).astype(np.int8).tobytes()
