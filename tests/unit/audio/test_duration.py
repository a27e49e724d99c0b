from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from stemset import audio
from stemset.audio import AudioFormat
from stemset.audio.duration import promised_duration, stated_duration
from tests.unit.audio.conftest import RATE, SECONDS


def promised(file: Path) -> float | None:
    with av.open(str(file)) as container:
        return promised_duration(file, container, container.streams.audio[0])


def stated(file: Path) -> float | None:
    with av.open(str(file)) as container:
        return stated_duration(container, container.streams.audio[0])


def wav(data: bytes, *, stated_bytes: int | None = None, chunk_before: bytes = b"") -> bytes:
    """A 16-bit stereo WAV at 8 kHz; stated_bytes: what its header says of its data."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 8000, 32_000, 4, 16)
    before = b"junk" + struct.pack("<I", len(chunk_before)) + chunk_before + bytes(len(chunk_before) % 2)
    size = len(data) if stated_bytes is None else stated_bytes
    body = b"WAVE" + form + (before if chunk_before else b"") + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", min(len(body), 2**32 - 1)) + body


@pytest.mark.parametrize("kind", list(AudioFormat))
def test_a_file_states_its_length(kind: AudioFormat, encoded: dict[AudioFormat, Path]) -> None:
    # Opus and AAC have a lead-in or a padding of some packets.
    assert stated(encoded[kind]) == pytest.approx(SECONDS, abs=0.05)


@pytest.mark.parametrize("kind", [AudioFormat.FLAC, AudioFormat.WAV])
def test_a_lossless_file_promises_its_exact_length(kind: AudioFormat, encoded: dict[AudioFormat, Path]) -> None:
    assert promised(encoded[kind]) == SECONDS


def test_an_mp3_promises_a_length_by_its_encoders_frame_alone(encoded: dict[AudioFormat, Path], tmp_path: Path) -> None:
    content = encoded[AudioFormat.MP3].read_bytes()
    assert promised(encoded[AudioFormat.MP3]) == pytest.approx(SECONDS, abs=0.05)
    anonymous = tmp_path / "x.mp3"
    anonymous.write_bytes(content.replace(b"Xing", b"\0\0\0\0").replace(b"Info", b"\0\0\0\0"))
    assert promised(anonymous) is None


def test_an_ogg_promises_nothing(encoded: dict[AudioFormat, Path]) -> None:
    assert promised(encoded[AudioFormat.OPUS]) is None


def test_a_wav_that_was_cut_promises_what_there_was(tmp_path: Path) -> None:
    (tmp_path / "cut.wav").write_bytes(wav(bytes(16_000), stated_bytes=96_000))
    assert promised(tmp_path / "cut.wav") == 3.0
    assert stated(tmp_path / "cut.wav") == 0.5


@pytest.mark.parametrize("chunk", [b"four", b"odd"])
def test_chunks_before_the_data_are_passed_over(chunk: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(wav(bytes(32_000), chunk_before=chunk))
    assert promised(tmp_path / "x.wav") == 1.0


@pytest.mark.parametrize("placeholder", [0x7FFF_0000, 0x7FFF_FFFF, 0xFFFF_FFFF])
def test_a_wav_from_a_pipe_promises_nothing(placeholder: int, tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(wav(bytes(32_000), stated_bytes=placeholder))
    assert promised(tmp_path / "x.wav") is None


def test_an_rf64_promises_its_length_although_its_header_has_no_sizes(tmp_path: Path) -> None:
    with audio.float_writer(tmp_path / "x.wav", RATE, 2, most_frames=2**31) as out:
        out.write(np.zeros((RATE, 2), np.float32))
    assert promised(tmp_path / "x.wav") == 1.0
