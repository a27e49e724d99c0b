"""What the player needs: its JSON, the audio files by range, waveforms, the manifest."""

from __future__ import annotations

import re
from typing import Annotated
from uuid import UUID

from anyio import to_thread
from litestar import Response, Router, get, head
from litestar.params import FromPath, HeaderParameter, QueryParameter
from litestar.response import Stream

from stemset.api import examples, wire
from stemset.api.context import Context
from stemset.api.files import describe_object, send_object
from stemset.api.models import PlayerData
from stemset.api.playable import playable
from stemset.api.problems import problem_responses
from stemset.errors import NotFound
from stemset.manifest import Manifest
from stemset.storage import Keys

_STEM_FILE = re.compile(r"([a-z][a-z0-9_]{0,39})\.(flac|index)")
_PEAKS_FILE = re.compile(r"([a-z][a-z0-9_]{0,39})\.([1-9][0-9]{0,5})\.dat")

Version = Annotated[
    str | None,
    QueryParameter(name="v", description="The file's hash; a request that carries it may be cached for ever."),
]
IfNoneMatch = Annotated[str | None, HeaderParameter(name="If-None-Match", description="The ETag last seen.")]
Range = Annotated[str | None, HeaderParameter(name="Range", description="One range of bytes, such as `bytes=0-65535`.")]
IfRange = Annotated[str | None, HeaderParameter(name="If-Range", description="The ETag that the range belongs to.")]


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
    recording_id: FromPath[UUID],
    job: Annotated[
        UUID | None, QueryParameter(description="Which job's stems; without one the newest that has any.")
    ] = None,
) -> PlayerData:
    recording = await context.library.get(recording_id)
    return wire.player(recording, *await playable(context, recording_id, job), context.storage)


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
    context: Context,
    job_id: FromPath[UUID],
    file: FromPath[str],
    version: Version = None,
    range_: Range = None,
    if_range: IfRange = None,
    if_none_match: IfNoneMatch = None,
) -> Stream | Response[None]:
    stem, key, media_type = stem_file(job_id, file)
    return await send_object(
        context.storage,
        key,
        media_type,
        immutable=await is_current(context, job_id, stem, version),
        range_=range_,
        if_range=if_range,
        if_none_match=if_none_match,
    )


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
    context: Context,
    job_id: FromPath[UUID],
    file: FromPath[str],
    version: Version = None,
    if_none_match: IfNoneMatch = None,
) -> Stream | Response[None]:
    stem, key = peaks_file(job_id, file)
    return await send_object(
        context.storage,
        key,
        "application/octet-stream",
        immutable=await is_current(context, job_id, stem, version),
        if_none_match=if_none_match,
    )


@get(
    "/jobs/{job_id:uuid}/manifest",
    operation_id="getManifest",
    tags=["player"],
    summary="The record of what a job did",
    responses={200: examples.answer(examples.MANIFEST, "As the worker wrote it."), **problem_responses(400, 404, 503)},
)
async def get_manifest(context: Context, job_id: FromPath[UUID]) -> Manifest:
    try:
        stored = await to_thread.run_sync(context.storage.read, Keys.manifest(job_id))
    except NotFound:
        raise NotFound("manifest of job", str(job_id)) from None
    return Manifest.model_validate_json(stored)


@head("/jobs/{job_id:uuid}/stems/{file:str}", include_in_schema=False, media_type="audio/flac")
async def head_stem_file(
    context: Context,
    job_id: FromPath[UUID],
    file: FromPath[str],
    version: Version = None,
    if_none_match: IfNoneMatch = None,
) -> Response[None]:
    stem, key, media_type = stem_file(job_id, file)
    immutable = await is_current(context, job_id, stem, version)
    return await describe_object(context.storage, key, media_type, immutable=immutable, if_none_match=if_none_match)


@head("/jobs/{job_id:uuid}/peaks/{file:str}", include_in_schema=False, media_type="application/octet-stream")
async def head_peaks(
    context: Context,
    job_id: FromPath[UUID],
    file: FromPath[str],
    version: Version = None,
    if_none_match: IfNoneMatch = None,
) -> Response[None]:
    stem, key = peaks_file(job_id, file)
    immutable = await is_current(context, job_id, stem, version)
    return await describe_object(
        context.storage, key, "application/octet-stream", immutable=immutable, if_none_match=if_none_match
    )


def stem_file(job_id: UUID, file: str) -> tuple[str, str, str]:
    """(stem, key, media type) of `vocals.flac` or `vocals.index`."""
    match = _STEM_FILE.fullmatch(file)
    if match is None:
        raise NotFound("stem file", file)
    stem, kind = match.groups()
    if kind == "flac":
        return stem, Keys.stem(job_id, stem), "audio/flac"
    return stem, Keys.index(job_id, stem), "application/octet-stream"


def peaks_file(job_id: UUID, file: str) -> tuple[str, str]:
    """(stem, key) of `vocals.256.dat`."""
    match = _PEAKS_FILE.fullmatch(file)
    if match is None or int(match.group(2)) not in Keys.SAMPLES_PER_PIXEL:
        raise NotFound("waveform", file, [f"<stem>.{pixels}.dat" for pixels in Keys.SAMPLES_PER_PIXEL])
    return match.group(1), Keys.peaks(job_id, match.group(1), int(match.group(2)))


async def is_current(context: Context, job_id: UUID, stem: str, version: str | None) -> bool:
    """Whether the request named this very content: a stem is written again when a common gain turns out needed."""
    if version is None:
        return False
    mixture, stems = await context.jobs.tracks(job_id)
    tracks = stems if mixture is None else [mixture, *stems]
    return any(track.name == stem and wire.version_of(track) == version for track in tracks)


router = Router(
    path="/", route_handlers=[get_player, get_stem_file, head_stem_file, get_peaks, head_peaks, get_manifest]
)
