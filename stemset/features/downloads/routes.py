"""What a person takes home: one stem in any format, or all of them as a ZIP."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import Annotated
from uuid import UUID

from anyio import to_thread
from litestar import Response, Router, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from litestar.status_codes import HTTP_307_TEMPORARY_REDIRECT

from stemset.audio import AudioFormat
from stemset.errors import Conflict, NotFound
from stemset.features.downloads.archive import Entry, archive, encoded, file_name, stored, written
from stemset.features.downloads.wav_stems import Session, note_of, wav_of
from stemset.features.jobs.records import JobRecord, JobState
from stemset.features.library.records import RecordingRecord
from stemset.features.player.schemas import label_of
from stemset.server.services import Context
from stemset.storage import Keys
from stemset.storage.signing import attachment
from stemset.web.problems import problem_responses
from stemset.web.ranges import Span
from stemset.web.responses import binary_response, empty_response
from stemset.web.stored_files import ASK_AGAIN, chunks_of, empty

_AUDIO = "audio/*"
_ZIP = "application/zip"


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
    context: Context,
    job_id: FromPath[UUID],
    stem: FromPath[str],
    format_: Annotated[AudioFormat, QueryParameter(name="format", description="Of the file.")] = AudioFormat.FLAC,
) -> Stream | Response[None]:
    job = await context.jobs.get_job(job_id)
    mixture, stems = await context.jobs.tracks(job_id)
    ready = [track.name for track in (*stems, *([mixture] if mixture else []))]
    if stem not in ready:
        raise NotFound("stem of this job that is ready, named", stem, ready)
    recording = await context.library.get(job.recording_id)
    title = file_name(recording.title, label_of(stem))
    key = Keys.stem(job_id, stem)
    address = context.storage.url(key, file_name=title + format_.extension)
    if format_ is AudioFormat.FLAC and address:
        return empty(HTTP_307_TEMPORARY_REDIRECT, {"Location": address, "Cache-Control": "no-store"}, _AUDIO)
    if format_ is AudioFormat.FLAC:
        file = await to_thread.run_sync(context.storage.open, key)
    else:
        file = await encoded(context, key, format_, job.options.bit_depth, title)
    size = await to_thread.run_sync(file.seek, 0, os.SEEK_END)
    headers = {
        "Content-Disposition": attachment(title + format_.extension),
        "Content-Length": str(size),
        # Litestar lets the route's own media type come before that of a stream.
        "Content-Type": format_.content_type,
        "Cache-Control": ASK_AGAIN,
    }
    return Stream(chunks_of(file, Span(0, size)), headers=headers, media_type=format_.content_type)


@get(
    "/jobs/{job_id:uuid}/download",
    operation_id="downloadStems",
    tags=["downloads"],
    summary="All stems and the manifest as a ZIP",
    media_type=_ZIP,
    responses={
        200: binary_response("The archive, made while it is sent.", _ZIP),
        **problem_responses(400, 404, 409, 503),
    },
)
async def download_stems(context: Context, job_id: FromPath[UUID]) -> Stream:
    job, recording = await _succeeded(context, job_id)
    name = file_name(recording.title, job.strategy)
    files = {f"{_in_folder(name, recording, stem)}.flac": Keys.stem(job_id, stem) for stem in job.stems}
    files[f"{name}/manifest.json"] = Keys.manifest(job_id)
    entries = await to_thread.run_sync(lambda: [stored(context.storage, *file) for file in files.items()])
    return _zip(name, entries, job)


@get(
    "/jobs/{job_id:uuid}/bundle",
    operation_id="downloadBundle",
    tags=["downloads"],
    summary="All stems for a DAW: WAV files of one length and start, and a note, as a ZIP",
    media_type=_ZIP,
    responses={
        200: binary_response("The archive, made while it is sent.", _ZIP),
        **problem_responses(400, 404, 409, 503),
    },
)
async def download_bundle(context: Context, job_id: FromPath[UUID]) -> Stream:
    job, recording = await _succeeded(context, job_id)
    mixture, stems = await context.jobs.tracks(job_id)
    if mixture is None:
        raise Conflict("The job has no mixture, so there is nothing to line the stems up with.")
    name = file_name(recording.title, job.strategy, "DAW")
    depth = job.options.bit_depth
    waves = [
        wav_of(context.storage, f"{_in_folder(name, recording, track.name)}.wav", track, depth)
        for track in (*stems, mixture)
    ]
    session = Session(
        title=recording.title,
        strategy=job.strategy,
        sample_rate=mixture.record.sample_rate,
        frames=mixture.record.frames,
        bit_depth=depth,
        gain=job.common_gain,
        made_at=job.finished_at or job.created_at,
    )
    note = note_of(session, [PurePosixPath(entry.name).name for entry in waves])
    return _zip(name, [written(f"{name}/README.txt", note), *waves], job)


async def _succeeded(context: Context, job_id: UUID) -> tuple[JobRecord, RecordingRecord]:
    job = await context.jobs.get_job(job_id)
    if job.state is not JobState.SUCCEEDED:
        raise Conflict(f"The job is {job.state.value}; there is an archive of its stems when it has succeeded.")
    return job, await context.library.get(job.recording_id)


def _in_folder(name: str, recording: RecordingRecord, stem: str) -> str:
    return f"{name}/{file_name(recording.title, label_of(stem))}"


def _zip(name: str, entries: list[Entry], job: JobRecord) -> Stream:
    headers = {"Content-Disposition": attachment(f"{name}.zip"), "Cache-Control": ASK_AGAIN}
    return Stream(archive(entries, job.finished_at or job.created_at), headers=headers, media_type=_ZIP)


router = Router(path="/", route_handlers=[download_stem, download_stems, download_bundle])
