"""The local engine: a durable queue in DBOS, on a SQLite file or PostgreSQL.

The service hands jobs over through `DbosDispatcher`; a worker process takes them through `serve_queue`. A worker that
is killed leaves its job pending in the queue's database, and the next one to start runs it again.

DBOS is imported on first use: it takes longer to import than the rest of the service takes to start.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from stemset.errors import Unavailable, UnknownPayload
from stemset.features.jobs.engines.dispatcher import RunRecord, RunState
from stemset.features.jobs.messages import JobPayload, parse_payload
from stemset.models.weights.prefetch import WeightsRequest

if TYPE_CHECKING:
    from dbos import DBOSClient, EnqueueOptions, WorkflowStatus

_APPLICATION = "stemset"
_QUEUE = "separations"
_WORKFLOW = "separate"
_WEIGHTS_QUEUE = "weights"
_WEIGHTS_WORKFLOW = "prepare"

# DBOS recovers only what its own version and executor began. The version stays the same, so that a newer Stemset
# finds the jobs that wait; the payload has a version of its own. The only worker of a SQLite queue is always the same
# executor, so that it takes up what it left. On a shared queue that would be another's job: every process is an
# executor of its own there, and what a dead one left is queued again by the reconciler.
_VERSION = "1"
_EXECUTOR = "local"

# A job that brings the process down this often is not begun again.
_MAX_CRASHES = 20
_TRIES = 3

Run: TypeAlias = Callable[[JobPayload, bool], None]
"""Runs a payload. The flag is true on the last try; an error that is raised makes the try a failed one."""

Prepare: TypeAlias = Callable[[WeightsRequest], None]
"""Fetches the weights of a request."""


def shared_queue(queue_url: str) -> bool:
    """Whether several worker processes may serve this queue."""
    return make_url(queue_url).get_backend_name() != "sqlite"


def prepare_queue(queue_url: str) -> None:
    """Create or migrate the queue's tables; service and worker may start in either order. Blocking."""
    from dbos import DBOS  # noqa: PLC0415

    _silence_console()
    url = make_url(queue_url)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    DBOS.migrate(_with_driver(queue_url))


class DbosDispatcher:
    """Hands jobs to the queue. It connects at first use, so that a queue that is away doesn't stop the service."""

    repeatable = True

    def __init__(self, queue_url: str) -> None:
        self._queue_url = queue_url
        self._client: DBOSClient | None = None
        self._connect_lock = threading.Lock()

    async def dispatch(self, payload: JobPayload) -> str:
        await asyncio.to_thread(self._enqueue, _QUEUE, _WORKFLOW, payload.ref, payload.model_dump_json())
        return payload.ref

    async def cancel(self, ref: str) -> None:
        await asyncio.to_thread(self._cancel, ref)

    async def prepare(self, request: WeightsRequest) -> None:
        ref = f"weights.{request.id}"
        await asyncio.to_thread(self._enqueue, _WEIGHTS_QUEUE, _WEIGHTS_WORKFLOW, ref, request.model_dump_json())

    async def look_up(self, refs: Collection[str]) -> Mapping[str, RunRecord]:
        return await asyncio.to_thread(self._look_up, refs)

    async def close(self) -> None:
        if self._client is not None:
            await asyncio.to_thread(self._client.destroy)
            self._client = None

    def _enqueue(self, queue: str, workflow: str, ref: str, content: str) -> None:
        options: EnqueueOptions = {
            "workflow_name": workflow,
            "queue_name": queue,
            "workflow_id": ref,
            "app_version": _VERSION,
        }
        with _translate_errors(self._queue_url):
            self._connect().enqueue(options, content)

    def _cancel(self, ref: str) -> None:
        with _translate_errors(self._queue_url):
            self._connect().cancel_workflow(ref)

    def _look_up(self, refs: Collection[str]) -> Mapping[str, RunRecord]:
        with _translate_errors(self._queue_url):
            runs = self._connect().list_workflows(workflow_ids=list(refs), load_input=False)
        return {run.workflow_id: _run_record(run) for run in runs}

    def _connect(self) -> DBOSClient:
        from dbos import DBOSClient  # noqa: PLC0415

        with self._connect_lock:
            if self._client is None:
                prepare_queue(self._queue_url)
                self._client = DBOSClient(
                    system_database_url=_with_driver(self._queue_url),
                    application_name=_APPLICATION,
                    retry_connection_errors=False,
                )
            return self._client


