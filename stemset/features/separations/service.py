"""`SeparationService`: starts separations, and finds what they have made."""

from __future__ import annotations

from uuid import UUID

from stemset.errors import NotFound
from stemset.features.jobs.creation import NewJob
from stemset.features.jobs.records import JobRecord
from stemset.features.jobs.service import JobService
from stemset.features.separations.plans import SeparationPlans
from stemset.features.separations.records import SEPARATION, Separation, TrackRecord
from stemset.features.separations.repository import TrackRepository
from stemset.manifest import MIXTURE


class SeparationService:
    """Starts and finds separations. One per process. Raises NotFound for the id of none."""

    def __init__(self, jobs: JobService, tracks: TrackRepository, plans: SeparationPlans) -> None:
        self._jobs = jobs
        self._tracks = tracks
        self._plans = plans

    async def create_job(
        self,
        recording_id: UUID,
        strategy: str | None,
        *,
        force: bool = False,
        dispatch_ref: str | None = None,
    ) -> JobRecord:
        """Separate a recording, as `JobService.create_job` makes jobs. strategy: None takes the default of the
        recording's profile. force, dispatch_ref: as in `NewJob`.

        Raises ConfigError for a tree that is too large to hand over.
        """
        return await self._jobs.create_job(
            NewJob(
                plan=lambda source: self._plans.find(strategy, source.profile),
                recording_id=recording_id,
                force=force,
                dispatch_ref=dispatch_ref,
            )
        )

    async def get(self, job_id: UUID) -> Separation:
        """The separation, with its place in the queue."""
        return Separation.of(_check_kind(await self._jobs.get_job(job_id)))

    async def latest_job(self, recording_id: UUID, *, playable: bool = False) -> JobRecord | None:
        """The newest separation of a recording; if playable, the newest whose mixture can be played."""
        return await self._tracks.find_latest(recording_id, playable=playable)

    async def tracks(self, job_id: UUID) -> tuple[TrackRecord | None, list[TrackRecord]]:
        """The mixture's track if it is ready, and those of the ready stems in the strategy's order."""
        found = await self._tracks.find_tracks(job_id)
        if found is None:
            raise NotFound("job", str(job_id))
        job, tracks = found
        expected = Separation.of(_check_kind(job)).payload.expected_stems
        return tracks.get(MIXTURE), [tracks[stem] for stem in expected if stem in tracks]


def _check_kind(job: JobRecord) -> JobRecord:
    if job.kind != SEPARATION:
        raise NotFound("separation", str(job.id))
    return job
