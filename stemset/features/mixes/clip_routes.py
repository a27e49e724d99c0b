"""These routes keep clips: ranges of a recording, each with its mix."""

from __future__ import annotations

from uuid import UUID

from litestar import Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from stemset.features.mixes.mix import Clip
from stemset.features.mixes.repository import MixRepository
from stemset.features.mixes.schemas import CLIP, ClipChange, ClipRequest
from stemset.features.mixes.service import MixService
from stemset.web.parameters import Injected
from stemset.web.problems import problem_responses
from stemset.web.responses import empty_response, json_response


@post(
    "/recordings/{recording_id:uuid}/clips",
    operation_id="createClip",
    tags=["mixes"],
    summary="Keep a range of a recording, with its mix",
    responses={
        201: json_response(CLIP, "The clip."),
        **problem_responses(400, 404, 409, 503),
    },
)
async def create_clip(
    mix_service: Injected[MixService], recording_id: FromPath[UUID], data: JSONBody[ClipRequest]
) -> Clip:
    return await mix_service.add_clip(recording_id, data)


@get(
    "/recordings/{recording_id:uuid}/clips",
    operation_id="listClips",
    tags=["mixes"],
    summary="The clips of a recording, in the order of the song",
    responses={200: json_response([CLIP], "The clips."), **problem_responses(400, 404, 503)},
)
async def list_clips(mixes: Injected[MixRepository], recording_id: FromPath[UUID]) -> list[Clip]:
    return list(await mixes.list_clips(recording_id))


@get(
    "/clips/{clip_id:uuid}",
    operation_id="getClip",
    tags=["mixes"],
    summary="One clip",
    responses={200: json_response(CLIP, "The clip."), **problem_responses(400, 404, 503)},
)
async def get_clip(mixes: Injected[MixRepository], clip_id: FromPath[UUID]) -> Clip:
    return await mixes.get_clip(clip_id)


@patch(
    "/clips/{clip_id:uuid}",
    operation_id="updateClip",
    tags=["mixes"],
    summary="Rename a clip, move its ends, change its mix",
    responses={200: json_response(CLIP, "The clip, changed."), **problem_responses(400, 404, 409, 503)},
)
async def update_clip(mix_service: Injected[MixService], clip_id: FromPath[UUID], data: JSONBody[ClipChange]) -> Clip:
    return await mix_service.change_clip(clip_id, data)


@delete(
    "/clips/{clip_id:uuid}",
    operation_id="deleteClip",
    tags=["mixes"],
    summary="Delete a clip; the recording stays",
    responses={204: empty_response("Gone."), **problem_responses(400, 404, 503)},
)
async def delete_clip(mixes: Injected[MixRepository], clip_id: FromPath[UUID]) -> None:
    await mixes.delete_clip(clip_id)


router = Router(path="/", route_handlers=[create_clip, list_clips, get_clip, update_clip, delete_clip])
