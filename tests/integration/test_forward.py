"""Forward passes: batches, memory that runs out, half precision, compiling, loading without random weights."""

# torch is not typed well enough.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stemset import audio
from stemset.audio import Samples
from stemset.concurrency.progress import ignore_progress
from stemset.models import registry
from stemset.models.networks import devices
from stemset.models.networks.architectures import mdx
from stemset.models.networks.network import LoadedNetwork
from stemset.models.params import ModelParams
from stemset.models.runtime import Runtime
from tests.support.peer import Peer

ON_TORCH = ("vocals_mel_band_roformer.ckpt", "MDX23C-8KFFT-InstVoc_HQ.ckpt", "htdemucs.yaml")


def module_of(network: LoadedNetwork) -> Any:
    """The first network's BatchedModule, wherever the architecture keeps it."""
    inner: Any = network._network  # pyright: ignore[reportPrivateUsage]
    return inner._members[0].module if hasattr(inner, "_members") else inner._module


def load(name: str, folder: Path, **changes: Any) -> LoadedNetwork:
    return LoadedNetwork(registry.card(name), replace(Runtime(folder, "cpu", threads=1), **changes))


def song(frames: int, folder: Path) -> Path:
    samples = np.random.default_rng(0).normal(0, 0.2, (2, frames)).astype(np.float32)
    file = folder / "song.wav"
    audio.write(file, samples / np.abs(samples).max(), 44_100)
    return file


def run(network: LoadedNetwork, file: Path) -> dict[str, Samples]:
    with network.demix(file, network.stems, ignore_progress, ModelParams()) as blocks:
        parts = list(blocks)
    return {stem: np.concatenate([part[stem] for part in parts], axis=1) for stem in network.stems}


@pytest.mark.parametrize("name", [*ON_TORCH, "UVR-DeNoise.pth"])
def test_batches_change_nothing(name: str, tiny_models: Path, tmp_path: Path) -> None:
    network, file = load(name, tiny_models), song(300_001, tmp_path)
    alone = run(network, file)
    for batch in (2, 3):
        module_of(network)._batch = batch
        together = run(network, file)
        assert all(np.abs(alone[stem] - together[stem]).max() <= 1e-5 for stem in alone)


def test_a_batch_for_which_memory_is_too_small_is_halved(tiny_models: Path, tmp_path: Path) -> None:
    torch, name = import_module("torch"), "vocals_mel_band_roformer.ckpt"
    network, file = load(name, tiny_models), song(400_001, tmp_path)
    expected = run(network, file)
    forward, sizes = module_of(network), list[int]()
    module = forward._module

    def small(heard: Any) -> Any:
        sizes.append(heard.shape[0])
        if heard.shape[0] > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return module(heard)

    forward._module, forward._batch = small, 8
    got = run(network, file)
    assert all(np.abs(expected[stem] - got[stem]).max() <= 1e-5 for stem in expected)
    assert sizes[:3] == [8, 4, 2]
    assert forward.batch() == 2
    # Once it is known, no larger one is tried.
    assert max(sizes[3:]) <= 4


