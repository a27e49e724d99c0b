"""Job statuses as they were last answered: of a job that did not change since, nothing is read or written anew."""

from __future__ import annotations

from collections import OrderedDict
from uuid import UUID

from stemset.api.models import Job
from stemset.jobs.records import JobVersion

_MOST = 512


def etag_of(version: JobVersion) -> str:
    """Weak: the same state may travel compressed or not. A cancel that was only asked for is no event yet."""
    # Its place in the queue is that of other jobs' changes.
    return f'W/"{version.last_event}.{version.queue_position or 0}"'


class Statuses:
    """The bodies of the jobs that were asked for last."""

    def __init__(self) -> None:
        self._bodies: OrderedDict[UUID, tuple[str, bytes]] = OrderedDict()

    def get(self, job_id: UUID, etag: str) -> bytes | None:
        """The body with this ETag, if it is kept."""
        kept = self._bodies.get(job_id)
        if kept is None or kept[0] != etag:
            return None
        self._bodies.move_to_end(job_id)
        return kept[1]

    def keep(self, job: Job, etag: str) -> bytes:
        """The job as JSON, which is kept for the next who asks."""
        body = job.model_dump_json(by_alias=True).encode()
        self._bodies[job.id] = (etag, body)
        self._bodies.move_to_end(job.id)
        while len(self._bodies) > _MOST:
            self._bodies.popitem(last=False)
        return body
