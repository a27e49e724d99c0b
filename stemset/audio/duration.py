"""How long a file says it is, and whether that can be trusted."""

from __future__ import annotations

from os import SEEK_CUR
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


def promised_duration(source: Path, container: InputContainer, stream: AudioStream) -> float | None:
    """Seconds that a whole file must decode to: less means that it was cut off. None where it can't be told."""
    name = container.format.name
    if name not in _EXACT and not (name == "mp3" and _has_frame_count(source)):
        return None
    seconds = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else None
    if name != "wav" or seconds is None:
        return seconds
    # FFmpeg corrects the length of a WAV to what is there; the header still has what there was.
    size = _wav_data_bytes(source)
    byte_rate = (stream.codec_context.bit_rate or 0) / 8
    if size is None or not byte_rate:
        return seconds
    return size / byte_rate if size < _PLACEHOLDER_BYTES else None


def _wav_data_bytes(wav: Path) -> int | None:
    """Size of the `data` chunk as its header has it; None in an RF64, whose sizes are elsewhere."""
    with wav.open("rb") as file:
        if file.read(4) != b"RIFF":
            return None
        file.seek(8, SEEK_CUR)
        while len(head := file.read(8)) == 8:
            size = int.from_bytes(head[4:], "little")
            if head[:4] == b"data":
                return size
            file.seek(size + size % 2, SEEK_CUR)
    return None


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
