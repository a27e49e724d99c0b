"""Encodes a float32 WAV as the file that a person downloads or the player streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from stemset.audio.formats import AudioFormat
from stemset.audio.lossy import encode_lossy
from stemset.audio.pcm import Check, blocks, ignore_check, pcm_of, replacing
from stemset.audio.quantiser import Quantiser, quantise

_FLAC_COMPRESSION = 0.625  # libsndfile's 0 to 1 for FLAC's 0 to 8; 5 has blocks of 4096 frames and is FLAC's default


def encode(
    source: Path,
    target: Path,
    format: AudioFormat,  # noqa: A002 - the word of the configuration
    *,
    gain: float = 1.0,
    bit_depth: int = 16,
    quantiser: Quantiser | None = None,
    tags: Mapping[str, str] | None = None,
    check: Check = ignore_check,
) -> None:
    """Write source × gain to target in the format; the file appears whole or not at all.

    bit_depth: 16 or 24, for flac and wav; a quantiser brings its own. FLAC has fixed blocks of 4096 frames and
    no tags, so that the player can cut it between any two frames; so `tags` (such as title) need a lossy format.
    """
    if not format.lossless:
        encode_lossy(source, target, format, gain=gain, tags=tags or {}, check=check)
        return
    shape = pcm_of(source)
    depth = bit_depth if quantiser is None else quantiser.bit_depth
    if depth not in (16, 24):
        raise ValueError(f"bit_depth is {depth}; it must be 16 or 24")
    integers = _quantise_blocks(source, gain, depth) if quantiser is None else quantiser.integers(source, gain)
    with (
        replacing(target) as fresh,
        soundfile.SoundFile(
            fresh,
            "w",
            shape.sample_rate,
            shape.channels,
            subtype=f"PCM_{depth}",
            format=format.value.upper(),
            compression_level=_FLAC_COMPRESSION if format is AudioFormat.FLAC else None,
        ) as out,
    ):
        for block in integers:
            check()
            # libsndfile takes 32-bit integers and drops the low bits.
            out.write(np.ascontiguousarray(block.T << (32 - depth)))


def _quantise_blocks(source: Path, gain: float, bit_depth: int) -> Iterator[NDArray[np.int32]]:
    return (quantise(block, gain, bit_depth) for block in blocks(source))
