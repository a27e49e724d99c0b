"""The built-in models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemset.audio import Samples, read, write
from stemset.bench.metrics import agreement
from stemset.demo import render
from stemset.errors import Cancelled
from stemset.models import registry
from stemset.models.builtin import CentreVoice, LowEnd, Percussive
from stemset.models.builtin.rank_filters import rank_over_bins, rank_over_time
from stemset.models.builtin.two_way_split import TwoWaySplit
from stemset.models.card import Architecture
from stemset.models.model import AudioSeparator
from stemset.models.params import ModelParams
from stemset.models.runtime import Runtime
from tests.support.music import real_song

SplitClass = type[TwoWaySplit]
BUILT_IN: tuple[SplitClass, ...] = (Percussive, LowEnd, CentreVoice)

every_model = pytest.mark.parametrize("model", BUILT_IN, ids=lambda model: model.model_filename)


def make(model: type[AudioSeparator]) -> AudioSeparator:
    return model(ModelParams(), Runtime(Path("unused")))


def noise(seconds: float, rate: int = 44100) -> Samples:
    rng = np.random.default_rng(7)
    return (0.2 * rng.standard_normal((2, round(seconds * rate)))).astype(np.float32)


def split(model: SplitClass, samples: Samples, rate: int, folder: Path) -> list[Samples]:
    """The two slots, in order, after checking that they are files such as AudioSeparator promises."""
    write(folder / "in.wav", samples, rate)
    files = make(model).separate(folder / "in.wav", folder / "out")
    assert list(files) == list(model.output_slots)
    slots: list[Samples] = []
    for slot, file in files.items():
        assert file == folder / "out" / f"{slot}.wav"
        assert soundfile.info(file).subtype == "FLOAT"
        stem, stem_rate = read(file)
        assert (stem.shape, stem_rate) == (samples.shape, rate)
        slots.append(stem)
    return slots


def sine(hertz: float, right: float = 1.0) -> Samples:
    """Three seconds at 44.1 kHz; right: the gain of the right channel."""
    wave = 0.3 * np.sin(2 * np.pi * hertz * np.arange(3 * 44100) / 44100)
    return np.stack((wave, right * wave)).astype(np.float32)


def energy_share(part: Samples, whole: Samples) -> float:
    return float(np.sum(part.astype(np.float64) ** 2) / np.sum(whole.astype(np.float64) ** 2))


@every_model
def test_is_registered_as_weightless_and_says_that_it_is_a_preview(model: SplitClass) -> None:
    card = registry.card(model.model_filename)
    assert registry.find(model.model_filename) is model
    assert card.architecture is Architecture.SPECTRAL
    assert card.size_bytes == 0
    assert "far from a neural network" in card.summary
    assert model.complement() == list(model.output_slots)[1]


@every_model
@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_two_slots_sum_to_the_input_at_any_rate(model: SplitClass, rate: int, tmp_path: Path) -> None:
    samples = noise(1.3, rate)
    first, second = split(model, samples, rate, tmp_path)
    assert np.abs(first + second - samples).max() < 2e-7  # one float32 rounding near full scale
    assert 0 < energy_share(first, samples) < 1


@every_model
@pytest.mark.parametrize("frames", [1, 17, 4410])
def test_very_short_inputs_are_split_too(model: SplitClass, frames: int, tmp_path: Path) -> None:
    samples = noise(0.1)[:, :frames]
    first, second = split(model, samples, 44100, tmp_path)
    assert np.abs(first + second - samples).max() < 2e-7


@every_model
def test_silence_stays_silence(model: SplitClass, tmp_path: Path) -> None:
    silence = np.zeros((2, 30000), np.float32)
    for slot in split(model, silence, 44100, tmp_path):
        assert not slot.any()


@every_model
def test_equal_channels_stay_equal(model: SplitClass, tmp_path: Path) -> None:
    mono = np.repeat(noise(0.5)[:1], 2, axis=0)
    for slot in split(model, mono, 44100, tmp_path):
        assert np.array_equal(slot[0], slot[1])


@every_model
def test_blocks_give_what_the_whole_file_would(
    model: SplitClass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = noise(5.3, 16000)
    whole, _ = split(model, samples, 16000, tmp_path)
    monkeypatch.setattr(model, "block_s", 1.1)
    in_blocks, _ = split(model, samples, 16000, tmp_path)
    assert np.abs(in_blocks - whole).max() < 1e-7  # every frame sees the same samples; only rounding may differ


@every_model
def test_level_does_not_change_the_split(model: SplitClass, tmp_path: Path) -> None:
    samples = noise(1.0)
    loud, _ = split(model, samples, 44100, tmp_path)
    quiet, _ = split(model, samples / np.float32(1024), 44100, tmp_path)
    assert np.abs(quiet * 1024 - loud).max() < 1e-4  # the floor against division by zero is 180 dB down


@every_model
def test_progress_rises_to_one_and_may_cancel(
    model: SplitClass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "block_s", 0.5)
    write(tmp_path / "in.wav", noise(2.0, 8000), 8000)
    told: list[float] = []
    make(model).separate(tmp_path / "in.wav", tmp_path / "out", told.append)
    assert told == sorted(told)
    assert len(told) >= 4
    assert told[-1] == 1.0

    def cancel(_fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        make(model).separate(tmp_path / "in.wav", tmp_path / "cancelled", cancel)
    assert list((tmp_path / "cancelled").iterdir()) == []


def test_percussive_takes_clicks_and_leaves_a_tone(tmp_path: Path) -> None:
    tone = sine(1000)
    clicks = np.zeros_like(tone)
    clicks[:, 22050::22050] = 0.9
    first, second = split(Percussive, tone + clicks, 44100, tmp_path)
    assert energy_share(first - clicks, tone) < 0.02
    assert energy_share(second - tone, tone) < 0.02


def test_percussive_takes_a_kick_and_leaves_a_bass_note_at_the_same_pitch(tmp_path: Path) -> None:
    note = sine(60)
    since_hit = np.arange(3 * 44100) % 22050 / 44100
    kick = np.tile(0.8 * np.exp(-since_hit / 0.05) * np.sin(2 * np.pi * 55 * since_hit), (2, 1)).astype(np.float32)
    drums, rest = split(Percussive, note + kick, 44100, tmp_path)
    # Better than 6 dB each; where they overlap, one cancels the other and no mask can tell.
    assert energy_share(drums - kick, kick) < 0.25
    assert energy_share(rest - note, note) < 0.25


def test_low_end_takes_what_is_deep_and_central(tmp_path: Path) -> None:
    bass, high = sine(70), sine(900)
    wide = sine(90, right=-1)
    first, second = split(LowEnd, bass + high, 44100, tmp_path)
    assert energy_share(first - bass, bass) < 0.001
    assert energy_share(second - high, high) < 0.001
    first, _ = split(LowEnd, wide, 44100, tmp_path)
    assert energy_share(first, wide) < 0.001


def test_centre_voice_takes_the_centre_and_leaves_the_sides(tmp_path: Path) -> None:
    centre, sides = sine(500), sine(700, right=-1)
    first, second = split(CentreVoice, centre + sides, 44100, tmp_path)
    assert energy_share(first - centre, centre) < 0.02
    assert energy_share(second - sides, sides) < 0.02


def test_running_rank_is_the_rank_of_each_window() -> None:
    values = np.random.default_rng(3).random((4, 30)).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(values, ((0, 0), (3, 3)), mode="symmetric"), 7, axis=1)
    assert np.array_equal(rank_over_bins(values, 6), np.median(windows, axis=2))
    assert np.array_equal(rank_over_bins(values, 7, 2), np.sort(windows, axis=2)[:, :, 2])
    assert np.array_equal(rank_over_bins(values, 7, -2), np.sort(windows, axis=2)[:, :, 5])
    assert np.array_equal(rank_over_time(np.ascontiguousarray(values.T), 7), rank_over_bins(values, 7).T)


# Global SDR in dB; a little under what was reached, for the rounding of other library versions.
FLOORS = {
    "demo": {"drums": 3.8, "bass": 4.3, "vocals": 5.1, "other": 1.5},
    "lithium-60s": {"drums": 5.7, "bass": 7.8, "vocals": 3.3, "other": 3.2},
    "sodium-60s": {"drums": 8.7, "bass": 2.7, "vocals": 4.3, "other": 0.05},
}


@pytest.mark.parametrize("song", FLOORS)
def test_the_chain_keeps_its_quality_on_music(song: str, tmp_path: Path) -> None:
    folder = render(tmp_path / "demo").mixture.parent if song == "demo" else real_song(song)
    rest = folder / "mixture.flac"
    estimates: dict[str, Path] = {}
    for model in BUILT_IN:
        estimates |= make(model).separate(rest, tmp_path / model.model_filename)
        rest = estimates[list(model.output_slots)[1]]
    estimates["other"] = rest
    reached = {
        stem: agreement([folder / f"{stem}.flac"], [file]).sdr_db
        for stem, file in estimates.items()
        if stem in FLOORS[song]
    }
    assert all(reached[stem] >= floor for stem, floor in FLOORS[song].items()), reached
