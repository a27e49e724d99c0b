"""VR networks of the Ultimate Vocal Remover: a mask over the magnitudes of a spectrum in bands, in torch.

The library holds a whole song in memory, several times over: at each band's rate, as a spectrum, as a mask, and as two
stems. Three things make that hard to bound. Rates change between the bands, both ways; see bands.py. Magnitudes are
divided by the song's largest, so the song is gone through once more beforehand. And a network's windows meet without
overlap, so the sound of one window has to fade into the next: pieces add up. What is left out, as it needs the mask of
the whole song, is the library's post-process, and with it what it too does only when asked: test-time augmentation and
the mirrored high end.

Spectra are numpy's: they cost little beside the network.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from stemset.audio import Samples
from stemset.concurrency.import_lock import import_lock
from stemset.concurrency.progress import ProgressRepeater
from stemset.errors import ModelFailed
from stemset.models.card import VR_CATALOGUE
from stemset.models.networks import devices
from stemset.models.networks.architectures.vr_bands import BandParameters, Bands, Spectrum
from stemset.models.networks.audio_separator.checkpoints import load_state, read_state, skip_initialisation
from stemset.models.networks.audio_separator.imports import import_library_module, package_folder
from stemset.models.networks.audio_separator.uvr_catalogue import find_entry
from stemset.models.networks.inference.chunks import Chunk, vr_schedule
from stemset.models.networks.inference.forward import prepare_module
from stemset.models.networks.inference.input import SAMPLE_RATE, Levels, NetworkInput, Scale
from stemset.models.networks.inference.overlap_add import NumpyBackend, Pass
from stemset.models.params import ModelParams, VrParams
from stemset.models.runtime import Runtime

# The library tells the older networks apart by the size of their file in KiB; the nearest of these is meant.
_SIZES_KIB = (31191, 33966, 56817, 123821, 123812, 129605, 218409, 537238, 537227)
_SIZES_OF_NEW_KIB = (56817, 218409)
# What is cut out of a song, and not the song without something: there the mask is sharpened more.
_PARTS = {
    "Vocals", "Other", "Bass", "Drums", "Guitar", "Piano", "Synthesizer", "Strings", "Woodwinds", "Brass", "Wind Inst",
}  # fmt: skip
# Times of the spectrum that are looked at together for the largest magnitude.
_MEASURED_TIMES = 1024


class _Entry(BaseModel):
    """A network's entry in the catalogue. vr_model_param: the name of the description of its bands.

    nout, nout_lstm: widths of a VR 5.1; an older network has no nout.
    """

    model_config = ConfigDict(frozen=True)

    vr_model_param: str
    primary_stem: str
    nout: int | None = None
    nout_lstm: int = 128


class VrNetwork:
    """A VR network. Its two stems share a spectrum: what the mask takes of it, and what it leaves.

    They sum to less than the song, which the spectrum has not all of: nothing above its highest bin, at most 22 kHz.
    """

    def __init__(self, weights: Path, runtime: Runtime) -> None:
        """Load it. Raises ModelFailed where the catalogue doesn't know these weights, or they don't fit it."""
        devices.set_torch_threads(runtime.threads)
        # What the modules need of it is never called; with a stand-in they would be of no use to anybody else.
        with import_lock:
            import_module("librosa")
        entry = _Entry.model_validate(find_entry(weights, runtime.models_dir, VR_CATALOGUE))
        parameters = _read_parameters(entry.vr_model_param)
        self.device = devices.choose_torch_device(runtime.device)
        self.notice = devices.describe_unused_gpu(runtime.device, self.device)
        self.stems: tuple[str, ...] = (entry.primary_stem, _name_other_stem(entry.primary_stem))
        network, is_new = _load_network(weights, entry, 2 * parameters.param["bins"])
        self._offset = int(network.offset)
        self._bands = Bands(parameters, import_library_module("uvr_lib_v5.spec_utils"), new=is_new)
        self._low_bins = int(parameters.param["band"][1]["crop_stop"])
        self._correction = parameters.param.get("aggr_correction") or {"left": 0.0, "right": 0.0}
        self._module = prepare_module(network, self.device, runtime)

    def scale_for(self, levels: Levels) -> Scale:  # noqa: ARG002 - it divides the song's spectrum by its largest value
        """The song as it is."""
        return Scale(1.0, 1.0)

    def passes(
        self, song: NetworkInput, stems: Collection[str], repeater: ProgressRepeater, params: ModelParams
    ) -> Sequence[Pass]:
        """See Network."""
        chosen = params if isinstance(params, VrParams) else VrParams()
        bands, frames, offset = self._bands, song.frames, self._offset
        body = chosen.window_size - 2 * offset
        exponents = self._exponents(chosen.aggression / 100)
        loudest = self._largest_magnitude(song, repeater)

        def run(chunks: Sequence[Chunk], sounds: Sequence[Samples]) -> Sequence[Samples]:
            firsts = [chunk.start // bands.hop + bands.reach for chunk in chunks]
            spectra = [bands.spectrum(sound, first, frames) for sound, first in zip(sounds, firsts, strict=True)]
            masks = self._module.run([(np.abs(spectrum) / loudest).astype(np.float32) for spectrum in spectra])
            to_numpy = self._module.backend.to_numpy
            return [
                apply_mask(chunk, spectrum[:, :, offset : offset + body], to_numpy(mask), first + offset)
                for chunk, spectrum, mask, first in zip(chunks, spectra, masks, firsts, strict=True)
            ]

        def apply_mask(chunk: Chunk, spectrum: Spectrum, mask: NDArray[np.float32], first: int) -> Samples:
            taken = mask[:, :, offset : offset + body] ** exponents
            sounds = np.zeros((len(self.stems), 2, chunk.input_frames), np.float32)
            used = slice(chunk.skip, chunk.skip + chunk.used_frames)
            for row, share in enumerate((taken, 1 - taken)):
                if self.stems[row] in stems:
                    sounds[row, :, used] = bands.sound(share * spectrum, first, frames)
            return sounds

        schedule = vr_schedule(bands.times(frames), bands.hop, chosen.window_size, offset=offset, reach=bands.reach)
        rows = {stem: (row, 1.0) for row, stem in enumerate(self.stems) if stem in stems}
        return [Pass(schedule, run, self._module.batch, NumpyBackend(), rows)]

    def _largest_magnitude(self, song: NetworkInput, repeater: ProgressRepeater) -> np.float32:
        """The largest magnitude of the whole song's spectrum; 1 for silence."""
        bands, largest = self._bands, np.float32(0)
        for first in range(0, bands.times(song.frames), _MEASURED_TIMES):
            repeater.repeat()
            sound = song.read((first - bands.reach) * bands.hop, (_MEASURED_TIMES + 2 * bands.reach) * bands.hop)
            largest = max(largest, np.abs(bands.spectrum(sound, first, song.frames)).max())
        return largest or np.float32(1)

    def _exponents(self, aggression: float) -> NDArray[np.float32]:
        """What the mask of each channel and bin is raised to, shape (2, bins, 1); the lowest band less."""
        bins = self._bands.bins
        if not aggression:
            return np.ones((2, bins, 1), np.float32)
        depth = 1 - 2 * aggression if self.stems[0] in _PARTS else 2 * aggression
        depths = np.array([depth + self._correction["left"], depth + self._correction["right"]])
        share = np.where(np.arange(bins) < self._low_bins, 1 / 3, 1)
        return (1 + depths[:, None, None] * share[:, None]).astype(np.float32)


