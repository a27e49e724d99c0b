"""A stem comes to a DAW as WAV, sample by sample what the stored FLAC holds, and with a note of what to set there."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
import soundfile

from stemset import audio
from stemset.errors import NotFound
from stemset.features.downloads.wav_stems import ArchiveNote, make_wav_entry, write_note
from stemset.features.separations.records import TrackRecord
from stemset.manifest import StemRecord
from stemset.storage import Keys
from stemset.testing import MemoryStorage

JOB_ID = UUID("0193b1c2-8a20-7d15-9c3e-0b7f5d2a4c66")
FRAMES = 100_000
"""More than one block."""

NOTE = ArchiveNote(
    title="First Light",
    strategy="instant",
    sample_rate=44_100,
    frames=66_150,
    bit_depth=24,
    gain=1.0,
    made_at=datetime(2026, 11, 20, 18, 5, tzinfo=UTC),
)


def store_stem(storage: MemoryStorage, folder: Path, channels: int, sample_rate: int, bit_depth: int) -> TrackRecord:
    """Store noise over the whole range of the samples as FLAC."""
    shape = (FRAMES, channels)
    samples = np.random.default_rng(7).integers(-(2**31), 2**31, shape, np.int32)
    file = folder / "stem.flac"
    soundfile.write(file, samples, sample_rate, format="FLAC", subtype=f"PCM_{bit_depth}")
    storage.put(Keys.stem(JOB_ID, "bass"), file, "audio/flac")
    record = StemRecord(
        name="bass",
        sha256="0" * 64,
        bytes=file.stat().st_size,
        sample_rate=sample_rate,
        frames=FRAMES,
        peak=1.0,
        lufs=None,
    )
    layout = audio.flac_layout(file)
    return TrackRecord(
        job_id=JOB_ID, record=record, streaminfo=layout.streaminfo, block_size=layout.block_size, overview=()
    )


@pytest.mark.parametrize("bit_depth", [16, 24])
@pytest.mark.parametrize(("channels", "sample_rate"), [(1, 48_000), (2, 44_100), (6, 96_000)])
def test_a_wav_holds_the_samples_of_the_flac(tmp_path: Path, bit_depth: int, channels: int, sample_rate: int):
    storage = MemoryStorage()
    track = store_stem(storage, tmp_path, channels, sample_rate, bit_depth)
    entry = make_wav_entry(storage, "Song - Bass.wav", track, bit_depth)
    wav = b"".join(entry.read_pieces())
    assert (entry.name, entry.bytes) == ("Song - Bass.wav", len(wav))
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="int32", always_2d=True)
    stored, _ = soundfile.read(tmp_path / "stem.flac", dtype="int32", always_2d=True)
    assert rate == sample_rate
    assert np.array_equal(samples, stored)


@pytest.mark.parametrize("bit_depth", [16, 24])
def test_the_header_says_plain_pcm_and_how_much_of_it(tmp_path: Path, bit_depth: int):
    storage = MemoryStorage()
    track = store_stem(storage, tmp_path, 2, 44_100, bit_depth)
    wav = b"".join(make_wav_entry(storage, "x.wav", track, bit_depth).read_pieces())
    frame_bytes = 2 * bit_depth // 8
    data_bytes = FRAMES * frame_bytes
    assert wav[:4] + wav[8:16] + wav[36:40] == b"RIFFWAVEfmt data"
    assert struct.unpack("<I", wav[4:8]) == (36 + data_bytes,) == (len(wav) - 8,)
    assert struct.unpack("<IHHIIHH", wav[16:36]) == (
        16, 1, 2, 44_100, 44_100 * frame_bytes, frame_bytes, bit_depth,
    )  # fmt: skip
    assert struct.unpack("<I", wav[40:44]) == (data_bytes,) == (len(wav) - 44,)


def test_a_stem_that_is_gone_is_missed_when_its_turn_comes(tmp_path: Path):
    track = store_stem(MemoryStorage(), tmp_path, 2, 44_100, 16)
    entry = make_wav_entry(MemoryStorage(), "x.wav", track, 16)
    with pytest.raises(NotFound):
        next(entry.read_pieces())


def test_the_note_says_what_to_set_in_the_daw():
    note = write_note(NOTE, ["First Light - Bass.wav", "First Light - Mixture.wav"])
    lines = note.splitlines()
    assert lines[:2] == ["First Light", "Separated with instant, 2026-11-20"]
    assert "Sample rate: 44100 Hz" in lines
    assert "Format: WAV, 24 bit" in lines
    assert "Length of every file: 66150 frames (1.500 s)" in lines
    assert lines[-2:] == ["  First Light - Bass.wav", "  First Light - Mixture.wav"]
    assert "Gain" not in note


def test_the_note_says_a_gain_that_is_in_the_files():
    assert "Gain in all files: 0.794328, so that none clips" in write_note(replace(NOTE, gain=0.7943282), [])
