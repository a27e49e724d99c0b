"""The files of a job's tracks (sound, frame index, waveforms), answered the same for their owner and for a link."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from litestar import Response
from litestar.params import HeaderParameter, QueryParameter
from litestar.response import Stream

from stemset.api.context import Context
from stemset.api.files import describe_object, send_object
from stemset.api.wire import version_of
from stemset.errors import NotFound
from stemset.storage import Keys

_STEM_FILE = re.compile(r"([a-z][a-z0-9_]{0,39})\.(flac|index)")
_PEAKS_FILE = re.compile(r"([a-z][a-z0-9_]{0,39})\.([1-9][0-9]{0,5})\.dat")

Version = Annotated[
    str | None,
    QueryParameter(name="v", description="The file's hash; a request that carries it may be cached for ever."),
]
IfNoneMatch = Annotated[str | None, HeaderParameter(name="If-None-Match", description="The ETag last seen.")]
Range = Annotated[str | None, HeaderParameter(name="Range", description="One range of bytes, such as `bytes=0-65535`.")]
IfRange = Annotated[str | None, HeaderParameter(name="If-Range", description="The ETag that the range belongs to.")]


@dataclass(frozen=True)
class TrackFile:
    """A file by the job and the name of its track, a stem or `mixture`. Whether it is there is another matter."""

    job_id: UUID
    track: str
    key: str
    media_type: str


def stem_file(job_id: UUID, file: str) -> TrackFile:
    """`vocals.flac` or `vocals.index`. Raises NotFound for another name."""
    match = _STEM_FILE.fullmatch(file)
    if match is None:
        raise NotFound("stem file", file)
    track, kind = match.groups()
    if kind == "flac":
        return TrackFile(job_id, track, Keys.stem(job_id, track), "audio/flac")
    return TrackFile(job_id, track, Keys.index(job_id, track), "application/octet-stream")


def peaks_file(job_id: UUID, file: str) -> TrackFile:
    """`vocals.256.dat`. Raises NotFound for another name."""
    match = _PEAKS_FILE.fullmatch(file)
    if match is None or int(match.group(2)) not in Keys.SAMPLES_PER_PIXEL:
        raise NotFound("waveform", file, [f"<stem>.{pixels}.dat" for pixels in Keys.SAMPLES_PER_PIXEL])
    track, pixels = match.groups()
    return TrackFile(job_id, track, Keys.peaks(job_id, track, int(pixels)), "application/octet-stream")


async def send(
    context: Context,
    file: TrackFile,
    version: str | None,
    *,
    if_none_match: str | None,
    range_: str | None = None,
    if_range: str | None = None,
) -> Stream | Response[None]:
    """The answer to a GET, see files.send_object."""
    return await send_object(
        context.storage,
        file.key,
        file.media_type,
        immutable=await _is_current(context, file, version),
        range_=range_,
        if_range=if_range,
        if_none_match=if_none_match,
    )


async def describe(
    context: Context, file: TrackFile, version: str | None, *, if_none_match: str | None
) -> Response[None]:
    """The answer to a HEAD, see files.describe_object."""
    immutable = await _is_current(context, file, version)
    return await describe_object(
        context.storage, file.key, file.media_type, immutable=immutable, if_none_match=if_none_match
    )


async def _is_current(context: Context, file: TrackFile, version: str | None) -> bool:
    """Whether the request named this very content: a stem is written again when a common gain turns out needed."""
    if version is None:
        return False
    mixture, stems = await context.jobs.tracks(file.job_id)
    tracks = stems if mixture is None else [mixture, *stems]
    return any(track.name == file.track and version_of(track) == version for track in tracks)
