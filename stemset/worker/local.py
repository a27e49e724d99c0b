"""`serve_worker`: a process that takes jobs from the local queue until it is told to stop."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, nullcontext, suppress
from importlib import import_module
from pathlib import Path

import structlog

from stemset.concurrency.build_once import BUILD_THREAD_NAME
from stemset.concurrency.import_lock import import_lock
from stemset.config import WorkerSettings
from stemset.errors import StemsetError
from stemset.features.jobs.engines.dbos import serve_queue, shared_queue
from stemset.features.jobs.messages import JobPayload
from stemset.models import registry
from stemset.models.networks import malloc
from stemset.models.pool import ModelPool
from stemset.models.weights import prefetch
from stemset.models.weights.prefetch import WeightsRequest
from stemset.storage import open_storage
from stemset.strategy.node_cache import FolderCache
from stemset.worker.pid_files import lock_data_dir, lock_pid_file
from stemset.worker.reporter import CallbackChannel, Interrupted, Reporter
from stemset.worker.run_job import STORAGE_PATIENCE_S, is_retryable, run_job

log = structlog.stdlib.get_logger()

_STOP_GRACE_S = 3.0
_LOOK_S = 0.5
"""Windows tells a thread of a signal only between two waits."""
_WARM_UP = "warm-up"
_ABANDONED_S = 24 * 3600.0
"""A run's folder that is so old is nobody's; younger ones may be those of other workers of the same queue."""


def serve_worker(settings: WorkerSettings, *, stop: threading.Event | None = None) -> None:
    """Take jobs from the local queue, one at a time, until `stop`, SIGTERM or SIGINT; call it in the main thread.

    Once it takes jobs it logs `worker_ready` and `find_workers` finds it. A stop takes seconds: a job in hand is left
    for the next worker, as it is after a kill. Raises Conflict when another worker serves this data folder, unless
    they share a queue on PostgreSQL.
    """
    stop = stop or threading.Event()
    _set_on_signals(stop)
    malloc.share_heap_between_threads()
    worker = LocalWorker(settings, stop)
    shared = shared_queue(settings.queue_database)
    with nullcontext() if shared else lock_data_dir(settings.data_dir):
        _remove_abandoned(worker.work_dir, older_than_s=_ABANDONED_S if shared else 0.0)
        with serve_queue(settings.queue_database, worker.run, retry=is_retryable, prepare=worker.fetch_weights):
            with lock_pid_file(settings.data_dir):
                log.info("worker_ready", callback=settings.callback_url)
                threading.Thread(target=_warm_up, name=_WARM_UP, daemon=True).start()
                while not stop.wait(_LOOK_S):
                    pass
                log.info("worker_stopping")
            idle = worker.wait_until_idle(_STOP_GRACE_S)
    _end_process(idle=idle)


class LocalWorker:
    """Does what the local queue hands over: jobs, and requests for weights.

    stop: when it is set, both end as soon as they can, with Interrupted. work_dir: has a folder for each run.
    """

    def __init__(self, settings: WorkerSettings, stop: threading.Event) -> None:
        self.work_dir = settings.data_dir / "work"
        self._settings = settings
        self._stop = stop
        self._pool = ModelPool(settings.runtime())
        self._cache = FolderCache(settings.cache_dir, settings.cache_bytes) if settings.cache_bytes else None
        self._storage = open_storage(settings.object_storage, patience_s=STORAGE_PATIENCE_S)
        self._secret = settings.signing_secret()
        self._no_job, self._no_request = _set_event(), _set_event()

    def run(self, payload: JobPayload, last_try: bool) -> None:
        """Run a job, as `run_job` does."""
        channel = CallbackChannel(self._settings.callback_url, self._secret)
        with _cleared(self._no_job), Reporter(payload, channel, stop=self._stop) as reporter:
            try:
                run_job(
                    payload, self._storage, reporter, self._pool, self.work_dir, cache=self._cache, last_try=last_try
                )
            except Interrupted:
                log.info("job_interrupted", job=str(payload.job_id))
                raise

    def fetch_weights(self, request: WeightsRequest) -> None:
        """Fetch the weights of a request; why that fails is kept with it, so there is nobody to raise it to."""
        bound = log.bind(strategy=request.strategy)
        bound.info("weights_wanted", files=list(request.files))
        with _cleared(self._no_request):
            try:
                prefetch.fetch(
                    request,
                    map(registry.card, request.models),
                    self._settings.weights_dir,
                    self._check_stop,
                    mirror=self._settings.weights_mirror,
                )
                bound.info("weights_ready")
            except (StemsetError, OSError) as error:
                bound.warning("weights_failed", reason=str(error))

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Wait for a job, then for a request, each for timeout_s at most; whether both have ended."""
        return self._no_job.wait(timeout_s) and self._no_request.wait(timeout_s)

    def _check_stop(self, _done: int, _whole: int | None) -> None:
        if self._stop.is_set():
            raise Interrupted


def _set_on_signals(stop: threading.Event) -> None:
    """Have SIGTERM and SIGINT set the event."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())


def _end_process(*, idle: bool) -> None:
    """Return where Python can end by itself, else end the process here."""
    if not idle:
        # A single long operation can't be asked to stop, nor a server that is slow to send weights, and their threads
        # would keep the process alive.
        log.info("worker_stopped", job="resumed by the next worker")
        os._exit(0)
    log.info("worker_stopped")
    if any(thread.name in (_WARM_UP, BUILD_THREAD_NAME) for thread in threading.enumerate()):
        # Libraries of C++ that are just being imported don't survive the end of Python.
        os._exit(0)


def _remove_abandoned(work_dir: Path, older_than_s: float) -> None:
    """Remove the folders of runs whose workers were killed; their jobs begin anew."""
    for folder in work_dir.glob("*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime >= older_than_s:
                shutil.rmtree(folder, ignore_errors=True)


def _warm_up() -> None:
    """Import what weight-free models need and nobody needed so far: a second that the first job would wait."""
    for module in ("scipy.fft", "scipy.ndimage"):
        with import_lock:
            import_module(module)


def _set_event() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


@contextmanager
def _cleared(event: threading.Event) -> Generator[None]:
    """Keep an event cleared until the block ends."""
    event.clear()
    try:
        yield
    finally:
        event.set()
