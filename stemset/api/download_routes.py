"""What a person takes home: one stem in any format, or all of them as a ZIP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Router, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from stemset.api import examples
from stemset.api.context import Context
from stemset.api.problems import problem_responses
from stemset.audio import AudioFormat
from stemset.errors import NotFound

_AUDIO = "audio/*"
_ZIP = "application/zip"


@get(
    "/jobs/{job_id:uuid}/stems/{stem:str}/download",
    operation_id="downloadStem",
    tags=["downloads"],
    summary="A stem, or the mixture, as a file to keep",
    media_type=_AUDIO,
    responses={
        200: examples.binary("The file, with a good name.", _AUDIO),
        **problem_responses(400, 404, 503),
    },
)
async def download_stem(
    context: Context,
    job_id: FromPath[UUID],
    stem: FromPath[str],
    format_: Annotated[AudioFormat, QueryParameter(name="format", description="Of the file.")] = AudioFormat.FLAC,
) -> Stream:
    del context, job_id, format_
    raise NotFound("stem", stem)


@get(
    "/jobs/{job_id:uuid}/download",
    operation_id="downloadStems",
    tags=["downloads"],
    summary="All stems and the manifest as a ZIP",
    media_type=_ZIP,
    responses={
        200: examples.binary("The archive, made while it is sent.", _ZIP),
        **problem_responses(400, 404, 409, 503),
    },
)
async def download_stems(context: Context, job_id: FromPath[UUID]) -> Stream:
    del context
    raise NotFound("job", str(job_id))


router = Router(path="/", route_handlers=[download_stem, download_stems])
