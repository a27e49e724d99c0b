from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from stemset import audio
from stemset.audio import AudioFormat, FlacLayout, Samples


@pytest.fixture
def flac(encoded: dict[AudioFormat, Path]) -> Path:
    return encoded[AudioFormat.FLAC]


def _standalone(layout: FlacLayout, content: bytes, first: int, last: int) -> NDArray[np.int16]:
    """Decodes the frames first to last of a file, as a player does: a made-up header, then their bytes."""
    index = np.frombuffer(layout.to_index(), "<u4")
    total_samples_and_md5_unknown = bytes([layout.streaminfo[13] & 0xF0]) + bytes(20)
    header = b"fLaC\x80\x00\x00\x22" + layout.streaminfo[:13] + total_samples_and_md5_unknown
    assert len(header) == 42
    run = header + content[index[first] : index[last + 1]]
    with av.open(io.BytesIO(run), "r", format="flac") as container:
        frames = [frame.to_ndarray().reshape(-1, 2).T for frame in container.decode(audio=0)]
    return np.concatenate(frames, axis=1).astype(np.int16)


def test_blocks_are_fixed_at_4096_frames_and_nothing_else_is_in_the_file(flac: Path, song: Samples):
    layout = audio.flac_layout(flac)
    assert layout.block_size == 4096
    assert len(layout.offsets) == -(-song.shape[1] // 4096)
    # `fLaC`, STREAMINFO and libsndfile's empty comment block.
    assert layout.offsets[0] == 86
    assert layout.streaminfo == flac.read_bytes()[8:42]


@pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 43), (7, 7), (11, 30), (40, 43), (43, 43)])
def test_a_header_and_any_run_of_frames_decode_to_the_exact_samples(first: int, last: int, flac: Path, song: Samples):
    layout = audio.flac_layout(flac)
    assert len(layout.offsets) == 44
    run = _standalone(layout, flac.read_bytes(), first, last)
    expected = song[:, first * 4096 : (last + 1) * 4096]
    np.testing.assert_array_equal(run, np.rint(expected * 32768).astype(np.int16))


def test_the_index_ends_with_the_size_of_the_file(flac: Path):
    layout = audio.flac_layout(flac)
    index = np.frombuffer(layout.to_index(), "<u4")
    assert tuple(index[:-1]) == layout.offsets
    assert index[-1] == flac.stat().st_size
    assert (np.diff(index.astype(np.int64)) > 0).all()


def test_a_single_short_frame_has_a_layout_too(tmp_path: Path):
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 100)).astype(np.float32)
    audio.write(tmp_path / "x.wav", samples, 44_100)
    audio.encode(tmp_path / "x.wav", tmp_path / "x.flac", AudioFormat.FLAC)
    layout = audio.flac_layout(tmp_path / "x.flac")
    assert len(layout.offsets) == 1
    assert layout.block_size == 4096
    assert _standalone(layout, (tmp_path / "x.flac").read_bytes(), 0, 0).shape == (2, 100)


@pytest.mark.parametrize("channels", [1, 2])
def test_the_streaminfo_tells_the_channels(channels: int, tmp_path: Path):
    audio.write(tmp_path / "x.wav", np.zeros((channels, 5000), np.float32), 44_100)
    audio.encode(tmp_path / "x.wav", tmp_path / "x.flac", AudioFormat.FLAC)
    assert audio.count_channels(audio.flac_layout(tmp_path / "x.flac").streaminfo) == channels
    with pytest.raises(ValueError, match="34 bytes"):
        audio.count_channels(b"fLaC")


def test_each_offset_is_that_of_a_frames_sync_code(flac: Path):
    content = flac.read_bytes()
    for number, offset in enumerate(audio.flac_layout(flac).offsets):
        # 14 bits of sync, a reserved bit, and 0 for a fixed block size; then the number of the frame, in one byte here.
        assert content[offset : offset + 2] == b"\xff\xf8"
        assert content[offset + 4] == number


def test_a_file_of_varying_block_size_is_refused(flac: Path, tmp_path: Path):
    content = bytearray(flac.read_bytes())
    content[8:10] = (1024).to_bytes(2)
    (tmp_path / "x.flac").write_bytes(content)
    with pytest.raises(ValueError, match="1024 to 4096 frames"):
        audio.flac_layout(tmp_path / "x.flac")


@pytest.mark.parametrize("channels", range(1, 9))
def test_channels_are_three_bits_of_the_streaminfo(channels: int):
    # 20 bits of the rate, 3 of the channels less one, 5 of the depth less one.
    fields = (44_100 << 12) | ((channels - 1) << 9) | (15 << 4)
    assert audio.count_channels(bytes(10) + fields.to_bytes(4) + bytes(20)) == channels
