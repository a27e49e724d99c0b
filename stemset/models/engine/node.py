"""One run of a library model on a file: rates, slots and sums. The network itself is in network.py."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import soundfile

from stemset import audio
from stemset.audio import Pcm, Samples
from stemset.errors import ModelFailed
from stemset.models import registry, weights
from stemset.models.base import RESIDUAL, AudioSeparator, ModelFacts, Progress, Runtime, ignore_progress
from stemset.models.engine.library import require, versions
from stemset.models.engine.loading import Shared
from stemset.models.engine.names import slot_of
from stemset.models.engine.network import SAMPLE_RATE, LoadedNetwork

# Share of a run's progress that the network takes; the rest is closing files.
_NETWORK_SHARE = 0.99


class LibraryNode:
    """A library model with its network, which is loaded at the first run and kept until a run fails."""

    def __init__(self, model: type[AudioSeparator], runtime: Runtime, rest: str, shifts: int) -> None:
        """rest: the slot that takes what the network's other stems leave of the input. shifts: see Network."""
        self._model = model
        self._rest = rest
        self._shifts = shifts
        self._card = registry.card(model.model_filename)
        self._runtime = runtime
        self._network = Shared(self._load)
        self._device = "none"

    def facts(self) -> ModelFacts:
        """Device of the last network loaded, versions of the libraries, hashes of the weights."""
        return ModelFacts(self._device, versions(), weights.digests(self._card, self._runtime.models_dir))

    def load(self) -> None:
        """See AudioSeparator.load."""
        self._network.get(ignore_progress)

    def separate(self, input_file: Path, output_dir: Path, progress: Progress) -> dict[str, Path]:
        """See AudioSeparator.separate. Memory doesn't grow with the song."""
        mixture = audio.pcm_of(input_file)
        progress(0.0)
        network = self._network.get(progress)
        stems = self._stems(network)
        heard = output_dir / f".{SAMPLE_RATE}.wav" if mixture.sample_rate != SAMPLE_RATE else input_file
        try:
            if heard != input_file:
                audio.write_resampled(input_file, heard, SAMPLE_RATE, check=lambda: progress(0.0))
            with network.demixing(
                heard, tuple(stems.values()), lambda done: progress(done * _NETWORK_SHARE), shifts=self._shifts
            ) as blocks:
                files = self._write(mixture, output_dir, stems, blocks)
        except ModelFailed:
            # What failed may be left broken; the next job loads it afresh.
            self._network.forget()
            raise
        finally:
            if heard != input_file:
                heard.unlink(missing_ok=True)
        progress(1.0)
        return files

    def _load(self, check: Callable[[], None]) -> LoadedNetwork:
        require()
        name, folder, mirror = self._model.model_filename, self._runtime.models_dir, self._runtime.weights_mirror
        weights.download(name, folder, lambda _done, _whole: check(), mirror=mirror)
        network = LoadedNetwork(name, self._card, self._runtime)
        self._device = network.device
        return network

    def _stems(self, network: LoadedNetwork) -> dict[str, str]:
        """slot -> the network's stem for it; without the slot that takes the rest."""
        slots = self._model.output_slots
        wanted = [slot for slot in slots if slot != self._rest]
        found = {slot: stem for stem in network.stems if (slot := slot_of(stem, slots))}
        missing = [slot for slot in wanted if slot not in found]
        if missing:
            raise ModelFailed(
                f"{self._model.model_filename} gave the stems {sorted(network.stems)}; "
                f"none of them is {' or '.join(missing)}."
            )
        return {slot: found[slot] for slot in wanted}

    def _write(
        self, mixture: Pcm, folder: Path, stems: Mapping[str, str], blocks: Iterator[dict[str, Samples]]
    ) -> dict[str, Path]:
        """A file for every slot, in their order, so that they sum to the mixture: the rest is what the others leave."""
        slots = [slot for slot in (*self._model.output_slots, RESIDUAL) if slot in {*stems, self._rest}]
        files = {slot: folder / f"{slot}.wav" for slot in slots}
        with ExitStack() as stack:
            outs = {
                slot: stack.enter_context(audio.float_writer(file, mixture.sample_rate, 2, mixture.frames))
                for slot, file in files.items()
            }
            for heard, estimates in _beside(mixture, list(stems.values()), blocks):
                rest = heard.astype(np.float64)
                for slot, stem in stems.items():
                    rest -= estimates[stem]
                    outs[slot].write(estimates[stem].T)
                outs[self._rest].write(rest.T.astype(np.float32))
        return files


def _beside(
    mixture: Pcm, stems: Collection[str], blocks: Iterator[dict[str, Samples]]
) -> Iterator[tuple[Samples, dict[str, Samples]]]:
    """Each block of the stems at the mixture's rate, with the mixture's own frames; together exactly its length."""
    # All stems in one stream of many channels, so that one resampler keeps them together.
    stacked = (np.concatenate([block[stem] for stem in stems]) for block in blocks)
    sounds = audio.resampled(stacked, SAMPLE_RATE, mixture.sample_rate, 2 * len(stems))
    with soundfile.SoundFile(mixture.file) as whole:
        for sound in audio.fitted(sounds, mixture.frames, 2 * len(stems)):
            heard = whole.read(sound.shape[1], dtype="float32", always_2d=True)
            yield (
                heard.T.astype(np.float32),
                {stem: sound[2 * place : 2 * place + 2] for place, stem in enumerate(stems)},
            )
