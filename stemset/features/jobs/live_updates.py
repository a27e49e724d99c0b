"""A job's changes as server-sent events, from the database; so they can be followed from any process."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from litestar.response import ServerSentEventMessage

from stemset.features.jobs.records import JobVersion
from stemset.features.jobs.schemas import Job, describe_event

if TYPE_CHECKING:
    from stemset.server.services import Context

POLL_S = 1.0
"""How often the database is asked for what another process has stored."""

HEARTBEAT_S = 15.0
"""Silence after which a comment is sent, so that nothing between here and the browser gives up."""


async def changes(context: Context, job_id: UUID, after: int) -> AsyncIterator[ServerSentEventMessage]:
    """Every event numbered above `after`, then new ones as they come, up to the final one, or to the time that a stream
    may last: a browser then asks for the rest by itself."""
    loop = asyncio.get_running_loop()
    last_sent = begun = loop.time()
    limit_s = context.settings.stream_limit_s
    with context.notifier.watch(job_id) as changed:
        while not context.notifier.closed:
            changed.clear()
            events = await context.jobs.events_after(job_id, after)
            for event in events:
                told = describe_event(event, context.config)
                yield ServerSentEventMessage(
                    id=event.number, event=event.type, data=told.model_dump_json(by_alias=True)
                )
                after, last_sent = event.number, loop.time()
            # Behind the end of one attempt another may follow.
            if events and events[-1].job.state.final:
                return
            if limit_s is not None and loop.time() - begun >= limit_s:
                return
            if loop.time() - last_sent >= HEARTBEAT_S:
                yield ServerSentEventMessage(comment="still here", data=None)
                last_sent = loop.time()
            try:
                await asyncio.wait_for(changed.wait(), POLL_S)
            except TimeoutError:
                continue


class Notifier:
    """One per process. After `close` nobody waits any more."""

    def __init__(self) -> None:
        self._watchers: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        self.closed = False

    @contextmanager
    def watch(self, job_id: UUID) -> Generator[asyncio.Event]:
        """An event that is set whenever the job has changed; the watcher clears it."""
        changed = asyncio.Event()
        self._watchers[job_id].add(changed)
        try:
            yield changed
        finally:
            self._watchers[job_id].discard(changed)
            if not self._watchers[job_id]:
                del self._watchers[job_id]

    def changed(self, job_id: UUID) -> None:
        """Wake those who watch this job."""
        for watcher in self._watchers.get(job_id, ()):
            watcher.set()

    def close(self) -> None:
        """Wake everybody, for the last time."""
        self.closed = True
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.set()


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
