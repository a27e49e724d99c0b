"""Every instrument gives the same sound each time, without a click, and at its pitch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from stemset.demo import instruments
from stemset.demo.instruments import SAMPLE_RATE, Mono, fade_ends, make_noise, pitch_to_hertz, sample_times

SOUNDS: dict[str, Callable[[], Mono]] = {
    "kick": instruments.kick,
    "snare": lambda: instruments.snare(1),
    "closed hi-hat": lambda: instruments.hi_hat(1, is_open=False),
    "open hi-hat": lambda: instruments.hi_hat(1, is_open=True),
    "crash": instruments.crash,
    "bass": lambda: instruments.bass(33, 0.5),
    "electric piano": lambda: instruments.electric_piano(69, 0.5),
    "pluck": lambda: instruments.pluck(69),
    "pad": lambda: instruments.pad(69, 1.0, 1.0),
}


def spectrum(sound: Mono) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in Hz and magnitudes."""
    return np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE), np.abs(np.fft.rfft(sound))


@pytest.mark.parametrize("sound", SOUNDS.values(), ids=SOUNDS)
def test_a_sound_begins_and_ends_in_silence_and_is_within_reach_of_full_scale(sound: Callable[[], Mono]) -> None:
    samples = sound()
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert abs(float(samples[0])) < 1e-3
    assert abs(float(samples[-1])) < 1e-3
    assert 0.1 < float(np.abs(samples).max()) < 4
    assert np.isfinite(samples).all()


@pytest.mark.parametrize(("pitch", "hertz"), [(69, 440.0), (57, 220.0), (81, 880.0), (60, 261.6256)])
def test_a_pitch_is_a_midi_number(pitch: int, hertz: float) -> None:
    assert pitch_to_hertz(pitch) == pytest.approx(hertz, rel=1e-6)


@pytest.mark.parametrize("name", ["bass", "electric piano", "pluck", "pad"])
def test_an_instrument_with_a_pitch_has_its_strongest_partial_there(name: str) -> None:
    frequencies, magnitudes = spectrum(SOUNDS[name]())
    expected = pitch_to_hertz(33 if name == "bass" else 69)
    # Half a second resolves two hertz.
    assert frequencies[magnitudes.argmax()] == pytest.approx(expected, abs=4)


def test_noise_is_the_same_for_the_same_seed_and_lies_in_its_band() -> None:
    noise = make_noise(1.0, 7, 2000, 4000)
    assert np.array_equal(noise, make_noise(1.0, 7, 2000, 4000))
    assert not np.array_equal(noise, make_noise(1.0, 8, 2000, 4000))
    frequencies, magnitudes = spectrum(noise)
    inside = magnitudes[(frequencies > 2200) & (frequencies < 3800)].mean()
    outside = magnitudes[(frequencies < 500) | (frequencies > 12_000)].mean()
    # Two octaves off, a filter of second order on each side has taken 20 dB and more.
    assert 20 * np.log10(inside / outside) > 20


def test_a_fade_changes_the_ends_only() -> None:
    faded = fade_ends(np.ones(SAMPLE_RATE, np.float32), 0.1, 0.2)
    assert (faded[0], faded[-1]) == (0, 0)
    assert (faded[round(0.1 * SAMPLE_RATE) : -round(0.2 * SAMPLE_RATE)] == 1).all()
    assert faded[round(0.05 * SAMPLE_RATE)] == pytest.approx(0.5, abs=1e-3)


def test_times_are_those_of_samples() -> None:
    times = sample_times(0.5)
    assert (len(times), times[0]) == (22_050, 0)
    assert times[-1] == pytest.approx(22_049 / 44_100)
