"""Encodes MP3, Opus and AAC with FFmpeg's encoders."""

# PyAV types streams and what they encode only in part; each ignore below is for one such call.
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.stream import AudioStream

from stemset.audio.formats import AudioFormat
from stemset.audio.pcm import Check, blocks, ignore_check, pcm_of, replacing, resample_blocks


@dataclass(frozen=True)
class _Codec:
    """rates: sample rates the encoder takes, in Hz, rising."""

    container: str
    name: str
    bitrate_kbps: int
    rates: tuple[int, ...]


_MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_CODECS = {
    AudioFormat.MP3: _Codec("mp3", "libmp3lame", 256, _MP3_RATES),
    AudioFormat.OPUS: _Codec("ogg", "libopus", 160, (48_000,)),
    AudioFormat.M4A: _Codec("ipod", "aac", 256, (7_350, *_MP3_RATES)),
}


def encode_lossy(
    source: Path,
    target: Path,
    format: AudioFormat,  # noqa: A002
    *,
    gain: float,
    tags: Mapping[str, str],
    check: Check = ignore_check,
) -> None:
    """Write source × gain, resampled where the codec does not know its rate; the file appears whole or not at all."""
    codec = _CODECS[format]
    shape = pcm_of(source)
    rate = next((rate for rate in codec.rates if rate >= shape.sample_rate), codec.rates[-1])
    layout = "mono" if shape.channels == 1 else "stereo"
    with replacing(target) as fresh, av.open(str(fresh), "w", format=codec.container) as out:
        out.metadata.update(tags)
        added = out.add_stream(codec.name, rate=rate, layout=layout)  # pyright: ignore[reportUnknownMemberType]
        stream = cast("AudioStream", added)
        stream.bit_rate = codec.bitrate_kbps * 1000
        position = 0
        for block in resample_blocks(blocks(source, check=check), shape.sample_rate, rate, shape.channels):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block * np.float32(gain)), "fltp", layout)
            frame.sample_rate = rate
            frame.time_base = Fraction(1, rate)
            frame.pts = position  # without it an m4a comes back 1024 frames late
            position += block.shape[1]
            out.mux(stream.encode(frame))  # pyright: ignore[reportUnknownMemberType]
        out.mux(stream.encode(None))  # pyright: ignore[reportUnknownMemberType]