@contextmanager
def serve_queue(
    queue_url: str,
    run: Run,
    *,
    retry: Callable[[BaseException], bool],
    prepare: Prepare,
    jobs_at_once: int = 1,
) -> Generator[None]:
    """Run what the queue holds while the block lasts, first what a killed worker left.

    retry: whether a try that raised this may succeed the next time; there are three tries. prepare: fetches weights,
    one request at a time, beside the jobs. At the end of the block no further job is taken; one that runs is neither
    waited for nor forgotten: the next worker resumes it. One block per process, and on SQLite one process per queue;
    see `shared_queue`.
    """
    from dbos import DBOS, DBOSConfig  # noqa: PLC0415

    prepare_queue(queue_url)
    DBOS(
        config=DBOSConfig(
            name=_APPLICATION,
            system_database_url=_with_driver(queue_url),
            application_version=_VERSION,
            executor_id=_executor_id(shared=shared_queue(queue_url)),
            enable_otlp=False,
            log_level="WARNING",
        )
    )
    _register_workflow(_WORKFLOW, _job_step(run, retry))
    _register_workflow(_WEIGHTS_WORKFLOW, _weights_step(prepare))
    DBOS.launch()
    try:
        DBOS.register_queue(
            _QUEUE, worker_concurrency=jobs_at_once, polling_interval_sec=0.25, on_conflict="always_update"
        )
        # A queue of its own: a download must not keep songs waiting.
        DBOS.register_queue(_WEIGHTS_QUEUE, worker_concurrency=1, polling_interval_sec=0.5, on_conflict="always_update")
        yield
    finally:
        DBOS.destroy()


def _job_step(run: Run, retry: Callable[[BaseException], bool]) -> Callable[[str], None]:
    """The step that runs a job, tried again as often as that is allowed; it takes the payload's JSON."""
    from dbos import DBOS  # noqa: PLC0415

    @DBOS.step(name="run", retries_allowed=True, max_attempts=_TRIES, interval_seconds=1.0, should_retry=retry)
    def run_payload(payload_json: str) -> None:
        status = DBOS.step_status
        last_try = status is None or status.current_attempt is None or status.current_attempt + 1 >= _TRIES
        run(parse_payload(payload_json), last_try)

    return run_payload


def _weights_step(prepare: Prepare) -> Callable[[str], None]:
    """The step that fetches weights, tried once; it takes the request's JSON."""
    from dbos import DBOS  # noqa: PLC0415

    @DBOS.step(name="fetch")
    def fetch_weights(request_json: str) -> None:
        prepare(WeightsRequest.model_validate_json(request_json))

    return fetch_weights


def _register_workflow(name: str, step: Callable[[str], None]) -> None:
    """Let this process run the workflow of this name, which is one step. DBOS finds it by its name."""
    from dbos import DBOS  # noqa: PLC0415

    def run_step(content: str) -> None:
        step(content)

    DBOS.workflow(name=name, max_recovery_attempts=_MAX_CRASHES)(run_step)


def _run_record(run: WorkflowStatus) -> RunRecord:
    since = datetime.fromtimestamp(run.updated_at / 1000, UTC) if run.updated_at else None
    return RunRecord(_run_state(run), str(run.error) if run.error else None, since)


def _run_state(run: WorkflowStatus) -> RunState:
    match run.status:
        case "ENQUEUED" | "DELAYED":
            return RunState.WAITING
        case "PENDING":
            return RunState.RUNNING
        case "MAX_RECOVERY_ATTEMPTS_EXCEEDED":
            return RunState.BROKE_DOWN
        case "ERROR" if isinstance(run.error, UnknownPayload):
            return RunState.REFUSED
        case _:
            return RunState.ENDED


def _executor_id(*, shared: bool) -> str:
    """By which DBOS tells whose workflow one is."""
    if not shared:
        return _EXECUTOR
    return f"{socket.gethostname()}.{os.getpid()}"


def _with_driver(queue_url: str) -> str:
    """The URL with the synchronous driver that DBOS needs."""
    url = make_url(queue_url)
    name = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
    return url.set(drivername=name[url.get_backend_name()]).render_as_string(hide_password=False)


@contextmanager
def _translate_errors(queue_url: str) -> Generator[None]:
    """Raise Unavailable in place of the database's errors; its message shows no password."""
    try:
        yield
    except DBAPIError as error:
        where = make_url(queue_url).render_as_string(hide_password=True)
        raise Unavailable(f"The queue {where} can't be reached: {error.orig}") from error


def _silence_console() -> None:
    """Give DBOS's logger a handler: without one DBOS adds its own, to the console, besides where all logs go."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.setLevel(logging.WARNING)
