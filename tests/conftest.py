from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stemset import audio

# Registers the test models, and offers the folder of tiny networks.
pytest_plugins = ["tests.support.models", "tests.support.postgres", "tests.support.tiny_models"]


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """Half a second of stereo noise at 44.1 kHz, peak below 0.5, as a 32-bit float WAV."""
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 22_050)).astype(np.float32)
    file = tmp_path / "noise.wav"
    audio.write(file, samples, 44_100)
    return file
