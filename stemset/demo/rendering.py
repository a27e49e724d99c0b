"""Renders notes with instruments to stems, and writes the stems to files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy import ndimage, signal

from stemset.audio.pcm import replacing
from stemset.demo import instruments as play
from stemset.demo import score
from stemset.demo.instruments import SAMPLE_RATE, Mono
from stemset.demo.voice import sing

Stereo = NDArray[np.float32]
"""Shape (2, samples)."""

BEAT_S = 60 / score.TEMPO_BPM
FRAMES = round(score.DURATION_S * SAMPLE_RATE)

_PEAK = 10 ** (-1 / 20)
_LEVELS = {"vocals": 0.25, "drums": 0.43, "bass": 0.60, "other": 0.78}


@dataclass(frozen=True)
class DemoSong:
    """The files of the rendered song: stem name -> file. The stems sum to the mixture sample by sample."""

    mixture: Path
    stems: dict[str, Path]


def render(folder: Path) -> DemoSong:
    """Write mixture.flac and one FLAC per stem (vocals, drums, bass, other) into folder; 44.1 kHz, 16 bit, stereo.

    The same samples each time, in about two seconds. Each file appears whole or not at all.
    """
    stems = _quantise(
        _limit({"vocals": _play_vocals(), "drums": _play_drums(), "bass": _play_bass(), "other": _play_other()})
    )
    mixture = np.stack(list(stems.values())).sum(axis=0, dtype=np.int16)
    files = {name: _write(folder / f"{name}.flac", stem) for name, stem in stems.items()}
    return DemoSong(_write(folder / "mixture.flac", mixture), files)


def _add(track: Stereo, sound: Mono, at_beat: float, level: float, pan: float = 0.0) -> None:
    """Mix a sound in at a beat; pan -1 is left, +1 right, with equal power."""
    start = round(at_beat * BEAT_S * SAMPLE_RATE)
    piece = sound[: FRAMES - start] * np.float32(level)
    angle = (pan + 1) * np.pi / 4
    track[0, start : start + len(piece)] += np.float32(np.sqrt(2) * np.cos(angle)) * piece
    track[1, start : start + len(piece)] += np.float32(np.sqrt(2) * np.sin(angle)) * piece


def _make_silence() -> Stereo:
    return np.zeros((2, FRAMES), np.float32)


def _play_drums() -> Stereo:
    dry, snares = _make_silence(), _make_silence()
    for note in score.write_kick():
        _add(dry, play.kick(), note.at, 0.85 * note.velocity)
    for take, note in enumerate(score.write_snare()):
        _add(snares, play.snare(take % 3), note.at, 0.62 * note.velocity, 0.05)
    for take, note in enumerate(score.write_hi_hat()):
        _add(dry, play.hi_hat(take % 5, is_open=note.length > 0.25), note.at, 0.20 * note.velocity, 0.35)
    for note in score.write_crash():
        _add(dry, play.crash(), note.at, 0.28 * note.velocity, -0.4)
    return dry + snares + _reverberate(snares, seed=1, level=0.5, decay_s=0.35)


def _play_bass() -> Stereo:
    track = _make_silence()
    for note in score.write_bass():
        _add(track, play.bass(note.pitch, note.length * BEAT_S), note.at, 0.36 * note.velocity)
    return track


def _play_other() -> Stereo:
    keys, plucks, pads = _make_silence(), _make_silence(), _make_silence()
    for note in score.write_keys():
        sound = play.electric_piano(note.pitch, note.length * BEAT_S)
        _add(keys, sound, note.at, 0.075 * note.velocity, -0.25)
    keys *= _make_auto_pan()
    for step, note in enumerate(score.write_plucks()):
        side = 0.7 if step % 2 else -0.7
        sound = play.pluck(note.pitch)
        _add(plucks, sound, note.at, 0.07 * note.velocity, side)
        # An echo three sixteenths later on the other side.
        _add(plucks, sound, note.at + 0.75, 0.03 * note.velocity, -side)
    for bar, chord in enumerate(score.PROGRESSION):
        length_s = score.BEATS_PER_BAR * BEAT_S + 0.4
        for pitch in chord.voicing[1:]:
            for detune, pan in ((0.9965, -0.9), (1.0035, 0.9)):
                _add(pads, play.pad(pitch, length_s, detune), bar * score.BEATS_PER_BAR, 0.022, pan)
    dry = keys + plucks + pads
    return dry + _reverberate(dry, seed=2, level=0.35, decay_s=0.9)


def _play_vocals() -> Stereo:
    voice = sing(score.write_melody(), BEAT_S, FRAMES)
    dry = np.stack((voice, voice))
    return dry + _reverberate(dry, seed=3, level=0.28, decay_s=0.7)


def _make_auto_pan() -> Stereo:
    """Make the gains of a stage piano's slow swing from side to side; about equal power."""
    swing = 0.3 * np.sin(2 * np.pi * np.arange(FRAMES) / SAMPLE_RATE / (2 * BEAT_S))
    return np.stack((1 + swing, 1 - swing)).astype(np.float32)


def _reverberate(dry: Stereo, *, seed: int, level: float, decay_s: float) -> Stereo:
    """Make the answer of a room to a dry sound: decaying noise, another one in each channel, without rumble and hiss.

    level: 1 is about as loud as dry.
    """
    length_s = 2.2 * decay_s
    fade = np.exp(-play.sample_times(length_s) / (decay_s / 2.5))
    wet: list[Mono] = []
    for channel in range(2):
        room = play.make_noise(length_s, 100 * seed + channel, 250, 6500) * fade
        # 12 ms pass before the first walls answer.
        room = np.pad(level * room / np.sqrt(np.sum(room**2)), (round(0.012 * SAMPLE_RATE), 0)).astype(np.float32)
        wet.append(np.asarray(signal.oaconvolve(dry[channel], room), np.float32)[:FRAMES])
    return np.stack(wet)


def _limit(stems: dict[str, Stereo]) -> dict[str, Stereo]:
    """Balance the stems, so that their sum peaks at -1 dBFS.

    The sum decides on one gain over time, and all stems take it, so they still sum to the mixture.
    """
    balanced = {name: stem * np.float32(_LEVELS[name]) for name, stem in stems.items()}
    peak = np.abs(sum(balanced.values(), _make_silence())).max(axis=0)
    reach = round(0.006 * SAMPLE_RATE)
    needed = np.minimum(1, _PEAK / np.maximum(peak, 1e-9))
    # The lowest gain nearby, then smoothed within that reach: never above what a peak needs.
    held = ndimage.minimum_filter1d(needed, 2 * reach + 1)
    gain = ndimage.uniform_filter1d(held, reach)
    ends = np.ones(FRAMES)
    ends[-SAMPLE_RATE // 2 :] = np.linspace(1, 0, SAMPLE_RATE // 2)
    return {name: stem * (gain * ends).astype(np.float32) for name, stem in balanced.items()}


def _quantise(stems: dict[str, Stereo]) -> dict[str, NDArray[np.int16]]:
    return {name: np.round(stem * 32767).astype(np.int16) for name, stem in stems.items()}


def _write(file: Path, samples: NDArray[np.int16]) -> Path:
    with replacing(file) as fresh:
        soundfile.write(fresh, samples.T, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return file
