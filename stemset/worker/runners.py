"""What runs each kind of job; `server.services.job_kinds` has the same kinds."""

from __future__ import annotations

from collections.abc import Mapping

from stemset import __version__
from stemset.errors import UnknownPayload
from stemset.features.jobs.messages import JobPayload
from stemset.features.separations.records import SEPARATION
from stemset.worker.runner import RunContext, Runner
from stemset.worker.separation import SeparationRunner

RUNNERS: Mapping[str, type[Runner]] = {SEPARATION: SeparationRunner}
"""Kind -> what runs its jobs."""


def begin_run(payload: JobPayload, context: RunContext) -> Runner:
    """Make the run of a job. Raises UnknownPayload for one that another version has handed over."""
    if payload.kind not in RUNNERS:
        known = ", ".join(RUNNERS)
        raise UnknownPayload(
            f"The worker knows no jobs of the kind {payload.kind!r}, only {known}: its version of Stemset "
            f"({__version__}) is not the service's."
        )
    return RUNNERS[payload.kind](payload, context)
