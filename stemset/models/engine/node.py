"""One run of a library model on a file: rates, slots and sums. The network itself is in network.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from stemset import audio
from stemset.audio import Samples
from stemset.errors import ModelFailed
from stemset.models import registry, weights
from stemset.models.base import RESIDUAL, AudioSeparator, ModelFacts, Progress, Runtime
from stemset.models.engine.library import require, versions
from stemset.models.engine.loading import Shared
from stemset.models.engine.names import slot_of
from stemset.models.engine.network import SAMPLE_RATE, LibraryNetwork

# Share of a run's progress that the network takes; the rest is resampling and writing.
_NETWORK_SHARE = 0.97


class LibraryNode:
    """A library model with its network, which is loaded at the first run and kept until a run fails."""

    def __init__(self, model: type[AudioSeparator], runtime: Runtime, rest: str) -> None:
        """rest: the slot that takes what the network's other stems leave of the input."""
        self._model = model
        self._rest = rest
        self._card = registry.card(model.model_filename)
        self._runtime = runtime
        self._network = Shared(self._load)
        self._device = "none"

    def facts(self) -> ModelFacts:
        """Device of the last network loaded, versions of the libraries, hashes of the weights."""
        return ModelFacts(self._device, versions(), weights.digests(self._card, self._runtime.models_dir))

    def separate(self, input_file: Path, output_dir: Path, progress: Progress) -> dict[str, Path]:
        """See AudioSeparator.separate."""
        mix, sample_rate = audio.read(input_file)
        progress(0.0)
        network = self._network.get(progress)
        heard = audio.resample(mix, sample_rate, SAMPLE_RATE, round(mix.shape[1] * SAMPLE_RATE / sample_rate))
        try:
            stems = network.demix(heard, lambda fraction: progress(fraction * _NETWORK_SHARE))
        except ModelFailed:
            # What failed may be left broken; the next job loads it afresh.
            self._network.forget()
            raise
        estimates: dict[str, Samples] = {}
        for slot, stem in self._slots(stems).items():
            progress(_NETWORK_SHARE)
            estimates[slot] = audio.resample(stem, SAMPLE_RATE, sample_rate, mix.shape[1])
        files: dict[str, Path] = {}
        for slot, samples in self._complete(mix, estimates).items():
            progress(_NETWORK_SHARE)
            files[slot] = output_dir / f"{slot}.wav"
            audio.write(files[slot], samples, sample_rate)
        progress(1.0)
        return files

    def _load(self, check: Callable[[], None]) -> LibraryNetwork:
        require()
        name, folder, mirror = self._model.model_filename, self._runtime.models_dir, self._runtime.weights_mirror
        weights.download(name, folder, lambda _done, _whole: check(), mirror=mirror)
        network = LibraryNetwork(name, self._card, folder, self._runtime.device)
        self._device = network.device
        return network

    def _slots(self, stems: dict[str, Samples]) -> dict[str, Samples]:
        """The network's stems under our names; without the one that the rest replaces."""
        wanted = [slot for slot in self._model.output_slots if slot != self._rest]
        found = {slot: stem for name, stem in stems.items() if (slot := slot_of(name, self._model.output_slots))}
        missing = [slot for slot in wanted if slot not in found]
        if missing:
            raise ModelFailed(
                f"{self._model.model_filename} gave the stems {sorted(stems)}; none of them is {' or '.join(missing)}."
            )
        return {slot: found[slot] for slot in wanted}

    def _complete(self, mix: Samples, estimates: dict[str, Samples]) -> dict[str, Samples]:
        """All slots, in their order, so that they sum to the mix: what the estimates leave is the last one's."""
        rest = mix.astype(np.float64)
        for samples in estimates.values():
            rest -= samples
        complete = {**estimates, self._rest: rest.astype(np.float32)}
        return {slot: complete[slot] for slot in (*self._model.output_slots, RESIDUAL) if slot in complete}
