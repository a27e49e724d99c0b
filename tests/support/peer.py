"""audio-separator's own way over a song, as the reference: its loaded network, its chunk loops, offline."""

# The library has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUntypedBaseClass=false, reportImplicitOverride=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false
from __future__ import annotations

import json
import logging
import random
import sys
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module, resources
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from stemset import audio
from stemset.audio import Samples
from stemset.models import registry
from stemset.models.card import MDX_CATALOGUE, VR_CATALOGUE, Architecture
from stemset.models.networks.architectures import mdx, roformer_mdx23c
from stemset.models.params import DemucsParams, ModelParams, VrParams

MODULES = "audio_separator.separator"


class Peer:
    """One model in the library. params: of a Demucs or a VR network."""

    def __init__(self, name: str, folder: Path, params: ModelParams) -> None:
        self._kind = {Architecture.MDX: "MDX", Architecture.DEMUCS: "Demucs", Architecture.VR: "VR"}.get(
            registry.card(name).architecture, "MDXC"
        )
        with _quiet():
            separator = _separator_class()(name, self._kind, folder, params)
            separator.load_model(name)
            self.instance: Any = separator.model_instance
            if self._kind == "Demucs":
                pretrained = import_module(f"{MODULES}.uvr_lib_v5.demucs.pretrained")
                self.instance.demucs_model_instance = pretrained.get_model(name=Path(name).stem, repo=folder)

    def demix(self, mix: Samples) -> dict[str, Samples]:
        """The library's own stems of a stereo mix at 44.1 kHz, at the level at which it comes."""
        with _quiet(), pytest.MonkeyPatch.context() as patch:
            if self._kind == "VR":
                return self._separate_vr(mix)
            if self._kind != "Demucs":
                stems = self.instance.demix(mix)
                return stems if isinstance(stems, dict) else {self.instance.primary_stem_name: stems}
            # Its shifts are random; these are the ones that we always take.
            apply = import_module(f"{MODULES}.uvr_lib_v5.demucs.apply")
            patch.setattr(apply, "random", random.Random(0))
            first, second, *rest = self.instance.demucs_model_instance.sources
            return dict(zip((second, first, *rest), self.instance.demix_demucs(mix), strict=True))

    def _separate_vr(self, mix: Samples) -> dict[str, Samples]:
        """It has no chunk loop on its own: from file to file, but for the writer. Whole hops only, then silence."""
        stems: dict[str, Samples] = {}

        def keep(_path: str, samples: Samples, stem: str) -> None:
            stems[stem] = samples.T

        self.instance.final_process = keep
        with TemporaryDirectory() as folder:
            file = Path(folder) / "mix.wav"
            audio.write(file, mix, 44_100)
            self.instance.separate(str(file))
        missing = mix.shape[1] - next(iter(stems.values())).shape[1]
        return {stem: np.pad(samples, ((0, 0), (0, max(0, missing)))) for stem, samples in stems.items()}


@contextmanager
def _quiet() -> Generator[None]:
    path = list(sys.path)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.path[:] = path


def _separator_class() -> Any:
    logging.getLogger("audio_separator").addHandler(logging.NullHandler())
    separator: Any = import_module(f"{MODULES}.separator").Separator
    with _torchvision():
        import_module(f"{MODULES}.architectures.mdx_separator")

    class OfflineSeparator(separator):
        def __init__(self, name: str, kind: str, folder: Path, params: ModelParams) -> None:
            self._name, self._kind, self._folder = name, kind, folder
            mdx_params = {"hop_length": 1024, "segment_size": 256, "overlap": mdx.OVERLAP_SHARE, "batch_size": 1}
            shifts = params.shifts if isinstance(params, DemucsParams) else 1
            demucs_params = {"segment_size": "Default", "shifts": shifts, "overlap": 0.25, "segments_enabled": True}
            vr_params: dict[str, Any] = {"batch_size": 1, "enable_tta": False, "enable_post_process": False}
            vr_params |= {"post_process_threshold": 0.2, "high_end_process": False}
            mdxc_params = {
                "segment_size": 256,
                "override_model_segment_size": False,
                "batch_size": 1,
                "overlap": roformer_mdx23c.CHUNKS_PER_FRAME,
                "pitch_shift": 0,
            }
            super().__init__(
                log_level=logging.WARNING,
                model_file_dir=str(folder),
                output_dir=str(folder),
                mdx_params={**mdx_params, "enable_denoise": False},
                demucs_params=demucs_params,
                mdxc_params=mdxc_params,
                vr_params={**vr_params, **(params.model_dump() if isinstance(params, VrParams) else {})},
            )

        def check_ffmpeg_installed(self) -> None:
            pass

        def download_model_files(self, model_filename: str) -> tuple[str, str, str, str, str | None]:
            config = next((file for file in registry.card(self._name).weights if file.endswith(".yaml")), None)
            path = str(self._folder / model_filename)
            return model_filename, self._kind, self._name, path, config if self._kind == "MDXC" else None

        def load_model_data_using_hash(self, model_path: str) -> dict[str, Any]:
            shipped = resources.files("audio_separator").joinpath("model-data.json").read_text(encoding="utf-8")
            catalogue = VR_CATALOGUE if self._kind == "VR" else MDX_CATALOGUE
            fetched = json.loads((self._folder / catalogue).read_text(encoding="utf-8"))
            known = {**fetched, **json.loads(shipped)[Path(catalogue).stem]}
            parameters = known[self.get_model_hash(model_path)]
            if self._kind == "VR":
                return parameters
            # The length the network was trained with, else the library converts it to torch at 256 frames.
            self.arch_specific_params["MDX"]["segment_size"] = 2 ** parameters["mdx_dim_t_set"]
            return parameters

    return OfflineSeparator


@contextmanager
def _torchvision() -> Generator[None]:
    """A stand-in while onnx2torch is imported: it wants two operators of torchvision that no such network has."""
    stub, operators = ModuleType("torchvision"), ModuleType("torchvision.ops")
    stub.__dict__["ops"] = operators
    operators.__dict__.update(roi_align=None, nms=None)
    stubs = {
        name: part for name, part in (("torchvision", stub), ("torchvision.ops", operators)) if name not in sys.modules
    }
    sys.modules.update(stubs)
    try:
        yield
    finally:
        for name in stubs:
            sys.modules.pop(name, None)
