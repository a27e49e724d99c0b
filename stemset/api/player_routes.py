"""What the player needs: its JSON, the audio files by range, waveforms, the manifest."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Router, get
from litestar.params import Parameter
from litestar.response import Stream

from stemset.api import examples
from stemset.api.context import Context
from stemset.api.models import PlayerData
from stemset.api.problems import AnyRequest, problem_responses
from stemset.manifest import Manifest

Version = Annotated[
    str | None,
    Parameter(query="v", description="The file's hash; a request that carries it may be cached for ever."),
]
IfNoneMatch = Annotated[str | None, Parameter(header="If-None-Match", description="The ETag last seen.")]
Range = Annotated[str | None, Parameter(header="Range", description="One range of bytes, such as `bytes=0-65535`.")]
IfRange = Annotated[str | None, Parameter(header="If-Range", description="The ETag that the range belongs to.")]


@get(
    "/recordings/{recording_id:uuid}/player",
    operation_id="getPlayer",
    tags=["player"],
    summary="Everything the player needs to start",
    responses={
        200: examples.answer(examples.PLAYER, "The stems that are ready."),
        **problem_responses(400, 404, 409, 503),
    },
)
async def get_player(
    context: Context,
    recording_id: UUID,
    job: Annotated[
        UUID | None, Parameter(description="Which job's stems; without one the newest that has any.")
    ] = None,
) -> PlayerData:
    raise NotImplementedError


@get(
    "/jobs/{job_id:uuid}/stems/{file:str}",
    operation_id="getStemFile",
    tags=["player"],
    summary="A stem (`vocals.flac`), the mixture (`mixture.flac`) or a frame index (`vocals.index`)",
    media_type="audio/flac",
    responses={
        200: examples.binary("The whole file.", "audio/flac"),
        206: examples.binary("The range asked for, in `Content-Range`.", "audio/flac"),
        304: examples.empty("The file that `If-None-Match` names is still the one."),
        **problem_responses(400, 404, 416, 503),
    },
)
async def get_stem_file(
    request: AnyRequest,
    context: Context,
    job_id: UUID,
    file: str,
    version: Version = None,
    range_: Range = None,
    if_range: IfRange = None,
    if_none_match: IfNoneMatch = None,
) -> Stream:
    raise NotImplementedError


@get(
    "/jobs/{job_id:uuid}/peaks/{file:str}",
    operation_id="getPeaks",
    tags=["player"],
    summary="A waveform (`vocals.256.dat`: name and samples per pixel) in audiowaveform's format, version 2",
    media_type="application/octet-stream",
    responses={
        200: examples.binary("The whole file.", "application/octet-stream"),
        304: examples.empty("The file that `If-None-Match` names is still the one."),
        **problem_responses(400, 404, 503),
    },
)
async def get_peaks(
    request: AnyRequest,
    context: Context,
    job_id: UUID,
    file: str,
    version: Version = None,
    if_none_match: IfNoneMatch = None,
) -> Stream:
    raise NotImplementedError


@get(
    "/jobs/{job_id:uuid}/manifest",
    operation_id="getManifest",
    tags=["player"],
    summary="The record of what a job did",
    responses={200: examples.answer(examples.MANIFEST, "As the worker wrote it."), **problem_responses(400, 404, 503)},
)
async def get_manifest(context: Context, job_id: UUID) -> Manifest:
    raise NotImplementedError


router = Router(path="/", route_handlers=[get_player, get_stem_file, get_peaks, get_manifest])
