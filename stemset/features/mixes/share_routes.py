"""These routes make links that open one recording with one mix, for listening only, and answer whoever has one.

Under /api/shares no key is needed: the token is all that it takes.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter
from litestar.response import Stream

from stemset.features.accounts.gate import PUBLIC
from stemset.features.library.recordings import RecordingRepository
from stemset.features.mixes.mix import Share
from stemset.features.mixes.repository import MixRepository
from stemset.features.mixes.schemas import SHARE, SHARED_PLAYER, SharedPlayer, ShareRequest
from stemset.features.mixes.service import MixService
from stemset.features.player.file_requests import (
    BINARY,
    FLAC,
    PEAKS_RESPONSES,
    RANGE_OF_FILE,
    STEM_FILE_RESPONSES,
    WHOLE_FILE,
    FileRequest,
)
from stemset.features.player.schemas import describe_player
from stemset.features.player.tracks import TrackService, parse_peaks_file, parse_stem_file
from stemset.storage import Storage
from stemset.web.parameters import Injected
from stemset.web.problems import problem_responses
from stemset.web.responses import empty_response, json_response

Token = Annotated[str, PathParameter(pattern="^[A-Za-z0-9_-]{1,64}$", description="The link's token.")]


@post(
    "/recordings/{recording_id:uuid}/shares",
    operation_id="createShare",
    tags=["mixes"],
    summary="Make a link that opens this recording with this mix",
    responses={
        201: json_response(SHARE, "The link's token; the page opens it at `/s/{token}`."),
        **problem_responses(400, 404, 409, 503),
    },
)
async def create_share(
    mix_service: Injected[MixService], recording_id: FromPath[UUID], data: JSONBody[ShareRequest]
) -> Share:
    return await mix_service.add_share(recording_id, data.job_id, data.mix)


@get(
    "/recordings/{recording_id:uuid}/shares",
    operation_id="listShares",
    tags=["mixes"],
    summary="The links of a recording, newest first",
    responses={200: json_response([SHARE], "The links."), **problem_responses(400, 404, 503)},
)
async def list_shares(mixes: Injected[MixRepository], recording_id: FromPath[UUID]) -> list[Share]:
    return list(await mixes.list_shares(recording_id))


@delete(
    "/recordings/{recording_id:uuid}/shares/{token:str}",
    operation_id="revokeShare",
    tags=["mixes"],
    summary="Revoke a link",
    responses={204: empty_response("It opens nothing any more."), **problem_responses(400, 404, 503)},
)
async def revoke_share(mixes: Injected[MixRepository], recording_id: FromPath[UUID], token: Token) -> None:
    await mixes.revoke_share(recording_id, token)


@get(
    "/shares/{token:str}",
    operation_id="getShared",
    tags=["mixes"],
    opt={PUBLIC: True},
    summary="What a link opens",
    responses={
        200: json_response(SHARED_PLAYER, "The player's data and the mix."),
        **problem_responses(400, 404, 409, 503),
    },
)
async def get_shared(
    mixes: Injected[MixRepository],
    recordings: Injected[RecordingRepository],
    tracks: Injected[TrackService],
    storage: Injected[Storage],
    token: Token,
) -> SharedPlayer:
    share = await mixes.get_share(token)
    recording = await recordings.get(share.recording_id)
    playable = await tracks.find_playable(share.recording_id, share.job_id)
    return SharedPlayer(player=describe_player(recording, playable, storage, token=token), mix=share.mix)


@get(
    "/shares/{token:str}/stems/{file:str}",
    operation_id="getSharedStemFile",
    tags=["mixes"],
    opt={PUBLIC: True},
    summary="A stem, the mixture or a frame index, as a link's listener gets it",
    media_type=FLAC,
    responses=STEM_FILE_RESPONSES,
    dependencies=RANGE_OF_FILE,
)
async def get_shared_stem_file(
    mixes: Injected[MixRepository],
    tracks: Injected[TrackService],
    token: Token,
    file: FromPath[str],
    file_request: NamedDependency[FileRequest],
) -> Stream | Response[None]:
    share = await mixes.get_share(token)
    return await tracks.send_file(parse_stem_file(share.job_id, file), file_request)


@get(
    "/shares/{token:str}/peaks/{file:str}",
    operation_id="getSharedPeaks",
    tags=["mixes"],
    opt={PUBLIC: True},
    summary="A waveform, as a link's listener gets it",
    media_type=BINARY,
    responses=PEAKS_RESPONSES,
    dependencies=WHOLE_FILE,
)
async def get_shared_peaks(
    mixes: Injected[MixRepository],
    tracks: Injected[TrackService],
    token: Token,
    file: FromPath[str],
    file_request: NamedDependency[FileRequest],
) -> Stream | Response[None]:
    share = await mixes.get_share(token)
    return await tracks.send_file(parse_peaks_file(share.job_id, file), file_request)


router = Router(
    path="/",
    route_handlers=[create_share, list_shares, revoke_share, get_shared, get_shared_stem_file, get_shared_peaks],
)
