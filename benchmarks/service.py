"""A real `stemset serve` in a folder of its own, and songs for it."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import numpy as np
import soundfile

CONFIG = """
profiles: {songs: {title: Songs, strategy: instant}}
strategies:
  instant:
    _: percussive
    drums: drums
    not_drums: {_: low_end, bass: bass, not_bass: {_: centre_voice, vocals: vocals, not_vocals: other}}
limits: {max_upload_mb: 600, max_duration_minutes: 120}
"""
RATE = 44_100


@contextmanager
def serving(
    folder: Path, config: str = CONFIG, settings: Mapping[str, str] = MappingProxyType({})
) -> Generator[tuple[str, int]]:
    """Its address and the process id of its API, until the block ends. settings: more of its environment."""
    (folder / "config.yaml").write_text(config)
    places = {"STEMSET_CONFIG": str(folder / "config.yaml"), "STEMSET_DATA_DIR": str(folder / "data")}
    environment = {**os.environ, **places, **settings}
    program = "from stemset.server import serve; serve.run('127.0.0.1', 0)"
    with (folder / "serve.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert process.stdout is not None
    try:
        found = re.search(r"http://\S+", process.stdout.readline())
        if found is None:
            sys.exit((folder / "serve.log").read_text())
        yield found.group(), process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def song(seconds: int) -> bytes:
    """Noise as a WAV, another one for each length."""
    noise = np.random.default_rng(seconds).normal(0, 0.1, (seconds * RATE, 2))
    file = io.BytesIO()
    soundfile.write(file, noise, RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()
