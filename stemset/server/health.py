"""The routes of health, configuration and profiles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from anyio import fail_after, to_thread
from litestar import Response, Router, get
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from stemset import __version__
from stemset.audio import AudioFormat
from stemset.config import Config
from stemset.features.accounts.gate import PUBLIC
from stemset.features.jobs.records import JobState
from stemset.features.jobs.service import JobService
from stemset.features.library.recordings import RecordingRepository
from stemset.server.schemas import CONFIG, HEALTH, PROFILE, Health, Limits, Profile, ServiceConfig
from stemset.storage import Keys, Storage
from stemset.web.parameters import Injected
from stemset.web.problems import problem_responses
from stemset.web.responses import json_response
from stemset.worker.pid_files import find_workers

_PATIENCE_S = 2.0
_SILENCE = timedelta(seconds=60)


class HealthCheck:
    """Checks whether database, storage and workers answer. One per process."""

    def __init__(self, engine: AsyncEngine, storage: Storage, jobs: JobService, data_dir: Path) -> None:
        self._engine = engine
        self._storage = storage
        self._jobs = jobs
        self._data_dir = data_dir

    async def check(self) -> Health:
        """Check each part, for two seconds at most. Never raises for a part that doesn't answer."""
        database, storage = await self._database_answers(), await self._storage_answers()
        counts: Mapping[JobState, int] = await self._jobs.count_jobs() if database else {}
        return Health(
            status="ok" if database and storage else "degraded",
            version=__version__,
            database=database,
            storage=storage,
            worker=await self._worker_lives(counts),
            queued=counts.get(JobState.QUEUED, 0),
            running=counts.get(JobState.RUNNING, 0),
        )

    async def _worker_lives(self, counts: Mapping[JobState, int]) -> bool:
        """Tell whether a worker takes jobs: one on this machine, or one elsewhere that reported within a minute."""
        if await to_thread.run_sync(find_workers, self._data_dir):
            return True
        running = counts.get(JobState.RUNNING, 0)
        if not running:
            return False
        silent = await self._jobs.unheard_jobs(datetime.now(UTC) - _SILENCE)
        return running > sum(job.state is JobState.RUNNING for job in silent)

    async def _database_answers(self) -> bool:
        try:
            with fail_after(_PATIENCE_S):
                async with self._engine.connect() as connection:
                    await connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError, TimeoutError):
            return False
        return True

    async def _storage_answers(self) -> bool:
        try:
            with fail_after(_PATIENCE_S):
                await to_thread.run_sync(self._storage.exists, Keys.manifest(UUID(int=0)), abandon_on_cancel=True)
        except (OSError, TimeoutError):
            return False
        return True


@get(
    "/health",
    operation_id="getHealth",
    opt={PUBLIC: True},
    tags=["service"],
    summary="Whether the service works",
    responses={
        200: json_response(HEALTH, "Everything that a request needs answers."),
        503: json_response(
            HEALTH.model_copy(update={"status": "degraded", "database": False}),
            "A part does not answer; the body says which.",
        ),
    },
)
async def get_health(health: Injected[HealthCheck]) -> Response[Health]:
    found = await health.check()
    return Response(found, status_code=200 if found.status == "ok" else 503)


@get(
    "/config",
    operation_id="getConfig",
    tags=["service"],
    summary="What to know before the first request",
    responses={200: json_response(CONFIG, "Version, limits and formats.")},
)
async def get_config(config: Injected[Config]) -> ServiceConfig:
    limits = config.limits
    return ServiceConfig(
        version=__version__,
        default_profile=config.default_profile,
        limits=Limits(
            max_bytes=limits.max_bytes, max_duration_s=limits.max_duration_s, max_channels=limits.max_channels
        ),
        formats=[audio_format.value for audio_format in AudioFormat],
    )


@get(
    "/profiles",
    operation_id="listProfiles",
    tags=["service"],
    summary="The collections of recordings",
    responses={200: json_response([PROFILE], "In the order of config.yaml."), **problem_responses(503)},
)
async def list_profiles(recordings: Injected[RecordingRepository], config: Injected[Config]) -> list[Profile]:
    counts = await recordings.count()
    return [
        Profile(
            name=name,
            title=profile.title,
            description=profile.description,
            strategy=profile.strategy,
            recordings=counts.get(name, 0),
        )
        for name, profile in config.profiles.items()
    ]


router = Router(path="/", route_handlers=[get_health, get_config, list_profiles])
