"""What the player needs: its JSON, the audio files by range, waveforms, the manifest."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from anyio import to_thread
from litestar import Response, Router, get, head
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from stemset.errors import NotFound
from stemset.features.library.recordings import RecordingRepository
from stemset.features.player.schemas import MANIFEST, PLAYER, PlayerData, describe_player
from stemset.features.player.tracks import TrackService, Version, peaks_file, stem_file
from stemset.manifest import Manifest
from stemset.storage import Keys, Storage
from stemset.web.parameters import IfNoneMatch, IfRange, Injected, Range
from stemset.web.problems import problem_responses
from stemset.web.responses import binary_response, empty_response, json_response


@get(
    "/recordings/{recording_id:uuid}/player",
    operation_id="getPlayer",
    tags=["player"],
    summary="Everything the player needs to start",
    responses={
        200: json_response(PLAYER, "The stems that are ready."),
        **problem_responses(400, 404, 409, 503),
    },
)
async def get_player(
    recordings: Injected[RecordingRepository],
    tracks: Injected[TrackService],
    storage: Injected[Storage],
    recording_id: FromPath[UUID],
    job: Annotated[
        UUID | None, QueryParameter(description="Which job's stems; without one the newest that has any.")
    ] = None,
) -> PlayerData:
    recording = await recordings.get(recording_id)
    return describe_player(recording, await tracks.find_playable(recording_id, job), storage)


@get(
    "/jobs/{job_id:uuid}/stems/{file:str}",
    operation_id="getStemFile",
    tags=["player"],
    summary="A stem (`vocals.flac`), the mixture (`mixture.flac`) or a frame index (`vocals.index`)",
    media_type="audio/flac",
    responses={
        200: binary_response("The whole file.", "audio/flac"),
        206: binary_response("The range asked for, in `Content-Range`.", "audio/flac"),
        304: empty_response("The file that `If-None-Match` names is still the one."),
        **problem_responses(400, 404, 416, 503),
    },
)
async def get_stem_file(
    tracks: Injected[TrackService],
    job_id: FromPath[UUID],
    file: FromPath[str],
    version: Version = None,
    range_: Range = None,
    if_range: IfRange = None,
    if_none_match: IfNoneMatch = None,
) -> Stream | Response[None]:
    found = stem_file(job_id, file)
    return await tracks.send(found, version, if_none_match=if_none_match, range_=range_, if_range=if_range)


@get(
    "/jobs/{job_id:uuid}/peaks/{file:str}",
    operation_id="getPeaks",
    tags=["player"],
    summary="A waveform (`vocals.256.dat`: name and samples per pixel) in audiowaveform's format, version 2",
    media_type="application/octet-stream",
    responses={
        200: binary_response("The whole file.", "application/octet-stream"),
        304: empty_response("The file that `If-None-Match` names is still the one."),
        **problem_responses(400, 404, 503),
    },
)
async def get_peaks(
    tracks: Injected[TrackService],
    job_id: FromPath[UUID],
    file: FromPath[str],
    version: Version = None,
    if_none_match: IfNoneMatch = None,
) -> Stream | Response[None]:
    return await tracks.send(peaks_file(job_id, file), version, if_none_match=if_none_match)


@get(
    "/jobs/{job_id:uuid}/manifest",
    operation_id="getManifest",
    tags=["player"],
    summary="The record of what a job did",
    responses={200: json_response(MANIFEST, "As the worker wrote it."), **problem_responses(400, 404, 503)},
)
async def get_manifest(storage: Injected[Storage], job_id: FromPath[UUID]) -> Manifest:
    try:
        stored = await to_thread.run_sync(storage.read, Keys.manifest(job_id))
    except NotFound:
        raise NotFound("manifest of job", str(job_id)) from None
    return Manifest.model_validate_json(stored)


@head("/jobs/{job_id:uuid}/stems/{file:str}", include_in_schema=False, media_type="audio/flac")
async def head_stem_file(
    tracks: Injected[TrackService],
    job_id: FromPath[UUID],
    file: FromPath[str],
    version: Version = None,
    if_none_match: IfNoneMatch = None,
) -> Response[None]:
    return await tracks.send_head(stem_file(job_id, file), version, if_none_match=if_none_match)


@head("/jobs/{job_id:uuid}/peaks/{file:str}", include_in_schema=False, media_type="application/octet-stream")
async def head_peaks(
    tracks: Injected[TrackService],
    job_id: FromPath[UUID],
    file: FromPath[str],
    version: Version = None,
    if_none_match: IfNoneMatch = None,
) -> Response[None]:
    return await tracks.send_head(peaks_file(job_id, file), version, if_none_match=if_none_match)


router = Router(
    path="/", route_handlers=[get_player, get_stem_file, head_stem_file, get_peaks, head_peaks, get_manifest]
)
