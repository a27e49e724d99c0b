"""What a model is (one input file in, one float32 WAV per slot out), and how it becomes known."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, TypeVar

from stemset.concurrency.progress import Progress, ignore_progress
from stemset.models.card import ModelCard
from stemset.models.params import ModelParams
from stemset.models.runtime import Runtime

RESIDUAL = "residual"
"""The slot that holds the input minus all other slots, in models of which no other slot takes that."""


@dataclass(frozen=True)
class ModelFacts:
    """What a model ran on, for the manifest.

    device: such as `cpu` or `cuda`. versions: package name -> version, of the libraries that did the work.
    weights_sha256: file name -> hash, of each weight file. notice: a sentence on what is wrong with the device or the
    installation; None where nothing is.
    """

    device: str = "cpu"
    versions: dict[str, str] = field(default_factory=dict[str, str])
    weights_sha256: dict[str, str] = field(default_factory=dict[str, str])
    notice: str | None = None


class AudioSeparator(ABC):
    """A model. One instance serves many inputs; it loads what it needs on first use and keeps it.

    model_filename: its name in config.yaml; for a library model also the file that holds its weights.
    output_slots: slot -> one sentence that says what is in it. Of two slots the second is the rest.
    card: what else is known of it; `register` puts it here.
    """

    model_filename: ClassVar[str]
    output_slots: ClassVar[dict[str, str]]
    card: ClassVar[ModelCard]

    def __init__(self, params: ModelParams, runtime: Runtime) -> None:
        self.params = params
        self.runtime = runtime

    @classmethod
    def complement(cls) -> str | None:
        """The slot that takes what the other slots leave of the input, so that all slots sum to it.

        The second of two slots, or `other` among many. None: what is left over is the slot `residual`,
        which a strategy must map.
        """
        slots = tuple(cls.output_slots)
        if len(slots) == 2:
            return slots[1]
        return "other" if "other" in slots else None

    @abstractmethod
    def separate(
        self,
        input_file: Path,
        output_dir: Path,
        progress: Progress = ignore_progress,
        wanted: Collection[str] | None = None,
    ) -> dict[str, Path]:
        """Split input_file (WAV, 32-bit float, stereo, any rate) into one such file per slot.

        Each output has the rate, the length in frames and the origin of the input. The slots sum to the
        input where `complement()` names one; else a further slot `residual` holds the difference.
        wanted: the slots that matter; None: all. A model may skip the other slots and the work that only they need.
        Raises ModelError when the model can't run, Cancelled when progress says so.
        """

    def load(self) -> None:  # noqa: B027 - most have nothing to load
        """Bring into memory what the first run would have to wait for. Raises ModelError as `separate` does."""

    def variant(self, wanted: Collection[str]) -> str | None:  # noqa: ARG002 - mostly it makes no difference
        """The name of the way in which a run for the wanted slots alone computes them.

        Runs with different names give different samples for the same slot, so they must not share an entry of a cache.
        None: the samples are those of a run for all slots.
        """
        return None

    def facts(self) -> ModelFacts:
        """What the last run ran on. A built-in model has no weights and runs on the CPU."""
        return ModelFacts()


registered: dict[str, type[AudioSeparator]] = {}
"""Name -> class of every model that was registered so far; `registry` has them all."""

Model = TypeVar("Model", bound=AudioSeparator)


def register(card: ModelCard) -> Callable[[type[Model]], type[Model]]:
    """Class decorator that gives a model its card and makes it known by its `model_filename`.

    Raises ValueError where two models have one name.
    """

    def add(model: type[Model]) -> type[Model]:
        name = model.model_filename
        if name in registered:
            others = registered[name].__qualname__
            raise ValueError(f"two models are named {name!r}: {others} and {model.__qualname__}")
        model.card = replace(card, name=name)
        registered[name] = model
        return model

    return add
