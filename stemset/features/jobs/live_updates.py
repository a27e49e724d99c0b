"""How a job is followed: its changes as server-sent events, and the ETag and body of a poll.

Events come from the database, so a job can be followed from any process.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from uuid import UUID

from litestar.response import ServerSentEventMessage

from stemset.config import Config
from stemset.features.jobs.notifier import Notifier
from stemset.features.jobs.records import EventRecord, JobVersion
from stemset.features.jobs.schemas import Job, describe_event
from stemset.features.jobs.service import JobService

_MAX_BODIES = 512

POLL_S = 1.0
"""How often the database is asked for what another process has stored."""

HEARTBEAT_S = 15.0
"""Silence after which a comment is sent, so that nothing between here and the browser gives up."""


class LiveUpdates:
    """Streams the changes of jobs. One per process.

    stream_limit_s: after this long a stream ends, and a browser asks for the rest by itself; None: no limit.
    """

    def __init__(self, jobs: JobService, notifier: Notifier, config: Config, stream_limit_s: float | None) -> None:
        self._jobs = jobs
        self._notifier = notifier
        self._config = config
        self._stream_limit_s = stream_limit_s

    async def stream(self, job_id: UUID, after: int) -> AsyncIterator[ServerSentEventMessage]:
        """Yield every event numbered above `after`, then new ones as they come, up to the final one or the limit."""
        loop = asyncio.get_running_loop()
        last_sent = begun = loop.time()
        with self._notifier.watch(job_id) as changed:
            while not self._notifier.closed:
                changed.clear()
                events = await self._jobs.events_after(job_id, after)
                for event in events:
                    yield _message(event, self._config)
                    after, last_sent = event.number, loop.time()
                # Behind the end of one attempt another may follow.
                if events and events[-1].job.state.final:
                    return
                if self._stream_limit_s is not None and loop.time() - begun >= self._stream_limit_s:
                    return
                if loop.time() - last_sent >= HEARTBEAT_S:
                    yield ServerSentEventMessage(comment="still here", data=None)
                    last_sent = loop.time()
                try:
                    await asyncio.wait_for(changed.wait(), POLL_S)
                except TimeoutError:
                    continue


def _message(event: EventRecord, config: Config) -> ServerSentEventMessage:
    data = describe_event(event, config).model_dump_json(by_alias=True)
    return ServerSentEventMessage(id=event.number, event=event.type, data=data)


def etag_of(version: JobVersion) -> str:
    """Weak: the same state may travel compressed or not. A cancel that was only asked for is no event yet."""
    # Its place in the queue is that of other jobs' changes.
    return f'W/"{version.last_event}.{version.queue_position or 0}"'


class JobResponseCache:
    """Keeps the JSON of the jobs that were asked for last. One per process."""

    def __init__(self) -> None:
        self._bodies: OrderedDict[UUID, tuple[str, bytes]] = OrderedDict()

    def get(self, job_id: UUID, etag: str) -> bytes | None:
        """The body with this ETag; None where it is not kept."""
        kept = self._bodies.get(job_id)
        if kept is None or kept[0] != etag:
            return None
        self._bodies.move_to_end(job_id)
        return kept[1]

    def put(self, job: Job, etag: str) -> bytes:
        """Write the job as JSON, and keep that for the next who asks."""
        body = job.model_dump_json(by_alias=True).encode()
        self._bodies[job.id] = (etag, body)
        self._bodies.move_to_end(job.id)
        while len(self._bodies) > _MAX_BODIES:
            self._bodies.popitem(last=False)
        return body
