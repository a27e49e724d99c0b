from __future__ import annotations

import io
import struct
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


@pytest.mark.parametrize("bit_depth", [16, 24])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_header_is_riffs_with_every_size_stated(bit_depth: int, channels: int):
    header = audio.wav_header(1000, 48_000, channels, bit_depth)
    octets = channels * bit_depth // 8
    assert (header[:4], header[8:16], header[36:40]) == (b"RIFF", b"WAVEfmt ", b"data")
    assert struct.unpack_from("<I", header, 4) == (audio.wav_size(1000, channels, bit_depth) - 8,)
    assert struct.unpack_from("<IHHIIHH", header, 16) == (
        *(16, 1, channels, 48_000, 48_000 * octets),
        *(octets, bit_depth),
    )
    assert struct.unpack_from("<I", header, 40) == (1000 * octets,)
    assert len(header) == 44


def test_samples_are_the_upper_bytes_in_little_endian_order():
    block = np.array([[0x12345600, -0x01234600], [-(2**31), 2**31 - 256]], np.int32)
    assert audio.wav_samples(block, 16) == b"".join(struct.pack("<h", value >> 16) for value in block.ravel().tolist())
    assert audio.wav_samples(block, 24) == b"".join(struct.pack("<i", int(value))[1:] for value in block.ravel())
