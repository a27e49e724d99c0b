"""The formats a stem can be written in."""

from __future__ import annotations

from enum import StrEnum


class AudioFormat(StrEnum):
    """flac and wav hold the samples exactly (16 or 24 bit). mp3, opus and m4a are lossy, for downloads."""

    FLAC = "flac"
    WAV = "wav"
    MP3 = "mp3"
    OPUS = "opus"
    M4A = "m4a"

    @property
    def lossless(self) -> bool:
        """Whether decoding gives back the written integers."""
        return self in (AudioFormat.FLAC, AudioFormat.WAV)

    @property
    def extension(self) -> str:
        """File name suffix, with its dot."""
        return f".{self.value}"

    @property
    def content_type(self) -> str:
        """Media type for HTTP."""
        return _CONTENT_TYPES[self]


_CONTENT_TYPES = {
    AudioFormat.FLAC: "audio/flac",
    AudioFormat.WAV: "audio/wav",
    AudioFormat.MP3: "audio/mpeg",
    AudioFormat.OPUS: "audio/ogg",
    AudioFormat.M4A: "audio/mp4",
}
