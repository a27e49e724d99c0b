"""These routes keep the mix of a recording from one visit to the next."""

from __future__ import annotations

import re
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get, put
from litestar.datastructures import ResponseHeader
from litestar.params import FromPath, HeaderParameter, JSONBody

from stemset.errors import InvalidRequest
from stemset.features.mixes.mix import Mix, SavedMix
from stemset.features.mixes.repository import MixRepository
from stemset.features.mixes.schemas import SAVED_MIX
from stemset.features.mixes.service import MixService
from stemset.web.parameters import Injected
from stemset.web.problems import problem_responses
from stemset.web.responses import json_response
from stemset.web.stored_files import REVALIDATE

_ETAG = re.compile(r'"(0|[1-9][0-9]{0,8})"')
_HEADERS = [ResponseHeader(name="ETag", description="The mix's version, for If-Match.", documentation_only=True)]

IfMatch = Annotated[
    str,
    HeaderParameter(
        name="If-Match",
        description='The ETag of the mix that is to be replaced; `"0"` where there is none yet.',
    ),
]


@get(
    "/recordings/{recording_id:uuid}/mix",
    operation_id="getMix",
    tags=["mixes"],
    summary="The mix of a recording; a neutral one where none was saved",
    response_headers=_HEADERS,
    responses={200: json_response(SAVED_MIX, "The mix."), **problem_responses(400, 404, 503)},
)
async def get_mix(mixes: Injected[MixRepository], recording_id: FromPath[UUID]) -> Response[SavedMix]:
    return _tag_with_version(await mixes.get_mix(recording_id))


@put(
    "/recordings/{recording_id:uuid}/mix",
    operation_id="saveMix",
    tags=["mixes"],
    summary="Replace the mix of a recording, unless somebody has replaced it meanwhile",
    response_headers=_HEADERS,
    responses={
        200: json_response(SAVED_MIX, "The mix as it is stored now."),
        **problem_responses(400, 404, 409, 412, 503),
    },
)
async def save_mix(
    mix_service: Injected[MixService], recording_id: FromPath[UUID], if_match: IfMatch, data: JSONBody[Mix]
) -> Response[SavedMix]:
    version = _ETAG.fullmatch(if_match)
    if version is None:
        raise InvalidRequest("If-Match", f'{if_match!r} is no version of a mix; one looks like "3"')
    return _tag_with_version(await mix_service.save_mix(recording_id, data, replaces=int(version.group(1))))


def _tag_with_version(saved: SavedMix) -> Response[SavedMix]:
    return Response(saved, headers={"ETag": f'"{saved.version}"', "Cache-Control": REVALIDATE})


router = Router(path="/", route_handlers=[get_mix, save_mix])
