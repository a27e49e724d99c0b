"""`serve_worker`: a process that takes jobs from the local queue until it is told to stop."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from contextlib import nullcontext, suppress
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
from stemset.worker.pid_files import only_worker, taking_jobs
from stemset.worker.reporter import CallbackChannel, Interrupted, Reporter
from stemset.worker.run_job import STORAGE_PATIENCE_S, may_go_better, run_job

log = structlog.stdlib.get_logger()

_STOP_GRACE_S = 3.0
_WARM_UP = "warm-up"
_ABANDONED_S = 24 * 3600.0
"""Nobody works in a folder that is so old; other workers of the same queue may work in younger ones."""


def serve_worker(settings: WorkerSettings, *, follow_parent: bool = False) -> None:
    """Take jobs from the local queue, one at a time, until SIGTERM or SIGINT; call it in the main thread.

    Once it takes jobs it logs `worker_ready` and is among `workers`. A stop takes seconds: a job in hand is left
    for the next worker, as it is after a kill. follow_parent: stop, too, when the process that started this one
    ends. Raises Conflict when another worker serves this data folder, unless they share a queue on PostgreSQL.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    malloc.share_heap_between_threads()
    parent = os.getppid()
    work_dir = settings.data_dir / "work"
    pool = ModelPool(settings.runtime())
    cache = FolderCache(settings.cache_dir, settings.cache_bytes) if settings.cache_bytes else None
    storage = open_storage(settings.object_storage, patience_s=STORAGE_PATIENCE_S)
    secret = settings.signing_secret()
    idle, fetched = threading.Event(), threading.Event()
    idle.set()
    fetched.set()

    def run(payload: JobPayload, last_try: bool) -> None:
        idle.clear()
        try:
            with Reporter(payload, CallbackChannel(settings.callback_url, secret), stop=stop) as reporter:
                run_job(payload, storage, reporter, pool, work_dir, cache=cache, last_try=last_try)
        except Interrupted:
            log.info("job_interrupted", job=str(payload.job_id))
            raise
        finally:
            idle.set()

    def prepare(request: WeightsRequest) -> None:
        fetched.clear()
        try:
            _prepare(request, settings, stop)
        finally:
            fetched.set()

    shared = shared_queue(settings.queue_database)
    with nullcontext() if shared else only_worker(settings.data_dir):
        _sweep(work_dir, older_than_s=_ABANDONED_S if shared else 0.0)
        with serve_queue(settings.queue_database, run, retry=may_go_better, prepare=prepare):
            with taking_jobs(settings.data_dir):
                log.info("worker_ready", callback=settings.callback_url)
                threading.Thread(target=_warm_up, name=_WARM_UP, daemon=True).start()
                while not stop.wait(0.5):
                    if follow_parent and os.getppid() != parent:
                        log.info("worker_parent_ended")
                        stop.set()
                log.info("worker_stopping")
            finished = idle.wait(_STOP_GRACE_S) and fetched.wait(_STOP_GRACE_S)
    if not finished:
        # A single long operation can't be asked to stop, nor a server that is slow to send weights, and their threads
        # would keep the process alive.
        log.info("worker_stopped", job="resumed by the next worker")
        os._exit(0)
    log.info("worker_stopped")
    if any(thread.name in (_WARM_UP, BUILD_THREAD_NAME) for thread in threading.enumerate()):
        # Libraries of C++ that are just being imported don't survive the end of Python.
        os._exit(0)


def _prepare(request: WeightsRequest, settings: WorkerSettings, stop: threading.Event) -> None:
    """Fetch the weights of a request; why that fails is kept with it, so there is nobody to raise it to."""

    def unless_stopped(_done: int, _whole: int | None) -> None:
        if stop.is_set():
            raise Interrupted

    bound = log.bind(strategy=request.strategy)
    bound.info("weights_wanted", files=list(request.files))
    try:
        cards = map(registry.card, request.models)
        prefetch.fetch(request, cards, settings.weights_dir, unless_stopped, mirror=settings.weights_mirror)
        bound.info("weights_ready")
    except (StemsetError, OSError) as error:
        bound.warning("weights_failed", reason=str(error))


def _sweep(work_dir: Path, older_than_s: float) -> None:
    """Remove what killed workers left; their jobs begin anew."""
    for folder in work_dir.glob("*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime >= older_than_s:
                shutil.rmtree(folder, ignore_errors=True)


def _warm_up() -> None:
    """Import what weight-free models need and nobody needed so far: a second that the first job would wait."""
    for module in ("scipy.fft", "scipy.ndimage"):
        with import_lock:
            import_module(module)
