"""Uploads in three steps: create, PUT the bytes, complete."""

from __future__ import annotations

from uuid import UUID

from litestar import Response, Router, delete, post, put
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT

from stemset.api import examples
from stemset.api.context import Context
from stemset.api.models import Upload, UploadCompletion, Uploaded, UploadRequest
from stemset.api.problems import AnyRequest, problem_responses
from stemset.errors import NotFound


class ContentOperation(Operation):
    """Describes the body, which the handler reads from the stream by itself."""

    def __post_init__(self) -> None:
        content = Schema(type=OpenAPIType.STRING, format="binary")  # pyright: ignore
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
    del context, data
    return examples.UPLOAD


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
        **problem_responses(400, 404, 409, 413, 503),
    },
)
async def put_upload(request: AnyRequest, context: Context, upload_id: FromPath[UUID]) -> None:
    del request, context
    raise NotFound("upload", str(upload_id))


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
    del context, data
    raise NotFound("upload", str(upload_id))


@delete(
    "/uploads/{upload_id:uuid}",
    operation_id="abandonUpload",
    tags=["uploads"],
    summary="Forget an upload and what was sent of it",
    responses={204: examples.empty("Gone."), **problem_responses(400, 404, 409, 503)},
)
async def abandon_upload(context: Context, upload_id: FromPath[UUID]) -> None:
    del context
    raise NotFound("upload", str(upload_id))


router = Router(path="/", route_handlers=[create_upload, put_upload, complete_upload, abandon_upload])
