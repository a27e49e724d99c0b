"""Tiny networks with random weights under the names of real ones, so that the real code path runs offline.

They separate nothing: their stems are noise-like filters of the input. Everything around the network
(loading, chunking, names, sums) is what the real weights would go through. All of them together take 60 MB.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportMissingParameterType=false
from __future__ import annotations

import hashlib
import importlib
import json
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

# A Roformer's, an MDX23C's and an MDX-Net's smallest workable shape.
N_FFT = 2048
HOP = 512
DIM_F = 1024
DIM_T_LOG2 = 5

MDX_TARGETS = {
    "kuielab_a_vocals.onnx": "Vocals",
    "kuielab_a_drums.onnx": "Drums",
    "kuielab_a_bass.onnx": "Bass",
    "kuielab_a_other.onnx": "Other",
    "kuielab_b_vocals.onnx": "Vocals",
    "kuielab_b_drums.onnx": "Drums",
    "kuielab_b_bass.onnx": "Bass",
    "kuielab_b_other.onnx": "Other",
    "UVR-MDX-NET-Inst_HQ_5.onnx": "Instrumental",
    "UVR-MDX-NET-Voc_FT.onnx": "Vocals",
    "Kim_Vocal_2.onnx": "Vocals",
}
VR_KARAOKE = ("5_HP-Karaoke-UVR.pth", "6_HP-Karaoke-UVR.pth")
VR_TARGETS = {
    "UVR-De-Echo-Normal.pth": "No Echo",
    "UVR-De-Echo-Aggressive.pth": "Echo",
    "UVR-DeEcho-DeReverb.pth": "No Reverb",
    "UVR-DeNoise.pth": "Noise",
}
FOUR_STEMS = ("drums", "bass", "other", "vocals")
SIX_STEMS = (*FOUR_STEMS, "guitar", "piano")


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models folder of `make_tiny_models`, once for all tests; read only."""
    import torch

    torch.set_num_threads(1)  # networks this small spend more time on waking threads than on sums
    folder = tmp_path_factory.mktemp("tiny_models")
    make_tiny_models(folder)
    return folder


