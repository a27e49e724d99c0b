"""What the service is and offers: health, configuration, profiles, strategies, models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from anyio import fail_after, to_thread
from litestar import Response, Router, get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_202_ACCEPTED
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from stemset import __version__
from stemset.api import catalogue
from stemset.api.access import PUBLIC
from stemset.api.context import Context
from stemset.api.examples import CONFIG, HEALTH, MODEL, PROFILE, STRATEGY, json_response
from stemset.api.models import Health, Limits, Model, Profile, ServiceConfig, Strategy
from stemset.api.problems import problem_responses
from stemset.audio import AudioFormat
from stemset.errors import Conflict, NotFound, Unavailable
from stemset.jobs.records import JobState
from stemset.models import preparation
from stemset.storage import Keys
from stemset.strategy import Strategy as ConfiguredStrategy
from stemset.worker.presence import workers

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


@get(
    "/strategies",
    operation_id="listStrategies",
    tags=["service"],
    summary="The ways to separate a song, with hints on quality and time",
    responses={200: json_response([STRATEGY], "In the order of config.yaml.")},
)
async def list_strategies(context: Context) -> list[Strategy]:
    return await _told(context, context.config.strategies)


@post(
    "/strategies/{name:str}/prepare",
    operation_id="prepareStrategy",
    tags=["service"],
    summary="Fetch a strategy's weights ahead of its first job",
    status_code=HTTP_202_ACCEPTED,
    responses={
        202: json_response(STRATEGY, "The strategy; `preparing` says how far the download is."),
        **problem_responses(400, 404, 409, 503),
    },
)
async def prepare_strategy(context: Context, name: FromPath[str]) -> Strategy:
    strategy = context.config.strategies.get(name)
    if strategy is None:
        raise NotFound("strategy", name, context.config.strategies)
    if context.settings.engine == "modal":
        raise Conflict("Weights of this deployment are fetched by `modal run modal_app.py::download_models`.")
    folder = context.settings.weights_dir
    order = await to_thread.run_sync(preparation.place, name, strategy.models, folder)
    if order:
        try:
            await context.dispatcher.prepare(order)
        except Unavailable:
            # Else the page would wait for a worker that never hears of it.
            await to_thread.run_sync(preparation.withdraw, order, folder)
            raise
    (prepared,) = await _told(context, {name: strategy})
    return prepared


@get(
    "/models",
    operation_id="listModels",
    tags=["service"],
    summary="The models that strategies are made of",
    responses={200: json_response([MODEL], "Every registered model.")},
)
async def list_models(context: Context) -> list[Model]:
    return await to_thread.run_sync(catalogue.models, context.settings.weights_dir)


async def _told(context: Context, offered: dict[str, ConfiguredStrategy]) -> list[Strategy]:
    # On Modal, networks run in another image than this process's.
    engine = context.settings.engine == "modal" or catalogue.engine_installed()
    return await to_thread.run_sync(partial(catalogue.strategies, offered, context.settings.weights_dir, engine=engine))


async def _worker_lives(context: Context, counts: Mapping[JobState, int]) -> bool:
    """Whether a worker takes jobs: one on this machine, or one elsewhere that works and tells of it."""
    if await to_thread.run_sync(workers, context.settings.data_dir):
        return True
    running = counts.get(JobState.RUNNING, 0)
    if not running:
        return False
    silent = await context.jobs.silent_jobs(datetime.now(UTC) - _SILENCE)
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


router = Router(
    path="/", route_handlers=[get_health, get_config, list_profiles, list_strategies, prepare_strategy, list_models]
)
