"""Which stems of a recording can be played."""

from __future__ import annotations

from uuid import UUID

from stemset.api.context import Context
from stemset.api.problems import InvalidRequest
from stemset.errors import Conflict, NotFound
from stemset.jobs.mix import Mix
from stemset.jobs.records import JobRecord, TrackRecord


async def playable(
    context: Context, recording_id: UUID, job_id: UUID | None = None
) -> tuple[JobRecord, TrackRecord, list[TrackRecord]]:
    """A job, its mixture and the stems that are ready; without job_id of the newest job that has any.

    Raises NotFound for a job of another recording, Conflict while there is nothing to play.
    """
    if job_id is None:
        job = await context.jobs.latest_job(recording_id, playable=True)
    else:
        job = await context.jobs.get_job(job_id)
        if job.recording_id != recording_id:
            raise NotFound(f"job of recording {recording_id} named", str(job_id))
    mixture, stems = (None, []) if job is None else await context.jobs.tracks(job.id)
    if job is None or mixture is None:
        raise Conflict("Nothing of this recording can be played yet; a job has to decode it first.")
    return job, mixture, list(stems)


def fits(field: str, last_frame: int, mixture: TrackRecord) -> None:
    """Raises InvalidRequest where a frame lies beyond the song."""
    if last_frame > mixture.record.frames:
        raise InvalidRequest(field, f"frame {last_frame} lies beyond the song, which has {mixture.record.frames}")


async def fitting_mix(context: Context, recording_id: UUID, job_id: UUID | None, mix: Mix) -> JobRecord:
    """The job that the mix is for, once it is sure that loop and markers lie within the song."""
    job, mixture, _ = await playable(context, recording_id, job_id)
    fits("mix", mix.last_frame, mixture)
    return job
