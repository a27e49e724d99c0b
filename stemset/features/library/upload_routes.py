"""Uploads in steps: create, PUT each part to the address given for it, complete."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from litestar import Response, Router, delete, get, post, put
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from stemset.config import Config
from stemset.errors import InvalidRequest
from stemset.features.jobs.planning import JobPlans
from stemset.features.library import schemas
from stemset.features.library.ingest import Ingest
from stemset.features.library.received_file import check_size, clean_file_name
from stemset.features.library.records import UploadRecord
from stemset.features.library.schemas import (
    KNOWN,
    UPLOAD,
    UPLOADED,
    Upload,
    UploadCompletion,
    Uploaded,
    UploadRequest,
)
from stemset.features.library.uploads import UploadPart, UploadService, split_into_parts
from stemset.web.parameters import Injected
from stemset.web.problems import AnyRequest, problem_responses
from stemset.web.request_body import stream_body
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
async def create_upload(
    uploads: Injected[UploadService],
    plans: Injected[JobPlans],
    config: Injected[Config],
    data: JSONBody[UploadRequest],
) -> Upload:
    check_size(data.bytes, config.limits.max_bytes)
    profile = plans.check_profile(data.profile)
    name = clean_file_name(data.file_name)
    upload = await uploads.announce(profile, name, data.bytes, data.content_type, data.sha256)
    return _describe_upload(uploads, upload, ())


@get(
    "/uploads/{upload_id:uuid}",
    operation_id="getUpload",
    tags=["uploads"],
    summary="What has come of a file, and where to send the rest",
    responses={200: json_response(UPLOAD, "The upload."), **problem_responses(400, 404, 503)},
)
async def get_upload(uploads: Injected[UploadService], upload_id: FromPath[UUID]) -> Upload:
    upload = await uploads.get(upload_id)
    return _describe_upload(uploads, upload, await uploads.received_parts(upload))


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
    request: AnyRequest, uploads: Injected[UploadService], upload_id: FromPath[UUID], number: FromPath[int]
) -> None:
    upload = await uploads.get(upload_id)
    part = uploads.find_part(upload, number)
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) != part.bytes:
        raise InvalidRequest("Content-Length", f"is {announced}; the part has {part.bytes} bytes")
    await uploads.store_part(upload, part, stream_body(request))


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
    uploads: Injected[UploadService],
    ingest: Injected[Ingest],
    plans: Injected[JobPlans],
    upload_id: FromPath[UUID],
    data: JSONBody[UploadCompletion],
) -> Response[Uploaded]:
    upload = await uploads.get(upload_id)
    strategy = plans.check_strategy(data.strategy or plans.default_strategy(upload.profile))
    async with uploads.complete(upload) as received:
        uploaded = await ingest.submit(received, upload.profile, strategy if data.separate else None)
    return Response(uploaded, status_code=HTTP_200_OK if uploaded.known else HTTP_201_CREATED)


@delete(
    "/uploads/{upload_id:uuid}",
    operation_id="abandonUpload",
    tags=["uploads"],
    summary="Forget an upload and what was sent of it",
    responses={204: empty_response("Gone."), **problem_responses(400, 404, 503)},
)
async def abandon_upload(uploads: Injected[UploadService], upload_id: FromPath[UUID]) -> None:
    await uploads.forget(await uploads.get(upload_id))


def _describe_upload(uploads: UploadService, upload: UploadRecord, received: Collection[int]) -> Upload:
    return Upload(
        id=upload.id,
        profile=upload.profile,
        file_name=upload.file_name,
        bytes=upload.bytes,
        parts=[
            _describe_part(uploads, upload, part, received=part.number in received) for part in split_into_parts(upload)
        ],
        expires_at=upload.expires_at,
    )


def _describe_part(
    uploads: UploadService, upload: UploadRecord, part: UploadPart, *, received: bool
) -> schemas.UploadPart:
    place = uploads.place_of(upload, part)
    return schemas.UploadPart(
        number=part.number,
        offset=part.offset,
        bytes=part.bytes,
        received=received,
        url=place.url if place else f"/api/uploads/{upload.id}/parts/{part.number}",
        method="PUT",
        headers=dict(place.headers) if place else {"Content-Type": "application/octet-stream"},
    )


router = Router(path="/", route_handlers=[create_upload, get_upload, put_upload_part, complete_upload, abandon_upload])
