from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from stemset import audio
from stemset.audio import AudioFormat, Samples

RATE = 44_100
SECONDS = 4


@pytest.fixture(scope="session")
def song() -> Samples:
    """Four seconds of stereo: two sliding tones and a little noise, exactly on the steps of 16 bits."""
    t = np.arange(RATE * SECONDS) / RATE
    tones = np.stack([0.3 * np.sin(2 * np.pi * (220 + 90 * t) * t), 0.2 * np.sin(2 * np.pi * (330 + 50 * t) * t)])
    noise = 0.02 * np.random.default_rng(7).standard_normal(tones.shape)
    return (np.rint((tones + noise) * 32768) / 32768).astype(np.float32)


@pytest.fixture(scope="session")
def song_file(song: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`song` as a float32 WAV."""
    file = tmp_path_factory.mktemp("song") / "song.wav"
    audio.write(file, song, RATE)
    return file


@pytest.fixture(scope="session")
def encoded(song_file: Path) -> dict[AudioFormat, Path]:
    """`song` in every format that Stemset writes; the lossy ones are tagged with a title."""
    files = {kind: song_file.with_name(f"encoded{kind.extension}") for kind in AudioFormat}
    for kind, file in files.items():
        audio.encode(song_file, file, kind, tags=None if kind.lossless else {"title": "Grüße"})
    return files


def integers(file: Path) -> NDArray[np.int64]:
    """The samples of a 16-bit file as they are stored, (channels, frames)."""
    samples, _ = audio.read(file)
    return np.rint(samples.astype(np.float64) * 32768).astype(np.int64)
