"""A job's changes as server-sent events, from the database; so they can be followed from any process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from litestar.response import ServerSentEventMessage

from stemset.api.context import Context
from stemset.api.wire import describe_event

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
