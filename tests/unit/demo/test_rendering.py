"""The demo song."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyloudnorm
import pytest
import soundfile

from stemset.demo import DURATION_S, DemoSong, render
from stemset.demo.score import BARS, BEATS_PER_BAR, PROGRESSION, write_bass, write_keys, write_melody, write_plucks

# The natural notes.
_A_MINOR = {0, 2, 4, 5, 7, 9, 11}


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> DemoSong:
    return render(tmp_path_factory.mktemp("demo"))


def loudness(file: Path) -> float:
    samples, rate = soundfile.read(file)
    meter: Any = pyloudnorm.Meter(rate)
    return float(meter.integrated_loudness(samples))


def test_stems_sum_to_the_mixture_bit_by_bit(song: DemoSong) -> None:
    assert set(song.stems) == {"vocals", "drums", "bass", "other"}
    total = sum(soundfile.read(file, dtype="int16")[0].astype(np.int32) for file in song.stems.values())
    assert np.array_equal(total, soundfile.read(song.mixture, dtype="int16")[0])


def test_is_stereo_flac_of_16_bit_at_44100_hz_and_under_half_a_minute(song: DemoSong) -> None:
    for file in (song.mixture, *song.stems.values()):
        info = soundfile.info(file)
        assert (info.format, info.subtype, info.samplerate, info.channels) == ("FLAC", "PCM_16", 44100, 2)
        assert info.duration == pytest.approx(DURATION_S, abs=1e-4)
    assert 20 < DURATION_S < 30


def test_is_as_loud_as_music_on_a_streaming_service_and_never_clips(song: DemoSong) -> None:
    samples, _ = soundfile.read(song.mixture)
    assert 20 * np.log10(np.abs(samples).max()) == pytest.approx(-1, abs=0.1)
    assert loudness(song.mixture) == pytest.approx(-14, abs=0.7)


def test_stems_are_balanced(song: DemoSong) -> None:
    levels = [loudness(file) for file in song.stems.values()]
    assert max(levels) - min(levels) < 4


def test_begins_and_ends_in_silence(song: DemoSong) -> None:
    samples, _ = soundfile.read(song.mixture)
    assert np.abs(samples[0]).max() < 0.01
    assert np.abs(samples[-100:]).max() < 0.01


def test_is_the_same_song_each_time(song: DemoSong, tmp_path: Path) -> None:
    again = render(tmp_path)
    for name, file in {"mixture": song.mixture, **song.stems}.items():
        assert (tmp_path / f"{name}.flac").read_bytes() == file.read_bytes()
    assert set(again.stems) == set(song.stems)


def test_every_note_is_in_key_and_within_the_song() -> None:
    for note in (*write_bass(), *write_keys(), *write_plucks(), *write_melody()):
        assert note.pitch % 12 in _A_MINOR
        assert 0 <= note.at < BARS * BEATS_PER_BAR
    assert len(PROGRESSION) == BARS
