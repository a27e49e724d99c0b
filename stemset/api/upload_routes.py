"""Uploads in three steps: create, PUT the bytes, complete."""

from __future__ import annotations

from uuid import UUID

from litestar import Response, Router, delete, post, put
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from stemset.api import examples, staging, submission
from stemset.api.context import Context
from stemset.api.models import Upload, UploadCompletion, Uploaded, UploadRequest
from stemset.api.problems import AnyRequest, problem_responses
from stemset.api.upload import clean_file_name, too_large
from stemset.jobs.records import UploadRecord, new_id


class ContentOperation(Operation):
    """Describes the body, which the handler reads from the stream by itself."""

    def __post_init__(self) -> None:
        content = Schema(type=OpenAPIType.STRING, format="binary")  # pyright: ignore - as in recording_routes
        self.request_body = RequestBody(
            required=True,
            description="The file's bytes as they are.",
            content={"application/octet-stream": OpenAPIMediaType(schema=content)},
        )


@post(
    "/uploads",
    operation_id="createUpload",
    tags=["uploads"],
    summary="Announce a file",
    responses={
        201: examples.answer(examples.UPLOAD, "Where to send the bytes."),
        **problem_responses(400, 413, 503),
    },
)
async def create_upload(context: Context, data: JSONBody[UploadRequest]) -> Upload:
    limit = context.config.limits.max_bytes
    if data.bytes > limit:
        raise too_large(limit)
    upload = UploadRecord(
        id=new_id(),
        profile=submission.known_profile(data.profile, context.config),
        file_name=clean_file_name(data.file_name),
        bytes=data.bytes,
        sha256=data.sha256,
        expires_at=staging.expiry(),
    )
    await context.library.announce(upload)
    return Upload(
        id=upload.id,
        url=f"/api/uploads/{upload.id}/content",
        method="PUT",
        headers={"Content-Type": "application/octet-stream"},
        expires_at=upload.expires_at,
    )


@put(
    "/uploads/{upload_id:uuid}/content",
    operation_id="putUpload",
    operation_class=ContentOperation,
    tags=["uploads"],
    summary="Send the bytes",
    status_code=HTTP_204_NO_CONTENT,
    request_max_body_size=None,
    responses={
        204: examples.empty("Received whole, and as announced."),
        **problem_responses(400, 404, 503),
    },
)
async def put_upload(request: AnyRequest, context: Context, upload_id: FromPath[UUID]) -> None:
    await staging.receive(context, request, await context.library.get_upload(upload_id))


@post(
    "/uploads/{upload_id:uuid}/complete",
    operation_id="completeUpload",
    tags=["uploads"],
    summary="Make a recording of what was sent, and separate it",
    responses={
        201: examples.answer(examples.UPLOADED, "Stored; the job waits for a worker."),
        200: examples.answer(examples.KNOWN, "The profile has this content already; nothing was stored."),
        **problem_responses(400, 404, 409, 422, 503),
    },
)
async def complete_upload(
    context: Context, upload_id: FromPath[UUID], data: JSONBody[UploadCompletion]
) -> Response[Uploaded]:
    upload = await context.library.get_upload(upload_id)
    name = data.strategy or submission.default_strategy(upload.profile, context.config)
    strategy = submission.known_strategy(name, context.config)
    async with staging.taken(context, upload) as received:
        uploaded = await submission.submit(context, received, upload.profile, strategy if data.separate else None)
    return Response(uploaded, status_code=HTTP_200_OK if uploaded.known else HTTP_201_CREATED)


@delete(
    "/uploads/{upload_id:uuid}",
    operation_id="abandonUpload",
    tags=["uploads"],
    summary="Forget an upload and what was sent of it",
    responses={204: examples.empty("Gone."), **problem_responses(400, 404, 503)},
)
async def abandon_upload(context: Context, upload_id: FromPath[UUID]) -> None:
    await context.library.get_upload(upload_id)
    await staging.forget(context, upload_id)


router = Router(path="/", route_handlers=[create_upload, put_upload, complete_upload, abandon_upload])
