"""`TrackService` finds what can be played of a recording and sends the files of its tracks.

These are sound, frame index and waveforms; their owner and whoever has a link are sent the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from litestar import Response
from litestar.response import Stream

from stemset.errors import Conflict, NotFound
from stemset.features.jobs.service import JobService
from stemset.features.player.file_requests import BINARY, FLAC, FileRequest
from stemset.features.player.records import Playable, format_version
from stemset.storage import Keys, Storage
from stemset.web.stored_files import describe_object, send_object

_STEM_FILE = re.compile(r"([a-z][a-z0-9_]{0,39})\.(flac|index)")
_PEAKS_FILE = re.compile(r"([a-z][a-z0-9_]{0,39})\.([1-9][0-9]{0,5})\.dat")


@dataclass(frozen=True)
class TrackFile:
    """The name of a file. track: a stem or `mixture`. Whether the file is there shows when it is sent."""

    job_id: UUID
    track: str
    key: str
    media_type: str


def parse_stem_file(job_id: UUID, file: str) -> TrackFile:
    """Read a file name such as `vocals.flac` or `vocals.index`. Raises NotFound for one of another form."""
    match = _STEM_FILE.fullmatch(file)
    if match is None:
        raise NotFound("stem file", file)
    track, kind = match.groups()
    if kind == "flac":
        return TrackFile(job_id, track, Keys.stem(job_id, track), FLAC)
    return TrackFile(job_id, track, Keys.index(job_id, track), BINARY)


def parse_peaks_file(job_id: UUID, file: str) -> TrackFile:
    """Read a file name such as `vocals.256.dat`. Raises NotFound for one of another form."""
    match = _PEAKS_FILE.fullmatch(file)
    if match is None or int(match.group(2)) not in Keys.SAMPLES_PER_PIXEL:
        raise NotFound("waveform", file, [f"<stem>.{pixels}.dat" for pixels in Keys.SAMPLES_PER_PIXEL])
    track, pixels = match.groups()
    return TrackFile(job_id, track, Keys.peaks(job_id, track, int(pixels)), BINARY)


class TrackService:
    """Finds what can be played of a recording, and sends the files of its tracks. One per process."""

    def __init__(self, jobs: JobService, storage: Storage) -> None:
        self._jobs = jobs
        self._storage = storage

    async def find_playable(self, recording_id: UUID, job_id: UUID | None = None) -> Playable:
        """Find what can be played of a job; without job_id of the newest job that has any.

        Raises NotFound for a job of another recording, Conflict while there is nothing to play.
        """
        if job_id is None:
            job = await self._jobs.latest_job(recording_id, playable=True)
        else:
            job = await self._jobs.get_job(job_id)
            if job.recording_id != recording_id:
                raise NotFound(f"job of recording {recording_id} named", str(job_id))
        mixture, stems = (None, ()) if job is None else await self._jobs.tracks(job.id)
        if job is None or mixture is None:
            raise Conflict("Nothing of this recording can be played yet; a job has to decode it first.")
        return Playable(job, mixture, stems)

    async def send_file(self, file: TrackFile, request: FileRequest) -> Stream | Response[None]:
        """Answer a GET, as `stored_files.send_object` does."""
        return await send_object(
            self._storage,
            file.key,
            file.media_type,
            immutable=await self._is_current(file, request.version),
            range_=request.range_,
            if_range=request.if_range,
            if_none_match=request.if_none_match,
        )

    async def describe_file(self, file: TrackFile, request: FileRequest) -> Response[None]:
        """Answer a HEAD, as `stored_files.describe_object` does."""
        return await describe_object(
            self._storage,
            file.key,
            file.media_type,
            immutable=await self._is_current(file, request.version),
            if_none_match=request.if_none_match,
        )

    async def _is_current(self, file: TrackFile, version: str | None) -> bool:
        """Whether the request named this very content: a stem is written again when a common gain turns out needed."""
        if version is None:
            return False
        mixture, stems = await self._jobs.tracks(file.job_id)
        tracks = stems if mixture is None else [mixture, *stems]
        return any(track.name == file.track and format_version(track) == version for track in tracks)
