"""Drums, bass and keys are synthesised here from sines and filtered noise.

Each instrument is a function that returns one sound, mono, about full scale 1. pitch: a MIDI number.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import signal

SAMPLE_RATE = 44_100
"""Hz, of the demo song."""

Mono = NDArray[np.float32]
"""Shape (samples,)."""


def pitch_to_hertz(pitch: float) -> float:
    """Convert a MIDI number to a frequency; 69 is 440 Hz."""
    return 440.0 * 2 ** ((pitch - 69) / 12)


def sample_times(length_s: float) -> Mono:
    """List the time of each sample of a sound of that length, in seconds."""
    return (np.arange(round(length_s * SAMPLE_RATE)) / SAMPLE_RATE).astype(np.float32)


def make_noise(length_s: float, seed: int, low_hz: float, high_hz: float | None = None) -> Mono:
    """Make white noise between two frequencies, the same for the same seed; above low_hz without high_hz."""
    white = np.random.default_rng(seed).standard_normal(round(length_s * SAMPLE_RATE)).astype(np.float32)
    if high_hz is None:
        sections = signal.butter(2, low_hz, "highpass", fs=SAMPLE_RATE, output="sos")
    else:
        sections = signal.butter(2, (low_hz, high_hz), "bandpass", fs=SAMPLE_RATE, output="sos")
    return np.asarray(signal.sosfilt(sections, white), np.float32)


def fade_ends(sound: Mono, attack_s: float, release_s: float) -> Mono:
    """Ramp a sound up from silence and down to it, over so many seconds, so that nothing clicks."""
    result = sound.copy()
    attack, release = (min(round(s * SAMPLE_RATE), len(sound)) for s in (attack_s, release_s))
    result[:attack] *= np.linspace(0, 1, attack, dtype=np.float32)
    result[len(sound) - release :] *= np.linspace(1, 0, release, dtype=np.float32)
    return result


@cache
def kick() -> Mono:
    """Synthesise a bass drum: a sine that falls from 170 to 48 Hz within a few hundredths, and a click."""
    t = sample_times(0.42)
    phase = 2 * np.pi * (48 * t + 122 * 0.028 * (1 - np.exp(-t / 0.028)))
    body = np.sin(phase) * np.exp(-t / 0.13)
    click = make_noise(0.42, 11, 2000, 6000) * np.exp(-t / 0.004) * 0.5
    return fade_ends((np.tanh(1.6 * body) + click).astype(np.float32), 0.0005, 0.08)


@cache
def snare(take: int) -> Mono:
    """Synthesise a snare drum: two modes of its head and the wires' noise, a little other in every take."""
    t = sample_times(0.34)
    pitch = 1 + 0.01 * take
    head = np.sin(2 * np.pi * 188 * pitch * t) * np.exp(-t / 0.07)
    head += 0.6 * np.sin(2 * np.pi * 331 * pitch * t) * np.exp(-t / 0.045)
    wires = make_noise(0.34, 20 + take, 1400, 11000) * np.exp(-t / 0.085)
    return fade_ends((0.55 * head + 0.75 * wires).astype(np.float32), 0.0005, 0.05)


@cache
def hi_hat(take: int, *, is_open: bool) -> Mono:
    """Synthesise a hi-hat: high noise that fades within a few hundredths, or longer where it is open."""
    length_s, decay_s = (0.40, 0.14) if is_open else (0.12, 0.028)
    t = sample_times(length_s)
    return fade_ends((make_noise(length_s, 40 + take, 7500) * np.exp(-t / decay_s)).astype(np.float32), 0.0005, 0.03)


@cache
def crash() -> Mono:
    """Synthesise a crash cymbal: high noise that fades over seconds."""
    t = sample_times(2.6)
    return fade_ends((make_noise(2.6, 60, 3200, 15000) * np.exp(-t / 0.75)).astype(np.float32), 0.002, 0.5)


@cache
def bass(pitch: int, length_s: float) -> Mono:
    """Synthesise a bass guitar: twelve harmonics, the higher ones fading sooner."""
    t = sample_times(length_s + 0.05)
    sound = np.zeros_like(t)
    for harmonic in range(1, 13):
        level = harmonic**-1.15 * np.exp(-t * (0.5 + 1.1 * harmonic))
        sound += (level * np.sin(2 * np.pi * harmonic * pitch_to_hertz(pitch) * t)).astype(np.float32)
    return fade_ends(np.tanh(1.3 * sound), 0.006, 0.05)


@cache
def electric_piano(pitch: int, length_s: float) -> Mono:
    """Synthesise an electric piano by frequency modulation: 1:1 for the tone, 14:1 for the tine's attack."""
    t = sample_times(length_s + 0.35)
    angle = 2 * np.pi * pitch_to_hertz(pitch) * t
    tone = np.sin(angle + 1.1 * np.exp(-t / 0.5) * np.sin(angle)) * np.exp(-t / 1.4)
    tine = 0.14 * np.sin(angle + 0.6 * np.sin(14 * angle)) * np.exp(-t / 0.09)
    return fade_ends((tone + tine).astype(np.float32), 0.004, 0.3)


@cache
def pluck(pitch: int) -> Mono:
    """Synthesise a bright, short string: odd harmonics, as of a marimba."""
    t = sample_times(0.55)
    sound = np.zeros_like(t)
    for harmonic, level in ((1, 1.0), (3, 0.30), (5, 0.14), (7, 0.07)):
        sound += (
            level * np.sin(2 * np.pi * harmonic * pitch_to_hertz(pitch) * t) * np.exp(-t * harmonic**0.7 / 0.16)
        ).astype(np.float32)
    return fade_ends(sound, 0.002, 0.1)


@cache
def pad(pitch: int, length_s: float, detune: float) -> Mono:
    """Synthesise a soft string section: eight harmonics, detuned by a factor near 1."""
    t = sample_times(length_s)
    angle = 2 * np.pi * pitch_to_hertz(pitch) * detune * t
    sound = np.zeros_like(t)
    for harmonic in range(1, 9):
        sound += (harmonic**-1.6 * np.sin(harmonic * angle + harmonic * harmonic)).astype(np.float32)
    return fade_ends(sound, 0.35, 0.5)
