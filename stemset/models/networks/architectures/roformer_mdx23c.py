"""The networks that audio-separator calls MDXC: BS-Roformer, MelBand-Roformer and MDX23C, in torch."""

# Neither library is typed well enough.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from stemset.concurrency.progress import Heed
from stemset.errors import ModelFailed
from stemset.models.networks import devices
from stemset.models.networks.audio_separator.checkpoints import fill, state_of, uninitialised
from stemset.models.networks.audio_separator.imports import module
from stemset.models.networks.inference.chunks import Schedule, mdx23c_schedule, roformer_schedule
from stemset.models.networks.inference.forward import ready
from stemset.models.networks.inference.input import Levels, Scale, Song, level_scale
from stemset.models.networks.inference.overlap_add import Pass, anywhere
from stemset.models.networks.malloc import give_back
from stemset.models.networks.untyped import Untyped
from stemset.models.params import ModelParams
from stemset.models.runtime import Runtime

OVERLAP = 2
"""Windows that cover each moment. More cost as many times more and gain little."""

_LARGE_BYTES = 100_000_000
"""Of mask estimators. For smaller ones, giving memory back before them takes more time than it is worth."""


class MdxcNetwork:
    """A loaded network. Of one with a target only that stem is estimated."""

    def __init__(self, weights: Path, config: Path, runtime: Runtime) -> None:
        """Load it. Raises ModelFailed where the weights don't fit the configuration."""
        torch = devices.torch_with_threads(runtime.threads)
        # As in the published files, which hold Python tuples; the library reads them with the same loader.
        settings: dict[str, Any] = yaml.load(config.read_text("utf-8"), yaml.FullLoader)  # noqa: S506
        self.device = devices.torch_device(runtime.device)
        self.notice = devices.unused_gpu(runtime.device, self.device)
        training = settings["training"]
        target = training.get("target_instrument")
        self.stems: tuple[str, ...] = (target,) if target else tuple(training["instruments"])
        roformer = _roformer_type(settings, weights)
        network = _roformer(torch, settings, roformer, weights) if roformer else _mdx23c(torch, settings, weights)
        self._schedule = (
            _roformer_schedule(settings, padded=runtime.compiled) if roformer else _mdx23c_schedule(settings)
        )
        if roformer and self.device == "cpu" and _bytes(network.mask_estimators) >= _LARGE_BYTES:
            # Their weights are most of the network, and come to memory when what the blocks needed is free again.
            network.mask_estimators[0].register_forward_pre_hook(_free_first)
        self._forward = ready(torch, network, self.device, runtime)

    def scale(self, levels: Levels) -> Scale:
        """See Network."""
        return level_scale(levels)

    def passes(self, song: Song, stems: Collection[str], heed: Heed, params: ModelParams) -> Sequence[Pass]:  # noqa: ARG002
        """See Network."""
        rows = {stem: (row, 1.0) for row, stem in enumerate(self.stems) if stem in stems}
        forward = self._forward
        return [Pass(self._schedule(song.frames), anywhere(forward.run), forward.batch, forward.arrays, rows)]


def _bytes(module: Untyped) -> int:
    return sum(weight.nbytes for weight in module.parameters())


def _free_first(_module: object, _heard: object) -> None:
    give_back()


def _roformer_schedule(settings: dict[str, Any], *, padded: bool) -> Callable[[int], Schedule]:
    """padded: a song shorter than a chunk is made as long as one."""
    model = settings["model"]
    hop = int(model.get("stft_hop_length") or settings["audio"]["hop_length"])
    chunk = hop * (int(settings["inference"]["dim_t"]) - 1)
    # Spectra are mirrored at the ends by half a window, for which there must be enough of the song.
    shortest = chunk if padded else int(model.get("stft_n_fft", 2048)) // 2 + 1
    return lambda frames: roformer_schedule(frames, chunk, OVERLAP, hop, shortest)


def _mdx23c_schedule(settings: dict[str, Any]) -> Callable[[int], Schedule]:
    chunk = int(settings["audio"]["hop_length"]) * (int(settings["inference"]["dim_t"]) - 1)
    return lambda frames: mdx23c_schedule(frames, chunk, OVERLAP)


def _roformer_type(settings: dict[str, Any], weights: Path) -> str | None:
    """`bs_roformer` or `mel_band_roformer`, told by the configuration; None: an MDX23C."""
    normaliser = module("roformer.configuration_normalizer").ConfigurationNormalizer()
    return normaliser.resolve_model_type(settings, str(weights)) if normaliser.detect_model_type(settings) else None


def _roformer(torch: Untyped, settings: dict[str, Any], kind: str, weights: Path) -> Untyped:
    """The library builds a Roformer from its normalised configuration, and if the weights don't fit that, from the
    configuration as it is."""
    # The loader imports it when it is needed, and then the rest of the library.
    network_module = module(f"uvr_lib_v5.roformer.{kind}")
    loader = module("roformer.roformer_loader").RoformerLoader()
    normalise = loader.config_normalizer.normalize_config
    state = state_of(torch, weights)

    def new() -> Untyped:
        config = normalise(settings, kind, apply_defaults=True, validate=True)
        return getattr(loader, f"_create_{kind}")(config)

    def old() -> Untyped:
        config = normalise(settings.get("model", settings), kind, apply_defaults=False, validate=False)
        name = {"bs_roformer": "BSRoformer", "mel_band_roformer": "MelBandRoformer"}[kind]
        return getattr(network_module, name)(**config)

    try:
        with uninitialised(torch):
            network = new()
        return fill(network, state, weights.name)
    except (ModelFailed, ValueError, TypeError):
        with uninitialised(torch):
            network = old()
        return fill(network, state, weights.name)


def _mdx23c(torch: Untyped, settings: dict[str, Any], weights: Path) -> Untyped:
    config = import_module("ml_collections").ConfigDict(settings)
    with uninitialised(torch):
        network = module("uvr_lib_v5.tfc_tdf_v3").TFC_TDF_net(config, device="cpu")
    return fill(network, state_of(torch, weights), weights.name)
