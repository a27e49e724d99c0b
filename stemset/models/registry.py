"""The models by name. Names and facts only: nothing here, and nothing that registers a model, imports torch."""

from __future__ import annotations

from collections.abc import Iterable

from stemset.errors import NotFound
from stemset.models import builtin
from stemset.models.card import ModelCard
from stemset.models.model import AudioSeparator, registered
from stemset.models.pretrained import atomic

FAMILIES = (builtin, atomic)
"""The modules that register models when they are imported."""


def names() -> tuple[str, ...]:
    """All model names, in order of registration."""
    return tuple(registered)


def find(name: str) -> type[AudioSeparator]:
    """The class registered as `name`; NotFound lists the choices."""
    if name not in registered:
        raise NotFound("model", name, registered)
    return registered[name]


def card(name: str) -> ModelCard:
    """The card of the model `name`; NotFound lists the choices."""
    return find(name).card


def cards(chosen: Iterable[str] | None = None) -> tuple[ModelCard, ...]:
    """The cards of the chosen models, in their order; of all models where none are chosen."""
    return tuple(card(name) for name in (names() if chosen is None else chosen))