def make_tiny_models(folder: Path) -> None:
    """Write every registered library model into folder (made if absent), tiny and random but always the same."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside torch and its dependants are not ours
        with torch.random.fork_rng():
            torch.manual_seed(0)
            for seed, (name, target) in enumerate(MDX_TARGETS.items()):
                make_mdx(folder, name, target, seed=seed)
            _write_roformers(folder)
            _write_mdx23c(
                folder, "MDX23C-8KFFT-InstVoc_HQ.ckpt", "model_2_stem_full_band_8k.yaml", ["Vocals", "Instrumental"]
            )
            _write_mdx23c(
                folder,
                "MDX23C-DrumSep-aufr33-jarredou.ckpt",
                "config_drumsep_mdx23c.yaml",
                ["kick", "snare", "toms", "hh", "ride", "crash"],
            )
            _write_demucs(folder)
            for name in VR_KARAOKE:
                make_old_vr(folder, name, "1band_sr44100_hl256", "Instrumental")
            for name, target in VR_TARGETS.items():
                make_vr(folder, name, "4band_v3", target)


def make_mdx(
    folder: Path, name: str, target: str, *, seed: int = 0, gain: float | None = None, layers: int = 1
) -> None:
    """An MDX-Net: a random mask over the spectrum, or, with a gain, exactly that share of its input.

    layers: of the mask; each takes a few milliseconds for a chunk.

    It is added to the folder's mdx_model_data.json with a `compensate` far from 1, which must not show in any stem.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    shape = [1, 4, DIM_F, 2**DIM_T_LOG2]
    spectrum = helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)
    estimate = helper.make_tensor_value_info("output", TensorProto.FLOAT, shape)
    if gain is None:
        # At this gain many layers fade out; they would soon grow out of float32.
        spread = 0.3 if layers == 1 else 0.1
        kernel = np.random.default_rng(seed).normal(0, spread, (4, 4, 3, 3)).astype(np.float32)
        convolved = ["input", *(f"filtered{layer}" for layer in range(1, layers)), "filtered"]
        nodes = [
            *(
                helper.make_node("Conv", [before, "weight"], [after], pads=[1, 1, 1, 1])
                for before, after in pairwise(convolved)
            ),
            helper.make_node("Sigmoid", ["filtered"], ["mask"]),
            helper.make_node("Mul", ["input", "mask"], ["output"]),
        ]
    else:
        kernel = np.array(gain, dtype=np.float32)
        nodes = [helper.make_node("Mul", ["input", "weight"], ["output"])]
    graph = helper.make_graph(nodes, "tiny", [spectrum], [estimate], [numpy_helper.from_array(kernel, "weight")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, folder / name)

    catalogue = folder / "mdx_model_data.json"
    entries: dict[str, Any] = json.loads(catalogue.read_text()) if catalogue.exists() else {}
    digest = hashlib.md5((folder / name).read_bytes(), usedforsecurity=False).hexdigest()
    entries[digest] = {
        "compensate": 1.5,
        "mdx_dim_f_set": DIM_F,
        "mdx_dim_t_set": DIM_T_LOG2,
        "mdx_n_fft_scale_set": N_FFT,
        "primary_stem": target,
    }
    catalogue.write_text(json.dumps(entries))


def _write_roformers(folder: Path) -> None:
    from audio_separator.separator.uvr_lib_v5.roformer.bs_roformer import BSRoformer
    from audio_separator.separator.uvr_lib_v5.roformer.mel_band_roformer import MelBandRoformer

    common = {
        "dim": 16,
        "depth": 1,
        "stereo": True,
        "time_transformer_depth": 1,
        "freq_transformer_depth": 1,
        "dim_head": 8,
        "heads": 2,
        "attn_dropout": 0.0,
        "ff_dropout": 0.0,
        "flash_attn": True,
        "stft_n_fft": N_FFT,
        "stft_hop_length": HOP,
        "stft_win_length": N_FFT,
        "stft_normalized": False,
        "mask_estimator_depth": 1,
    }
    mel = common | {"num_bands": 12, "sample_rate": 44100}
    bands = common | {"freqs_per_bands": (25,) * 41}

    def write(
        kind: Callable[..., Any], model: Mapping[str, Any], name: str, config: str, stems: list[str], target: str | None
    ) -> None:
        shape = {**model, "num_stems": 1 if target else len(stems)}
        _save(folder, name, config, kind(**shape), shape, stems, target)

    two = ["vocals", "other"]
    write(MelBandRoformer, mel, "vocals_mel_band_roformer.ckpt", "vocals_mel_band_roformer.yaml", two, "vocals")
    ep_317 = "model_bs_roformer_ep_317_sdr_12.9755"
    write(BSRoformer, bands, f"{ep_317}.ckpt", f"{ep_317}.yaml", ["Vocals", "Instrumental"], "Vocals")
    six = ["bass", "drums", "other", "vocals", "guitar", "piano"]
    write(BSRoformer, bands, "BS-Roformer-SW.ckpt", "BS-Roformer-SW.yaml", six, None)
    karaoke = "mel_band_roformer_karaoke_aufr33_viperx_sdr_10.1956"
    write(MelBandRoformer, mel, f"{karaoke}.ckpt", f"{karaoke}_config.yaml", ["Vocals", "Instrumental"], "Vocals")
    denoise = "denoise_mel_band_roformer_aufr33_sdr_27.9959"
    write(MelBandRoformer, mel, f"{denoise}.ckpt", f"{denoise}_config.yaml", ["dry", "other"], "dry")
    dereverb = "dereverb_mel_band_roformer_anvuew"
    write(MelBandRoformer, mel, f"{dereverb}_sdr_19.1729.ckpt", f"{dereverb}.yaml", ["noreverb", "reverb"], "noreverb")


def _write_mdx23c(folder: Path, name: str, config: str, stems: list[str]) -> None:
    import torch
    from audio_separator.separator.uvr_lib_v5.tfc_tdf_v3 import TFC_TDF_net
    from ml_collections import ConfigDict

    model = {
        "act": "gelu",
        "norm": "InstanceNorm",
        "bottleneck_factor": 4,
        "growth": 4,
        "num_blocks_per_scale": 1,
        "num_channels": 8,
        "num_scales": 2,
        "num_subbands": 4,
        "scale": [2, 2],
    }
    network = TFC_TDF_net(ConfigDict(_config(model, stems, None)), device=torch.device("cpu"))
    _save(folder, name, config, network, model, stems, None)


def _config(model: Mapping[str, Any], stems: Sequence[str], target: str | None) -> dict[str, Any]:
    return {
        "audio": {
            "chunk_size": HOP * 127,
            "dim_f": DIM_F,
            "dim_t": 128,
            "hop_length": HOP,
            "n_fft": N_FFT,
            "num_channels": 2,
            "sample_rate": 44100,
        },
        "model": dict(model),
        "training": {"instruments": list(stems), "target_instrument": target, "use_amp": False},
        "inference": {"batch_size": 1, "dim_t": 128, "num_overlap": 2},
    }


def _save(
    folder: Path,
    name: str,
    config: str,
    network: Any,
    model: Mapping[str, Any],
    stems: Sequence[str],
    target: str | None,
) -> None:
    import torch
    import yaml

    torch.save(network.state_dict(), folder / name)
    # As in the published files, which hold Python tuples: the library reads them with the full loader.
    (folder / config).write_text(yaml.dump(_config(model, stems, target)))


def make_old_vr(folder: Path, name: str, bands: str, target: str) -> None:
    """A VR network of the first kind. Its file tells how wide it is, so this is the smallest there was, halved."""
    from audio_separator.separator.uvr_lib_v5.vr_network.nets import determine_model_capacity

    network = determine_model_capacity(2 * _vr_bins(bands), 31191)
    _save_vr(folder, name, network.half(), {"vr_model_param": bands, "primary_stem": target})


def make_vr(folder: Path, name: str, bands: str, target: str) -> None:
    """A VR 5.1. bands: the name of the library's description of them. Its masks are anywhere between 0 and 1."""
    from audio_separator.separator.uvr_lib_v5.vr_network.nets_new import CascadedNet

    width = {"nout": 4, "nout_lstm": 8}
    network = CascadedNet(2 * _vr_bins(bands), 56000, **width)
    _save_vr(folder, name, network, {"vr_model_param": bands, "primary_stem": target, **width})


def _vr_bins(bands: str) -> int:
    from audio_separator.separator.uvr_lib_v5 import vr_network

    described = json.loads((Path(vr_network.__path__[0]) / "modelparams" / f"{bands}.json").read_text())
    return described.get("n_bins") or described["bins"]


def _save_vr(folder: Path, name: str, network: Any, entry: Mapping[str, Any]) -> None:
    import torch

    with torch.no_grad():
        # At first all masks are about a half.
        network.out.weight.mul_(20)
    torch.save(network.state_dict(), folder / name)
    catalogue = folder / "vr_model_data.json"
    entries: dict[str, Any] = json.loads(catalogue.read_text()) if catalogue.exists() else {}
    digest = hashlib.md5((folder / name).read_bytes()[-10_240_000:], usedforsecurity=False).hexdigest()
    catalogue.write_text(json.dumps({**entries, digest: dict(entry)}))


def _write_demucs(folder: Path) -> None:
    from audio_separator.separator import uvr_lib_v5

    # Published checkpoints name their class `demucs.htdemucs.HTDemucs`; the library finds it in a folder of its own.
    path, modules = list(sys.path), set(sys.modules)
    sys.path.insert(0, uvr_lib_v5.__path__[0])
    try:
        hybrid_class = importlib.import_module("demucs.hdemucs").HDemucs
        transformer_class = importlib.import_module("demucs.htdemucs").HTDemucs
        _write_bags(folder, hybrid_class, transformer_class)
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if name.partition(".")[0] == "demucs":
                del sys.modules[name]


def _write_bags(folder: Path, hybrid_class: Callable[..., Any], transformer_class: Callable[..., Any]) -> None:
    transformer: dict[str, Any] = {"channels": 8, "t_layers": 1, "t_heads": 2, "segment": 2, "nfft": 4096}
    hybrid: dict[str, Any] = {"channels": 8, "segment": 4}
    # The published signatures; the library looks them up in the yaml and then finds the file by them.
    four = {"sources": list(FOUR_STEMS), **transformer}
    _write_bag(folder, "htdemucs", transformer_class, four, ["955717e8"])
    one_hot = [[1.0 if stem == model else 0.0 for stem in range(4)] for model in range(4)]
    _write_bag(
        folder, "htdemucs_ft", transformer_class, four, ["f7e0c4bc", "d12395a8", "92cfc3b6", "04573f0d"], one_hot
    )
    _write_bag(folder, "htdemucs_6s", transformer_class, {"sources": list(SIX_STEMS), **transformer}, ["5c90dfd2"])
    _write_bag(folder, "hdemucs_mmi", hybrid_class, {"sources": list(FOUR_STEMS), **hybrid}, ["75fc33f5"])


def _write_bag(
    folder: Path,
    name: str,
    kind: Callable[..., Any],
    options: Mapping[str, Any],
    signatures: list[str],
    weights: list[list[float]] | None = None,
) -> None:
    import torch
    import yaml

    for signature in signatures:
        network = kind(**options)
        package = {"klass": kind, "args": (), "kwargs": dict(options), "state": network.state_dict()}
        file = folder / f"{signature}.th"
        torch.save(package, file)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
        file.rename(folder / f"{signature}-{digest}.th")
    bag: dict[str, Any] = {"models": signatures}
    if weights:
        bag["weights"] = weights
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(bag))
