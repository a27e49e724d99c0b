"""Jobs: start, watch, cancel; and the worker's reports."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import Parameter
from litestar.response import ServerSentEvent
from litestar.status_codes import HTTP_200_OK

from stemset.api import examples
from stemset.api.context import Context
from stemset.api.models import CallbackAnswer, Job, JobRequest
from stemset.api.problems import AnyRequest, problem_responses


@post(
    "/jobs",
    operation_id="createJob",
    tags=["jobs"],
    summary="Separate a recording",
    responses={
        201: examples.answer(
            examples.JOB, "The job; the one under way if this strategy already runs on this recording."
        ),
        **problem_responses(400, 404, 503),
    },
)
async def create_job(context: Context, data: JobRequest) -> Job:
    raise NotImplementedError


@get(
    "/jobs/{job_id:uuid}",
    operation_id="getJob",
    tags=["jobs"],
    summary="How far a job is",
    responses={
        200: examples.answer(examples.JOB, "The job, with an ETag that changes whenever the job does."),
        304: examples.empty("Nothing changed since the state that `If-None-Match` names."),
        **problem_responses(400, 404, 503),
    },
)
async def get_job(
    context: Context,
    job_id: UUID,
    if_none_match: Annotated[str | None, Parameter(header="If-None-Match", description="The ETag last seen.")] = None,
) -> Response[Job | None]:
    raise NotImplementedError


@get(
    "/jobs/{job_id:uuid}/events",
    operation_id="streamJobEvents",
    tags=["jobs"],
    summary="A job's changes as they happen (server-sent events)",
    media_type="text/event-stream",
    responses={
        200: examples.event_stream(
            examples.EVENT,
            "One message per change: `id` is the event's number, `event` its type, `data` a JobEvent. "
            "The stream ends after the final event.",
        ),
        **problem_responses(400, 404, 503),
    },
)
async def stream_job_events(
    context: Context,
    job_id: UUID,
    last_event_id: Annotated[
        int | None, Parameter(header="Last-Event-ID", ge=0, description="Resume after this event.")
    ] = None,
) -> ServerSentEvent:
    raise NotImplementedError


@post(
    "/jobs/{job_id:uuid}/cancel",
    operation_id="cancelJob",
    tags=["jobs"],
    summary="Ask a job to stop",
    status_code=HTTP_200_OK,
    responses={
        200: examples.answer(examples.JOB, "The job; a worker that has it stops within seconds."),
        **problem_responses(400, 404, 409, 503),
    },
)
async def cancel_job(context: Context, job_id: UUID) -> Job:
    raise NotImplementedError


@post(
    "/jobs/{job_id:uuid}/callback",
    operation_id="reportJob",
    tags=["worker"],
    summary="A worker's report, signed as Standard Webhooks",
    status_code=HTTP_200_OK,
    responses={
        200: examples.answer(examples.CALLBACK, "Taken, or known already."),
        **problem_responses(400, 403, 404, 409, 413, 503),
    },
)
async def report_job(
    request: AnyRequest,
    context: Context,
    job_id: UUID,
) -> CallbackAnswer:
    raise NotImplementedError


router = Router(path="/", route_handlers=[create_job, get_job, stream_job_events, cancel_job, report_job])
