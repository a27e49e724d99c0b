"""The files of a separation: mixture and stems are encoded so that they sum, each as soon as it is made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from math import log10
from pathlib import Path
from typing import Literal

import numpy as np

from stemset import audio
from stemset.audio import AudioFormat, Pcm
from stemset.audio.loudness import measure
from stemset.audio.pcm import Check, ignore_check
from stemset.manifest import MIXTURE, StemRecord
from stemset.strategy import Run

SILENCE_DB = -200.0
"""The dBFS of no difference at all: JSON has no number for minus infinity."""


@dataclass(frozen=True)
class StemFile:
    """An encoded stem, or the mixture: its file, what is in it, and how it is encoded."""

    file: Path
    record: StemRecord
    format: AudioFormat


class Observer:
    """Is called as a separation goes on. Override what you need; any method may raise Cancelled to end it.

    Files are encoded while the next model runs: `mixture_ready` and `stem_ready` are called in a thread of their own,
    one at a time, in the order in which the files were made. Should a stem clip, all files are encoded anew with one
    common gain at the end, and these methods are called again: the later file of a name replaces the earlier.
    """

    def song_decoded(self, mixture: Pcm) -> None:
        """The song could be read."""

    def mixture_ready(self, mixture: StemFile) -> None:
        """The mixture is encoded."""

    def node_started(self, run: Run) -> None:
        """A model begins."""

    def node_progress(self, run: Run, fraction: float) -> None:
        """A model has done this fraction, 0 to 1, never falling."""

    def node_done(self, run: Run, seconds: float, *, cached: bool) -> None:
        """A model has ended; cached: it didn't run, as its outputs were in the node cache."""

    def stem_ready(self, stem: StemFile) -> None:
        """A leaf of the tree is encoded."""

    def heartbeat(self) -> None:
        """Called ten times a second or more while a song is decoded, and while only encoding is left to do."""


@dataclass
class Outputs:
    """Encodes the files of one separation. All methods are called in one thread, in the order in which files come.

    mixture: the decoded song. check: called for every block of sound; it may raise. gain: the factor in all files.
    files: name -> encoded file, the mixture's under MIXTURE.
    """

    folder: Path
    format: AudioFormat
    bit_depth: Literal[16, 24]
    mixture: Pcm
    observer: Observer
    check: Callable[[], None]
    gain: float = 1.0
    files: dict[str, StemFile] = field(default_factory=dict[str, StemFile])
    _sources: dict[str, Path] = field(default_factory=dict[str, Path])
    _peaks: dict[str, float] = field(default_factory=dict[str, float])

    def add_mixture(self) -> None:
        """Encode the mixture; the first call."""
        self._measure(MIXTURE, self.mixture.file)
        if self._peaks[MIXTURE] > 1.0:
            self.gain = audio.common_gain(self._peaks.values(), self.bit_depth)
        self._quantiser = self._new_quantiser()
        self._encode(MIXTURE)

    def add_stem(self, stem: str, file: Path) -> None:
        """Encode a stem, unless it clips, or one before it did."""
        self._measure(stem, file)
        # One that clips at the present gain waits for the end, when the gain that suits all is known.
        if self._peaks[stem] * self.gain <= 1.0 and len(self.files) == len(self._sources) - 1:
            self._encode(stem)

    def finish(self) -> None:
        """Encode all files anew with one gain, if a stem clipped; the last call but for sum_to_mixture_db."""
        if len(self.files) == len(self._sources):
            return
        self.gain = audio.common_gain(self._peaks.values(), self.bit_depth)
        self._quantiser = self._new_quantiser()
        for name in self._sources:
            self._encode(name)

    def sum_to_mixture_db(self) -> float:
        """Peak of (sum of all stems - mixture) in dBFS, in the files if they are lossless, else before encoding."""
        lossless = self.format.lossless
        files = {name: self.files[name].file if lossless else source for name, source in self._sources.items()}
        mixture = files.pop(MIXTURE)
        parts = [audio.blocks(file) for file in files.values()]
        worst = 0.0
        for whole, *blocks in zip(audio.blocks(mixture), *parts, strict=True):
            self.check()
            worst = max(worst, float(np.abs(np.sum(blocks, axis=0, dtype=np.float64) - whole).max()))
        return max(SILENCE_DB, 20 * log10(worst)) if worst > 0 else SILENCE_DB

    def _measure(self, name: str, file: Path) -> None:
        self._sources[name] = file
        self._peaks[name] = audio.peak(file, self.check)

    def _new_quantiser(self) -> audio.Quantiser | None:
        if not self.format.lossless:
            return None
        return audio.Quantiser(self.mixture.file.parent, self.bit_depth, mixture=self.mixture.file)

    def _encode(self, name: str) -> None:
        target = self.folder / f"{name}{self.format.extension}"
        # The mixture is rounded by itself; the stems share their rounding errors so that they sum to it.
        quantiser = None if name == MIXTURE else self._quantiser
        audio.encode(
            self._sources[name],
            target,
            self.format,
            gain=self.gain,
            bit_depth=self.bit_depth,
            quantiser=quantiser,
            check=self.check,
        )
        self.files[name] = StemFile(target, describe(name, target, self.check), self.format)
        self.check()
        if name == MIXTURE:
            self.observer.mixture_ready(self.files[name])
        else:
            self.observer.stem_ready(self.files[name])


def describe(name: str, file: Path, check: Check = ignore_check) -> StemRecord:
    """Decode a file of any format, and measure what will be heard: rate, length, peak, loudness; and hash the file."""
    levels = measure(file, check)
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return StemRecord(
        name=name,
        sha256=digest,
        bytes=file.stat().st_size,
        sample_rate=levels.sample_rate,
        frames=levels.frames,
        peak=levels.peak,
        lufs=levels.lufs,
    )
