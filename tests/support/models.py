"""Small registered models for tests of what is built on models: exact, instant, and able to fail."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from stemset import audio
from stemset.concurrency.progress import Progress, ignore_progress
from stemset.errors import ModelFailed
from stemset.models.card import Architecture, ModelCard
from stemset.models.model import AudioSeparator, register
from stemset.models.params import ModelParams

CARD = ModelCard("Test", Architecture.SPECTRAL, "For tests.", 0, 0.0, "any")


class ShareParams(ModelParams):
    """share: how much of the input the first slot takes."""

    share: float = 0.5


@register(replace(CARD, params=ShareParams))
class Share(AudioSeparator):
    """Gives a share of its input to `part` and the rest to `rest`."""

    model_filename = "test_share"
    output_slots: ClassVar[dict[str, str]] = {"part": "a share", "rest": "what is left"}

    def separate(
        self,
        input_file: Path,
        output_dir: Path,
        progress: Progress = ignore_progress,
        wanted: Collection[str] | None = None,
    ) -> dict[str, Path]:
        assert isinstance(self.params, ShareParams)
        samples, rate = audio.read(input_file)
        part = (samples * np.float32(self.params.share)).astype(np.float32)
        outputs = {"part": part, "rest": samples - part}
        for slot, data in outputs.items():
            progress(0.5)
            audio.write(output_dir / f"{slot}.wav", data, rate)
        progress(1.0)
        return {slot: output_dir / f"{slot}.wav" for slot in outputs}


@register(CARD)
class Bands(AudioSeparator):
    """Three slots without a rest of their own: a strategy must map `residual`."""

    model_filename = "test_bands"
    output_slots: ClassVar[dict[str, str]] = {"low": "a third", "mid": "a third", "high": "a third"}

    def separate(
        self,
        input_file: Path,
        output_dir: Path,
        progress: Progress = ignore_progress,
        wanted: Collection[str] | None = None,
    ) -> dict[str, Path]:
        samples, rate = audio.read(input_file)
        third = (samples / np.float32(4)).astype(np.float32)
        outputs = dict.fromkeys(self.output_slots, third) | {"residual": samples - 3 * third}
        for slot, data in outputs.items():
            audio.write(output_dir / f"{slot}.wav", data, rate)
        progress(1.0)
        return {slot: output_dir / f"{slot}.wav" for slot in outputs}


@register(CARD)
class BandsToo(Bands):
    """The same slots under another name, to be blended with."""

    model_filename = "test_bands_too"


@register(CARD)
class Broken(AudioSeparator):
    """Always fails."""

    model_filename = "test_broken"
    output_slots: ClassVar[dict[str, str]] = {"part": "nothing", "rest": "nothing"}

    def separate(
        self,
        input_file: Path,
        output_dir: Path,
        progress: Progress = ignore_progress,
        wanted: Collection[str] | None = None,
    ) -> dict[str, Path]:
        raise ModelFailed("the test model always fails")
