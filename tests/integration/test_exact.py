"""Our way over a song beside the library's own, on the same weights: the same samples."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from stemset import audio
from stemset.audio import Samples
from stemset.concurrency.progress import ignore_progress
from stemset.models import registry
from stemset.models.networks.audio_separator.mel_filters import mel_filters
from stemset.models.networks.network import LoadedNetwork
from stemset.models.networks.slot_names import find_slot
from stemset.models.params import DemucsParams, ModelParams, VrParams
from stemset.models.runtime import Runtime
from tests.support.peer import Peer
from tests.support.resampling import resample
from tests.support.tiny_models import make_old_vr, make_vr

TOLERANCE = 1e-5  # of full scale; float32 sums in another order differ by less

NAMES = (
    "kuielab_b_drums.onnx",
    "vocals_mel_band_roformer.ckpt",
    "model_bs_roformer_ep_317_sdr_12.9755.ckpt",
    "BS-Roformer-SW.ckpt",
    "MDX23C-8KFFT-InstVoc_HQ.ckpt",
    "MDX23C-DrumSep-aufr33-jarredou.ckpt",
    "htdemucs.yaml",
    "htdemucs_ft.yaml",
    "hdemucs_mmi.yaml",
    "5_HP-Karaoke-UVR.pth",
    "UVR-De-Echo-Normal.pth",
)

EACH = tuple(name for name in NAMES if name != "htdemucs_ft.yaml")

Pair = Callable[[str], tuple[LoadedNetwork, Peer]]


@pytest.fixture(scope="module")
def pair(tiny_models: Path) -> Pair:
    """Our network and the library's, each loaded once."""
    loaded: dict[str, tuple[LoadedNetwork, Peer]] = {}

    def get(name: str) -> tuple[LoadedNetwork, Peer]:
        if name not in loaded:
            ours = LoadedNetwork(registry.card(name), Runtime(tiny_models, "cpu", threads=1))
            loaded[name] = ours, Peer(name, tiny_models, ModelParams())
        return loaded[name]

    return get


def full_scale(samples: Samples) -> Samples:
    """With a peak of exactly 1, at which a song is heard as it is."""
    return (samples / np.abs(samples).max()).astype(np.float32)


def noise(frames: int, seed: int = 0) -> Samples:
    return full_scale(np.random.default_rng(seed).normal(0, 0.2, (2, frames)).astype(np.float32))


def ours(network: LoadedNetwork, mix: Samples, folder: Path, params: ModelParams) -> dict[str, Samples]:
    file = folder / "mix.wav"
    audio.write(file, mix, 44_100)
    with network.demix(file, network.stems, ignore_progress, params) as blocks:
        parts = list(blocks)
    return {stem: np.concatenate([part[stem] for part in parts], axis=1) for stem in network.stems}


def compare(network: LoadedNetwork, peer: Peer, mix: Samples, folder: Path, params: ModelParams | None = None) -> None:
    expected = peer.demix(mix)
    got = ours(network, mix, folder, params or ModelParams())
    assert got
    for stem, samples in got.items():
        assert samples.shape == mix.shape
        assert np.abs(samples - expected[stem][:, : mix.shape[1]]).max() <= TOLERANCE


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("frames", [100_003, 31_743, 5_003])
def test_any_length_gives_what_the_library_gives(name: str, frames: int, pair: Pair, tmp_path: Path) -> None:
    compare(*pair(name), noise(frames), tmp_path)


@pytest.mark.parametrize("name", EACH)
def test_mono_made_stereo_gives_what_the_library_gives(name: str, pair: Pair, tmp_path: Path) -> None:
    mono = noise(70_001)[:1]
    compare(*pair(name), np.ascontiguousarray(np.repeat(full_scale(mono), 2, axis=0)), tmp_path)


@pytest.mark.parametrize("name", EACH)
def test_silence_gives_what_the_library_gives(name: str, pair: Pair, tmp_path: Path) -> None:
    compare(*pair(name), np.zeros((2, 70_001), np.float32), tmp_path)


