"""Decodes any file with sound in it to a float32 stereo WAV: the only door through which foreign bytes come in."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import av
import av.error
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet

from stemset.audio.downmix import to_stereo
from stemset.audio.duration import promised_duration, stated_duration
from stemset.audio.pcm import BLOCK_FRAMES, Check, Pcm, Samples, float_writer, ignore_check, resample_blocks
from stemset.errors import TooLong, TooManyChannels, TooShort, UnreadableAudio

MAX_RATE = 48_000
"""Highest sample rate kept, in Hz; anything above is resampled to it."""

_LOWEST_RATE, _HIGHEST_RATE = 4_000, 768_000  # Hz; a header that says otherwise is wrong, or an attack

SHORTEST_S = 0.1
"""The length in seconds of the shortest song."""

# Demuxers that read one file and nothing else. Playlists (hls, dash, concat, …) would open what they name.
_CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,"
    "mp3,mpc,mpc8,mpeg,mpegts,nut,ogg,oma,tak,tta,voc,w64,wav,wv"
)

_CONTAINER_NAMES = {"mov,mp4,m4a,3gp,3g2,mj2": "mp4", "matroska,webm": "matroska"}

# The header's own length is right to a packet or two; what is lost in the middle is made up for with silence.
_MOST_MISSING_S = 0.5

_MOST_DAMAGE = 0.2  # of all packets; beyond, it is not a song with a scratch but something else

# Packets that are missing altogether show as a jump in the timestamps, in containers that keep those to the sample
# or the millisecond. Longer jumps are no loss but another clock.
_TRUSTED_TIMES = frozenset({"flac", "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "ogg"})
_SHORTEST_JUMP_S, _LONGEST_JUMP_S = 0.04, 30.0


@dataclass(frozen=True)
class Probe:
    """What the headers of a file say. duration_s: as the container states it, else counted by decoding."""

    container: str
    codec: str
    sample_rate: int
    channels: int
    duration_s: float
    title: str | None


@dataclass(frozen=True)
class Piece:
    """A run of decoded sound, (2, frames), at sample_rate in Hz. channels: how many the source has here."""

    samples: Samples
    sample_rate: int
    channels: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.samples.shape[1] / self.sample_rate


def probe(source: Path) -> Probe:
    """Open the file and decode its first sound, so that a file that can't be decoded is refused here.

    Raises UnreadableAudio.
    """
    with _open(source) as (container, stream):
        first, rest = _decode_first(container, stream)
        duration_s = stated_duration(container, stream)
        if duration_s is None:
            duration_s = sum(piece.duration_s for piece in _chain(first, rest))
        title = container.metadata.get("title") or stream.metadata.get("title") or ""
        return Probe(
            container=_CONTAINER_NAMES.get(container.format.name, container.format.name),
            codec=stream.codec_context.codec.canonical_name,
            sample_rate=first.sample_rate,
            channels=first.channels,
            duration_s=duration_s,
            title=title.strip() or None,
        )


def check_whole(source: Path) -> None:
    """Read all that `decode` would read, without decoding it: so a file that is cut off or too short is refused soon.

    Raises UnreadableAudio, TooShort.
    """
    with _open(source) as (container, stream):
        promised_s = promised_duration(source, container, stream)
        present_s = sum(float((packet.duration or 0) * packet.time_base) for packet in _packets(container, stream))
        # Where a container doesn't say how long its packets last, only decoding tells.
        if present_s:
            _check_whole(present_s, promised_s or 0.0)


def decode(
    source: Path,
    target: Path,
    *,
    max_duration_s: float | None = None,
    max_channels: int | None = None,
    check: Check = ignore_check,
) -> Pcm:
    """Write the first sound track as a float32 stereo WAV (RF64 above 4 GB), in bounded memory.

    The sample rate is kept up to 48 kHz, else resampled to 48 kHz. Mono goes to both sides; more than two
    channels are mixed down. Samples that are no numbers become 0. A 16-bit source comes out as int16 / 32768.
    Where a packet is damaged, silence of its length takes its place, so that what follows stays in time.

    Raises UnreadableAudio (no audio, damaged or cut off), TooShort (below 0.1 s), TooLong, TooManyChannels.
    """
    with _open(source) as (container, stream):
        promised_s = promised_duration(source, container, stream)
        limit_s = float("inf") if max_duration_s is None else max_duration_s
        _check_length(promised_s or 0.0, limit_s)
        first, rest = _decode_first(container, stream)
        if max_channels is not None and first.channels > max_channels:
            raise TooManyChannels(f"The song has {first.channels} channels; at most {max_channels} are allowed.")
        rate = min(first.sample_rate, MAX_RATE)
        # A promise is kept within a second or broken; who makes none may go on to the limit.
        most_frames = (limit_s if promised_s is None else promised_s + 60) * rate
        frames = 0
        with float_writer(target, rate, 2, most_frames) as out:
            for block in _resample_pieces(_chain(first, rest), rate):
                check()
                out.write(block.T)
                frames += block.shape[1]
                _check_length(frames / rate, limit_s)
            _check_whole(frames / rate, promised_s or 0.0)
    return Pcm(target, rate, frames, 2)


def decode_blocks(source: Path) -> Iterator[Piece]:
    """The first sound track in blocks, at its own rate, treated as `decode` does. Raises UnreadableAudio."""
    with _open(source) as (container, stream):
        yield from _merge_pieces(_decode_pieces(container, stream))


def _check_length(duration_s: float, limit_s: float) -> None:
    if duration_s > limit_s:
        raise TooLong(f"The song is longer than {_format_time(limit_s)}, the longest song allowed.")


def _check_whole(duration_s: float, promised_s: float) -> None:
    if promised_s - duration_s > _MOST_MISSING_S:
        raise UnreadableAudio(
            f"The file ends after {_format_time(duration_s)} of {_format_time(promised_s)}; it looks cut off."
        )
    if duration_s < SHORTEST_S:
        raise TooShort(f"The file holds {duration_s:.3f} s of sound; at least {SHORTEST_S} s are needed.")


def _format_time(seconds: float) -> str:
    """`12 s` below a minute, else `3:40`."""
    return f"{seconds:.0f} s" if seconds < 59.5 else f"{round(seconds) // 60}:{round(seconds) % 60:02d}"


@contextmanager
def _open(source: Path) -> Generator[tuple[InputContainer, AudioStream]]:
    if not source.is_file():
        raise UnreadableAudio(f"There is no file {source}.")
    if source.stat().st_size == 0:
        raise UnreadableAudio("The file is empty (0 bytes).")
    try:
        container = av.open(
            f"file:{source.absolute()}",  # the prefix keeps a name with a colon from being taken for a protocol
            "r",
            options={"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"},
            metadata_errors="replace",
        )
    except av.error.FFmpegError as error:
        with source.open("rb") as file:
            is_mp4 = file.read(8)[4:] == b"ftyp"
        if is_mp4:  # its table of contents is often at the end
            raise UnreadableAudio("This is an MP4 file that can't be read; it looks cut off.") from error
        raise UnreadableAudio("The file is not a sound or video file that can be read.") from error
    with container:
        if not container.streams.audio:
            raise UnreadableAudio("The file has no sound track.")
        yield container, container.streams.audio[0]


def _decode_first(container: InputContainer, stream: AudioStream) -> tuple[Piece, Iterator[Piece]]:
    """The first sound and an iterator over what follows."""
    pieces = _decode_pieces(container, stream)
    first = next(pieces, None)
    if first is None:
        raise UnreadableAudio("No sound in the file can be decoded.")
    return first, pieces


class _Gaps:
    """Finds what is missing in the sound of a file, so that silence can take its place.

    trusted: whether packets that are missing altogether show as jumps in the times of the container.
    """

    def __init__(self, *, trusted: bool) -> None:
        self._trusted = trusted
        self._end_s: float | None = None  # where the sound so far ends, by the container's clock
        self._lost_s = 0.0  # length of the damaged packets since then

    def add_damaged(self, packet: Packet[AudioStream]) -> None:
        """A packet could not be decoded."""
        self._lost_s += float((packet.duration or 0) * packet.time_base)

    def seconds_before(self, frame: av.AudioFrame, piece: Piece) -> float:
        """How much is missing between the sound so far and this frame, which the piece was made of."""
        lost_s = self._lost_s
        if self._trusted and frame.time is not None and self._end_s is not None:
            jump_s = frame.time - self._end_s
            lost_s = jump_s if _SHORTEST_JUMP_S < jump_s < _LONGEST_JUMP_S else lost_s
        start_s = frame.time if frame.time is not None else self._end_s
        self._end_s = None if start_s is None else start_s + piece.duration_s
        self._lost_s = 0.0
        return min(lost_s, _LONGEST_JUMP_S)


def _decode_pieces(container: InputContainer, stream: AudioStream) -> Iterator[Piece]:
    """The sound frame by frame, with silence for what is missing between two frames. Raises UnreadableAudio."""
    gaps = _Gaps(trusted=container.format.name in _TRUSTED_TIMES)
    last: Piece | None = None
    packets, damaged = 0, 0
    for packet in _packets(container, stream):
        packets += 1
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            damaged += 1
            gaps.add_damaged(packet)
            continue
        for frame in frames:
            if not frame.samples or not frame.sample_rate:
                continue
            piece = _to_piece(frame)
            gap_s = gaps.seconds_before(frame, piece)
            if last and gap_s:
                yield _silence(gap_s, last)
            yield piece
            last = piece
    if damaged > max(2, _MOST_DAMAGE * packets):
        raise UnreadableAudio(f"The file is damaged: {damaged} of its {packets} parts can't be decoded.")


def _to_piece(frame: av.AudioFrame) -> Piece:
    if not _LOWEST_RATE <= frame.sample_rate <= _HIGHEST_RATE:
        raise UnreadableAudio(f"A sample rate of {frame.sample_rate} Hz is no music's.")
    return Piece(to_stereo(frame), frame.sample_rate, frame.layout.nb_channels)


def _silence(duration_s: float, like: Piece) -> Piece:
    silence = np.zeros((2, round(duration_s * like.sample_rate)), np.float32)
    return Piece(silence, like.sample_rate, like.channels)


def _packets(container: InputContainer, stream: AudioStream) -> Iterator[Packet[AudioStream]]:
    """Ends where the container can't be read on; `_check_whole` judges whether too much is missing then."""
    # The IndexError is PyAV's, at the very end of a file in which a further stream turned up on the way.
    with suppress(av.error.FFmpegError, IndexError):
        yield from container.demux(stream)


def _chain(first: Piece, rest: Iterator[Piece]) -> Iterator[Piece]:
    yield first
    yield from rest


def _resample_pieces(pieces: Iterator[Piece], rate: int) -> Iterator[Samples]:
    """Blocks at one rate. A stream may change its rate midway (chained Ogg, spliced MP3)."""
    for source_rate, run in groupby(_merge_pieces(pieces), key=lambda piece: piece.sample_rate):
        if source_rate == rate:
            yield from (piece.samples for piece in run)
        else:
            yield from resample_blocks((piece.samples for piece in run), source_rate, rate, 2)


def _merge_pieces(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The same sound in larger pieces: packets hold about 1000 frames, and calls cost the same for 100 times more."""
    for (sample_rate, channels), run in groupby(pieces, key=lambda piece: (piece.sample_rate, piece.channels)):
        held: list[Samples] = []
        frames = 0
        for piece in run:
            held.append(piece.samples)
            frames += piece.samples.shape[1]
            if frames >= BLOCK_FRAMES:
                yield Piece(np.concatenate(held, axis=1), sample_rate, channels)
                held, frames = [], 0
        if held:
            yield Piece(np.concatenate(held, axis=1), sample_rate, channels)
