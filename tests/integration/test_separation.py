"""Real music through the shipped strategies, from file to files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemset import audio
from stemset.config import load_config
from stemset.demo import render
from stemset.models.base import Runtime
from stemset.models.pool import ModelPool
from stemset.separation import Separation, separate
from tests.support.tiny_models import make_tiny_models

ROOT = Path(__file__).parents[2]
MUSIC = ROOT.parent / "shared" / "music"
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
    mixture = render(tmp_path / "demo").mixture if name == "demo" else MUSIC / name / "mixture.flac"
    if not mixture.is_file():
        pytest.skip(f"{mixture.parent.name} is not on this machine")
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
    assert_sums_to(separate(song, plan, tmp_path / "stems", pool=pool), song)


@pytest.mark.parametrize("song", [("demo", 2.1)], indirect=True, ids=["demo"])
@pytest.mark.parametrize(
    "strategy", ["htdemucs_ft", "vocals_then_ft", "vocals_ensemble", "six_stems", "karaoke", "drum_kit"]
)
def test_every_shipped_strategy_runs(song: Path, strategy: str, tmp_path: Path, pool: ModelPool) -> None:
    plan = load_config(ROOT / "config.yaml").strategies[strategy]
    result = separate(song, plan, tmp_path / "stems", pool=pool)
    assert tuple(result.stems) == plan.stems
    assert_sums_to(result, song)
