"""How long a file says it is, and whether that can be trusted."""

from __future__ import annotations

from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

# Their headers count samples or bytes. Others (adts, mpegts, matroska) estimate, or tell of the video too.
_EXACT = frozenset({"aiff", "caf", "flac", "mov,mp4,m4a,3gp,3g2,mj2", "tta", "w64", "wav", "wv"})

# A program that writes WAV to a pipe can't go back to fill in the size, and leaves one of these or more.
_PLACEHOLDER_BYTES = 0x7FFF_0000


def stated_duration(container: InputContainer, stream: AudioStream) -> float | None:
    """Seconds by the header of the stream, else of the container; None where neither says."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration and container.duration > 0 else None


def is_exact(source: Path, container: InputContainer, stream: AudioStream) -> bool:
    """Whether a decode that comes out shorter than `stated_duration` means a file that was cut off."""
    if not stream.duration or not stream.time_base:
        return False
    name = container.format.name
    if name == "mp3":
        return _has_frame_count(source)
    if name == "wav":
        stated_bytes = float(stream.duration * stream.time_base) * (stream.codec_context.bit_rate or 0) / 8
        return stated_bytes < _PLACEHOLDER_BYTES
    return name in _EXACT


def _has_frame_count(mp3: Path) -> bool:
    """Whether the first MPEG frame is an encoder's information frame (Xing, Info or VBRI).

    Without one FFmpeg guesses the duration from the first bit rate it meets.
    """
    with mp3.open("rb") as file:
        head = file.read(10)
        tag_bytes = 0
        if head[:3] == b"ID3":  # ID3v2: its size is in the last four bytes, seven bits in each
            tag_bytes = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
        file.seek(tag_bytes)
        frame = file.read(256)
    return any(mark in frame for mark in (b"Xing", b"Info", b"VBRI"))