@pytest.mark.parametrize(
    "name", ["kuielab_b_drums.onnx", "vocals_mel_band_roformer.ckpt", "htdemucs.yaml", "UVR-DeNoise.pth"]
)
def test_a_song_at_48_khz_gives_what_the_library_gives(
    name: str, tiny_models: Path, pair: Pair, tmp_path: Path
) -> None:
    """From file to file, between two conversions of the rate of the whole song at once."""
    mix = 0.9 * noise(96_001)
    audio.write(tmp_path / "in.wav", mix, 48_000)
    kind = registry.find(name)
    files = kind(kind.card.params(), Runtime(tiny_models, "cpu", threads=1)).separate(
        tmp_path / "in.wav", tmp_path / "out"
    )
    heard = resample(mix, 48_000, 44_100, round(96_001 * 44_100 / 48_000))
    peak = np.abs(heard).max()
    expected = pair(name)[1].demix(heard / peak)
    for slot, file in list(files.items())[:-1]:
        stem = next(stem for stem in expected if find_slot(stem, [slot]))
        at_48_khz = resample(expected[stem] * peak, 44_100, 48_000, 96_001)
        assert np.abs(audio.read(file)[0] - at_48_khz).max() <= TOLERANCE


@pytest.mark.parametrize("name", ["htdemucs.yaml", "htdemucs_ft.yaml"])
@pytest.mark.parametrize("shifts", [0, 2])
def test_shifted_runs_are_averaged_as_in_the_library(
    name: str, shifts: int, tiny_models: Path, pair: Pair, tmp_path: Path
) -> None:
    params = DemucsParams(shifts=shifts)
    compare(pair(name)[0], Peer(name, tiny_models, params), noise(40_001), tmp_path, params)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["5_HP-Karaoke-UVR.pth", "UVR-De-Echo-Normal.pth"])
@pytest.mark.parametrize(("aggression", "window_size"), [(0, 320), (20, 320), (5, 1024)])
def test_a_vr_network_takes_the_parameters_of_the_library(
    name: str, aggression: int, window_size: Literal[320, 512, 1024], tiny_models: Path, pair: Pair, tmp_path: Path
) -> None:
    """In a window of 320 there are fewer times than in this song, so that windows meet."""
    params = VrParams(aggression=aggression, window_size=window_size)
    compare(pair(name)[0], Peer(name, tiny_models, params), noise(100_001), tmp_path, params)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "bands"),
    [
        (False, "1band_sr44100_hl1024"),
        (False, "4band_v3_sn"),
        (False, "4band_v4_ms_fullband"),
        (True, "3band_44100_mid"),
        (True, "3band_44100_msb2"),
        (True, "4band_v2"),
    ],
)
def test_bands_of_every_kind_are_those_of_the_library(old: bool, bands: str, tmp_path: Path) -> None:
    name, params = "UVR-DeNoise.pth", VrParams(window_size=320)
    (make_old_vr if old else make_vr)(tmp_path, name, bands, "Vocals")
    network = LoadedNetwork(registry.card(name), Runtime(tmp_path, "cpu", threads=1))
    compare(network, Peer(name, tmp_path, params), noise(40_001 if old else 150_001), tmp_path, params)


def test_a_bag_runs_only_the_networks_of_the_stems_that_are_wanted(
    tiny_models: Path, pair: Pair, tmp_path: Path
) -> None:
    """Of htdemucs_ft each network makes one stem: what is left out changes nothing in the others."""
    peer, mix = pair("htdemucs_ft.yaml")[1], noise(40_001)
    audio.write(tmp_path / "mix.wav", mix, 44_100)
    kind = registry.find("htdemucs_ft.yaml")
    separator = kind(kind.card.params(), Runtime(tiny_models, "cpu", threads=1))
    wanted = ("bass", "drums", "other")
    told: list[float] = []
    files = separator.separate(tmp_path / "mix.wav", tmp_path / "out", told.append, wanted)
    assert set(files) == set(wanted)
    expected = peer.demix(mix)
    for slot in wanted:
        assert np.abs(audio.read(files[slot])[0] - expected[slot]).max() <= TOLERANCE
    alone: list[float] = []
    separator.separate(tmp_path / "mix.wav", tmp_path / "alone", alone.append, ["bass"])
    assert len({*told} - {0.0, 1.0}) == 3 * len({*alone} - {0.0, 1.0})
    # Kept under another key: with the vocals known, `other` takes what all stems leave, too.
    assert separator.variant(wanted) != separator.variant(tuple(kind.output_slots))
    assert separator.variant(("bass",)) == separator.variant(tuple(kind.output_slots))


@pytest.mark.parametrize(("n_fft", "bands"), [(2048, 60), (2048, 64), (4096, 96)])
def test_mel_filters_are_those_of_librosa(n_fft: int, bands: int) -> None:
    librosa = import_module("librosa")
    expected = librosa.filters.mel(sr=44_100, n_fft=n_fft, n_mels=bands)
    assert np.array_equal(mel_filters(sr=44_100, n_fft=n_fft, n_mels=bands), expected)
