from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemset import audio
from stemset.audio import AudioFormat
from tests.unit.audio.conftest import RATE


@pytest.mark.parametrize("bit_depth", [16, 24])
def test_header_and_blocks_are_a_wav_of_the_promised_size(bit_depth: int, encoded: dict[AudioFormat, Path]):
    with soundfile.SoundFile(encoded[AudioFormat.FLAC]) as song:
        frames = song.frames
        blocks = [audio.wav_samples(block, bit_depth) for block in song.blocks(1000, dtype="int32", always_2d=True)]
    content = audio.wav_header(frames, RATE, 2, bit_depth) + b"".join(blocks)
    assert len(content) == audio.wav_size(frames, 2, bit_depth)
    with soundfile.SoundFile(io.BytesIO(content)) as wav:
        assert (wav.samplerate, wav.channels, wav.frames, wav.subtype) == (RATE, 2, frames, f"PCM_{bit_depth}")
        np.testing.assert_array_equal(wav.read(dtype="float32").T, audio.read(encoded[AudioFormat.FLAC])[0])
