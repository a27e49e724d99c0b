"""What a model is: one input file in, one float32 WAV per slot out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from stemset.concurrency.progress import Progress, ignore_progress
from stemset.models.params import ModelParams
from stemset.models.runtime import Runtime

RESIDUAL = "residual"
"""The slot for what all others leave of the input, where no other slot takes it."""


@dataclass(frozen=True)
class ModelFacts:
    """What a model ran on, for the manifest.

    device: such as `cpu` or `cuda`; versions: of the libraries that did the work, by package name;
    weights_sha256: of each weight file, by its name. notice: what is wrong with what it ran on, in words.
    """

    device: str = "cpu"
    versions: dict[str, str] = field(default_factory=dict[str, str])
    weights_sha256: dict[str, str] = field(default_factory=dict[str, str])
    notice: str | None = None


class AudioSeparator(ABC):
    """A model. One instance serves many inputs; it loads what it needs on first use and keeps it.

    model_filename: its name in config.yaml; for a library model also the file that holds its weights.
    output_slots: slot -> one sentence that says what is in it. Of two slots the second is the rest.
    Params: the parameters that config.yaml may set under `params`.
    """

    model_filename: ClassVar[str]
    output_slots: ClassVar[dict[str, str]]
    Params: ClassVar[type[ModelParams]] = ModelParams

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
        wanted: the slots that matter; None: all. What only the others need may be left out, and they with it.
        Raises ModelError when the model can't run, Cancelled when progress says so.
        """

    def load(self) -> None:  # noqa: B027 - most have nothing to load
        """Bring into memory what the first run would have to wait for. Raises ModelError as `separate` does."""

    def variant(self, wanted: Collection[str]) -> str | None:  # noqa: ARG002 - mostly it makes no difference
        """Names how a run for these slots alone makes them otherwise than a run for all does; None: it doesn't."""
        return None

    def facts(self) -> ModelFacts:
        """What the last run ran on. A built-in model has no weights and runs on the CPU."""
        return ModelFacts()
