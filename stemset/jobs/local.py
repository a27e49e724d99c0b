"""The local engine: a durable queue in DBOS, on a SQLite file or PostgreSQL.

The service enqueues through `LocalDispatcher`; a worker process takes jobs through `serve_queue`. A worker that is
killed leaves its job pending in the queue's database, and the next one to start runs it again.

DBOS is imported on first use: it takes longer to import than the rest of the service takes to start.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from stemset.errors import Unavailable
from stemset.jobs.messages import JobPayload

if TYPE_CHECKING:
    from dbos import DBOSClient, EnqueueOptions

_APPLICATION = "stemset"
_QUEUE = "separations"
_WORKFLOW = "separate"

# DBOS recovers only what its own version and executor began. Both stay the same, so that a restarted worker, and
# one of a newer Stemset, finds the jobs that wait; the payload has a version of its own.
_VERSION = "1"
_EXECUTOR = "local"

# A job that brings the process down this often is not begun again.
_MAX_CRASHES = 20
_TRIES = 3

Run: TypeAlias = Callable[[JobPayload, bool], None]
"""Runs a payload; the flag says that this is the last try. What it raises counts as a failed try."""


def prepare_queue(queue_url: str) -> None:
    """Create or migrate the queue's tables; service and worker may start in either order. Blocking."""
    from dbos import DBOS  # noqa: PLC0415

    _quieten()
    url = make_url(queue_url)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    DBOS.migrate(_spelled(queue_url))


class LocalDispatcher:
    """Hands jobs to the queue. Connects at first use, so that a queue that is away doesn't stop the service."""

    def __init__(self, queue_url: str) -> None:
        self._queue_url = queue_url
        self._client: DBOSClient | None = None
        self._connecting = threading.Lock()

    async def dispatch(self, payload: JobPayload) -> str:
        await asyncio.to_thread(self._enqueue, payload)
        return payload.ref

    async def cancel(self, ref: str) -> None:
        await asyncio.to_thread(self._cancel, ref)

    async def close(self) -> None:
        if self._client is not None:
            await asyncio.to_thread(self._client.destroy)
            self._client = None

    def _enqueue(self, payload: JobPayload) -> None:
        options: EnqueueOptions = {
            "workflow_name": _WORKFLOW,
            "queue_name": _QUEUE,
            "workflow_id": payload.ref,
            "app_version": _VERSION,
        }
        with _reaching(self._queue_url):
            self._connected().enqueue(options, payload.model_dump_json())

    def _cancel(self, ref: str) -> None:
        with _reaching(self._queue_url):
            self._connected().cancel_workflow(ref)

    def _connected(self) -> DBOSClient:
        from dbos import DBOSClient  # noqa: PLC0415

        with self._connecting:
            if self._client is None:
                prepare_queue(self._queue_url)
                self._client = DBOSClient(
                    system_database_url=_spelled(self._queue_url),
                    application_name=_APPLICATION,
                    retry_connection_errors=False,
                )
            return self._client


@contextmanager
def serve_queue(
    queue_url: str, run: Run, *, retry: Callable[[BaseException], bool], jobs_at_once: int = 1
) -> Generator[None]:
    """Run what the queue holds while the block lasts, first what a killed worker left.

    retry: whether a try that raised this may go better the next time; there are three tries. At the end of the
    block no further job is taken; one that runs is neither waited for nor forgotten: the next worker resumes it.
    One block per process, and on SQLite one process per queue.
    """
    from dbos import DBOS, DBOSConfig  # noqa: PLC0415

    prepare_queue(queue_url)
    DBOS(
        config=DBOSConfig(
            name=_APPLICATION,
            system_database_url=_spelled(queue_url),
            application_version=_VERSION,
            executor_id=_EXECUTOR,
            enable_otlp=False,
            log_level="WARNING",
        )
    )

    @DBOS.step(name="run", retries_allowed=True, max_attempts=_TRIES, interval_seconds=1.0, should_retry=retry)
    def attempt(payload_json: str) -> None:
        status = DBOS.step_status
        last = status is None or status.current_attempt is None or status.current_attempt + 1 >= _TRIES
        run(JobPayload.model_validate_json(payload_json), last)

    @DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=_MAX_CRASHES)
    def separate(payload_json: str) -> None:
        attempt(payload_json)

    del separate
    DBOS.launch()
    try:
        DBOS.register_queue(
            _QUEUE, worker_concurrency=jobs_at_once, polling_interval_sec=0.25, on_conflict="always_update"
        )
        yield
    finally:
        DBOS.destroy()


def _spelled(queue_url: str) -> str:
    """DBOS wants a synchronous driver."""
    url = make_url(queue_url)
    name = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
    return url.set(drivername=name[url.get_backend_name()]).render_as_string(hide_password=False)


@contextmanager
def _reaching(queue_url: str) -> Generator[None]:
    try:
        yield
    except DBAPIError as error:
        where = make_url(queue_url).render_as_string(hide_password=True)
        raise Unavailable(f"The queue {where} can't be reached: {error.orig}") from error


def _quieten() -> None:
    """DBOS logs to the console by itself unless its logger has a handler; ours go where all logs go."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.setLevel(logging.WARNING)
