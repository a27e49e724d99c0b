"""`MixService` saves what listeners set, if it lies within the song."""

from __future__ import annotations

from uuid import UUID

from stemset.errors import InvalidRequest
from stemset.features.jobs.records import JobRecord
from stemset.features.library.recordings import RecordingRepository
from stemset.features.mixes.mix import Clip, Mix, SavedMix, Share, check_range
from stemset.features.mixes.repository import MixRepository
from stemset.features.mixes.schemas import ClipChange, ClipRequest
from stemset.features.player.tracks import TrackService


class MixService:
    """Saves mixes, links and clips. One per process.

    Raises NotFound for an unknown id, InvalidRequest where a frame lies beyond the song, Conflict while there is
    nothing to play.
    """

    def __init__(self, mixes: MixRepository, recordings: RecordingRepository, tracks: TrackService) -> None:
        self._mixes = mixes
        self._recordings = recordings
        self._tracks = tracks

    async def save_mix(self, recording_id: UUID, mix: Mix, *, replaces: int) -> SavedMix:
        """Replace the mix of this version, 0 for none. Raises Stale where it is not the current one any more."""
        await self._find_job(recording_id, None, mix)
        return await self._mixes.save_mix(recording_id, mix, replaces=replaces)

    async def add_share(self, recording_id: UUID, job_id: UUID | None, mix: Mix) -> Share:
        """Make a link. job_id: whose stems it plays; None: the newest that has any."""
        job = await self._find_job(recording_id, job_id, mix)
        return await self._mixes.add_share(recording_id, job.id, mix)

    async def add_clip(self, recording_id: UUID, clip: ClipRequest) -> Clip:
        """Keep a range of a recording."""
        await self._recordings.get(recording_id)
        playable = await self._tracks.find_playable(recording_id, clip.job_id)
        playable.check_frame("end", clip.end)
        playable.check_frame("mix", clip.mix.last_frame)
        return await self._mixes.add_clip(
            recording_id, job_id=playable.job.id, title=clip.title, start=clip.start, end=clip.end, mix=clip.mix
        )

    async def change_clip(self, clip_id: UUID, change: ClipChange) -> Clip:
        """Rename a clip, move its ends, change its mix."""
        clip = await self._mixes.get_clip(clip_id)
        start = clip.start if change.start is None else change.start
        end = clip.end if change.end is None else change.end
        try:
            check_range(start, end)
        except ValueError as error:
            raise InvalidRequest("end", str(error)) from None
        playable = await self._tracks.find_playable(clip.recording_id, clip.job_id)
        playable.check_frame("end", end)
        playable.check_frame("mix", change.mix.last_frame if change.mix else 0)
        return await self._mixes.change_clip(clip_id, title=change.title, start=start, end=end, mix=change.mix)

    async def _find_job(self, recording_id: UUID, job_id: UUID | None, mix: Mix) -> JobRecord:
        """Find the job that a mix is for, whose loop and markers must lie within the song."""
        await self._recordings.get(recording_id)
        playable = await self._tracks.find_playable(recording_id, job_id)
        playable.check_frame("mix", mix.last_frame)
        return playable.job
