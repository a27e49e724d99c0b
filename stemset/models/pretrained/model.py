"""A published network of the audio-separator library as a model."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from pathlib import Path

from typing_extensions import override

from stemset.concurrency.progress import Progress, ignore_progress
from stemset.models.model import RESIDUAL, AudioSeparator, ModelFacts
from stemset.models.networks.separator import NetworkSeparator
from stemset.models.params import ManyStemParams


class AudioSeparatorLibraryModel(AudioSeparator):
    """A network of the audio-separator library. A concrete one defines model_filename and output_slots, no more.

    The network is loaded at the first run and kept. What is known of it beyond its slots (its weight files, its
    architecture, its parameters) is on its card.
    """

    def separate(
        self,
        input_file: Path,
        output_dir: Path,
        progress: Progress = ignore_progress,
        wanted: Collection[str] | None = None,
    ) -> dict[str, Path]:
        """See AudioSeparator. Fetches weights that are absent; WeightsMissing where that fails."""
        return self._separator.separate(input_file, output_dir, progress, wanted)

    def variant(self, wanted: Collection[str]) -> str | None:
        """See AudioSeparator. `own_rest` where a bag of networks, each of one stem, runs only the wanted ones.

        What the others would leave can't be known then, so `other` is what the network itself makes of it.
        """
        return self._separator.variant(wanted)

    @override
    def load(self) -> None:
        self._separator.load()

    def facts(self) -> ModelFacts:
        """Device, versions of the libraries and hashes of the weights."""
        return self._separator.facts()

    @cached_property
    def _separator(self) -> NetworkSeparator:
        keeps_residual = isinstance(self.params, ManyStemParams) and self.params.keep_residual
        rest = RESIDUAL if keeps_residual else self.complement() or RESIDUAL
        return NetworkSeparator(self.card, self.output_slots, rest, self.params, self.runtime)
