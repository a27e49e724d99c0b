"""The quality bench, on the demo song and on small folders."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
from rich.console import Console

from stemset.audio import write
from stemset.bench.quality import measure, pair_stems, song_folders
from stemset.bench.report import QualityReport, SongQuality
from stemset.demo import render
from stemset.errors import AudioError, NotFound
from stemset.models.pool import ModelPool
from stemset.models.runtime import Runtime
from stemset.strategy import parse

INSTANT = parse(
    "instant",
    {
        "_": "percussive",
        "drums": "drums",
        "not_drums": {
            "_": "low_end",
            "bass": "bass",
            "not_bass": {"_": "centre_voice", "vocals": "vocals", "not_vocals": "other"},
        },
    },
)
DRUMLESS = parse("drumless", {"_": "percussive", "drums": "drums", "not_drums": "backing"})


@pytest.fixture
def pool(tmp_path: Path) -> ModelPool:
    return ModelPool(Runtime(tmp_path / "models"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> QualityReport:
    folder = tmp_path_factory.mktemp("quality")
    whole = render(folder)
    excerpt = folder / "test" / "demo song"
    excerpt.mkdir(parents=True)
    for file in (whole.mixture, *whole.stems.values()):
        # Eight seconds of the chorus, where everything plays.
        samples, rate = soundfile.read(file, start=14 * 44100, stop=22 * 44100, dtype="int16")
        soundfile.write(excerpt / file.name, samples, rate)
        file.unlink()
    return measure(folder, INSTANT, ModelPool(Runtime(folder)))


def test_instant_is_clearly_better_than_the_mixture_on_the_demo_song(demo: QualityReport) -> None:
    (song,) = demo.songs
    assert [stem.stem for stem in song.stems] == ["drums", "bass", "vocals", "other"]
    for stem in song.stems:
        assert stem.mixture_sdr_db + 6 < stem.sdr_db < stem.ideal_sdr_db
        assert stem.sdr_db > 0


def test_stems_pass_the_null_test(demo: QualityReport) -> None:
    assert demo.songs[0].null_residual_dbfs is not None
    assert demo.songs[0].null_residual_dbfs <= -90


def test_report_is_a_table_and_json(demo: QualityReport) -> None:
    screen = Console(file=StringIO(), width=120)
    screen.print(demo.table())
    text = screen.file.getvalue() if isinstance(screen.file, StringIO) else ""
    for word in ("instant", "test/demo song", "vocals", "ideal mask", "null test", "× real time"):
        assert word in text
    assert QualityReport.model_validate_json(demo.model_dump_json()) == demo
    assert demo.times_real_time == pytest.approx(demo.songs[0].duration_s / demo.songs[0].seconds)
    assert 0 < demo.songs[0].model_seconds < demo.songs[0].seconds


def test_mean_is_over_songs_and_each_is_told_when_done(
    tmp_path: Path, pool: ModelPool, make_song: Callable[..., Path]
) -> None:
    make_song(tmp_path / "a")
    make_song(tmp_path / "b", drums_level=0.3)
    told: list[SongQuality] = []
    report = measure(tmp_path, DRUMLESS, pool, told.append)
    assert [song.song for song in told] == ["a", "b"]
    assert report.songs == tuple(told)
    assert report.mean[0].sdr_db == pytest.approx((told[0].stems[0].sdr_db + told[1].stems[0].sdr_db) / 2)


def test_a_song_folder_itself_is_a_reference(tmp_path: Path, pool: ModelPool, make_song: Callable[..., Path]) -> None:
    report = measure(make_song(tmp_path / "one"), DRUMLESS, pool)
    assert [song.song for song in report.songs] == ["one"]
    assert [stem.stem for stem in report.songs[0].stems] == ["drums", "bass"]


def test_stems_that_only_one_side_has_are_compared_as_a_sum() -> None:
    musdb = ("bass", "drums", "other", "vocals")
    assert pair_stems(("vocals", "instrumental"), musdb, Path()) == {
        "vocals": (("vocals",), ("vocals",)),
        "bass + drums + other": (("bass", "drums", "other"), ("instrumental",)),
    }
    assert pair_stems(("vocals", "drums", "bass", "other", "guitar"), musdb, Path())["other"] == (
        ("other",),
        ("other", "guitar"),
    )
    assert pair_stems(("vocals",), musdb, Path()) == {"vocals": (("vocals",), ("vocals",))}


def test_a_missing_folder_is_named() -> None:
    with pytest.raises(NotFound, match="nowhere"):
        song_folders(Path("nowhere"))


def test_a_folder_without_songs_says_what_a_song_is(tmp_path: Path) -> None:
    (tmp_path / "mixture.txt").touch()
    with pytest.raises(AudioError, match=r"mixture\.wav"):
        song_folders(tmp_path)


def test_a_song_without_true_stems_is_refused(tmp_path: Path, pool: ModelPool) -> None:
    write(tmp_path / "mixture.wav", np.zeros((2, 44100), np.float32), 44100)
    with pytest.raises(AudioError, match="no true stems"):
        measure(tmp_path, DRUMLESS, pool)


def test_a_true_stem_of_another_length_is_refused(
    tmp_path: Path, pool: ModelPool, make_song: Callable[..., Path]
) -> None:
    folder = make_song(tmp_path / "one")
    write(folder / "drums.wav", np.zeros((2, 10000), np.float32), 44100)
    with pytest.raises(AudioError, match=r"drums\.wav has 10000 samples"):
        measure(folder, DRUMLESS, pool)


@pytest.fixture
def make_song() -> Callable[..., Path]:
    """Writes half a second of clicks (drums), a tone (bass) and their sum."""

    def make(folder: Path, drums_level: float = 0.6) -> Path:
        folder.mkdir(parents=True)
        clicks = np.zeros(22050)
        clicks[5000::5000] = drums_level
        tone = 0.3 * np.sin(2 * np.pi * 80 * np.arange(22050) / 44100)
        for name, signal in (("drums", clicks), ("bass", tone), ("mixture", clicks + tone)):
            soundfile.write(folder / f"{name}.wav", np.stack((signal, signal), axis=1), 44100)
        return folder

    return make


def test_songs_are_chosen_by_a_pattern_and_a_limit_in_a_musdb_folder(
    tmp_path: Path, pool: ModelPool, make_song: Callable[..., Path]
) -> None:
    for name in ("train/A - One", "train/B - Two", "test/C - Three"):
        make_song(tmp_path / name)
    chosen = [song.relative_to(tmp_path).as_posix() for song in song_folders(tmp_path, "train/*")]
    assert chosen == ["train/A - One", "train/B - Two"]
    report = measure(tmp_path, DRUMLESS, pool, names="t*", limit=1)
    assert [song.song for song in report.songs] == ["test/C - Three"]
    with pytest.raises(NotFound, match="song like 'none'; there are: test/C - Three, train/A - One, train/B - Two"):
        song_folders(tmp_path, "none")


def test_the_median_over_songs_is_told_beside_the_mean_and_the_worst_null_test(
    tmp_path: Path, pool: ModelPool, make_song: Callable[..., Path]
) -> None:
    for number, level in enumerate((0.2, 0.3, 0.6)):
        make_song(tmp_path / str(number), drums_level=level)
    report = measure(tmp_path, DRUMLESS, pool)
    figures = sorted(song.stems[0].sdr_db for song in report.songs)
    assert report.median[0].sdr_db == figures[1]
    assert report.mean[0].sdr_db == pytest.approx(sum(figures) / 3)
    assert report.null_residual_dbfs == max(song.null_residual_dbfs or 0 for song in report.songs)
    screen = Console(file=StringIO(), width=120)
    screen.print(report.table())
    assert isinstance(screen.file, StringIO)
    assert "median of 3 songs" in screen.file.getvalue()
