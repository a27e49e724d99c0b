"""What the service is and offers: health, configuration, profiles, strategies, models."""

from __future__ import annotations

from litestar import Response, Router, get

from stemset.api import examples
from stemset.api.context import Context
from stemset.api.models import Health, Model, Profile, ServiceConfig, Strategy
from stemset.api.problems import problem_responses


@get(
    "/health",
    operation_id="getHealth",
    tags=["service"],
    summary="Whether the service works",
    responses={
        200: examples.answer(examples.HEALTH, "Everything that a request needs answers."),
        503: examples.answer(
            examples.HEALTH.model_copy(update={"status": "degraded", "database": False}),
            "A part does not answer; the body says which.",
        ),
    },
)
async def get_health(context: Context) -> Response[Health]:
    raise NotImplementedError


@get(
    "/config",
    operation_id="getConfig",
    tags=["service"],
    summary="What to know before the first request",
    responses={200: examples.answer(examples.CONFIG, "Version, limits and formats.")},
)
async def get_config(context: Context) -> ServiceConfig:
    raise NotImplementedError


@get(
    "/profiles",
    operation_id="listProfiles",
    tags=["service"],
    summary="The collections of recordings",
    responses={200: examples.answer([examples.PROFILE], "In the order of config.yaml."), **problem_responses(503)},
)
async def list_profiles(context: Context) -> list[Profile]:
    raise NotImplementedError


@get(
    "/strategies",
    operation_id="listStrategies",
    tags=["service"],
    summary="The ways to separate a song, with hints on quality and time",
    responses={200: examples.answer([examples.STRATEGY], "In the order of config.yaml.")},
)
async def list_strategies(context: Context) -> list[Strategy]:
    raise NotImplementedError


@get(
    "/models",
    operation_id="listModels",
    tags=["service"],
    summary="The models that strategies are made of",
    responses={200: examples.answer([examples.MODEL], "Every registered model.")},
)
async def list_models(context: Context) -> list[Model]:
    raise NotImplementedError


router = Router(path="/", route_handlers=[get_health, get_config, list_profiles, list_strategies, list_models])
