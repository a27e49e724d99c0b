"""The models by name. Names and facts only: nothing here, and nothing that registers here, imports torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from typing import TypeVar

from stemset.errors import NotFound
from stemset.models.base import AudioSeparator


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


_classes: dict[str, type[AudioSeparator]] = {}
_cards: dict[str, ModelCard] = {}


Model = TypeVar("Model", bound=AudioSeparator)


def register(card: ModelCard) -> Callable[[type[Model]], type[Model]]:
    """Class decorator: make a model known by its `model_filename`."""

    def add(model: type[Model]) -> type[Model]:
        name = model.model_filename
        if name in _classes:
            raise ValueError(f"two models are named {name!r}: {_classes[name].__qualname__} and {model.__qualname__}")
        _classes[name] = model
        _cards[name] = card
        return model

    return add


def names() -> tuple[str, ...]:
    """All model names, in order of registration."""
    _load()
    return tuple(_classes)


def find(name: str) -> type[AudioSeparator]:
    """The class registered as `name`; NotFound lists the choices."""
    _load()
    if name not in _classes:
        raise NotFound("model", name, _classes)
    return _classes[name]


def card(name: str) -> ModelCard:
    """What is known of the model `name` without loading it."""
    find(name)
    return _cards[name]


def _load() -> None:
    # The modules that define models register them when imported; both are plain data at import time.
    import_module("stemset.models.atomic")
    import_module("stemset.models.spectral")
