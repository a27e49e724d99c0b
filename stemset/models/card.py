"""What is known of a model without loading it, and how a model becomes known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from stemset.models.model import AudioSeparator


class Architecture(StrEnum):
    """The family of a network, which decides how it is driven."""

    MDX = "MDX-Net"
    MDX23C = "MDX23C (TFC-TDF)"
    ROFORMER = "BS-Roformer"
    MEL_ROFORMER = "MelBand-Roformer"
    DEMUCS = "Demucs"
    VR = "VR"
    SPECTRAL = "spectral masks"


@dataclass(frozen=True)
class Score:
    """A published signal-to-distortion ratio of one slot, in dB."""

    slot: str
    sdr_db: float
    source: str


@dataclass(frozen=True)
class ModelCard:
    """What is known of a model without loading it.

    size_bytes: of all its weight files, about. gflop_per_second: work for one second of audio at the default overlap;
    time estimates come from it. licence: SPDX id or words, None where the author states none.
    weights: every file that must be in the models folder.
    """

    title: str
    architecture: Architecture
    summary: str
    size_bytes: int
    gflop_per_second: float
    device_advice: str
    weights: tuple[str, ...] = ()
    licence: str | None = None
    scores: tuple[Score, ...] = field(default=())


classes: dict[str, type[AudioSeparator]] = {}


cards: dict[str, ModelCard] = {}


Model = TypeVar("Model", bound=AudioSeparator)


def register(card: ModelCard) -> Callable[[type[Model]], type[Model]]:
    """Class decorator: make a model known by its `model_filename`."""

    def add(model: type[Model]) -> type[Model]:
        name = model.model_filename
        if name in classes:
            raise ValueError(f"two models are named {name!r}: {classes[name].__qualname__} and {model.__qualname__}")
        classes[name] = model
        cards[name] = card
        return model

    return add


MDX_CATALOGUE = "mdx_model_data.json"
"""Parameters of every MDX-Net (window, bins) by the md5 of its weights; audio-separator reads them from it."""


VR_CATALOGUE = "vr_model_data.json"
"""The same of every VR network (bands, stem)."""
