"""`JobKind`: what the queue does not know of a job, and asks the job's kind.

The queue knows states, attempts, steps, events and engines. A kind belongs to a feature, which has its payload, its
outcome, and what the outcome changes in the service. What the worker does is in `worker.runners`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from stemset.errors import InvalidRequest, StemsetError
from stemset.features.jobs.messages import Event, Output, Succeeded
from stemset.features.jobs.records import JobEnd, JobRecord, Plan, Value


class JobDetails(Value):
    """What a job's JSON has only for some kinds. The fields are those of `schemas.Job`; fallback: of its failure."""

    strategy: str | None = None
    stems: tuple[str, ...] = ()
    expected_stems: tuple[str, ...] = ()
    sum_to_mixture_db: float | None = None
    fallback: str | None = None


class JobKind(ABC):
    """One kind of job. The queue has one object of each, and asks it; jobs are stored with its name."""

    name: ClassVar[str]

    # Making jobs ---------------------------------------------------------------------------------------------

    @abstractmethod
    def is_done(self, job: JobRecord, plan: Plan) -> bool:
        """Whether a job that has succeeded, of the plan's identity, has made just what the plan would make."""

    def pace_of(self, label: str) -> float | None:
        """Seconds of work for one second of audio that a step of this label takes, while none was measured; None where
        nothing is known."""
        del label
        return None

    def explain_size(self, plan: Plan, max_bytes: int) -> StemsetError:
        """The error for a job whose payload is larger than max_bytes as JSON."""
        return InvalidRequest(plan.kind, f"{plan.identity} is larger than {max_bytes} bytes")

    # Reports -------------------------------------------------------------------------------------------------

    def add_output(self, job: JobRecord, output: Output) -> dict[str, JsonValue]:
        """The job's result after an output. Raises InvalidRequest for one that jobs of this kind don't make."""
        raise InvalidRequest("event", f"a {self.name} of job {job.id} has no output {output.name!r}")

    @abstractmethod
    def finish(self, job: JobRecord, success: Succeeded) -> dict[str, JsonValue]:
        """The job's result after its success. Raises InvalidRequest for what this kind doesn't say of one."""

    async def store(self, session: AsyncSession, job: JobRecord, event: Event) -> None:
        """Change what the service's tables say because of an event, in the transaction that stores it. job: as it is
        after the event."""
        del session, job, event

    # A worker that went silent -------------------------------------------------------------------------------

    def read_end(self, record: bytes) -> JobEnd | None:
        """How a run has ended, by what it left in storage; None where that can't be read."""
        return JobEnd.read(record)

    def is_complete(self, job: JobRecord) -> bool:
        """Whether a success that only the storage knows of can be told: no output is missing that it builds on."""
        del job
        return True

    # Telling of jobs -----------------------------------------------------------------------------------------

    def title_of(self, label: str) -> str:
        """What people call a step of this label."""
        return label

    def describe(self, job: JobRecord) -> JobDetails:
        """What the job's JSON has beside what every job has."""
        del job
        return JobDetails()


class JobKinds(Mapping[str, JobKind]):
    """The kinds of jobs of a process, by name."""

    def __init__(self, kinds: Iterable[JobKind]) -> None:
        self._kinds = {kind.name: kind for kind in kinds}

    @override
    def __getitem__(self, name: str) -> JobKind:
        return self._kinds[name]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    @override
    def __len__(self) -> int:
        return len(self._kinds)

    def of(self, job: JobRecord) -> JobKind:
        """The job's kind."""
        return self._kinds[job.kind]
