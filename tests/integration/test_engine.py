"""Every architecture through the real library, offline, on tiny random networks."""

from __future__ import annotations

import json
import logging
import shutil
import sys
import time
import warnings
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module, resources
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from stemset import audio
from stemset.audio import Samples
from stemset.concurrency import progress
from stemset.concurrency.progress import CHECK_INTERVAL_S, ProgressRepeater
from stemset.errors import Cancelled, EngineMissing, ModelFailed, WeightsDamaged, WeightsMissing
from stemset.models import registry
from stemset.models.model import AudioSeparator
from stemset.models.networks import network
from stemset.models.networks.audio_separator import imports
from stemset.models.networks.inference import interruption
from stemset.models.networks.inference.interruption import InterruptibleSession
from stemset.models.runtime import Runtime
from stemset.models.weights import files
from tests.support.tiny_models import make_mdx
from tests.support.waiting import LIMIT_S

# One of each way through the engine: a single stem, several, two estimated ones, a bag, no `other`.
ARCHITECTURES = (
    "kuielab_b_drums.onnx",
    "UVR-MDX-NET-Inst_HQ_5.onnx",
    "vocals_mel_band_roformer.ckpt",
    "model_bs_roformer_ep_317_sdr_12.9755.ckpt",
    "BS-Roformer-SW.ckpt",
    "MDX23C-8KFFT-InstVoc_HQ.ckpt",
    "MDX23C-DrumSep-aufr33-jarredou.ckpt",
    "htdemucs.yaml",
    "htdemucs_ft.yaml",
    "htdemucs_6s.yaml",
    "hdemucs_mmi.yaml",
    "5_HP-Karaoke-UVR.pth",
    "UVR-DeNoise.pth",
)
OTHERS = tuple(name for name in registry.names() if registry.card(name).weights and name not in ARCHITECTURES)
ONE_OF_EACH = (
    "kuielab_b_drums.onnx",
    "vocals_mel_band_roformer.ckpt",
    "MDX23C-8KFFT-InstVoc_HQ.ckpt",
    "htdemucs.yaml",
    "UVR-DeNoise.pth",
)

Model = Callable[[str], AudioSeparator]


@pytest.fixture(scope="module")
def model(tiny_models: Path) -> Model:
    """Models by name, each loaded once for this module, as a process does it."""
    loaded: dict[str, AudioSeparator] = {}

    def get(name: str) -> AudioSeparator:
        if name not in loaded:
            loaded[name] = instance(name, tiny_models)
        return loaded[name]

    return get


def instance(name: str, folder: Path) -> AudioSeparator:
    kind = registry.find(name)
    return kind(kind.card.params(), Runtime(folder, "cpu", threads=1))


def test_what_many_stems_leave_may_be_a_slot_of_its_own(tiny_models: Path, tmp_path: Path) -> None:
    kind = registry.find("htdemucs.yaml")
    mix = noise(30_001)
    audio.write(tmp_path / "in.wav", mix, 44_100)
    slots: dict[bool, dict[str, Samples]] = {}
    for keep in (False, True):
        separator = kind(kind.card.params.model_validate({"keep_residual": keep}), Runtime(tiny_models, "cpu"))
        files = separator.separate(tmp_path / "in.wav", tmp_path / str(keep))
        slots[keep] = {slot: audio.read(file)[0] for slot, file in files.items()}
    kept = slots[True]
    assert list(kept) == [*kind.output_slots, "residual"]
    np.testing.assert_allclose(np.sum(list(kept.values()), axis=0), mix, atol=1e-6)
    np.testing.assert_allclose(kept["other"] + kept["residual"], slots[False]["other"], atol=1e-6)


def noise(frames: int, peak: float = 0.5, seed: int = 0) -> Samples:
    samples = np.random.default_rng(seed).uniform(-1, 1, (2, frames)).astype(np.float32)
    return samples * np.float32(peak / np.abs(samples).max())


