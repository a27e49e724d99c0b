"""The models by name. Names and facts only: nothing here, and nothing that registers here, imports torch."""

from __future__ import annotations

from importlib import import_module

from stemset.errors import NotFound
from stemset.models.card import ModelCard, cards, classes
from stemset.models.model import AudioSeparator


def names() -> tuple[str, ...]:
    """All model names, in order of registration."""
    _load()
    return tuple(classes)


def find(name: str) -> type[AudioSeparator]:
    """The class registered as `name`; NotFound lists the choices."""
    _load()
    if name not in classes:
        raise NotFound("model", name, classes)
    return classes[name]


def card(name: str) -> ModelCard:
    """What is known of the model `name` without loading it."""
    find(name)
    return cards[name]


def _load() -> None:
    # The modules that define models register them when imported; both are plain data at import time.
    import_module("stemset.models.pretrained.atomic")
    import_module("stemset.models.builtin")
