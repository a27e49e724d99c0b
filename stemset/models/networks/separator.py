"""One run of a library model on a file: rates, slots and sums. The network itself is in network.py."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import soundfile
import structlog

from stemset import audio
from stemset.audio import Pcm, Samples
from stemset.concurrency.progress import Progress, ignore_progress
from stemset.errors import ModelFailed
from stemset.models import registry
from stemset.models.card import Architecture
from stemset.models.model import RESIDUAL, AudioSeparator, ModelFacts
from stemset.models.network_cache import Networks, Room
from stemset.models.networks.audio_separator.imports import require, versions
from stemset.models.networks.network import SAMPLE_RATE, LoadedNetwork
from stemset.models.networks.slot_names import slot_of
from stemset.models.params import ModelParams
from stemset.models.runtime import Runtime
from stemset.models.weights.files import digests, download, locate

log = structlog.stdlib.get_logger()

# Share of a run's progress that the network takes; the rest is closing files.
_NETWORK_SHARE = 0.99
# Weight files of a Demucs of one network: the bag's description, and the network's.
_ONE_NETWORK = 2


class LibraryNode:
    """A library model; its network is loaded at the first run."""

    def __init__(self, model: type[AudioSeparator], runtime: Runtime, rest: str, params: ModelParams) -> None:
        """rest: the slot that takes what the network's other stems leave of the input."""
        self._model = model
        self._rest = rest
        self._params = params
        self._card = registry.card(model.model_filename)
        self._runtime = runtime
        self._networks = runtime.networks or Networks()
        self._device = "none"
        self._notice: str | None = None

    def facts(self) -> ModelFacts:
        """Device of the last network loaded, versions of the libraries, hashes of the weights."""
        hashes = digests(self._card, self._runtime.models_dir)
        return ModelFacts(self._device, versions(), hashes, self._notice)

    def load(self) -> None:
        """See AudioSeparator.load."""
        with self._networks.borrowed(self._model.model_filename, self._load, ignore_progress):
            pass

    def variant(self, wanted: Collection[str]) -> str | None:
        """See AudioSeparator."""
        return "own_rest" if self._skips(wanted) and self._rest in wanted else None

    def separate(
        self, input_file: Path, output_dir: Path, progress: Progress, wanted: Collection[str] | None
    ) -> dict[str, Path]:
        """See AudioSeparator.separate. Memory doesn't grow with the song."""
        mixture = audio.pcm_of(input_file)
        progress(0.0)
        heard = output_dir / f".{SAMPLE_RATE}.wav" if mixture.sample_rate != SAMPLE_RATE else input_file
        with self._networks.borrowed(self._model.model_filename, self._load, progress) as network:
            self._device, self._notice = network.device, network.notice
            slots = self._slots(wanted)
            stems = self._stems(network, slots)
            try:
                if heard != input_file:
                    audio.write_resampled(input_file, heard, SAMPLE_RATE, check=lambda: progress(0.0))
                with network.demixing(
                    heard, tuple(stems.values()), lambda done: progress(done * _NETWORK_SHARE), self._params
                ) as blocks:
                    files = self._write(mixture, output_dir, slots, stems, blocks)
            finally:
                if heard != input_file:
                    heard.unlink(missing_ok=True)
        progress(1.0)
        return files

    def _load(self, check: Callable[[], None], room: Room) -> LoadedNetwork:
        require()
        name, folder, mirror = self._model.model_filename, self._runtime.models_dir, self._runtime.weights_mirror
        download(name, folder, lambda _done, _whole: check(), mirror=mirror)
        files = [file for weight in self._card.weights if (file := locate(weight, folder))]
        room(sum(file.stat().st_size for file in files))
        network = LoadedNetwork(name, self._card, self._runtime)
        if network.notice:
            log.error("gpu_unused", model=name, reason=network.notice)
        return network

    def _skips(self, wanted: Collection[str]) -> bool:
        """Whether there is work to save, in a bag of networks of which each makes one stem."""
        bag = self._card.architecture is Architecture.DEMUCS and len(self._card.weights) > _ONE_NETWORK
        return bag and RESIDUAL not in wanted and not {*self._model.output_slots} <= {*wanted}

    def _slots(self, wanted: Collection[str] | None) -> list[str]:
        """Those that are written, in their order."""
        slots = [
            slot for slot in (*self._model.output_slots, RESIDUAL) if slot in {*self._model.output_slots, self._rest}
        ]
        return slots if wanted is None else [slot for slot in slots if slot in wanted]

    def _stems(self, network: LoadedNetwork, written: Collection[str]) -> dict[str, str]:
        """slot -> the network's stem for it, of those that are needed; the slot of the rest only if it isn't one."""
        slots = self._model.output_slots
        found = {slot: stem for stem in network.stems if (slot := slot_of(stem, slots))}
        needed = [slot for slot in slots if slot != self._rest and (slot in written or self._rest in written)]
        if self._skips(written):
            needed = list(written)
        missing = [slot for slot in needed if slot not in found]
        if missing:
            raise ModelFailed(
                f"{self._model.model_filename} gave the stems {sorted(network.stems)}; "
                f"none of them is {' or '.join(missing)}."
            )
        return {slot: found[slot] for slot in needed}

    def _write(
        self,
        mixture: Pcm,
        folder: Path,
        written: Collection[str],
        stems: Mapping[str, str],
        blocks: Iterator[dict[str, Samples]],
    ) -> dict[str, Path]:
        """A file for each of these slots, so that all slots sum to the mixture: the rest is what the others leave."""
        files = {slot: folder / f"{slot}.wav" for slot in written}
        with ExitStack() as stack:
            outs = {
                slot: stack.enter_context(audio.float_writer(file, mixture.sample_rate, 2, mixture.frames))
                for slot, file in files.items()
            }
            # The thread ends before the files are closed.
            writer = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="stems"))

            def write(heard: Samples, estimates: Mapping[str, Samples]) -> None:
                for slot in written:
                    samples = estimates[stems[slot]] if slot in stems else _rest(heard, estimates.values())
                    outs[slot].write(samples.T)

            # A block is written while the network makes the next one, and no more than one is waiting.
            writing: Future[None] | None = None
            for heard, estimates in _beside(mixture, list(stems.values()), blocks):
                if writing:
                    writing.result()
                writing = writer.submit(write, heard, estimates)
            if writing:
                writing.result()
        return files


def _rest(heard: Samples, estimates: Iterable[Samples]) -> Samples:
    # Added up in float64 and rounded once.
    rest = heard.astype(np.float64)
    for estimate in estimates:
        rest -= estimate
    return rest.astype(np.float32)


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
