"""Clips: ranges of a recording that somebody keeps, each with its mix."""

from __future__ import annotations

from uuid import UUID

from litestar import Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from stemset.features.mixes.mix import Clip
from stemset.features.mixes.schemas import CLIP, CLIPS, ClipChange, ClipRequest
from stemset.features.mixes.service import fits
from stemset.features.player.tracks import playable
from stemset.server.services import Context
from stemset.web.problems import InvalidRequest, problem_responses
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
async def create_clip(context: Context, recording_id: FromPath[UUID], data: JSONBody[ClipRequest]) -> Clip:
    await context.library.get(recording_id)
    job, mixture, _ = await playable(context, recording_id, data.job_id)
    fits("end", data.end, mixture)
    fits("mix", data.mix.last_frame, mixture)
    return await context.mixes.add_clip(
        recording_id, job_id=job.id, title=data.title, start=data.start, end=data.end, mix=data.mix
    )


@get(
    "/recordings/{recording_id:uuid}/clips",
    operation_id="listClips",
    tags=["mixes"],
    summary="The clips of a recording, in the order of the song",
    responses={200: CLIPS, **problem_responses(400, 404, 503)},
)
async def list_clips(context: Context, recording_id: FromPath[UUID]) -> list[Clip]:
    return list(await context.mixes.clips_of(recording_id))


@get(
    "/clips/{clip_id:uuid}",
    operation_id="getClip",
    tags=["mixes"],
    summary="One clip",
    responses={200: json_response(CLIP, "The clip."), **problem_responses(400, 404, 503)},
)
async def get_clip(context: Context, clip_id: FromPath[UUID]) -> Clip:
    return await context.mixes.get_clip(clip_id)


@patch(
    "/clips/{clip_id:uuid}",
    operation_id="updateClip",
    tags=["mixes"],
    summary="Rename a clip, move its ends, change its mix",
    responses={200: json_response(CLIP, "The clip, changed."), **problem_responses(400, 404, 409, 503)},
)
async def update_clip(context: Context, clip_id: FromPath[UUID], data: JSONBody[ClipChange]) -> Clip:
    clip = await context.mixes.get_clip(clip_id)
    start = clip.start if data.start is None else data.start
    end = clip.end if data.end is None else data.end
    if end <= start:
        raise InvalidRequest("end", f"{end} must be greater than start {start}")
    _, mixture, _ = await playable(context, clip.recording_id, clip.job_id)
    fits("end", end, mixture)
    fits("mix", data.mix.last_frame if data.mix else 0, mixture)
    return await context.mixes.change_clip(clip_id, title=data.title, start=start, end=end, mix=data.mix)


@delete(
    "/clips/{clip_id:uuid}",
    operation_id="deleteClip",
    tags=["mixes"],
    summary="Delete a clip; the recording stays",
    responses={204: empty_response("Gone."), **problem_responses(400, 404, 503)},
)
async def delete_clip(context: Context, clip_id: FromPath[UUID]) -> None:
    await context.mixes.delete_clip(clip_id)


router = Router(path="/", route_handlers=[create_clip, list_clips, get_clip, update_clip, delete_clip])
