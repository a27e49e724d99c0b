"""These routes list the strategies and models on offer, and have a strategy's weights fetched."""

from __future__ import annotations

from litestar import Router, get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_202_ACCEPTED

from stemset.features.catalogue.schemas import MODEL, STRATEGY, Model, Strategy
from stemset.features.catalogue.service import Catalogue
from stemset.web.parameters import Injected
from stemset.web.problems import problem_responses
from stemset.web.responses import json_response


@get(
    "/strategies",
    operation_id="listStrategies",
    tags=["service"],
    summary="The ways to separate a song, with hints on quality and time",
    responses={200: json_response([STRATEGY], "In the order of config.yaml.")},
)
async def list_strategies(catalogue: Injected[Catalogue]) -> list[Strategy]:
    return await catalogue.list_strategies()


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
async def prepare_strategy(catalogue: Injected[Catalogue], name: FromPath[str]) -> Strategy:
    return await catalogue.prepare(name)


@get(
    "/models",
    operation_id="listModels",
    tags=["service"],
    summary="The models that strategies are made of",
    responses={200: json_response([MODEL], "Every registered model.")},
)
async def list_models(catalogue: Injected[Catalogue]) -> list[Model]:
    return await catalogue.list_models()


router = Router(path="/", route_handlers=[list_strategies, prepare_strategy, list_models])