def run(separator: AudioSeparator, mix: Samples, folder: Path, sample_rate: int = 44_100) -> dict[str, Samples]:
    """Slots of the mix; asserts what holds for every run: rate, length, format, order, sum."""
    audio.write(folder / "in.wav", mix, sample_rate)
    files = separator.separate(folder / "in.wav", folder / "out")
    slots = {slot: audio.read(file) for slot, file in files.items()}
    expected = list(separator.output_slots) + ([] if separator.complement() else ["residual"])
    assert list(files) == expected
    assert {rate for _, rate in slots.values()} == {sample_rate}
    assert {samples.shape for samples, _ in slots.values()} == {mix.shape}
    difference = np.sum([samples for samples, _ in slots.values()], axis=0, dtype=np.float64) - mix
    assert 20 * np.log10(np.abs(difference).max() + 1e-12) <= -90
    return {slot: samples for slot, (samples, _) in slots.items()}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_slots_sum_to_a_song_of_odd_length_at_48_khz(name: str, model: Model, tmp_path: Path) -> None:
    slots = run(model(name), noise(60_013), tmp_path, 48_000)
    assert all(np.abs(samples).max() > 0 for samples in slots.values())


@pytest.mark.parametrize("name", OTHERS)
def test_every_registered_model_runs_under_its_own_name(name: str, model: Model, tmp_path: Path) -> None:
    run(model(name), noise(22_050), tmp_path)


@pytest.mark.parametrize("name", ONE_OF_EACH)
@pytest.mark.parametrize("frames", [137, 44_101])
def test_any_length_will_do(name: str, frames: int, model: Model, tmp_path: Path) -> None:
    run(model(name), noise(frames), tmp_path)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_silence_stays_silent(name: str, model: Model, tmp_path: Path) -> None:
    slots = run(model(name), np.zeros((2, 30_000), np.float32), tmp_path)
    # A network may answer silence with its biases, far below what 16 bits hold.
    assert all(np.abs(samples).max() < 1e-4 for samples in slots.values())


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_quiet_song_is_separated_as_a_loud_one(name: str, model: Model, tmp_path: Path) -> None:
    loud = run(model(name), noise(50_000, peak=1.0), tmp_path)
    quiet = run(model(name), noise(50_000, peak=0.02), tmp_path)
    for slot, samples in loud.items():
        assert np.abs(samples * 0.02 - quiet[slot]).max() < 1e-6  # rounding of float32 at a peak of 0.02


