"""Finds where the frames of a FLAC file lie, so that a player can fetch any run of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

_STREAMINFO_BYTES = 34


@dataclass(frozen=True)
class FlacLayout:
    """Frame k starts at byte offsets[k] and holds the block_size frames of sound from k·block_size on.

    streaminfo: the 34 bytes of the STREAMINFO block. The last frame may be shorter. bytes: size of the file.

    `fLaC`, the block header 80 00 00 22, the STREAMINFO with its last 20 bytes changed (total samples, the low 36
    bits of bytes 13 to 17, and MD5 set to 0), then any run of whole frames: that is a FLAC file of its own.
    """

    streaminfo: bytes
    block_size: int
    offsets: tuple[int, ...]
    bytes: int

    def to_index(self) -> bytes:
        """The .index file: u32 little-endian offsets, one per frame, and the file's size as the last."""
        return np.array([*self.offsets, self.bytes], "<u4").tobytes()


def count_channels(streaminfo: bytes) -> int:
    """Channels by a STREAMINFO block: three bits of its byte 12 hold them, less one. ValueError where it is cut off."""
    if len(streaminfo) != _STREAMINFO_BYTES:
        raise ValueError(f"a STREAMINFO block has {_STREAMINFO_BYTES} bytes, not {len(streaminfo)}")
    return ((streaminfo[12] >> 1) & 7) + 1


def flac_layout(file: Path) -> FlacLayout:
    """Read the frame headers of a file, decoding nothing. ValueError for a FLAC whose block size varies."""
    with av.open(str(file), "r", format="flac") as container:
        stream = container.streams.audio[0]
        streaminfo = bytes(stream.codec_context.extradata or b"")
        offsets = tuple(packet.pos for packet in container.demux(stream) if packet.pos is not None and packet.size)
    smallest, largest = int.from_bytes(streaminfo[0:2]), int.from_bytes(streaminfo[2:4])
    if smallest != largest:
        raise ValueError(f"{file} has blocks of {smallest} to {largest} frames; a player needs a fixed size")
    return FlacLayout(streaminfo, smallest, offsets, file.stat().st_size)
