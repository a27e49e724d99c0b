"""One loaded network of any architecture: a file of sound in, its stems out, block by block."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

import numpy as np

from stemset.audio import Samples
from stemset.concurrency.progress import Progress, ProgressRepeater
from stemset.errors import ModelFailed
from stemset.models.card import Architecture, ModelCard
from stemset.models.networks import devices
from stemset.models.networks.audio_separator.imports import run_library
from stemset.models.networks.inference.input import Levels, NetworkInput, Scale, measure_levels, open_input
from stemset.models.networks.inference.interruption import interrupt_torch_modules
from stemset.models.networks.inference.overlap_add import Pass, average_passes
from stemset.models.networks.malloc import keep_freed_memory, use_large_pages
from stemset.models.params import ModelParams
from stemset.models.runtime import Runtime
from stemset.models.weights.files import locate


class Network(Protocol):
    """What an architecture brings: the stems of a network, and how it is run over a song.

    device, notice: see LoadedNetwork. The other methods are called by one thread at a time.
    """

    @property
    def stems(self) -> tuple[str, ...]:
        """All stems that it can make, by the library's names."""
        ...

    device: str
    notice: str | None

    def scale_for(self, levels: Levels) -> Scale:
        """The scale at which it takes in a song of these levels."""
        ...

    def passes(
        self, song: NetworkInput, stems: Collection[str], repeater: ProgressRepeater, params: ModelParams
    ) -> Sequence[Pass]:
        """The runs over a song that these of its stems need. What the repeater raises ends a run.

        params: of the model; an architecture that doesn't know them takes the defaults of its own.
        """
        ...


class LoadedNetwork:
    """The network of one model with its weights in memory, whatever its architecture: it splits WAV files."""

    def __init__(self, card: ModelCard, runtime: Runtime) -> None:
        """Load it; packages and weights must be there. Raises ModelFailed where it can't be loaded."""
        self._name = card.name
        self._threads = runtime.threads
        self._on_torch = card.architecture is not Architecture.MDX
        roformer = card.architecture in {Architecture.ROFORMER, Architecture.MEL_ROFORMER}
        # A compiled module can't be looked into, and is soon done.
        self._interruptible = self._on_torch and not (runtime.compiled and roformer)
        with run_library(f"{card.name} could not be loaded"):
            self._network = _load(card, runtime)

    @property
    def device(self) -> str:
        """What it computes on: `cpu`, `cuda`, `mps`."""
        return self._network.device

    @property
    def notice(self) -> str | None:
        """What whoever runs this should know, in words."""
        return self._network.notice

    @property
    def stems(self) -> tuple[str, ...]:
        """All stems that it can make, by the library's names."""
        return self._network.stems

    def release(self) -> None:
        """Give back the GPU memory that torch keeps for its next tensors."""
        if self.device == "cuda" and self._on_torch:
            devices.release_gpu_memory()

    @contextmanager
    def demix(
        self, song: Path, stems: Collection[str], progress: Progress, params: ModelParams
    ) -> Generator[Iterator[dict[str, Samples]]]:
        """Lend the wanted stems of a stereo WAV at SAMPLE_RATE, by the library's names, in blocks of one length each.

        The song must not be empty. While the context lasts, no other network runs. Raises ModelFailed. progress is
        told the same fraction again and again, even in the middle of a forward pass; what it raises ends that within a
        few operations of the network, which stays whole.
        """
        repeater = ProgressRepeater(progress)
        with (
            run_library(f"{self._name} failed", repeater.repeat),
            keep_freed_memory(),
            interrupt_torch_modules(repeater) if self._interruptible else nullcontext(),
        ):
            if self._on_torch:
                devices.set_torch_threads(self._threads)
            levels = measure_levels(song, repeater.repeat)
            scale = self._network.scale_for(levels)
            with open_input(song, scale) as sound:
                passes = self._network.passes(sound, stems, repeater, params)
                blocks = average_passes(passes, levels.frames, sound.read, _count_chunks(passes, repeater.report))
                yield (self._unscale(block, scale) for block in blocks)

    def _unscale(self, block: dict[str, Samples], scale: Scale) -> dict[str, Samples]:
        """The block at the level of the song. Raises ModelFailed for samples that are no numbers."""
        for stem, samples in block.items():
            if not np.isfinite(samples).all():
                raise ModelFailed(f"{self._name} gave no usable sound for its stem {stem!r}.")
        undo, offset = np.float32(scale.undo), np.float32(scale.offset)
        return {stem: samples * undo + offset for stem, samples in block.items()}


def _load(card: ModelCard, runtime: Runtime) -> Network:
    """Load the network. Each architecture imports torch or onnxruntime, so only the one that is needed is imported."""
    files = [file for name in card.weights if (file := locate(name, runtime.models_dir))]
    if card.architecture is Architecture.MDX:
        from stemset.models.networks.architectures.mdx import MdxNetwork  # noqa: PLC0415

        return MdxNetwork(files[0], runtime)
    use_large_pages()
    if card.architecture is Architecture.DEMUCS:
        from stemset.models.networks.architectures.demucs import DemucsNetwork  # noqa: PLC0415

        return DemucsNetwork(files[0], files[1:], runtime)
    if card.architecture is Architecture.VR:
        from stemset.models.networks.architectures.vr import VrNetwork  # noqa: PLC0415

        return VrNetwork(files[0], runtime)
    from stemset.models.networks.architectures.roformer_mdx23c import MdxcNetwork  # noqa: PLC0415

    return MdxcNetwork(files[0], files[1], runtime)


def _count_chunks(passes: Sequence[Pass], progress: Progress) -> Callable[[], None]:
    """A function to be called after each chunk of the passes; it reports the share of the chunks that are done."""
    whole, done = sum(len(one.schedule.chunks) for one in passes), 0

    def count() -> None:
        nonlocal done
        done += 1
        progress(min(done / whole, 1.0))

    return count