def _read_parameters(name: str) -> BandParameters:
    """The library's description of the bands. Raises ModelFailed for songs at another rate than SAMPLE_RATE."""
    folder = package_folder() / "separator" / "uvr_lib_v5" / "vr_network"
    library = import_library_module("uvr_lib_v5.vr_network.model_param_init")
    parameters: BandParameters = library.ModelParameters(folder / "modelparams" / f"{name}.json")
    if parameters.param["sr"] != SAMPLE_RATE:
        raise ModelFailed(f"Networks that hear songs at {parameters.param['sr']} Hz are not supported.")
    return parameters


def _load_network(weights: Path, entry: _Entry, bins: int) -> tuple[torch.nn.Module, bool]:
    """The network, and whether it is a VR 5.1."""
    kib = math.ceil(weights.stat().st_size / 1024)
    size = min(_SIZES_KIB, key=lambda known: abs(known - kib))
    is_new = size in _SIZES_OF_NEW_KIB or entry.nout is not None
    with skip_initialisation():
        if is_new:
            width = {"nout": 32 if entry.nout is None else entry.nout, "nout_lstm": entry.nout_lstm}
            network = import_library_module("uvr_lib_v5.vr_network.nets_new").CascadedNet(bins, size, **width)
        else:
            network = import_library_module("uvr_lib_v5.vr_network.nets").determine_model_capacity(bins, size)
    return load_state(network, read_state(weights), weights.name), is_new


def _name_other_stem(stem: str) -> str:
    """What the library calls the stem that one leaves of the song."""
    known = {"Vocals": "Instrumental", "Instrumental": "Vocals"}
    return known.get(stem) or (stem.replace("No ", "") if "No " in stem else f"No {stem}")
