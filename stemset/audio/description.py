"""The record that a manifest keeps of an encoded file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from stemset.audio.loudness import measure
from stemset.audio.pcm import Check, unchecked
from stemset.manifest import StemRecord


def describe(name: str, file: Path, check: Check = unchecked) -> StemRecord:
    """What is in the file as it will be heard: it is decoded once more, whatever its format."""
    levels = measure(file, check)
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return StemRecord(
        name=name,
        sha256=digest,
        bytes=file.stat().st_size,
        sample_rate=levels.sample_rate,
        frames=levels.frames,
        peak=levels.peak,
        lufs=levels.lufs,
    )
