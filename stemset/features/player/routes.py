"""These routes give the player what it needs: its JSON, the audio files by range, waveforms, the manifest."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from anyio import to_thread
from litestar import Response, Router, get, head
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from stemset.errors import NotFound
from stemset.features.library.recordings import RecordingRepository
from stemset.features.player.file_requests import (
    BINARY,
    FLAC,
    PEAKS_RESPONSES,
    RANGE_OF_FILE,
    STEM_FILE_RESPONSES,
    WHOLE_FILE,
    FileRequest,
)
from stemset.features.player.schemas import MANIFEST, PLAYER, PlayerData, describe_player
from stemset.features.player.tracks import TrackService, parse_peaks_file, parse_stem_file
from stemset.manifest import Manifest
from stemset.storage import Keys, Storage
from stemset.web.parameters import Injected
from stemset.web.problems import problem_responses
from stemset.web.responses import json_response


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
    media_type=FLAC,
    responses=STEM_FILE_RESPONSES,
    dependencies=RANGE_OF_FILE,
)
async def get_stem_file(
    tracks: Injected[TrackService],
    job_id: FromPath[UUID],
    file: FromPath[str],
    file_request: NamedDependency[FileRequest],
) -> Stream | Response[None]:
    return await tracks.send_file(parse_stem_file(job_id, file), file_request)


@get(
    "/jobs/{job_id:uuid}/peaks/{file:str}",
    operation_id="getPeaks",
    tags=["player"],
    summary="A waveform (`vocals.256.dat`: name and samples per pixel) in audiowaveform's format, version 2",
    media_type=BINARY,
    responses=PEAKS_RESPONSES,
    dependencies=WHOLE_FILE,
)
async def get_peaks(
    tracks: Injected[TrackService],
    job_id: FromPath[UUID],
    file: FromPath[str],
    file_request: NamedDependency[FileRequest],
) -> Stream | Response[None]:
    return await tracks.send_file(parse_peaks_file(job_id, file), file_request)


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


@head("/jobs/{job_id:uuid}/stems/{file:str}", include_in_schema=False, media_type=FLAC, dependencies=WHOLE_FILE)
async def head_stem_file(
    tracks: Injected[TrackService],
    job_id: FromPath[UUID],
    file: FromPath[str],
    file_request: NamedDependency[FileRequest],
) -> Response[None]:
    return await tracks.describe_file(parse_stem_file(job_id, file), file_request)


@head("/jobs/{job_id:uuid}/peaks/{file:str}", include_in_schema=False, media_type=BINARY, dependencies=WHOLE_FILE)
async def head_peaks(
    tracks: Injected[TrackService],
    job_id: FromPath[UUID],
    file: FromPath[str],
    file_request: NamedDependency[FileRequest],
) -> Response[None]:
    return await tracks.describe_file(parse_peaks_file(job_id, file), file_request)


router = Router(
    path="/", route_handlers=[get_player, get_stem_file, head_stem_file, get_peaks, head_peaks, get_manifest]
)
