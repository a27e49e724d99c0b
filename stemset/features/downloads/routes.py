"""These routes send one stem in any format, or all of them as a ZIP."""

from __future__ import annotations

import os
from typing import Annotated
from uuid import UUID

from anyio import to_thread
from litestar import Response, Router, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from litestar.status_codes import HTTP_307_TEMPORARY_REDIRECT

from stemset.audio import AudioFormat
from stemset.features.downloads.archive import stream_zip
from stemset.features.downloads.encoder import StemEncoder
from stemset.features.downloads.service import Archive, DownloadService
from stemset.storage import Storage
from stemset.storage.signing import content_disposition
from stemset.web.parameters import Injected
from stemset.web.problems import problem_responses
from stemset.web.ranges import ByteRange
from stemset.web.responses import binary_response, empty_response
from stemset.web.stored_files import REVALIDATE, read_chunks, respond_without_body

_AUDIO = "audio/*"
_ZIP = "application/zip"
_ARCHIVE_RESPONSES = {
    200: binary_response("The archive, made while it is sent.", _ZIP),
    **problem_responses(400, 404, 409, 503),
}


@get(
    "/jobs/{job_id:uuid}/stems/{stem:str}/download",
    operation_id="downloadStem",
    tags=["downloads"],
    summary="A stem, or the mixture, as a file to keep",
    media_type=_AUDIO,
    responses={
        200: binary_response("The file, with a good name.", _AUDIO),
        307: empty_response("Where the storage gives it out itself, under that name."),
        **problem_responses(400, 404, 503),
    },
)
async def download_stem(
    downloads: Injected[DownloadService],
    encoder: Injected[StemEncoder],
    storage: Injected[Storage],
    job_id: FromPath[UUID],
    stem: FromPath[str],
    format_: Annotated[AudioFormat, QueryParameter(name="format", description="Of the file.")] = AudioFormat.FLAC,
) -> Stream | Response[None]:
    found = await downloads.find_stem(job_id, stem)
    file_name = found.title + format_.extension
    if format_ is not AudioFormat.FLAC:
        file = await encoder.encode(found.key, format_, found.bit_depth, found.title)
    elif address := storage.presign_download(found.key, file_name=file_name):
        return respond_without_body(
            HTTP_307_TEMPORARY_REDIRECT, {"Location": address, "Cache-Control": "no-store"}, _AUDIO
        )
    else:
        file = await to_thread.run_sync(storage.open, found.key)
    size = await to_thread.run_sync(file.seek, 0, os.SEEK_END)
    headers = {
        "Content-Disposition": content_disposition(file_name),
        "Content-Length": str(size),
        # Litestar lets the route's own media type come before that of a stream.
        "Content-Type": format_.content_type,
        "Cache-Control": REVALIDATE,
    }
    return Stream(read_chunks(file, ByteRange(0, size)), headers=headers, media_type=format_.content_type)


@get(
    "/jobs/{job_id:uuid}/download",
    operation_id="downloadStems",
    tags=["downloads"],
    summary="All stems and the manifest as a ZIP",
    media_type=_ZIP,
    responses=_ARCHIVE_RESPONSES,
)
async def download_stems(downloads: Injected[DownloadService], job_id: FromPath[UUID]) -> Stream:
    return _send_archive(await downloads.archive_stems(job_id))


@get(
    "/jobs/{job_id:uuid}/bundle",
    operation_id="downloadBundle",
    tags=["downloads"],
    summary="All stems for a DAW: WAV files of one length and start, and a note, as a ZIP",
    media_type=_ZIP,
    responses=_ARCHIVE_RESPONSES,
)
async def download_bundle(downloads: Injected[DownloadService], job_id: FromPath[UUID]) -> Stream:
    return _send_archive(await downloads.archive_wav_stems(job_id))


def _send_archive(archive: Archive) -> Stream:
    headers = {"Content-Disposition": content_disposition(f"{archive.name}.zip"), "Cache-Control": REVALIDATE}
    return Stream(stream_zip(archive.entries, archive.made_at), headers=headers, media_type=_ZIP)


router = Router(path="/", route_handlers=[download_stem, download_stems, download_bundle])
