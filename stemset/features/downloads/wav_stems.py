"""What a DAW takes: every stem as WAV, all of one length and start, in one archive that is made while it is sent."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import soundfile

from stemset import audio
from stemset.features.downloads.archive import Entry
from stemset.features.jobs.records import TrackRecord
from stemset.storage import Keys, Storage

_BLOCK_FRAMES = 65_536


@dataclass(frozen=True)
class Session:
    """What the note in the archive says. gain: the factor that is in every file already."""

    title: str
    strategy: str
    sample_rate: int
    frames: int
    bit_depth: int
    gain: float
    made_at: datetime


def note_of(session: Session, files: Sequence[str]) -> str:
    """The archive's README: what has to be set in the DAW before the files are dropped on it."""
    seconds = session.frames / session.sample_rate
    gain = "" if session.gain == 1 else f"Gain in all files: {session.gain:.6f}, so that none clips\n"
    return (
        f"{session.title}\nSeparated with {session.strategy}, {session.made_at:%Y-%m-%d}\n\n"
        f"Sample rate: {session.sample_rate} Hz\nFormat: WAV, {session.bit_depth} bit\n"
        f"Length of every file: {session.frames} frames ({seconds:.3f} s)\n"
        f"{gain}Tempo: not known; set it by ear\n\n"
        "Put every file at the start of the timeline, faders at 0 dB: together they are the song.\n\n"
        + "".join(f"  {name}\n" for name in files)
    )


def wav_of(storage: Storage, name: str, track: TrackRecord, bit_depth: int) -> Entry:
    """A stored FLAC as a WAV file, decoded block by block while it is sent. bit_depth: 16 or 24, as stored."""
    key = Keys.stem(track.job_id, track.name)
    size = audio.wav_size(track.record.frames, audio.count_channels(track.streaminfo), bit_depth)
    return Entry(name, size, lambda: _wav(storage, key, bit_depth))


def _wav(storage: Storage, key: str, bit_depth: int) -> Generator[bytes]:
    with tempfile.TemporaryDirectory(prefix="stemset-bundle-") as folder:
        path = storage.local_path(key)
        if path is None:
            path = Path(folder) / "stem.flac"
            storage.fetch(key, path)
        with soundfile.SoundFile(path) as source:
            yield audio.wav_header(source.frames, source.samplerate, source.channels, bit_depth)
            while len(block := source.read(_BLOCK_FRAMES, dtype="int32", always_2d=True)):
                yield audio.wav_samples(block, bit_depth)
