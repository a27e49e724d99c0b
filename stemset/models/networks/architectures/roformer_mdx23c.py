"""The networks that audio-separator calls MDXC: BS-Roformer, MelBand-Roformer and MDX23C, in torch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from importlib import import_module
from pathlib import Path
from typing import NotRequired, TypedDict

import torch
import yaml

from stemset.concurrency.progress import ProgressRepeater
from stemset.errors import ModelFailed
from stemset.models.networks import devices
from stemset.models.networks.audio_separator.checkpoints import State, load_state, read_state, skip_initialisation
from stemset.models.networks.audio_separator.imports import import_library_module
from stemset.models.networks.inference.chunks import Schedule, mdx23c_schedule, roformer_schedule
from stemset.models.networks.inference.forward import prepare_module
from stemset.models.networks.inference.input import Levels, NetworkInput, Scale, scale_to_full_peak
from stemset.models.networks.inference.overlap_add import Pass, position_independent
from stemset.models.networks.malloc import trim
from stemset.models.params import ModelParams
from stemset.models.runtime import Runtime

CHUNKS_PER_FRAME = 2
"""Chunks that cover each frame. More cost as many times more and gain little."""

_LARGE_BYTES = 100_000_000
"""Of mask estimators. For smaller ones, trimming the heap before them takes more time than it is worth."""


class _Audio(TypedDict):
    hop_length: int


class _Inference(TypedDict):
    dim_t: int


class _Model(TypedDict):
    stft_hop_length: NotRequired[int | None]
    stft_n_fft: NotRequired[int]


class _Training(TypedDict):
    instruments: list[str]
    target_instrument: NotRequired[str | None]


class _Settings(TypedDict):
    """What is used of the file that describes a network; the library takes all of it."""

    audio: _Audio
    inference: _Inference
    model: _Model
    training: _Training


class MdxcNetwork:
    """A Roformer or an MDX23C. Of one with a target only that stem is estimated."""

    def __init__(self, weights: Path, config: Path, runtime: Runtime) -> None:
        """Load it. Raises ModelFailed where the weights don't fit the configuration."""
        devices.set_torch_threads(runtime.threads)
        # As in the published files, which hold Python tuples; the library reads them with the same loader.
        settings: _Settings = yaml.load(config.read_text("utf-8"), yaml.FullLoader)  # noqa: S506
        self.device = devices.choose_torch_device(runtime.device)
        self.notice = devices.describe_unused_gpu(runtime.device, self.device)
        target = settings["training"].get("target_instrument")
        self.stems: tuple[str, ...] = (target,) if target else tuple(settings["training"]["instruments"])
        roformer = _detect_roformer(settings, weights)
        network = _load_roformer(settings, roformer, weights) if roformer else _load_mdx23c(settings, weights)
        self._schedule = (
            _roformer_schedule(settings, padded=runtime.compiled) if roformer else _mdx23c_schedule(settings)
        )
        if roformer and self.device == "cpu" and _bytes_of(network.mask_estimators) >= _LARGE_BYTES:
            # Their weights are most of the network, and come to memory when what the blocks needed is free again.
            network.mask_estimators[0].register_forward_pre_hook(_trim_before)
        self._module = prepare_module(network, self.device, runtime)

    def scale_for(self, levels: Levels) -> Scale:
        """See Network."""
        return scale_to_full_peak(levels)

    def passes(
        self,
        song: NetworkInput,
        stems: Collection[str],
        repeater: ProgressRepeater,  # noqa: ARG002 - torch's modules are interrupted from outside
        params: ModelParams,  # noqa: ARG002 - it has none
    ) -> Sequence[Pass]:
        """See Network."""
        rows = {stem: (row, 1.0) for row, stem in enumerate(self.stems) if stem in stems}
        module = self._module
        run = position_independent(module.run)
        return [Pass(self._schedule(song.frames), run, module.batch, module.backend, rows)]


def _bytes_of(module: torch.nn.Module) -> int:
    return sum(weight.nbytes for weight in module.parameters())


def _trim_before(_module: object, _inputs: object) -> None:
    trim()


def _roformer_schedule(settings: _Settings, *, padded: bool) -> Callable[[int], Schedule]:
    """The schedule of a song of so many frames. padded: a song shorter than a chunk is made as long as one."""
    model = settings["model"]
    hop = int(model.get("stft_hop_length") or settings["audio"]["hop_length"])
    chunk = hop * (int(settings["inference"]["dim_t"]) - 1)
    # Spectra are mirrored at the ends by half a window, for which there must be enough of the song.
    shortest = chunk if padded else int(model.get("stft_n_fft", 2048)) // 2 + 1
    return lambda frames: roformer_schedule(frames, chunk, CHUNKS_PER_FRAME, hop, shortest)


def _mdx23c_schedule(settings: _Settings) -> Callable[[int], Schedule]:
    chunk = int(settings["audio"]["hop_length"]) * (int(settings["inference"]["dim_t"]) - 1)
    return lambda frames: mdx23c_schedule(frames, chunk, CHUNKS_PER_FRAME)


def _detect_roformer(settings: _Settings, weights: Path) -> str | None:
    """`bs_roformer` or `mel_band_roformer`, told by the configuration; None: an MDX23C."""
    normaliser = import_library_module("roformer.configuration_normalizer").ConfigurationNormalizer()
    return normaliser.resolve_model_type(settings, str(weights)) if normaliser.detect_model_type(settings) else None


def _load_roformer(settings: _Settings, kind: str, weights: Path) -> torch.nn.Module:
    """The library builds a Roformer from its normalised configuration, and if the weights don't fit that, from the
    configuration as it is."""
    state = read_state(weights)
    try:
        return _build_roformer(settings, kind, state, weights.name, normalised=True)
    except (ModelFailed, ValueError, TypeError):
        return _build_roformer(settings, kind, state, weights.name, normalised=False)


def _build_roformer(settings: _Settings, kind: str, state: State, name: str, *, normalised: bool) -> torch.nn.Module:
    # The loader imports it when it is needed, and then the rest of the library.
    network_module = import_library_module(f"uvr_lib_v5.roformer.{kind}")
    loader = import_library_module("roformer.roformer_loader").RoformerLoader()
    normalise = loader.config_normalizer.normalize_config
    with skip_initialisation():
        if normalised:
            config = normalise(settings, kind, apply_defaults=True, validate=True)
            network = getattr(loader, f"_create_{kind}")(config)
        else:
            config = normalise(settings.get("model", settings), kind, apply_defaults=False, validate=False)
            class_name = {"bs_roformer": "BSRoformer", "mel_band_roformer": "MelBandRoformer"}[kind]
            network = getattr(network_module, class_name)(**config)
    return load_state(network, state, name)


def _load_mdx23c(settings: _Settings, weights: Path) -> torch.nn.Module:
    config = import_module("ml_collections").ConfigDict(settings)
    with skip_initialisation():
        network = import_library_module("uvr_lib_v5.tfc_tdf_v3").TFC_TDF_net(config, device="cpu")
    return load_state(network, read_state(weights), weights.name)
