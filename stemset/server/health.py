"""What the service is and offers: health, configuration, profiles, strategies, models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from anyio import fail_after, to_thread
from litestar import Response, Router, get
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from stemset import __version__
from stemset.audio import AudioFormat
from stemset.features.accounts.gate import PUBLIC
from stemset.features.jobs.records import JobState
from stemset.server.schemas import CONFIG, HEALTH, PROFILE, Health, Limits, Profile, ServiceConfig
from stemset.server.services import Context
from stemset.storage import Keys
from stemset.web.problems import problem_responses
from stemset.web.responses import json_response
from stemset.worker.pid_files import find_workers

_PATIENCE_S = 2.0
_SILENCE = timedelta(seconds=60)


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
async def get_health(context: Context) -> Response[Health]:
    database, storage = await _database_answers(context), await _storage_answers(context)
    well = database and storage
    counts: Mapping[JobState, int] = await context.jobs.count_jobs() if database else {}
    health = Health(
        status="ok" if well else "degraded",
        version=__version__,
        database=database,
        storage=storage,
        worker=await _worker_lives(context, counts),
        queued=counts.get(JobState.QUEUED, 0),
        running=counts.get(JobState.RUNNING, 0),
    )
    return Response(health, status_code=200 if well else 503)


@get(
    "/config",
    operation_id="getConfig",
    tags=["service"],
    summary="What to know before the first request",
    responses={200: json_response(CONFIG, "Version, limits and formats.")},
)
async def get_config(context: Context) -> ServiceConfig:
    limits = context.config.limits
    return ServiceConfig(
        version=__version__,
        default_profile=context.config.default_profile,
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
async def list_profiles(context: Context) -> list[Profile]:
    counts = await context.library.count()
    return [
        Profile(
            name=name,
            title=profile.title,
            description=profile.description,
            strategy=profile.strategy,
            recordings=counts.get(name, 0),
        )
        for name, profile in context.config.profiles.items()
    ]


async def _worker_lives(context: Context, counts: Mapping[JobState, int]) -> bool:
    """Whether a worker takes jobs: one on this machine, or one elsewhere that works and tells of it."""
    if await to_thread.run_sync(find_workers, context.settings.data_dir):
        return True
    running = counts.get(JobState.RUNNING, 0)
    if not running:
        return False
    silent = await context.jobs.unheard_jobs(datetime.now(UTC) - _SILENCE)
    return running > sum(job.state is JobState.RUNNING for job in silent)


async def _database_answers(context: Context) -> bool:
    try:
        with fail_after(_PATIENCE_S):
            async with context.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError, TimeoutError):
        return False
    return True


async def _storage_answers(context: Context) -> bool:
    try:
        with fail_after(_PATIENCE_S):
            await to_thread.run_sync(context.storage.exists, Keys.manifest(UUID(int=0)), abandon_on_cancel=True)
    except (OSError, TimeoutError):
        return False
    return True


router = Router(path="/", route_handlers=[get_health, get_config, list_profiles])
