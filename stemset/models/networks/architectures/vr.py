"""VR networks of the Ultimate Vocal Remover: a mask over the magnitudes of a spectrum in bands, in torch.

The library holds a whole song in memory, several times over: at each band's rate, as a spectrum, as a mask, and as two
stems. Three things make that hard to bound. Rates change between the bands, both ways; see bands.py. Magnitudes are
divided by the song's largest, so the song is gone through once more beforehand. And a network's windows meet without
overlap, so the sound of one window has to fade into the next: pieces add up. What is left out, as it needs the mask of
the whole song, is the library's post-process, and with it what it too does only when asked: test-time augmentation and
the mirrored high end.

Spectra are numpy's: they cost little beside the network.
"""

# Neither library is typed well enough.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemset.audio import Samples
from stemset.concurrency.import_lock import importing
from stemset.concurrency.progress import Heed
from stemset.errors import ModelFailed
from stemset.models.card import VR_CATALOGUE
from stemset.models.networks import devices
from stemset.models.networks.architectures.vr_bands import Bands, Spectrum
from stemset.models.networks.audio_separator.checkpoints import fill, state_of, uninitialised
from stemset.models.networks.audio_separator.imports import module, package_folder
from stemset.models.networks.audio_separator.uvr_catalogue import entry
from stemset.models.networks.inference.chunks import Chunk, vr_schedule
from stemset.models.networks.inference.forward import ready
from stemset.models.networks.inference.input import Levels, Scale, Song
from stemset.models.networks.inference.overlap_add import Array, NumpyArrays, Pass
from stemset.models.networks.untyped import Untyped
from stemset.models.params import ModelParams, VrParams
from stemset.models.runtime import Runtime

SAMPLE_RATE = 44100
# The library tells the older networks apart by the size of their file in KiB; the nearest of these is meant.
_SIZES_KIB = (31191, 33966, 56817, 123821, 123812, 129605, 218409, 537238, 537227)
_SIZES_OF_NEW_KIB = (56817, 218409)
# What is cut out of a song, and not the song without something: there the mask is sharpened more.
_PARTS = {
    "Vocals", "Other", "Bass", "Drums", "Guitar", "Piano", "Synthesizer", "Strings", "Woodwinds", "Brass", "Wind Inst",
}  # fmt: skip
# Times of the spectrum that are looked at together for the largest magnitude.
_MEASURED_TIMES = 1024


