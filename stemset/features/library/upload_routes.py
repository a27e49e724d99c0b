"""Uploads in steps: create, PUT each part to the address given for it, complete."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from litestar import Response, Router, delete, get, post, put
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from stemset.features.jobs.planning import default_strategy, known_profile, known_strategy
from stemset.features.library import uploads
from stemset.features.library.ingest import submit
from stemset.features.library.multipart import clean_file_name, too_large
from stemset.features.library.records import UploadRecord
from stemset.features.library.schemas import (
    KNOWN,
    UPLOAD,
    UPLOADED,
    Upload,
    UploadCompletion,
    Uploaded,
    UploadPart,
    UploadRequest,
)
from stemset.server.services import Context
from stemset.web.problems import AnyRequest, problem_responses
from stemset.web.responses import empty_response, json_response


class ContentOperation(Operation):
    """Describes the body, which the handler reads from the stream by itself."""

    def __post_init__(self) -> None:
        content = Schema(type=OpenAPIType.STRING, format="binary")  # pyright: ignore - as in recording_routes
        self.request_body = RequestBody(
            required=True,
            description="The part's bytes as they are.",
            content={"application/octet-stream": OpenAPIMediaType(schema=content)},
        )


@post(
    "/uploads",
    operation_id="createUpload",
    tags=["uploads"],
    summary="Announce a file",
    responses={
        201: json_response(UPLOAD, "Where to send the bytes."),
        **problem_responses(400, 413, 503),
    },
)
async def create_upload(context: Context, data: JSONBody[UploadRequest]) -> Upload:
    limit = context.config.limits.max_bytes
    if data.bytes > limit:
        raise too_large(limit)
    profile = known_profile(data.profile, context.config)
    name = clean_file_name(data.file_name)
    upload = await uploads.announce(context, profile, name, data.bytes, data.content_type, data.sha256)
    return _upload(context, upload, ())


@get(
    "/uploads/{upload_id:uuid}",
    operation_id="getUpload",
    tags=["uploads"],
    summary="What has come of a file, and where to send the rest",
    responses={200: json_response(UPLOAD, "The upload."), **problem_responses(400, 404, 503)},
)
async def get_upload(context: Context, upload_id: FromPath[UUID]) -> Upload:
    upload = await context.library.get_upload(upload_id)
    return _upload(context, upload, await uploads.received(context, upload))


@put(
    "/uploads/{upload_id:uuid}/parts/{number:int}",
    operation_id="putUploadPart",
    operation_class=ContentOperation,
    tags=["uploads"],
    summary="Send a part, where the storage has no address of its own for it",
    status_code=HTTP_204_NO_CONTENT,
    request_max_body_size=None,
    responses={
        204: empty_response("Received whole."),
        **problem_responses(400, 404, 503),
    },
)
async def put_upload_part(
    request: AnyRequest, context: Context, upload_id: FromPath[UUID], number: FromPath[int]
) -> None:
    await uploads.receive(context, request, await context.library.get_upload(upload_id), number)


@post(
    "/uploads/{upload_id:uuid}/complete",
    operation_id="completeUpload",
    tags=["uploads"],
    summary="Make a recording of what was sent, and separate it",
    responses={
        201: json_response(UPLOADED, "Stored; the job waits for a worker."),
        200: json_response(KNOWN, "The profile has this content already; nothing was stored."),
        **problem_responses(400, 404, 409, 422, 503),
    },
)
async def complete_upload(
    context: Context, upload_id: FromPath[UUID], data: JSONBody[UploadCompletion]
) -> Response[Uploaded]:
    upload = await context.library.get_upload(upload_id)
    name = data.strategy or default_strategy(upload.profile, context.config)
    strategy = known_strategy(name, context.config)
    async with uploads.taken(context, upload) as received:
        uploaded = await submit(context, received, upload.profile, strategy if data.separate else None)
    return Response(uploaded, status_code=HTTP_200_OK if uploaded.known else HTTP_201_CREATED)


@delete(
    "/uploads/{upload_id:uuid}",
    operation_id="abandonUpload",
    tags=["uploads"],
    summary="Forget an upload and what was sent of it",
    responses={204: empty_response("Gone."), **problem_responses(400, 404, 503)},
)
async def abandon_upload(context: Context, upload_id: FromPath[UUID]) -> None:
    await uploads.forget(context, await context.library.get_upload(upload_id))


def _upload(context: Context, upload: UploadRecord, received: Collection[int]) -> Upload:
    return Upload(
        id=upload.id,
        profile=upload.profile,
        file_name=upload.file_name,
        bytes=upload.bytes,
        parts=[_part(context, upload, part, part.number in received) for part in uploads.parts_of(upload)],
        expires_at=upload.expires_at,
    )


def _part(context: Context, upload: UploadRecord, part: uploads.Part, received: bool) -> UploadPart:
    place = uploads.place_of(context.storage, upload, part)
    return UploadPart(
        number=part.number,
        offset=part.offset,
        bytes=part.bytes,
        received=received,
        url=place.url if place else f"/api/uploads/{upload.id}/parts/{part.number}",
        method="PUT",
        headers=dict(place.headers) if place else {"Content-Type": "application/octet-stream"},
    )


router = Router(path="/", route_handlers=[create_upload, get_upload, put_upload_part, complete_upload, abandon_upload])