def test_memory_that_is_too_small_for_one_chunk_fails_the_job(tiny_models: Path, tmp_path: Path) -> None:
    torch = import_module("torch")
    network = load("vocals_mel_band_roformer.ckpt", tiny_models)

    def never(_heard: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    module_of(network)._module = never
    with pytest.raises(Exception, match="out of memory"):
        run(network, song(100_001, tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("name", [*ON_TORCH, "UVR-DeNoise.pth"])
@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_is_40_db_from_full(name: str, precision: str, tiny_models: Path, tmp_path: Path) -> None:
    file = song(150_001, tmp_path)
    full, half = run(load(name, tiny_models), file), run(load(name, tiny_models, precision=precision), file)
    for stem in full:
        noise = np.square(full[stem] - half[stem]).sum()
        assert noise > 0
        assert 10 * np.log10(np.square(full[stem]).sum() / noise) >= 40


def test_a_network_that_overflows_half_precision_runs_in_full(tiny_models: Path, tmp_path: Path) -> None:
    torch, name = import_module("torch"), "vocals_mel_band_roformer.ckpt"
    file = song(150_001, tmp_path)
    expected, network = run(load(name, tiny_models), file), load(name, tiny_models, precision="float16")
    module = module_of(network)._module

    def overflowing(heard: Any) -> Any:
        return module(heard) * (float("inf") if torch.is_autocast_enabled("cpu") else 1.0)

    module_of(network)._module = overflowing
    got = run(network, file)
    assert all(np.array_equal(expected[stem], got[stem]) for stem in expected)


def test_an_mdx_net_bound_to_the_memory_of_torch_gives_the_same(tiny_models: Path, tmp_path: Path) -> None:
    """As on a GPU, on the CPU, which both libraries know under one name, too."""
    name, file = "kuielab_b_drums.onnx", song(200_001, tmp_path)
    expected, network = run(load(name, tiny_models), file), load(name, tiny_models)
    inner: Any = network._network  # pyright: ignore[reportPrivateUsage]
    inner._runner = mdx._run_on_gpu(inner._runner._session, inner._shape, "cpu")  # pyright: ignore[reportPrivateUsage]
    got = run(network, file)
    assert all(np.abs(expected[stem] - got[stem]).max() <= 1e-5 for stem in expected)


@pytest.mark.parametrize("name", ["vocals_mel_band_roformer.ckpt", "BS-Roformer-SW.ckpt"])
def test_loaded_without_random_weights_the_state_is_the_librarys(name: str, tiny_models: Path) -> None:
    ours = module_of(load(name, tiny_models))._module.state_dict()
    theirs = Peer(name, tiny_models, ModelParams()).instance.model_run.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(bool((ours[key] == theirs[key]).all()) for key in theirs)


def test_a_gpu_that_nothing_uses_is_told(tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "has_nvidia_gpu", lambda: True)
    for name in ("kuielab_b_drums.onnx", "htdemucs.yaml"):
        kind = registry.find(name)
        for device, told in (("auto", True), ("cpu", False)):
            separator = kind(kind.card.params(), Runtime(tiny_models, device, threads=1))  # pyright: ignore[reportArgumentType]
            separator.separate(song(1_000, tmp_path), tmp_path / name)
            assert (separator.facts().notice is not None) is told
            assert separator.facts().device == "cpu"


MEMORY = """
import resource, sys
from pathlib import Path
from stemset.models import registry
from stemset.models.runtime import Runtime
folder, song, name = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
kind = registry.find(name)
kind(kind.card.params(), Runtime(folder, "cpu", threads=1)).separate(song, song.parent / "out")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_song(tmp_path: Path, half: Path) -> None:
    """Nine minutes more would be 190 MB for the mixture alone, and as much for each stem."""

    def peak_kilobytes(minutes: float) -> int:
        folder = tmp_path / str(minutes)
        audio.write(folder / "song.wav", np.full((2, round(minutes * 60 * 44_100)), 0.5, np.float32), 44_100)
        command = [sys.executable, "-c", MEMORY, half, folder / "song.wav", "kuielab_b_drums.onnx"]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])

    assert peak_kilobytes(10) - peak_kilobytes(1) < 50_000


def test_a_process_that_runs_an_mdx_net_imports_no_torch(tmp_path: Path, half: Path) -> None:
    """Importing it takes longer than a small network runs."""
    command = [sys.executable, "-c", MEMORY + "print('torch' in sys.modules, 'librosa' in sys.modules)"]
    done = subprocess.run(
        [*command, half, song(1_000, tmp_path), "kuielab_b_drums.onnx"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[-2:] == ["False", "False"]


@pytest.mark.slow
@pytest.mark.parametrize("name", [*ON_TORCH, "BS-Roformer-SW.ckpt"])
def test_of_the_library_only_the_networks_are_imported(name: str, tiny_models: Path, tmp_path: Path) -> None:
    """The rest of it takes three seconds and 170 MB."""
    command = [sys.executable, "-W", "ignore", "-c", MEMORY + "print([*{'librosa', 'numba'} & sys.modules.keys()])"]
    done = subprocess.run(
        [*command, tiny_models, song(1_000, tmp_path), name], capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[-1] == "[]"


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.support.tiny_models import make_mdx

    folder = tmp_path_factory.mktemp("half")
    make_mdx(folder, "kuielab_b_drums.onnx", "Drums", gain=0.5)
    return folder
