"""The voice sings a note at its pitch, in its vowel, and only as long as it lasts."""

from __future__ import annotations

import numpy as np
import pytest

from stemset.demo.instruments import SAMPLE_RATE, Mono, pitch_to_hertz
from stemset.demo.score import SungNote
from stemset.demo.voice import VOWELS, sing

FRAMES = 2 * SAMPLE_RATE


def sing_one(pitch: int = 64, vowel: str = "a") -> Mono:
    """One note from a quarter to one and a quarter of two seconds."""
    return sing([SungNote(0.25, 1.0, pitch, vowel)], 1.0, FRAMES)


def level(sound: Mono, begin_s: float, end_s: float) -> float:
    return float(np.sqrt(np.mean(sound[round(begin_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)] ** 2)))


def test_a_note_sounds_as_long_as_it_lasts() -> None:
    sound = sing_one()
    assert sound.shape == (FRAMES,)
    assert level(sound, 0.5, 1.0) > 100 * level(sound, 1.6, 2.0)
    assert level(sound, 0.5, 1.0) > 100 * level(sound, 0.0, 0.1)


@pytest.mark.parametrize("pitch", [57, 64, 76])
def test_a_note_has_its_pitch(pitch: int) -> None:
    held = sing_one(pitch)[round(0.4 * SAMPLE_RATE) : round(1.2 * SAMPLE_RATE)]
    # The pitch of a voice is the distance of its harmonics: the lag at which the sound is most like itself.
    correlation = np.fft.irfft(np.abs(np.fft.rfft(held, 2 * len(held))) ** 2)
    lags = range(round(SAMPLE_RATE / 900), round(SAMPLE_RATE / 180))
    lag = max(lags, key=lambda lag: float(correlation[lag]))
    # Vibrato and drift move it by less than a semitone, which is 6 %.
    assert SAMPLE_RATE / lag == pytest.approx(pitch_to_hertz(pitch), rel=0.06)


def test_vowels_differ_as_their_formants_do() -> None:
    def second_formant(vowel: str) -> float:
        """Power about 1650 Hz as a share of that about 1100 Hz."""
        power = np.abs(np.fft.rfft(sing_one(57, vowel))) ** 2
        frequencies = np.fft.rfftfreq(FRAMES, 1 / SAMPLE_RATE)
        front, back = (power[np.abs(frequencies - centre) < 200].sum() for centre in (1650, 1100))
        return float(front / back)

    # Of i and e it lies at 1700 and 1600 Hz, of a at 1150 Hz.
    assert min(map(second_formant, "ie")) > 1 > second_formant("a")
    assert set(VOWELS) == set("aeiou")


def test_the_voice_sings_the_same_each_time() -> None:
    assert np.array_equal(sing_one(), sing_one())
