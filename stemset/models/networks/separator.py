"""One run of a library model on a file: sample rates, slots and sums. The network itself is in network.py."""

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
from stemset.models.card import Architecture, ModelCard
from stemset.models.model import RESIDUAL, ModelFacts
from stemset.models.network_cache import MakeRoom, NetworkCache
from stemset.models.networks.audio_separator.imports import package_versions, require_packages
from stemset.models.networks.inference.input import SAMPLE_RATE
from stemset.models.networks.network import LoadedNetwork
from stemset.models.networks.slot_names import find_slot
from stemset.models.params import ModelParams
from stemset.models.runtime import Runtime
from stemset.models.weights.files import digests, download, locate

log = structlog.stdlib.get_logger()

# Share of a run's progress that the network takes; the rest is closing files.
_NETWORK_SHARE = 0.99
# Weight files of a Demucs of one network: the bag's description, and the network's.
_ONE_NETWORK = 2


class NetworkSeparator:
    """Splits files with the network of one library model, which it loads at the first run."""

    def __init__(
        self, card: ModelCard, output_slots: Collection[str], rest: str, params: ModelParams, runtime: Runtime
    ) -> None:
        """output_slots: of the model. rest: the slot that takes what the network's other stems leave of the input."""
        self._card = card
        self._output_slots = tuple(output_slots)
        self._rest = rest
        self._params = params
        self._runtime = runtime
        self._networks = runtime.networks or NetworkCache()
        self._device = "none"
        self._notice: str | None = None

    def facts(self) -> ModelFacts:
        """Device of the last network loaded, versions of the libraries, hashes of the weights."""
        hashes = digests(self._card, self._runtime.models_dir)
        return ModelFacts(self._device, package_versions(), hashes, self._notice)

    def load(self) -> None:
        """See AudioSeparator.load."""
        with self._networks.borrow(self._card.name, self._load, ignore_progress):
            pass

    def variant(self, wanted: Collection[str]) -> str | None:
        """See AudioSeparator."""
        return "own_rest" if self._can_skip_networks(wanted) and self._rest in wanted else None

    def separate(
        self, input_file: Path, output_dir: Path, progress: Progress, wanted: Collection[str] | None
    ) -> dict[str, Path]:
        """See AudioSeparator.separate. Memory doesn't grow with the song."""
        mixture = audio.pcm_of(input_file)
        progress(0.0)
        at_rate = output_dir / f".{SAMPLE_RATE}.wav" if mixture.sample_rate != SAMPLE_RATE else input_file
        with self._networks.borrow(self._card.name, self._load, progress) as network:
            self._device, self._notice = network.device, network.notice
            slots = self._slots_to_write(wanted)
            stems = self._stems_to_make(network, slots)
            try:
                if at_rate != input_file:
                    audio.write_resampled(input_file, at_rate, SAMPLE_RATE, check=lambda: progress(0.0))
                with network.demix(
                    at_rate, tuple(stems.values()), lambda done: progress(done * _NETWORK_SHARE), self._params
                ) as blocks:
                    files = self._write(mixture, output_dir, slots, stems, blocks)
            finally:
                if at_rate != input_file:
                    at_rate.unlink(missing_ok=True)
        progress(1.0)
        return files

    def _load(self, raise_if_unwanted: Callable[[], None], make_room: MakeRoom) -> LoadedNetwork:
        require_packages()
        folder, mirror = self._runtime.models_dir, self._runtime.weights_mirror
        download(self._card, folder, lambda _done, _whole: raise_if_unwanted(), mirror=mirror)
        files = [file for weight in self._card.weights if (file := locate(weight, folder))]
        make_room(sum(file.stat().st_size for file in files))
        network = LoadedNetwork(self._card, self._runtime)
        if network.notice:
            log.error("gpu_unused", model=self._card.name, reason=network.notice)
        return network

    def _can_skip_networks(self, wanted: Collection[str]) -> bool:
        """Whether the wanted slots need only some of the networks of a bag, of which each makes one stem."""
        bag = self._card.architecture is Architecture.DEMUCS and len(self._card.weights) > _ONE_NETWORK
        return bag and RESIDUAL not in wanted and not {*self._output_slots} <= {*wanted}

    def _slots_to_write(self, wanted: Collection[str] | None) -> list[str]:
        """The slots of which a file is wanted, in the model's order, the residual last. None: all slots."""
        slots = self._output_slots if self._rest in self._output_slots else (*self._output_slots, self._rest)
        return [slot for slot in slots if wanted is None or slot in wanted]

    def _stems_to_make(self, network: LoadedNetwork, written: Collection[str]) -> dict[str, str]:
        """slot -> the network's stem for it, of the slots that are written or that the rest is computed from.

        Raises ModelFailed where the network has no stem for such a slot.
        """
        slots = self._output_slots
        found = {slot: stem for stem in network.stems if (slot := find_slot(stem, slots))}
        needed = [slot for slot in slots if slot != self._rest and (slot in written or self._rest in written)]
        if self._can_skip_networks(written):
            needed = list(written)
        missing = [slot for slot in needed if slot not in found]
        if missing:
            raise ModelFailed(
                f"{self._card.name} gave the stems {sorted(network.stems)}; none of them is {' or '.join(missing)}."
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
        """Write a file for each of these slots, so that all slots sum to the mixture; returns slot -> file.

        blocks: of the network's stems; the slot without a stem gets the mixture minus all of them.
        """
        files = {slot: folder / f"{slot}.wav" for slot in written}
        with ExitStack() as stack:
            outs = {
                slot: stack.enter_context(audio.float_writer(file, mixture.sample_rate, 2, mixture.frames))
                for slot, file in files.items()
            }
            # The thread ends before the files are closed.
            writer = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="stems"))

            def write(sound: Samples, estimates: Mapping[str, Samples]) -> None:
                for slot in written:
                    samples = estimates[stems[slot]] if slot in stems else _subtract(sound, estimates.values())
                    outs[slot].write(samples.T)

            # A block is written while the network makes the next one, and no more than one is waiting.
            writing: Future[None] | None = None
            for sound, estimates in _pair_with_mixture(mixture, list(stems.values()), blocks):
                if writing:
                    writing.result()
                writing = writer.submit(write, sound, estimates)
            if writing:
                writing.result()
        return files


def _subtract(sound: Samples, estimates: Iterable[Samples]) -> Samples:
    """sound − Σ estimates, added up in float64 and rounded once."""
    rest = sound.astype(np.float64)
    for estimate in estimates:
        rest -= estimate
    return rest.astype(np.float32)


def _pair_with_mixture(
    mixture: Pcm, stems: Collection[str], blocks: Iterator[dict[str, Samples]]
) -> Iterator[tuple[Samples, dict[str, Samples]]]:
    """(The mixture's frames, the stems' frames) block by block, at the mixture's rate and together of its length.

    blocks: of the stems at SAMPLE_RATE.
    """
    # All stems in one stream of many channels, so that one resampler keeps them together.
    stacked = (np.concatenate([block[stem] for stem in stems]) for block in blocks)
    sounds = audio.resample_blocks(stacked, SAMPLE_RATE, mixture.sample_rate, 2 * len(stems))
    with soundfile.SoundFile(mixture.file) as whole:
        for sound in audio.fit_to_length(sounds, mixture.frames, 2 * len(stems)):
            frames = whole.read(sound.shape[1], dtype="float32", always_2d=True)
            yield (
                frames.T.astype(np.float32),
                {stem: sound[2 * place : 2 * place + 2] for place, stem in enumerate(stems)},
            )
