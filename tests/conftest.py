from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import structlog
from hypothesis import HealthCheck, settings

from stemset import audio

# Registers the test models, and offers the folder of tiny networks.
pytest_plugins = [
    "tests.support.api", "tests.support.command", "tests.support.modal", "tests.support.models",
    "tests.support.postgres", "tests.support.queue", "tests.support.s3", "tests.support.tiny_models",
]  # fmt: skip

# How long an example takes depends on what else the machine does.
settings.register_profile("stemset", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("stemset")


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """Half a second of stereo noise at 44.1 kHz, peak below 0.5, as a 32-bit float WAV."""
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 22_050)).astype(np.float32)
    file = tmp_path / "noise.wav"
    audio.write(file, samples, 44_100)
    return file


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A command run within a test sets up logging for its process, on a stream that is gone after the test."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
