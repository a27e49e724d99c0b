"""Recordings: upload, list, one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, delete, get, patch, post
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from stemset.config import ApiSettings, Config
from stemset.features.jobs.planning import JobPlans
from stemset.features.library.deletion import RecordingDeletion
from stemset.features.library.ingest import Ingest, parse_fields
from stemset.features.library.multipart import receive_file
from stemset.features.library.recordings import RecordingRepository, RecordingSort
from stemset.features.library.schemas import (
    KNOWN,
    PAGE,
    RECORDING,
    UPLOADED,
    Recording,
    RecordingChange,
    RecordingPage,
    Uploaded,
    describe_recording,
)
from stemset.web.parameters import NO_NUL, Injected, Limit, Offset
from stemset.web.problems import AnyRequest, problem_responses
from stemset.web.responses import empty_response, json_response
from stemset.web.schema import MAX_TAG


@dataclass
class UploadOperation(Operation):
    """Describes the multipart body, which the handler reads from the stream by itself."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(
            required=True,
            content={
                "multipart/form-data": OpenAPIMediaType(
                    schema=Schema(
                        type=OpenAPIType.OBJECT,
                        title="Upload",
                        required=["file", "profile"],
                        properties={
                            "file": Schema(
                                type=OpenAPIType.STRING,
                                format="binary",  # pyright: ignore - OpenAPI's own word, absent from the enum
                                content_media_type="application/octet-stream",
                                description="The song: any audio, or a video with sound.",
                            ),
                            "profile": Schema(
                                type=OpenAPIType.STRING,
                                description="The profile that takes the recording.",
                                examples=["demo"],
                            ),
                            "strategy": Schema(
                                type=OpenAPIType.STRING,
                                description="How to separate it; without one the profile's.",
                                examples=["instant"],
                            ),
                            "separate": Schema(
                                type=OpenAPIType.BOOLEAN,
                                default=True,
                                description="false stores the recording and starts no job.",
                            ),
                        },
                    )
                )
            },
        )


@post(
    "/recordings",
    operation_id="uploadRecording",
    operation_class=UploadOperation,
    tags=["recordings"],
    summary="Upload a song and separate it",
    request_max_body_size=None,
    responses={
        201: json_response(UPLOADED, "Stored; the job waits for a worker."),
        200: json_response(KNOWN, "The profile has this content already; nothing was stored."),
        **problem_responses(400, 413, 422, 503),
    },
)
async def upload_recording(
    request: AnyRequest,
    ingest: Injected[Ingest],
    plans: Injected[JobPlans],
    config: Injected[Config],
    settings: Injected[ApiSettings],
) -> Response[Uploaded]:
    async with receive_file(request, settings.temporary_dir, config.limits.max_bytes) as received:
        intent = parse_fields(received.fields, plans)
        uploaded = await ingest.submit(received, intent.profile, intent.strategy)
    return Response(uploaded, status_code=HTTP_200_OK if uploaded.known else HTTP_201_CREATED)


@get(
    "/recordings",
    operation_id="listRecordings",
    tags=["recordings"],
    summary="Recordings: search, sort, page",
    responses={200: json_response(PAGE, "One page of recordings."), **problem_responses(400, 503)},
)
async def list_recordings(
    recordings: Injected[RecordingRepository],
    config: Injected[Config],
    profile: Annotated[
        str | None, QueryParameter(pattern=NO_NUL, description="Only recordings of this profile.")
    ] = None,
    q: Annotated[
        str,
        QueryParameter(
            max_length=200, pattern=NO_NUL, description="Only those with this in title, file name or a tag."
        ),
    ] = "",
    tag: Annotated[
        str | None, QueryParameter(max_length=MAX_TAG, pattern=NO_NUL, description="Only those with this tag.")
    ] = None,
    sort: Annotated[
        RecordingSort, QueryParameter(description="In which order; `-` is falling.")
    ] = RecordingSort.NEWEST,
    limit: Limit = 50,
    offset: Offset = 0,
) -> RecordingPage:
    found, total = await recordings.page(profile, search=q, tag=tag, sort=sort, limit=limit, offset=offset)
    items = [describe_recording(recording, config) for recording in found]
    return RecordingPage(items=items, total=total, limit=limit, offset=offset)


@get(
    "/recordings/{recording_id:uuid}",
    operation_id="getRecording",
    tags=["recordings"],
    summary="One recording with its latest job",
    responses={200: json_response(RECORDING, "The recording."), **problem_responses(400, 404, 503)},
)
async def get_recording(
    recordings: Injected[RecordingRepository], config: Injected[Config], recording_id: FromPath[UUID]
) -> Recording:
    return describe_recording(await recordings.get(recording_id), config)


@patch(
    "/recordings/{recording_id:uuid}",
    operation_id="updateRecording",
    tags=["recordings"],
    summary="Rename a recording, tag it",
    responses={200: json_response(RECORDING, "The recording, changed."), **problem_responses(400, 404, 503)},
)
async def update_recording(
    recordings: Injected[RecordingRepository],
    config: Injected[Config],
    recording_id: FromPath[UUID],
    data: JSONBody[RecordingChange],
) -> Recording:
    changed = await recordings.change(recording_id, title=data.title, tags=data.tags)
    return describe_recording(changed, config)


@delete(
    "/recordings/{recording_id:uuid}",
    operation_id="deleteRecording",
    tags=["recordings"],
    summary="Delete a recording with everything that is stored of it",
    responses={
        204: empty_response("Gone: the song, its jobs, their stems. Jobs that ran were cancelled first."),
        **problem_responses(400, 404, 503),
    },
)
async def delete_recording(deletion: Injected[RecordingDeletion], recording_id: FromPath[UUID]) -> None:
    await deletion.delete(recording_id)


router = Router(
    path="/",
    route_handlers=[upload_recording, list_recordings, get_recording, update_recording, delete_recording],
)
