"""One loaded network of any architecture: a file of sound in, its stems out, block by block."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np

from stemset.audio import Samples
from stemset.concurrency.progress import Heed, Progress
from stemset.errors import ModelFailed
from stemset.models.card import Architecture, ModelCard
from stemset.models.networks import devices
from stemset.models.networks.architectures.demucs import DemucsNetwork
from stemset.models.networks.architectures.mdx import MdxNetwork
from stemset.models.networks.architectures.roformer_mdx23c import MdxcNetwork
from stemset.models.networks.architectures.vr import VrNetwork
from stemset.models.networks.audio_separator.imports import library
from stemset.models.networks.inference.input import Levels, Scale, Song, levels, opened
from stemset.models.networks.inference.interruption import watched_modules
from stemset.models.networks.inference.overlap_add import Pass, averaged
from stemset.models.networks.malloc import kept
from stemset.models.params import ModelParams
from stemset.models.runtime import Runtime
from stemset.models.weights.files import locate

SAMPLE_RATE = 44100
"""What every network of the library was trained at."""


class Network(Protocol):
    """What an architecture brings: its stems by the library's names, and how it goes over a song."""

    @property
    def stems(self) -> tuple[str, ...]: ...

    device: str
    notice: str | None

    def scale(self, levels: Levels) -> Scale:
        """At which level it hears a song of these levels."""
        ...

    def passes(self, song: Song, stems: Collection[str], heed: Heed, params: ModelParams) -> Sequence[Pass]:
        """The runs over a song that these of its stems need. What heed raises ends a run.

        params: of the model; an architecture that doesn't know them takes its own as they are by default.
        """
        ...


class LoadedNetwork:
    """A network in memory."""

    def __init__(self, model_filename: str, card: ModelCard, runtime: Runtime) -> None:
        """Load it; packages and weights must be there. Raises ModelFailed where it can't be loaded."""
        self._name = model_filename
        self._threads = runtime.threads
        self._on_torch = card.architecture is not Architecture.MDX
        roformer = card.architecture in {Architecture.ROFORMER, Architecture.MEL_ROFORMER}
        # A compiled module can't be looked into, and is soon done.
        self._watched = self._on_torch and not (runtime.compiled and roformer)
        with library(f"{model_filename} could not be loaded"):
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
        """See memory.Loaded."""
        if self.device == "cuda" and self._on_torch:
            import_module("torch").cuda.empty_cache()

    @contextmanager
    def demixing(
        self, song: Path, stems: Collection[str], progress: Progress, params: ModelParams
    ) -> Generator[Iterator[dict[str, Samples]]]:
        """The wanted stems of a stereo WAV at SAMPLE_RATE, by the library's names, in blocks of the same length.

        The song must not be empty. While this lasts, no other network runs. Raises ModelFailed. progress is told the
        same fraction again and again, even in the middle of a forward pass; what it raises ends that within a few
        operations of the network, which stays whole.
        """
        heed = Heed(progress)
        with (
            library(f"{self._name} failed", heed.again),
            kept(),
            watched_modules(heed) if self._watched else nullcontext(),
        ):
            if self._on_torch:
                devices.torch_with_threads(self._threads)
            measured = levels(song, heed.again)
            scale = self._network.scale(measured)
            with opened(song, scale) as opened_song:
                passes = self._network.passes(opened_song, stems, heed, params)
                made = averaged(passes, measured.frames, opened_song.read, _counted(passes, heed.tell))
                yield (self._checked(block, scale) for block in made)

    def _checked(self, block: dict[str, Samples], scale: Scale) -> dict[str, Samples]:
        for stem, samples in block.items():
            if not np.isfinite(samples).all():
                raise ModelFailed(f"{self._name} gave no usable sound for its stem {stem!r}.")
        undo, offset = np.float32(scale.undo), np.float32(scale.offset)
        return {stem: samples * undo + offset for stem, samples in block.items()}


def _load(card: ModelCard, runtime: Runtime) -> Network:
    files = [file for name in card.weights if (file := locate(name, runtime.models_dir))]
    if card.architecture is Architecture.MDX:
        return MdxNetwork(files[0], runtime)
    if card.architecture is Architecture.DEMUCS:
        return DemucsNetwork(files[0], files[1:], runtime)
    if card.architecture is Architecture.VR:
        return VrNetwork(files[0], runtime)
    return MdxcNetwork(files[0], files[1], runtime)


def _counted(passes: Sequence[Pass], progress: Progress) -> Callable[[], None]:
    """To be called after each chunk of the passes; tells the share that is done."""
    whole, done = sum(len(one.schedule.chunks) for one in passes), 0

    def count() -> None:
        nonlocal done
        done += 1
        progress(min(done / whole, 1.0))

    return count
