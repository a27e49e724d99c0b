"""Real songs of which the true stems are known, for tests whose numbers only real music can give.

The environment variable STEMSET_TEST_MUSIC names the folder that holds them. Each song is a folder in it, with
mixture.flac and one FLAC for each of vocals, drums, bass and other, which sum to the mixture sample by sample.
`lithium-60s` and `sodium-60s` are excerpts of 60 s of the album "everything is free" (CC0-1.0), 44.1 kHz, 16 bit, with
its tracks grouped into four stems.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_VARIABLE = "STEMSET_TEST_MUSIC"


def real_song(name: str) -> Path:
    """Returns the folder of a song; skips the test where it is absent."""
    told = os.environ.get(_VARIABLE)
    if not told:
        pytest.skip(f"needs real songs: set {_VARIABLE} to their folder; tests/support/music.py tells which")
    folder = Path(told) / name
    if not (folder / "mixture.flac").is_file():
        pytest.skip(f"the folder that {_VARIABLE} names has no {name}/mixture.flac")
    return folder
