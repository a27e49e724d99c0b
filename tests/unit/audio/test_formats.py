from __future__ import annotations

from pathlib import Path

import av
import pytest

from stemset.audio import AudioFormat


@pytest.mark.parametrize("kind", list(AudioFormat))
def test_a_file_is_of_the_container_that_its_suffix_names(kind: AudioFormat, encoded: dict[AudioFormat, Path]) -> None:
    containers = {"flac": "flac", "wav": "wav", "mp3": "mp3", "opus": "ogg", "m4a": "mov,mp4,m4a,3gp,3g2,mj2"}
    with av.open(str(encoded[kind])) as container:
        assert container.format.name == containers[kind.extension.removeprefix(".")]


def test_only_what_gives_back_its_integers_is_lossless() -> None:
    assert {kind.value for kind in AudioFormat if kind.lossless} == {"flac", "wav"}
