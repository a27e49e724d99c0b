"""Measures peak and loudness of a file of any length, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.filter import Graph

from stemset.audio.decoding import decode_blocks
from stemset.audio.pcm import Check, Samples, blocks, ignore_check

_SILENCE = -70.0  # LUFS; nothing below it counts, and libav says it of what has no loudness


@dataclass(frozen=True)
class Levels:
    """peak: 1.0 is full scale, a float file may be above. lufs: None for silence or below 400 ms."""

    sample_rate: int
    frames: int
    peak: float
    lufs: float | None


def peak(file: Path, check: Check = ignore_check) -> float:
    """The largest absolute sample of a FLAC or WAV; 1.0 is full scale."""
    return max((float(np.abs(block).max()) for block in blocks(file, check=check)), default=0.0)


def measure(file: Path, check: Check = ignore_check) -> Levels:
    """Decode a file of any format once and measure it. Raises UnreadableAudio."""
    frames, loudest, sample_rate = 0, 0.0, 0
    meter: LoudnessMeter | None = None
    for piece in decode_blocks(file):
        check()
        if meter is None:
            sample_rate = piece.sample_rate
            meter = LoudnessMeter(sample_rate)
        frames += piece.samples.shape[1]
        loudest = max(loudest, float(np.abs(piece.samples).max()))
        meter.add(piece.samples)
    return Levels(sample_rate, frames, loudest, meter.integrated_loudness() if meter else None)


class LoudnessMeter:
    """Integrated loudness of stereo sound that comes in blocks (ITU-R BS.1770-4), by libav's `ebur128` filter.

    It rounds down to a hundredth of a LU. pyloudnorm would want the whole song at once, and 2 GB for half an hour.
    """

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._frames = 0
        self._lufs = _SILENCE
        self._graph = graph = Graph()  # which its filters do not keep alive
        self._source = graph.add_abuffer(
            sample_rate=sample_rate, format="fltp", layout="stereo", time_base=Fraction(1, sample_rate)
        )
        meter = graph.add("ebur128", "metadata=1:framelog=quiet")
        self._sink = graph.add("abuffersink")
        self._source.link_to(meter)
        meter.link_to(self._sink)
        graph.configure()

    def add(self, block: Samples) -> None:
        """Take in the next frames, shape (2, frames)."""
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), "fltp", "stereo")
        frame.sample_rate, frame.pts = self._rate, self._frames
        self._frames += block.shape[1]
        self._source.push(frame)
        self._take_readings()

    def integrated_loudness(self) -> float | None:
        """LUFS of everything that was added; the last call. None for silence and for less than 400 ms."""
        self._source.push(None)
        self._take_readings()
        return self._lufs if self._lufs > _SILENCE else None

    def _take_readings(self) -> None:
        """Take the filter's reading of every 100 ms that are complete."""
        while True:
            try:
                reading = self._sink.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            # The last reading may be of less than 100 ms, and then says nothing.
            self._lufs = float(reading.metadata.get("lavfi.r128.I", self._lufs))
