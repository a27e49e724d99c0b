"""Separations: start one. All else is the same for every job."""

from __future__ import annotations

from litestar import Router, post
from litestar.params import JSONBody

from stemset.features.jobs.kinds import JobKinds
from stemset.features.jobs.schemas import JOB, Job, describe_job
from stemset.features.separations.plans import SeparationPlans
from stemset.features.separations.schemas import JobRequest
from stemset.features.separations.service import SeparationService
from stemset.web.parameters import Injected
from stemset.web.problems import problem_responses
from stemset.web.responses import json_response


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
    separations: Injected[SeparationService],
    plans: Injected[SeparationPlans],
    job_kinds: Injected[JobKinds],
    data: JSONBody[JobRequest],
) -> Job:
    if data.strategy is not None:
        plans.check_strategy(data.strategy)
    job = await separations.create_job(data.recording_id, data.strategy, force=data.force)
    return describe_job(job, job_kinds)


router = Router(path="/", route_handlers=[create_job])