class VrNetwork:
    """A loaded network. Its two stems share a spectrum: what the mask takes of it, and what it leaves.

    They sum to less than the song, which the spectrum has not all of: nothing above its highest bin, at most 22 kHz.
    """

    def __init__(self, weights: Path, runtime: Runtime) -> None:
        """Load it. Raises ModelFailed where the catalogue doesn't know these weights, or they don't fit it."""
        torch = devices.torch_with_threads(runtime.threads)
        # What the modules need of it is never called; with a stand-in they would be of no use to anybody else.
        with importing:
            import_module("librosa")
        found = entry(weights, runtime.models_dir, VR_CATALOGUE)
        params = _params(found["vr_model_param"])
        self.device = devices.torch_device(runtime.device)
        self.notice = devices.unused_gpu(runtime.device, self.device)
        self.stems: tuple[str, ...] = (found["primary_stem"], _second(found["primary_stem"]))
        network, new = _network(torch, weights, found, 2 * params.param["bins"])
        self._offset = int(network.offset)
        self._bands = Bands(params, module("uvr_lib_v5.spec_utils"), new=new)
        self._low_bins = int(params.param["band"][1]["crop_stop"])
        self._correction: dict[str, float] = params.param.get("aggr_correction") or {"left": 0.0, "right": 0.0}
        self._forward = ready(torch, network, self.device, runtime)

    def scale(self, levels: Levels) -> Scale:  # noqa: ARG002
        """As it is: the network hears the song's spectrum at a level of its own."""
        return Scale(1.0, 1.0)

    def passes(self, song: Song, stems: Collection[str], heed: Heed, params: ModelParams) -> Sequence[Pass]:
        """See Network."""
        chosen = params if isinstance(params, VrParams) else VrParams()
        bands, frames, offset = self._bands, song.frames, self._offset
        body = chosen.window_size - 2 * offset
        exponents = self._exponents(chosen.aggression / 100)
        loudest = self._loudest(song, heed)

        def run(chunks: Sequence[Chunk], sounds: Sequence[Samples]) -> Sequence[Array]:
            firsts = [chunk.start // bands.hop + bands.reach for chunk in chunks]
            spectra = [bands.spectrum(sound, first, frames) for sound, first in zip(sounds, firsts, strict=True)]
            masks = self._forward.run([(np.abs(spectrum) / loudest).astype(np.float32) for spectrum in spectra])
            return [
                made(chunk, spectrum[:, :, offset : offset + body], self._forward.arrays.here(mask), first + offset)
                for chunk, spectrum, mask, first in zip(chunks, spectra, masks, firsts, strict=True)
            ]

        def made(chunk: Chunk, spectrum: Spectrum, mask: NDArray[np.float32], first: int) -> Array:
            kept = mask[:, :, offset : offset + body] ** exponents
            sounds = np.zeros((len(self.stems), 2, chunk.heard), np.float32)
            used = slice(chunk.skip, chunk.skip + chunk.frames)
            for row, share in enumerate((kept, 1 - kept)):
                if self.stems[row] in stems:
                    sounds[row, :, used] = bands.sound(share * spectrum, first, frames)
            return sounds

        schedule = vr_schedule(bands.times(frames), bands.hop, chosen.window_size, offset=offset, reach=bands.reach)
        rows = {stem: (row, 1.0) for row, stem in enumerate(self.stems) if stem in stems}
        return [Pass(schedule, run, self._forward.batch, NumpyArrays(), rows)]

    def _loudest(self, song: Song, heed: Heed) -> np.float32:
        """The largest magnitude of the whole song's spectrum; 1 for silence."""
        bands, loudest = self._bands, np.float32(0)
        for first in range(0, bands.times(song.frames), _MEASURED_TIMES):
            heed.again()
            heard = song.read((first - bands.reach) * bands.hop, (_MEASURED_TIMES + 2 * bands.reach) * bands.hop)
            loudest = max(loudest, np.abs(bands.spectrum(heard, first, song.frames)).max())
        return loudest or np.float32(1)

    def _exponents(self, aggression: float) -> NDArray[np.float32]:
        """What the mask of each channel and bin is raised to, shape (2, bins, 1); the lowest band less."""
        bins = self._bands.bins
        if not aggression:
            return np.ones((2, bins, 1), np.float32)
        depth = 1 - 2 * aggression if self.stems[0] in _PARTS else 2 * aggression
        depths = np.array([depth + self._correction["left"], depth + self._correction["right"]])
        share = np.where(np.arange(bins) < self._low_bins, 1 / 3, 1)
        return (1 + depths[:, None, None] * share[:, None]).astype(np.float32)


def _params(name: str) -> Untyped:
    """The library's description of the bands."""
    folder = package_folder() / "separator" / "uvr_lib_v5" / "vr_network"
    params = module("uvr_lib_v5.vr_network.model_param_init").ModelParameters(folder / "modelparams" / f"{name}.json")
    if params.param["sr"] != SAMPLE_RATE:
        raise ModelFailed(f"Networks that hear songs at {params.param['sr']} Hz are not supported.")
    return params


def _network(torch: Untyped, weights: Path, found: dict[str, Any], bins: int) -> tuple[Untyped, bool]:
    """The network, and whether it is a VR 5.1."""
    kib = math.ceil(weights.stat().st_size / 1024)
    size = min(_SIZES_KIB, key=lambda known: abs(known - kib))
    new = size in _SIZES_OF_NEW_KIB or "nout" in found
    with uninitialised(torch):
        if new:
            width = {"nout": found.get("nout", 32), "nout_lstm": found.get("nout_lstm", 128)}
            network = module("uvr_lib_v5.vr_network.nets_new").CascadedNet(bins, size, **width)
        else:
            network = module("uvr_lib_v5.vr_network.nets").determine_model_capacity(bins, size)
    return fill(network, state_of(torch, weights), weights.name), new


def _second(stem: str) -> str:
    """What the library calls the stem that one leaves."""
    known = {"Vocals": "Instrumental", "Instrumental": "Vocals"}
    return known.get(stem) or (stem.replace("No ", "") if "No " in stem else f"No {stem}")
