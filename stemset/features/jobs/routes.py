"""Jobs: start, watch, cancel; and the worker's reports."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import MediaType, Response, Router, get, post
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from litestar.response import ServerSentEvent
from litestar.status_codes import HTTP_200_OK
from pydantic import ValidationError

from stemset.config import Config
from stemset.errors import InvalidRequest
from stemset.features.accounts.gate import PUBLIC
from stemset.features.jobs.callback_signature import MAX_REPORT_BYTES, ReportOperation, verify_signature
from stemset.features.jobs.live_updates import JobResponseCache, LiveUpdates, etag_of
from stemset.features.jobs.messages import Report
from stemset.features.jobs.planning import JobPlans
from stemset.features.jobs.records import JobState, JobVersion
from stemset.features.jobs.schemas import (
    CALLBACK,
    EVENT,
    JOB,
    JOBS,
    CallbackAnswer,
    Job,
    JobPage,
    JobRequest,
    describe_job,
)
from stemset.features.jobs.service import JobService
from stemset.web.parameters import NO_NUL, IfNoneMatch, Injected, Limit, Offset
from stemset.web.problems import AnyRequest, problem_responses
from stemset.web.ranges import etag_matches
from stemset.web.responses import empty_response, event_stream_response, json_response


@post(
    "/jobs",
    operation_id="createJob",
    tags=["jobs"],
    summary="Separate a recording",
    responses={
        201: json_response(
            JOB, "The job; the one there is where this strategy waits, runs or succeeded on this recording."
        ),
        **problem_responses(400, 404, 503),
    },
)
async def create_job(
    jobs: Injected[JobService], plans: Injected[JobPlans], config: Injected[Config], data: JSONBody[JobRequest]
) -> Job:
    if data.strategy is not None:
        plans.check_strategy(data.strategy)
    job = await jobs.create_job(data.recording_id, data.strategy, force=data.force)
    return describe_job(job, config)


@get(
    "/jobs",
    operation_id="listJobs",
    tags=["jobs"],
    summary="Jobs, newest first",
    responses={200: json_response(JOBS, "One page of jobs."), **problem_responses(400, 503)},
)
async def list_jobs(
    jobs: Injected[JobService],
    config: Injected[Config],
    state_: Annotated[JobState | None, QueryParameter(name="state", description="Only jobs in this state.")] = None,
    profile: Annotated[str | None, QueryParameter(pattern=NO_NUL, description="Only jobs of this profile.")] = None,
    recording: Annotated[UUID | None, QueryParameter(description="Only jobs of this recording.")] = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> JobPage:
    states = () if state_ is None else (state_,)
    found, total = await jobs.list_jobs(states, profile, recording, limit=limit, offset=offset)
    return JobPage(items=[describe_job(job, config) for job in found], total=total, limit=limit, offset=offset)


@get(
    "/jobs/{job_id:uuid}",
    operation_id="getJob",
    tags=["jobs"],
    summary="How far a job is",
    responses={
        200: json_response(JOB, "The job, with an ETag that changes whenever the job does."),
        304: empty_response("Nothing changed since the state that `If-None-Match` names."),
        **problem_responses(400, 404, 503),
    },
)
async def get_job(
    jobs: Injected[JobService],
    job_responses: Injected[JobResponseCache],
    config: Injected[Config],
    job_id: FromPath[UUID],
    if_none_match: IfNoneMatch = None,
) -> Response[bytes | None]:
    etag = etag_of(await jobs.job_version(job_id))
    if etag_matches(if_none_match, etag):
        return Response(None, status_code=304, headers={"ETag": etag, "Cache-Control": "no-cache"})
    body = job_responses.get(job_id, etag)
    if body is None:
        job = await jobs.get_job(job_id)
        etag = etag_of(JobVersion(job.last_event, job.queue_position))
        body = job_responses.put(describe_job(job, config), etag)
    return Response(body, media_type=MediaType.JSON, headers={"ETag": etag, "Cache-Control": "no-cache"})


@get(
    "/jobs/{job_id:uuid}/events",
    operation_id="streamJobEvents",
    tags=["jobs"],
    summary="A job's changes as they happen (server-sent events)",
    media_type="text/event-stream",
    responses={
        200: event_stream_response(
            EVENT,
            "One message per change: `id` is the event's number, `event` its type, `data` a JobEvent. "
            "The first message is the state as it is; the stream ends after the final event.",
        ),
        204: empty_response("The final event is the one that `Last-Event-ID` names; there is nothing to wait for."),
        **problem_responses(400, 404, 503),
    },
)
async def stream_job_events(
    jobs: Injected[JobService],
    live_updates: Injected[LiveUpdates],
    job_id: FromPath[UUID],
    last_event_id: Annotated[
        int | None, HeaderParameter(name="Last-Event-ID", ge=0, description="Resume after this event.")
    ] = None,
) -> ServerSentEvent | Response[None]:
    job = await jobs.get_job(job_id)
    if last_event_id is not None and job.state.final and last_event_id >= job.last_event:
        # A browser whose stream has ended asks again until it gets this.
        return Response(None, status_code=204)
    after = job.last_event - 1 if last_event_id is None else min(last_event_id, job.last_event)
    return ServerSentEvent(live_updates.stream(job_id, after), headers={"Cache-Control": "no-store"})


@post(
    "/jobs/{job_id:uuid}/cancel",
    operation_id="cancelJob",
    tags=["jobs"],
    summary="Ask a job to stop",
    status_code=HTTP_200_OK,
    responses={
        200: json_response(JOB, "The job; a worker that has it stops within seconds."),
        **problem_responses(400, 404, 503),
    },
)
async def cancel_job(jobs: Injected[JobService], config: Injected[Config], job_id: FromPath[UUID]) -> Job:
    return describe_job(await jobs.cancel(job_id), config)


@post(
    "/jobs/{job_id:uuid}/retry",
    operation_id="retryJob",
    tags=["jobs"],
    summary="Run a failed or cancelled job again",
    status_code=HTTP_200_OK,
    responses={
        200: json_response(JOB, "The same job, queued, at its next attempt."),
        **problem_responses(400, 404, 409, 503),
    },
)
async def retry_job(jobs: Injected[JobService], config: Injected[Config], job_id: FromPath[UUID]) -> Job:
    return describe_job(await jobs.retry(job_id), config)


@post(
    "/jobs/{job_id:uuid}/callback",
    operation_id="reportJob",
    opt={PUBLIC: True},
    tags=["worker"],
    summary="A worker's report, signed as Standard Webhooks",
    status_code=HTTP_200_OK,
    operation_class=ReportOperation,
    request_max_body_size=MAX_REPORT_BYTES,
    responses={
        200: json_response(CALLBACK, "Taken, or known already."),
        **problem_responses(400, 403, 404, 409, 413, 503),
    },
)
async def report_job(
    request: AnyRequest,
    jobs: Injected[JobService],
    callback_secret: Injected[str],
    job_id: FromPath[UUID],
) -> CallbackAnswer:
    body = await request.body()
    message_id = verify_signature(request.headers, body, callback_secret)
    report = _report(body)
    if report.job_id != job_id:
        raise InvalidRequest("job_id", "is not the job that the report is about")
    applied = await jobs.apply(report, message_id)
    return CallbackAnswer(cancel=applied.cancel)


def _report(body: bytes) -> Report:
    try:
        return Report.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidRequest(".".join(str(part) for part in first["loc"]) or "body", first["msg"]) from None


router = Router(
    path="/", route_handlers=[create_job, list_jobs, get_job, stream_job_events, cancel_job, retry_job, report_job]
)
