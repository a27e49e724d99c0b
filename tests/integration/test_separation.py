"""Real music through the shipped strategies, from file to files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemset import audio
from stemset.audio import AudioFormat
from stemset.config import load_config
from stemset.demo import render
from stemset.models import registry
from stemset.models.pool import ModelPool
from stemset.models.runtime import Runtime
from stemset.separation import Resources, Separation, SeparationOptions, separate
from stemset.strategy import parse
from tests.support.music import real_song
from tests.support.tiny_models import make_mdx, make_tiny_models

ROOT = Path(__file__).parents[2]
SONGS = (("demo", 6.1), ("lithium-60s", 6.1), ("sodium-60s", 6.1))

pytest.importorskip("torch", reason="the library models need the ml extra: make .venv/.ml")


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> ModelPool:
    folder = tmp_path_factory.mktemp("models")
    make_tiny_models(folder)
    return ModelPool(Runtime(folder, "cpu", threads=1))


@pytest.fixture
def song(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A few seconds of a song, in 16 bits as it came; whole songs only take longer."""
    name, seconds = request.param
    mixture = render(tmp_path / "demo").mixture if name == "demo" else real_song(name) / "mixture.flac"
    rate = audio.pcm_of(mixture).sample_rate
    excerpt, _ = soundfile.read(mixture, frames=round(seconds * rate), start=10 * rate, dtype="int16")
    soundfile.write(tmp_path / "song.flac", excerpt, rate)
    return tmp_path / "song.flac"


def assert_sums_to(result: Separation, song: Path) -> None:
    """Against the song itself, not against our copy of it: nothing is late, cut or scaled on the way."""
    samples, rate = audio.read(song)
    stems = [audio.read(stem.file) for stem in result.stems.values()]
    assert {stem_rate for _, stem_rate in stems} == {rate}
    difference = np.sum([stem for stem, _ in stems], axis=0, dtype=np.float64) - samples * result.manifest.common_gain
    assert 20 * np.log10(np.abs(difference).max() + 1e-12) <= -90
    assert result.manifest.sum_to_mixture_db is not None
    assert result.manifest.sum_to_mixture_db <= -90


@pytest.mark.parametrize("song", SONGS, indirect=True, ids=lambda song: song[0])
@pytest.mark.parametrize("strategy", ["instant", "successive"])
def test_stems_sum_to_the_song(song: Path, strategy: str, tmp_path: Path, pool: ModelPool) -> None:
    plan = load_config(ROOT / "config.yaml").strategies[strategy]
    assert_sums_to(separate(song, plan, tmp_path / "stems", resources=Resources(pool)), song)


@pytest.mark.parametrize("song", [("demo", 2.1)], indirect=True, ids=["demo"])
@pytest.mark.parametrize(
    "strategy", ["htdemucs_ft", "vocals_then_ft", "vocals_ensemble", "six_stems", "karaoke", "drum_kit"]
)
def test_every_shipped_strategy_runs(song: Path, strategy: str, tmp_path: Path, pool: ModelPool) -> None:
    plan = load_config(ROOT / "config.yaml").strategies[strategy]
    result = separate(song, plan, tmp_path / "stems", resources=Resources(pool))
    assert tuple(result.stems) == plan.stems
    assert_sums_to(result, song)


@pytest.mark.parametrize("song", [("demo", 2.1)], indirect=True, ids=["demo"])
@pytest.mark.parametrize(
    "model",
    [
        "kuielab_b_vocals.onnx",
        "vocals_mel_band_roformer.ckpt",
        "MDX23C-8KFFT-InstVoc_HQ.ckpt",
        "htdemucs.yaml",
        "UVR-DeNoise.pth",
    ],
)
def test_stems_of_a_tree_of_three_levels_sum_to_the_song(
    song: Path, model: str, tmp_path: Path, pool: ModelPool
) -> None:
    slots = tuple(registry.find(model).output_slots)

    def node(level: int) -> dict[str, object]:
        below = f"rest_{level}" if level == 3 else node(level + 1)
        return {"_": model, **{slot: f"{slot}_{level}" for slot in slots[:-1]}, slots[-1]: below}

    result = separate(song, parse("three", node(1)), tmp_path / "stems", resources=Resources(pool))
    assert len(result.stems) == 3 * (len(slots) - 1) + 1
    assert_sums_to(result, song)


@pytest.mark.parametrize("peak", [0.02, 0.1, 0.5, 1.0])
def test_networks_that_give_half_give_half_at_the_third_level_too(peak: float, tmp_path: Path) -> None:
    names = {"vocals": "kuielab_b_vocals.onnx", "drums": "kuielab_b_drums.onnx", "bass": "kuielab_b_bass.onnx"}
    (tmp_path / "models").mkdir()
    for number, (stem, name) in enumerate(names.items()):
        # The catalogue knows networks by their content, so no two may be the same.
        make_mdx(tmp_path / "models", name, stem.title(), gain=0.5 + number * 1e-6)
    tree: object = "other"
    for stem in reversed(names):
        tree = {"_": names[stem], stem: stem, f"not_{stem}": tree}
    seconds = np.arange(3 * 44_100) / 44_100
    sines = [np.sin(2 * np.pi * hertz * seconds) for hertz in (440, 3_000)]
    audio.write(tmp_path / "song.wav", (peak * np.stack(sines)).astype(np.float32), 44_100)
    result = separate(
        tmp_path / "song.wav",
        parse("halves", tree),
        tmp_path / "stems",
        SeparationOptions(AudioFormat.WAV, bit_depth=24),
        resources=Resources(ModelPool(Runtime(tmp_path / "models", "cpu", threads=1))),
    )
    inner = slice(44_100, 2 * 44_100)  # the ends of a tone hold every frequency
    mix = audio.read(result.mixture.file)[0][:, inner].astype(np.float64)
    for stem, share in {"vocals": 0.5, "drums": 0.25, "bass": 0.125, "other": 0.125}.items():
        gain = np.vdot(audio.read(result.stems[stem].file)[0][:, inner], mix) / np.vdot(mix, mix)
        assert gain == pytest.approx(share, abs=1e-4)
