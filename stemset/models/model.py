"""What a model is: one input file in, one float32 WAV per slot out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

if TYPE_CHECKING:
    from stemset.models.engine.node import LibraryNode
    from stemset.models.memory import Networks

Progress: TypeAlias = Callable[[float], None]
"""Told the fraction done, 0 to 1, in rising order. It may raise `Cancelled`; a model lets that through."""

Device: TypeAlias = Literal["auto", "cpu", "cuda", "mps"]

Precision: TypeAlias = Literal["auto", "float32", "float16", "bfloat16"]
"""What matrices of networks are multiplied in; auto: float16 on a CUDA device, float32 elsewhere."""


def ignore_progress(_fraction: float) -> None:
    """The Progress of a caller who doesn't watch."""


class ModelParams(BaseModel):
    """The `params` of a node. A model with parameters declares a subclass; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ManyStemParams(ModelParams):
    """keep_residual: what the stems leave of the input becomes a slot `residual`, and not part of `other`."""

    keep_residual: bool = False


class DemucsParams(ManyStemParams):
    """shifts: runs over the song, each shifted by up to half a second, that are averaged; 0: one run, unshifted.

    More runs cost as many times more; the authors speak of up to 0.2 dB.
    """

    shifts: int = Field(default=1, ge=0, le=20)


class VrParams(ModelParams):
    """aggression: how deep the network's stem is cut out of the song, -100 to 100; 0: as the network says.

    window_size: times of the spectrum that the network hears at once. Fewer cost more, and may sound better.
    """

    aggression: int = Field(default=5, ge=-100, le=100)
    window_size: Literal[320, 512, 1024] = 512


RESIDUAL = "residual"
"""The slot for what all others leave of the input, where no other slot takes it."""


@dataclass(frozen=True)
class Runtime:
    """Where a process finds weights, what it computes on, and the networks that it keeps.

    weights_mirror: see `weights.download`. threads: that a network uses on the CPU; 0: as many as there are cores.
    compiled: Roformers are compiled by torch at their first run, which takes minutes, and then run faster.
    networks: all models of one Runtime share them; None: each model keeps its own.
    """

    models_dir: Path
    device: Device = "auto"
    weights_mirror: str | None = None
    threads: int = 0
    precision: Precision = "auto"
    compiled: bool = False
    networks: Networks | None = field(default=None, compare=False, repr=False)


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


class AudioSeparatorLibraryModel(AudioSeparator):
    """A network of the audio-separator library. A concrete one defines model_filename and output_slots, no more.

    One with `other` among many slots takes `ManyStemParams`. The network is loaded at the first run and kept. What is
    known of it beyond its slots (its weight files, its architecture) is on its card in the registry.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.complement() == "other":
            cls.Params = ManyStemParams

    def __init__(self, params: ModelParams, runtime: Runtime) -> None:
        super().__init__(params, runtime)
        self._node: LibraryNode | None = None

    def separate(
        self,
        input_file: Path,
        output_dir: Path,
        progress: Progress = ignore_progress,
        wanted: Collection[str] | None = None,
    ) -> dict[str, Path]:
        """See AudioSeparator. Fetches weights that are absent; WeightsMissing where that fails."""
        return self._loaded().separate(input_file, output_dir, progress, wanted)

    def variant(self, wanted: Collection[str]) -> str | None:
        """A bag of networks of which each makes one stem runs those that are wanted; what the others would leave
        can't be known then, so `other` is the network's own."""
        return self._loaded().variant(wanted)

    @override
    def load(self) -> None:
        self._loaded().load()

    def facts(self) -> ModelFacts:
        """Device, versions of the libraries and hashes of the weights."""
        return self._loaded().facts()

    def _loaded(self) -> LibraryNode:
        if self._node is None:
            # Here and not above: only a process that runs a network may import torch.
            from stemset.models.engine.node import LibraryNode  # noqa: PLC0415

            keeps = isinstance(self.params, ManyStemParams) and self.params.keep_residual
            rest = RESIDUAL if keeps else self.complement() or RESIDUAL
            self._node = LibraryNode(type(self), self.runtime, rest, self.params)
        return self._node