@pytest.fixture(scope="module")
def half(tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> AudioSeparator:
    """An MDX-Net whose estimate is exactly half of its input."""
    folder = tmp_path_factory.mktemp("half")
    make_mdx(folder, "kuielab_b_drums.onnx", "Drums", gain=0.5)
    return instance("kuielab_b_drums.onnx", folder)


def tone(frames: int, sample_rate: int, peak: float) -> Samples:
    """Inside the band that the network hears, above its three lowest bins."""
    time = np.arange(frames) / sample_rate
    left, right = np.sin(2 * np.pi * 440 * time), np.sin(2 * np.pi * 3_000 * time + 1)
    return (peak * np.stack([left, right])).astype(np.float32)


@pytest.mark.parametrize("sample_rate", [44_100, 48_000])
@pytest.mark.parametrize("peak", [0.02, 0.1, 0.25, 0.5, 0.9, 1.0])
def test_a_network_that_gives_half_gives_half_at_any_level(
    peak: float, sample_rate: int, half: AudioSeparator, tmp_path: Path
) -> None:
    mix = tone(3 * sample_rate, sample_rate, peak)
    slots = run(half, mix, tmp_path, sample_rate)
    inner = slice(sample_rate, 2 * sample_rate)  # the ends of a tone hold every frequency
    for slot in ("drums", "not_drums"):
        gain = float(np.vdot(slots[slot][:, inner], mix[:, inner]) / np.vdot(mix[:, inner], mix[:, inner]))
        assert gain == pytest.approx(0.5, abs=1e-4)
        # No delay either: a shift of one frame of the 3 kHz tone would leave 0.2 of it.
        assert np.abs(slots[slot][:, inner] - 0.5 * mix[:, inner]).max() < 1e-3 * peak


@pytest.mark.parametrize("name", ["kuielab_a_bass.onnx", "htdemucs_ft.yaml"])
def test_a_song_gives_the_same_stems_whatever_ran_before(name: str, model: Model, tmp_path: Path) -> None:
    mix = noise(70_000)
    first = run(model(name), mix, tmp_path)
    run(model(name), noise(12_345, seed=1), tmp_path)
    again = run(model(name), mix, tmp_path)
    assert all(np.array_equal(first[slot], again[slot]) for slot in first)


def test_jobs_at_the_same_time_do_not_touch_each_other(model: Model, tmp_path: Path) -> None:
    def job(name: str, seed: int, folder: str) -> tuple[dict[str, Samples], list[float]]:
        work = tmp_path / folder
        work.mkdir()
        heard: list[float] = []
        audio.write(work / "in.wav", noise(100_000, seed=seed), 44_100)
        files = model(name).separate(work / "in.wav", work / "out", heard.append)
        return {slot: audio.read(file)[0] for slot, file in files.items()}, heard

    work = [(name, seed) for seed in (1, 2) for name in ("kuielab_b_drums.onnx", "htdemucs.yaml")]
    alone = [job(name, seed, f"alone-{name}-{seed}") for name, seed in work]
    with ThreadPoolExecutor(4) as threads:
        started = [threads.submit(job, name, seed, f"together-{name}-{seed}") for name, seed in work]
        together = [one.result() for one in started]
    for (slots, heard), (expected, expected_heard) in zip(together, alone, strict=True):
        # A fraction is told again while nothing new happens.
        assert list(dict.fromkeys(heard)) == list(dict.fromkeys(expected_heard))
        assert all(np.array_equal(slots[slot], expected[slot]) for slot in expected)


def test_a_network_computes_with_its_own_number_of_threads_wherever_it_runs(tiny_models: Path, tmp_path: Path) -> None:
    torch = import_module("torch")
    kind = registry.find("htdemucs.yaml")
    networks = {threads: kind(kind.card.params(), Runtime(tiny_models, "cpu", threads=threads)) for threads in (1, 2)}
    counted: set[int] = set()

    def count(_module: object, _inputs: object) -> None:
        counted.add(torch.get_num_threads())

    handle = import_module("torch.nn.modules.module").register_module_forward_pre_hook(count)
    try:
        for threads in (1, 2, 1):
            run(networks[threads], noise(20_000), tmp_path)
            with ThreadPoolExecutor(1) as elsewhere:
                elsewhere.submit(run, networks[threads], noise(20_000), tmp_path).result()
            assert counted == {threads}
            counted.clear()
    finally:
        handle.remove()


@pytest.mark.parametrize("name", [*ONE_OF_EACH, "htdemucs_ft.yaml"])
def test_progress_rises_to_one(name: str, model: Model, tmp_path: Path) -> None:
    audio.write(tmp_path / "in.wav", noise(200_000), 44_100)
    heard: list[float] = []
    model(name).separate(tmp_path / "in.wav", tmp_path / "out", heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert len([fraction for fraction in heard if 0 < fraction < 1]) >= 2


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_cancelling_stops_between_chunks_and_leaves_the_model_whole(name: str, model: Model, tmp_path: Path) -> None:
    mix = noise(150_000)
    before = run(model(name), mix, tmp_path)
    heard: list[float] = []

    def cancel(fraction: float) -> None:
        heard.append(fraction)
        if fraction > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        model(name).separate(tmp_path / "in.wav", tmp_path / "out", cancel)
    assert len(set(heard)) == 2
    after = run(model(name), mix, tmp_path)
    assert all(np.array_equal(before[slot], after[slot]) for slot in before)


@pytest.fixture
def slow_modules() -> Generator[tuple[list[object], Callable[[], None]]]:
    """Every torch module takes longer than the time between two looks at a cancel. Those that ran; what ends it."""
    ran: list[object] = []

    def before(module: object, _inputs: object) -> None:
        ran.append(module)
        time.sleep(1.2 * CHECK_INTERVAL_S)

    handle = import_module("torch.nn.modules.module").register_module_forward_pre_hook(before)
    yield ran, handle.remove
    handle.remove()


@pytest.mark.parametrize("name", ["vocals_mel_band_roformer.ckpt", "MDX23C-8KFFT-InstVoc_HQ.ckpt", "htdemucs.yaml"])
def test_cancelling_stops_in_the_middle_of_a_forward_pass(
    name: str, model: Model, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    mix = noise(30_000)
    before = run(model(name), mix, tmp_path)
    ran, speed_up = request.getfixturevalue("slow_modules")

    def cancel(fraction: float) -> None:
        assert fraction == 0
        if ran:
            raise Cancelled

    with pytest.raises(Cancelled):
        model(name).separate(tmp_path / "in.wav", tmp_path / "out", cancel)
    assert len(ran) == 1
    speed_up()
    after = run(model(name), mix, tmp_path)
    assert all(np.array_equal(before[slot], after[slot]) for slot in before)


def test_cancelling_stops_in_the_middle_of_a_run_of_onnxruntime(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Several looks while the layers of one chunk are computed, of which there are so many that nobody misses them.
    for module in (interruption, progress):
        monkeypatch.setattr(module, "CHECK_INTERVAL_S", 0.002)
    make_mdx(tmp_path, "kuielab_b_drums.onnx", "Drums", layers=600)
    separator = instance("kuielab_b_drums.onnx", tmp_path)
    before = run(separator, noise(20_000), tmp_path)
    heard: list[float] = []

    def cancel(fraction: float) -> None:
        heard.append(fraction)
        # Said again and again while onnxruntime is busy; before that it is said once.
        if len(heard) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        separator.separate(tmp_path / "in.wav", tmp_path / "out", cancel)
    assert heard == [0, 0, 0]
    after = run(separator, noise(20_000), tmp_path)
    assert all(np.array_equal(before[slot], after[slot]) for slot in before)


def test_a_run_of_onnxruntime_is_told_to_end_and_awaited() -> None:
    ended: list[bool] = []

    class Session:
        def get_inputs(self) -> list[SimpleNamespace]:
            return [SimpleNamespace(name="input", shape=[1])]

        def run(self, _names: object, _feed: object, options: Any) -> None:
            while not options.terminate:
                time.sleep(0.01)
            ended.append(True)
            raise RuntimeError("Exiting due to terminate flag being set to true")

    session = InterruptibleSession(cast("Any", Session()))

    def cancel(_fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        session.run(np.zeros(1, np.float32), ProgressRepeater(cancel))
    assert ended == [True]


def test_cancelling_does_not_wait_for_a_network_to_load(
    tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, go = network._load, Event()  # pyright: ignore[reportPrivateUsage]

    def slow_load(*args: Any) -> Any:
        assert go.wait(LIMIT_S)
        return load(*args)

    monkeypatch.setattr(network, "_load", slow_load)
    separator = instance("kuielab_b_drums.onnx", tiny_models)
    audio.write(tmp_path / "in.wav", noise(1_000), 44_100)
    heard: list[float] = []

    def cancel(fraction: float) -> None:
        heard.append(fraction)
        if len(heard) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        separator.separate(tmp_path / "in.wav", tmp_path / "out", cancel)
    go.set()
    run(separator, noise(1_000), tmp_path)


def test_weights_of_another_network_fail_the_job_and_no_other(model: Model, tiny_models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    shutil.copytree(tiny_models, folder)
    name = "vocals_mel_band_roformer.ckpt"
    expected = run(model(name), noise(40_000), tmp_path)
    shutil.copy(tiny_models / "BS-Roformer-SW.ckpt", folder / name)
    broken = instance(name, folder)
    with pytest.raises(ModelFailed, match="damaged or belong to another network"):
        broken.separate(tmp_path / "in.wav", tmp_path / "out")
    run(instance("kuielab_b_drums.onnx", folder), noise(40_000), tmp_path)
    # Once the weights are right, the same instance works, and gives what it always gave.
    shutil.copy(tiny_models / name, folder / name)
    got = run(broken, noise(40_000), tmp_path)
    assert all(np.array_equal(got[slot], expected[slot]) for slot in expected)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_damaged_weights_fail_the_job(
    name: str, tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "addresses", nowhere)
    folder = tmp_path / "models"
    shutil.copytree(tiny_models, folder)
    weight = next(file for file in registry.card(name).weights if file.endswith((".onnx", ".ckpt", ".th", ".pth")))
    file = files.locate(weight, folder)
    assert file is not None
    file.write_bytes(file.read_bytes()[:300])
    audio.write(tmp_path / "in.wav", noise(1_000), 44_100)
    # A file of Demucs carries its hash in its name, so it isn't even loaded.
    with pytest.raises((ModelFailed, WeightsDamaged), match=name):
        instance(name, folder).separate(tmp_path / "in.wav", tmp_path / "out")


def test_sound_that_is_no_stem_fails_the_job(tiny_models: Path, tmp_path: Path) -> None:
    make_mdx(tmp_path, "kuielab_b_drums.onnx", "Drums", gain=float("nan"))
    audio.write(tmp_path / "in.wav", noise(1_000), 44_100)
    with pytest.raises(ModelFailed, match="no usable sound"):
        instance("kuielab_b_drums.onnx", tmp_path).separate(tmp_path / "in.wav", tmp_path / "out")


def test_a_network_with_other_stems_than_the_model_says_fails_the_job(tmp_path: Path) -> None:
    make_mdx(tmp_path, "kuielab_b_drums.onnx", "Guitar", gain=0.5)
    audio.write(tmp_path / "in.wav", noise(1_000), 44_100)
    with pytest.raises(ModelFailed, match="none of them is drums"):
        instance("kuielab_b_drums.onnx", tmp_path).separate(tmp_path / "in.wav", tmp_path / "out")


def nowhere(file: str) -> tuple[str, ...]:
    """An address that refuses, as all do on a machine that is offline: nothing listens on the discard port."""
    return (f"http://127.0.0.1:9/{file}",)


def test_missing_weights_fail_the_job_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "addresses", nowhere)
    audio.write(tmp_path / "in.wav", noise(1_000), 44_100)
    with pytest.raises(WeightsMissing, match=r"stemset models download htdemucs\.yaml"):
        instance("htdemucs.yaml", tmp_path / "models").separate(tmp_path / "in.wav", tmp_path / "out")


def test_without_the_packages_it_says_how_to_install_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_installed(package: str) -> None:
        """As find_spec says of a package that isn't there."""

    monkeypatch.setattr(imports, "find_spec", none_installed)
    audio.write(tmp_path / "in.wav", noise(1_000), 44_100)
    with pytest.raises(EngineMissing, match=r"stemset\[ml\]"):
        instance("htdemucs.yaml", tmp_path).separate(tmp_path / "in.wav", tmp_path / "out")


def test_a_device_that_is_not_there_fails_the_job(tiny_models: Path, tmp_path: Path) -> None:
    kind = registry.find("htdemucs.yaml")
    audio.write(tmp_path / "in.wav", noise(1_000), 44_100)
    with pytest.raises(ModelFailed, match="no device 'mps'"):
        kind(kind.card.params(), Runtime(tiny_models, "mps")).separate(tmp_path / "in.wav", tmp_path / "out")


def test_facts_name_device_versions_and_weights(model: Model, tmp_path: Path) -> None:
    run(model("htdemucs_ft.yaml"), noise(1_000), tmp_path)
    facts = model("htdemucs_ft.yaml").facts()
    assert facts.device == "cpu"
    assert {"torch", "audio-separator", "onnxruntime"} <= facts.versions.keys()
    assert len(facts.weights_sha256) == 5
    for file, digest in facts.weights_sha256.items():
        if file.endswith(".th"):
            assert digest.startswith(Path(file).stem.partition("-")[2])


def test_a_run_leaves_the_process_as_it_was(tiny_models: Path, tmp_path: Path) -> None:
    before, modules = (sys.path.copy(), warnings.filters[:]), set(sys.modules)
    for name in ONE_OF_EACH:
        run(instance(name, tiny_models), noise(1_000), tmp_path)
    assert before == (sys.path, warnings.filters)
    # Nothing stands in for another package any more.
    stand_ins = {"librosa", "librosa.filters", "audio_separator.separator"}
    assert all(getattr(sys.modules[name], "__file__", None) for name in stand_ins & sys.modules.keys())
    assert not any(name.partition(".")[0] == "demucs" for name in sys.modules.keys() - modules)
    assert not logging.getLogger("audio_separator.separator.separator").handlers
    assert not logging.getLogger().handlers or all(
        "audio_separator" not in repr(h) for h in logging.getLogger().handlers
    )


def test_the_cards_name_the_files_that_the_library_lists() -> None:
    listed = json.loads(resources.files("audio_separator").joinpath("models.json").read_text(encoding="utf-8"))
    configs = {
        file: config
        for kind in ("mdx23c_download_list", "roformer_download_list")
        for files in listed[kind].values()
        for file, config in files.items()
    }
    ours = {name: registry.card(name).weights[1] for name in configs.keys() & set(registry.names())}
    assert len(ours) == 6
    assert ours == {name: configs[name] for name in ours}
