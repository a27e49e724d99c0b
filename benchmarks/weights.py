"""Networks of true and of tiny size with random weights, in folders that Stemset and audio-separator both read.

python benchmarks/weights.py FOLDER [NAME…]

Random weights separate nothing, but cost exactly what trained ones do. They are seeded: the same every time.
"""

# Of torch and the library little is typed.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

import hashlib
import importlib
import json
import sys
import warnings
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

SMALL_MDX = {"kuielab_b_drums.onnx": "Drums", "kuielab_a_bass.onnx": "Bass", "kuielab_a_vocals.onnx": "Vocals"}
FULL_MDX = {"Kim_Vocal_2.onnx": "Vocals"}
MEL = "vocals_mel_band_roformer"
KARAOKE = "mel_band_roformer_karaoke_aufr33_viperx_sdr_10.1956"
BS = "model_bs_roformer_ep_317_sdr_12.9755"
DENOISE = "denoise_mel_band_roformer_aufr33_sdr_27.9959"
# Name of the weights -> its configuration, and the stems that it names there; the first is what it was trained for.
ROFORMERS = {
    MEL: (f"{MEL}.yaml", ("vocals", "other")),
    KARAOKE: (f"{KARAOKE}_config.yaml", ("Vocals", "Instrumental")),
    DENOISE: (f"{DENOISE}_config.yaml", ("dry", "other")),
    BS: (f"{BS}.yaml", ("Vocals", "Instrumental")),
}
# The published signatures of htdemucs and of the four networks of htdemucs_ft.
DEMUCS = {"htdemucs": ("955717e8",), "htdemucs_ft": ("f7e0c4bc", "d12395a8", "92cfc3b6", "04573f0d")}
SOURCES = ("drums", "bass", "other", "vocals")


def prepare(folder: Path, *names: str) -> None:
    """Make what is not there yet of small_mdx, full_mdx, tiny_roformer, roformer, bs_roformer, demucs; 2.1 GB in all.

    names: only these.
    """
    makers: dict[str, Callable[[Path], None]] = {
        "small_mdx": lambda place: _mdx_nets(place, SMALL_MDX, dim_f=2048, n_fft=6144, growth=10, levels=3),
        "full_mdx": lambda place: _mdx_nets(place, FULL_MDX, dim_f=3072, n_fft=7680, growth=48, levels=5),
        "tiny_roformer": lambda place: _roformers(place, (MEL, KARAOKE, DENOISE), dim=32, depth=1, heads=2, bands=30),
        "roformer": lambda place: _roformers(place, (MEL,), dim=384, depth=6, heads=8, bands=60),
        "bs_roformer": lambda place: _roformers(place, (BS,), dim=512, depth=12, heads=8),
        "demucs": _demucs,
    }
    for name in names or makers:
        make = makers[name]
        place, fresh = folder / name, folder / f".{name}"
        if not place.is_dir():
            fresh.mkdir(parents=True, exist_ok=True)
            make(fresh)
            fresh.rename(place)


# --- MDX-Net ---------------------------------------------------------------------------------------------


def _mdx_nets(folder: Path, names: dict[str, str], *, dim_f: int, n_fft: int, growth: int, levels: int) -> None:
    catalogue: dict[str, object] = {}
    for seed, (name, stem) in enumerate(names.items()):
        content = _TfcTdf(seed, dim_f, growth, levels).serialized()
        (folder / name).write_bytes(content)
        catalogue[hashlib.md5(content[-10_240_000:], usedforsecurity=False).hexdigest()] = {
            "compensate": 1.0,
            "mdx_dim_f_set": dim_f,
            "mdx_dim_t_set": 8,
            "mdx_n_fft_scale_set": n_fft,
            "primary_stem": stem,
        }
    (folder / "mdx_model_data.json").write_text(json.dumps(catalogue))
    (folder / "vr_model_data.json").write_text("{}")
    _lists(folder, mdx_download_list={f"MDX-Net Model: {name}": name for name in names})


