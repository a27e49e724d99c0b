"""`LocalChannel` brings the reports of a job to the service of the same process, without HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from stemset.errors import NotFound, StaleAttempt, Unavailable
from stemset.features.jobs.messages import Answer, Report
from stemset.features.jobs.records import JobRecord
from stemset.features.jobs.service import Applied, JobService

IN_PROCESS = "process"
"""The dispatch_ref of jobs that are run in the process that made them: no queue knows them."""


class LocalChannel:
    """Applies reports to a service that lives in an event loop; `send` is called from other threads.

    on_change: is called in the sending thread with the job, after each report that changed it.
    """

    def __init__(
        self, service: JobService, loop: asyncio.AbstractEventLoop, on_change: Callable[[JobRecord], None]
    ) -> None:
        self._service = service
        self._loop = loop
        self._on_change = on_change

    def send(self, report: Report) -> Answer:
        applied = asyncio.run_coroutine_threadsafe(self._apply(report), self._loop).result()
        if applied.event is not None:
            self._on_change(applied.job)
        return Answer(cancel=applied.cancel)

    def close(self) -> None:
        """Holds no connection of its own."""

    async def _apply(self, report: Report) -> Applied:
        try:
            return await self._service.apply(report, report.message_id)
        except NotFound as error:
            # Somebody deleted the recording, with its jobs.
            raise StaleAttempt(str(error)) from error
        except DBAPIError as error:
            raise Unavailable(f"The database can't be reached: {error.orig}") from error
