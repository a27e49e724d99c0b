"""`sing` synthesises a voice: a buzz with vibrato and glides goes through the formants of vowels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from stemset.demo.instruments import SAMPLE_RATE, Mono, pitch_to_hertz
from stemset.demo.score import SungNote

# Centre (Hz), width (Hz) and level (dB) of five formants: an alto, after the tables of Csound's FOF generator.
VOWELS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "a": ((800, 80, 0), (1150, 90, -4), (2800, 120, -20), (3500, 130, -28), (4950, 140, -38)),
    "e": ((400, 60, 0), (1600, 80, -14), (2700, 120, -20), (3300, 150, -26), (4950, 200, -38)),
    "i": ((350, 50, 0), (1700, 100, -16), (2700, 120, -22), (3700, 150, -28), (4950, 200, -40)),
    "o": ((450, 70, 0), (800, 80, -9), (2830, 100, -16), (3500, 130, -24), (4950, 135, -36)),
    "u": ((325, 50, 0), (700, 60, -12), (2530, 170, -20), (3500, 180, -28), (4950, 200, -40)),
}

_CONTROL_HOP = 256
_WINDOW = 4 * _CONTROL_HOP
_HARMONICS = 40


def sing(notes: Sequence[SungNote], beat_s: float, frames: int) -> Mono:
    """Sing all notes in one breath. Returns `frames` samples."""
    steps = frames // _CONTROL_HOP + 5
    pitch, level, vowels = _shape_notes(notes, beat_s, steps)
    return _apply_formants(_buzz(pitch, level, frames), vowels)


def _shape_notes(
    notes: Sequence[SungNote], beat_s: float, steps: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Shape pitch (MIDI), loudness and vowel (weights, one column each), a value every _CONTROL_HOP samples."""
    rate = SAMPLE_RATE / _CONTROL_HOP
    pitch = np.full(steps, float(notes[0].pitch))
    level = np.zeros(steps)
    vibrato = np.zeros(steps)
    names = list(VOWELS)
    vowels = np.zeros((steps, len(names)))
    for index, note in enumerate(notes):
        start, stop = (round(at * beat_s * rate) for at in (note.at, note.at + note.length))
        pitch[start:] = note.pitch
        vowels[start:] = np.eye(len(names))[names.index(note.vowel)]
        level[start:stop] = 1.0
        # Each syllable begins with a little less tone, as a soft consonant would.
        level[start : start + 7] *= 0.45 if index else 0.2
        held = np.arange(stop - start) / rate
        # Singers let a note speak first and then let it swing.
        vibrato[start:stop] = np.clip((held - 0.25) / 0.4, 0, 1)
    time = np.arange(steps) / rate
    drift = ndimage.gaussian_filter1d(np.random.default_rng(80).standard_normal(steps), 12) * 0.25
    pitch = ndimage.gaussian_filter1d(pitch, 4.5)
    pitch += 0.38 * ndimage.gaussian_filter1d(vibrato, 8) * np.sin(2 * np.pi * 5.4 * time) + drift
    tremor = 1 + 0.06 * vibrato * np.sin(2 * np.pi * 5.4 * time + 0.8)
    return pitch, ndimage.gaussian_filter1d(level, 3.5) * tremor, ndimage.gaussian_filter1d(vowels, 5, axis=0)


def _buzz(pitch: NDArray[np.float64], level: NDArray[np.float64], frames: int) -> Mono:
    """Make the sound of the vocal folds: harmonics that fall by 9 dB per octave, and breath."""
    control = np.arange(len(pitch)) * _CONTROL_HOP
    at = np.arange(frames)
    frequency = np.interp(at, control, pitch_to_hertz(0) * 2 ** (pitch / 12))
    loudness = np.interp(at, control, level).astype(np.float32)
    angle = 2 * np.pi * (np.cumsum(frequency) / SAMPLE_RATE % 1.0)
    # sin(kx) = 2·cos(x)·sin((k-1)x) - sin((k-2)x): one multiplication per harmonic instead of one sine.
    twice_cosine = (2 * np.cos(angle)).astype(np.float32)
    before, current = np.zeros(frames, np.float32), np.sin(angle).astype(np.float32)
    buzz = np.zeros(frames, np.float32)
    for harmonic in range(1, _HARMONICS + 1):
        buzz += np.float32(harmonic**-1.5) * current
        before, current = current, twice_cosine * current - before
    breath = np.random.default_rng(81).standard_normal(frames).astype(np.float32)
    return np.multiply(loudness, buzz + 0.012 * breath, dtype=np.float32)


def _apply_formants(source: Mono, vowels: NDArray[np.float64]) -> Mono:
    frequency = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE)
    responses = np.array([_make_response(frequency, formants) for formants in VOWELS.values()])
    window = np.sqrt(np.hanning(_WINDOW + 1)[:-1]).astype(np.float32)
    padded = np.pad(source, (_WINDOW, _WINDOW))
    pieces = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_CONTROL_HOP]
    # Piece i is centred on sample (i-2)·hop of the source.
    gains = (np.pad(vowels, ((2, 2), (0, 0)), mode="edge")[: len(pieces)] @ responses).astype(np.float32)
    shaped = fft.irfft(fft.rfft(pieces * window) * gains, _WINDOW) * (window / 2)
    result = np.zeros((len(pieces) + 3, _CONTROL_HOP), np.float32)
    for part in range(4):
        result[part : part + len(pieces)] += shaped.reshape(len(pieces), 4, _CONTROL_HOP)[:, part]
    return result.ravel()[_WINDOW : _WINDOW + len(source)]


def _make_response(
    frequency: NDArray[np.floating], formants: Sequence[tuple[float, float, float]]
) -> NDArray[np.float64]:
    """Make a vowel's gain over frequency: one resonance per formant, and a floor that keeps the deepest harmonics."""
    total = np.full(len(frequency), 0.05)
    for centre, width, level_db in formants:
        total += 10 ** (level_db / 20) / (1 + ((frequency - centre) / (1.2 * width)) ** 2)
    return total
