"""HTTP: the strategies and models on offer, and fetching a strategy's weights."""

from __future__ import annotations

from functools import partial

from anyio import to_thread
from litestar import Router, get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_202_ACCEPTED

from stemset.errors import Conflict, NotFound, Unavailable
from stemset.features.catalogue import offer
from stemset.features.catalogue.schemas import MODEL, STRATEGY, Model, Strategy
from stemset.models import registry
from stemset.models.weights import prefetch
from stemset.server.services import Context
from stemset.strategy import Strategy as ConfiguredStrategy
from stemset.web.problems import problem_responses
from stemset.web.responses import json_response


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
    request = await to_thread.run_sync(prefetch.add, name, registry.cards(strategy.models), folder)
    if request:
        try:
            await context.dispatcher.prepare(request)
        except Unavailable:
            # Else the page would wait for a worker that never hears of it.
            await to_thread.run_sync(prefetch.cancel, request, folder)
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
    return await to_thread.run_sync(offer.models, context.settings.weights_dir)


async def _told(context: Context, offered: dict[str, ConfiguredStrategy]) -> list[Strategy]:
    # On Modal, networks run in another image than this process's.
    engine = context.settings.engine == "modal" or offer.engine_installed()
    return await to_thread.run_sync(partial(offer.strategies, offered, context.settings.weights_dir, engine=engine))


router = Router(path="/", route_handlers=[list_strategies, prepare_strategy, list_models])
