"""Recordings for the player's tests and benchmark: stems whose sound tells which they are, and when.

    python -m tests.support.player_fixture FOLDER [--stems 6] [--seconds 240] [--rate 44100] [--channels 2] [--same]

writes one FLAC, frame index and entry of player.json per stem, as the worker does, and the sum of all as the mixture.
"""

from __future__ import annotations

import argparse
import base64
import json
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from stemset.audio.encoding import encode
from stemset.audio.flac import flac_layout
from stemset.audio.formats import AudioFormat

TONES_HZ = (220.0, 277.0, 349.0, 440.0, 554.0, 698.0, 880.0, 1109.0, 1397.0, 1760.0)
"""Stem n's own tone."""
_NOISE = 6 / 2**15  # gives a FLAC of about 430 kbit/s in stereo at 44.1 kHz, as music does
_TONE = 0.05
_IMPULSE = 0.04


def stem(number: int, frames: int, rate: int, channels: int, *, same: bool) -> NDArray[np.float32]:
    """float32, shape (frames, channels): noise, a tone of its own, and an impulse at every whole second.

    same: the noise of stem 0 alone, louder, so that any two stems can be compared sample by sample.
    """
    noise = np.random.default_rng(0 if same else number).standard_normal((frames, channels))
    if same:
        return (noise * 0.02).astype(np.float32)
    sound = noise * _NOISE
    sound += _TONE * np.sin(2 * np.pi * TONES_HZ[number] * np.arange(frames) / rate)[:, None]
    sound[::rate] += _IMPULSE
    return (np.rint(sound * 2**15) / 2**15).astype(np.float32)


def write(folder: Path, stems: int, seconds: float, rate: int, channels: int, *, same: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    frames = round(seconds * rate)
    total = np.zeros((frames, channels), np.float32)
    entries: list[dict[str, object]] = []
    for number in range(stems):
        sound = stem(number, frames, rate, channels, same=same)
        total += sound
        entries.append(_store(folder, f"stem{number}", sound, rate))
    mixture = _store(folder, "mixture", total, rate)
    data = {"sampleRate": rate, "frames": frames, "stems": entries, "mixture": mixture, "tones": TONES_HZ[:stems]}
    (folder / "player.json").write_text(json.dumps(data))


def _store(folder: Path, name: str, sound: NDArray[np.float32], rate: int) -> dict[str, object]:
    wav, flac = folder / f"{name}.wav", folder / f"{name}.flac"
    soundfile.write(wav, sound, rate, subtype="FLOAT")
    encode(wav, flac, AudioFormat.FLAC)
    wav.unlink()
    layout = flac_layout(flac)
    (folder / f"{name}.index").write_bytes(layout.to_index())
    streaminfo = base64.b64encode(layout.streaminfo).decode()
    return {"stem": name, "url": f"{name}.flac", "indexUrl": f"{name}.index", "streaminfo": streaminfo}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--stems", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=240.0)
    parser.add_argument("--rate", type=int, default=44100)
    parser.add_argument("--channels", type=int, default=2)
    parser.add_argument("--same", action="store_true")
    given = parser.parse_args()
    write(given.folder, given.stems, given.seconds, given.rate, given.channels, same=given.same)


if __name__ == "__main__":
    main()
