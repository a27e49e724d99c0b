"""A published network of the audio-separator library as a model."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from stemset.concurrency.progress import Progress, ignore_progress
from stemset.models.model import RESIDUAL, AudioSeparator, ModelFacts
from stemset.models.params import ManyStemParams, ModelParams
from stemset.models.runtime import Runtime

if TYPE_CHECKING:
    from stemset.models.networks.separator import LibraryNode


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
            from stemset.models.networks.separator import LibraryNode  # noqa: PLC0415

            keeps = isinstance(self.params, ManyStemParams) and self.params.keep_residual
            rest = RESIDUAL if keeps else self.complement() or RESIDUAL
            self._node = LibraryNode(type(self), self.runtime, rest, self.params)
        return self._node
