"""Stems become WAV for a DAW here, all of one length and start, while the archive of them is sent."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import soundfile

from stemset import audio
from stemset.features.downloads.archive import ArchiveEntry
from stemset.features.jobs.records import TrackRecord
from stemset.storage import Keys, Storage
from stemset.storage.local_files import local_copy

_BLOCK_FRAMES = 65_536


@dataclass(frozen=True)
class ArchiveNote:
    """The facts of the archive's README. gain: the factor that is in every file already."""

    title: str
    strategy: str
    sample_rate: int
    frames: int
    bit_depth: int
    gain: float
    made_at: datetime


def write_note(note: ArchiveNote, files: Sequence[str]) -> str:
    """Write the archive's README: what has to be set in the DAW before the files are dropped on it."""
    seconds = note.frames / note.sample_rate
    gain = "" if note.gain == 1 else f"Gain in all files: {note.gain:.6f}, so that none clips\n"
    return (
        f"{note.title}\nSeparated with {note.strategy}, {note.made_at:%Y-%m-%d}\n\n"
        f"Sample rate: {note.sample_rate} Hz\nFormat: WAV, {note.bit_depth} bit\n"
        f"Length of every file: {note.frames} frames ({seconds:.3f} s)\n"
        f"{gain}Tempo: not known; set it by ear\n\n"
        "Put every file at the start of the timeline, faders at 0 dB: together they are the song.\n\n"
        + "".join(f"  {name}\n" for name in files)
    )


def make_wav_entry(storage: Storage, name: str, track: TrackRecord, bit_depth: int) -> ArchiveEntry:
    """Make an entry that holds a stored FLAC as WAV, decoded block by block while it is sent. bit_depth: 16 or 24."""
    key = Keys.stem(track.job_id, track.name)
    size = audio.wav_size(track.record.frames, audio.count_channels(track.streaminfo), bit_depth)
    return ArchiveEntry(name, size, lambda: _read_wav(storage, key, bit_depth))


def _read_wav(storage: Storage, key: str, bit_depth: int) -> Generator[bytes]:
    with (
        tempfile.TemporaryDirectory(prefix="stemset-bundle-") as folder,
        soundfile.SoundFile(local_copy(storage, key, Path(folder))) as source,
    ):
        yield audio.wav_header(source.frames, source.samplerate, source.channels, bit_depth)
        while len(block := source.read(_BLOCK_FRAMES, dtype="int32", always_2d=True)):
            yield audio.wav_samples(block, bit_depth)