class _TfcTdf:
    """The U-Net of KUIELab's MDX-Net as an ONNX graph, its normalisations folded into the convolutions."""

    def __init__(self, seed: int, dim_f: int, growth: int, levels: int) -> None:
        onnx: Any = importlib.import_module("onnx")
        self._onnx, self._nodes, self._weights = onnx, list[Any](), list[Any]()
        self._random = np.random.default_rng(seed)
        self._dim_f = dim_f
        bottom = dim_f >> levels
        sound = self._transpose(self._conv("input", 4, growth, 1))
        skips: list[str] = []
        for level in range(levels):
            channels = growth * (level + 1)
            sound = self._block(sound, channels, dim_f >> level)
            skips.append(sound)
            sound = self._conv(sound, channels, channels + growth, 2, stride=2)
        sound = self._block(sound, growth * (levels + 1), bottom)
        for level in reversed(range(levels)):
            channels = growth * (level + 1)
            sound = self._conv(sound, channels + growth, channels, 2, stride=2, transposed=True)
            sound = self._block(self._node("Add", sound, skips[level]), channels, dim_f >> level)
        self._conv(self._transpose(sound), growth, 4, 1, output="output")

    def serialized(self) -> bytes:
        onnx = self._onnx
        shape = ["batch", 4, self._dim_f, 256]
        ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name in ("input", "output")]
        graph = onnx.helper.make_graph(self._nodes, "mdx", ends[:1], ends[1:], self._weights)
        opset = onnx.helper.make_opsetid("", 17)
        return onnx.helper.make_model(graph, opset_imports=[opset], ir_version=9).SerializeToString()

    def _block(self, sound: str, channels: int, bins: int) -> str:
        for _ in range(3):
            sound = self._conv(sound, channels, channels, 3)
        narrow = self._linear(self._linear(sound, bins, bins // 8), bins // 8, bins)
        return self._node("Add", sound, narrow)

    def _conv(
        self,
        sound: str,
        before: int,
        after: int,
        size: int,
        *,
        stride: int = 1,
        transposed: bool = False,
        output: str = "",
    ) -> str:
        shape = (before, after, size, size) if transposed else (after, before, size, size)
        weight = self._weight(shape, before * (1 if transposed else size * size))
        pads = [1, 1, 1, 1] if size == 3 else [0, 0, 0, 0]
        kind = "ConvTranspose" if transposed else "Conv"
        made = self._node(kind, sound, weight, output=output, strides=[stride, stride], pads=pads)
        return made if output else self._node("Relu", made)

    def _linear(self, sound: str, before: int, after: int) -> str:
        return self._node("Relu", self._node("MatMul", sound, self._weight((before, after), before)))

    def _transpose(self, sound: str) -> str:
        return self._node("Transpose", sound, perm=[0, 1, 3, 2])

    def _weight(self, shape: tuple[int, ...], inputs: int) -> str:
        values = self._random.normal(0, (1 / inputs) ** 0.5, shape).astype(np.float32)
        self._weights.append(self._onnx.numpy_helper.from_array(values, f"weight{len(self._weights)}"))
        return self._weights[-1].name

    def _node(self, kind: str, *inputs: str, output: str = "", **attributes: object) -> str:
        name = output or f"sound{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(kind, list(inputs), [name], **attributes))
        return name


# --- Roformer ------------------------------------------------------------------------------------


def _roformers(folder: Path, names: tuple[str, ...], *, dim: int, depth: int, heads: int, bands: int = 0) -> None:
    """In the shape of the published ones, of 8 s at a time. bands: of the mel scale; 0: a BS-Roformer."""
    import torch
    import yaml
    from audio_separator.separator.uvr_lib_v5.roformer.bs_roformer import BSRoformer
    from audio_separator.separator.uvr_lib_v5.roformer.mel_band_roformer import MelBandRoformer

    model: dict[str, Any] = {
        "dim": dim,
        "depth": depth,
        "stereo": True,
        "num_stems": 1,
        "time_transformer_depth": 1,
        "freq_transformer_depth": 1,
        "dim_head": 64,
        "heads": heads,
        "attn_dropout": 0.0,
        "ff_dropout": 0.0,
        "flash_attn": True,
        "dim_freqs_in": 1025,
        "stft_n_fft": 2048,
        "stft_hop_length": 441,
        "stft_win_length": 2048,
        "stft_normalized": False,
        "mask_estimator_depth": 2,
    }
    if bands:
        model |= {"num_bands": bands, "sample_rate": 44100}
    else:
        model["freqs_per_bands"] = (*[2] * 24, *[4] * 12, *[12] * 8, *[24] * 8, *[48] * 8, 128, 129)
    network: Callable[..., Any] = MelBandRoformer if bands else BSRoformer
    chunks = {"chunk_size": 352800, "dim_f": 1024, "dim_t": 801, "hop_length": 441, "n_fft": 2048}
    lists: dict[str, dict[str, str]] = {}
    for seed, name in enumerate(names):
        torch.manual_seed(seed)
        torch.save(network(**model).state_dict(), folder / f"{name}.ckpt")
        config, stems = ROFORMERS[name]
        described = {
            "audio": {**chunks, "num_channels": 2, "sample_rate": 44100},
            "model": model,
            "training": {"instruments": list(stems), "target_instrument": stems[0], "use_amp": False},
            "inference": {"batch_size": 1, "dim_t": 801, "num_overlap": 2},
        }
        (folder / config).write_text(yaml.dump(described))
        lists[f"Roformer Model: {name}"] = {f"{name}.ckpt": config}
    _lists(folder, roformer_download_list=lists)


# --- Demucs ----------------------------------------------------------------------------------------------


def _demucs(folder: Path) -> None:
    """In the shape of htdemucs; htdemucs_ft is a bag of four, each of which gives one stem."""
    import torch
    import yaml
    from audio_separator.separator import uvr_lib_v5

    # Published checkpoints name their class `demucs.htdemucs.HTDemucs`; the library has it in a folder of its own.
    sys.path.insert(0, uvr_lib_v5.__path__[0])
    network: Callable[..., Any] = importlib.import_module("demucs.htdemucs").HTDemucs
    options = {"sources": list(SOURCES), "bottom_channels": 512, "segment": Fraction(39, 5)}
    lists: dict[str, dict[str, str]] = {}
    for bag, signatures in DEMUCS.items():
        files: list[str] = []
        for seed, signature in enumerate(signatures):
            torch.manual_seed(seed)
            state = {name: value.half() for name, value in network(**options).state_dict().items()}
            file = folder / f"{signature}.th"
            torch.save({"klass": network, "args": (), "kwargs": options, "state": state}, file)
            digest = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
            files.append(file.rename(folder / f"{signature}-{digest}.th").name)
        one_hot = [[float(stem == number) for stem in range(4)] for number in range(4)]
        described = {"models": list(signatures), **({"weights": one_hot} if len(signatures) > 1 else {})}
        (folder / f"{bag}.yaml").write_text(yaml.safe_dump(described))
        lists[f"Demucs v4: {bag}"] = {file: file for file in (*files, f"{bag}.yaml")}
    _lists(folder, demucs_download_list=lists)


def _lists(folder: Path, **known: object) -> None:
    """The catalogue that audio-separator would fetch."""
    kinds = ("vr", "mdx", "mdx_download_vip", "demucs", "mdx23c", "mdx23c_download_vip", "roformer")
    names = [kind if kind.endswith("_vip") else f"{kind}_download" for kind in kinds]
    empty = {f"{name}_list": {} for name in names} | {"other_network_list_new": {}}
    (folder / "download_checks.json").write_text(json.dumps(empty | known))


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # deprecations inside torch are not ours
    prepare(Path(sys.argv[1]), *sys.argv[2:])
