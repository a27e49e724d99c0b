"""MP3, Opus and AAC through FFmpeg's encoders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soxr

from stemset.audio.formats import AudioFormat
from stemset.audio.pcm import Samples, blocks, pcm_of, replacing


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


def encode_lossy(source: Path, target: Path, format: AudioFormat, *, gain: float, tags: Mapping[str, str]) -> None:  # noqa: A002
    """source × gain, resampled where the codec does not know its rate; the file appears whole or not at all."""
    codec = _CODECS[format]
    shape = pcm_of(source)
    rate = next((rate for rate in codec.rates if rate >= shape.sample_rate), codec.rates[-1])
    layout = "mono" if shape.channels == 1 else "stereo"
    with replacing(target) as fresh, av.open(str(fresh), "w", format=codec.container) as out:
        out.metadata.update(tags)
        stream = out.add_stream(codec.name, rate=rate, layout=layout)
        stream.bit_rate = codec.bitrate_kbps * 1000
        # Low MP3 rates allow low bit rates only; the encoder takes the nearest it has.
        position = 0
        for block in _at_rate(blocks(source), shape.sample_rate, rate):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block * np.float32(gain)), "fltp", layout)
            frame.sample_rate = rate
            frame.time_base = Fraction(1, rate)
            frame.pts = position  # without it an m4a comes back 1024 frames late
            position += block.shape[1]
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def _at_rate(sound: Iterator[Samples], from_rate: int, to_rate: int) -> Iterator[Samples]:
    if from_rate == to_rate:
        yield from sound
        return
    resampler: soxr.ResampleStream | None = None
    for block in sound:
        if resampler is None:
            resampler = soxr.ResampleStream(from_rate, to_rate, block.shape[0], dtype="float32", quality="VHQ")
        yield resampler.resample_chunk(np.ascontiguousarray(block.T)).T
    if resampler is not None:
        yield resampler.resample_chunk(np.zeros((0, 2), np.float32), last=True).T
