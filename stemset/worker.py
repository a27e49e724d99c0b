"""The worker: fetch a song, separate it, store what comes out, report. The same on a laptop and on a GPU.

`run_job` is one job; `serve_worker` is a process that takes jobs from the local queue until it is told to stop.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path, PurePosixPath

import structlog

from stemset import __version__, audio, strategy
from stemset.cache import FolderCache, NodeCache
from stemset.config import LimitsConfig, WorkerSettings
from stemset.errors import Cancelled, Conflict, StaleAttempt, StemsetError, Unavailable
from stemset.jobs.local import serve_queue, shared_queue
from stemset.jobs.messages import (
    Failed,
    JobPayload,
    Layout,
    NodeDone,
    NodeStarted,
    Started,
    Stopped,
    Succeeded,
    TrackReady,
)
from stemset.jobs.reporter import CallbackChannel, Interrupted, Reporter
from stemset.manifest import ErrorRecord, Manifest
from stemset.models import preparation
from stemset.models.base import Runtime
from stemset.models.engine.loading import LOADING
from stemset.models.pool import ModelPool
from stemset.models.preparation import Order
from stemset.separation import MANIFEST, Listener, StemFile, separate
from stemset.storage import Keys, LocalStorage, Storage
from stemset.strategy import Node

log = structlog.stdlib.get_logger()

_STOP_GRACE_S = 3.0
_WARM_UP = "warm-up"
_ABANDONED_S = 24 * 3600.0
"""Nobody works in a folder that is so old; other workers of the same queue may work in younger ones."""


def may_go_better(error: BaseException) -> bool:
    """Whether another try makes sense: a part of the service or of the machine was away, the song is not to blame."""
    return isinstance(error, (Unavailable, OSError))


def run_job(
    payload: JobPayload,
    storage: Storage,
    reporter: Reporter,
    pool: ModelPool,
    work_dir: Path,
    *,
    cache: NodeCache | None = None,
    last_try: bool = True,
) -> None:
    """Run one job to its end, and leave a manifest in storage and a final report.

    work_dir: gets a folder for this run, empty at first and gone after it. cache: what a run that broke off, or
    another job, has done already is taken from there. Returns when the job has succeeded, was
    cancelled, or turns out to be no longer ours. Raises what made it fail, after reporting it; an error that
    `may_go_better` is reported on the last try only.
    """
    folder = work_dir / payload.ref
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    bound = log.bind(job=str(payload.job_id), strategy=payload.strategy)
    begun = time.monotonic()
    try:
        _run(payload, storage, reporter, pool, cache, folder)
        bound.info("job_succeeded", seconds=round(time.monotonic() - begun, 1))
    except StaleAttempt as error:
        bound.info("job_let_go", reason=str(error))
    except Cancelled:
        _settle(payload, storage, reporter, folder, None)
        bound.info("job_cancelled")
    except Exception as error:
        if may_go_better(error) and not last_try:
            bound.warning("job_try_failed", reason=str(error))
            raise
        kind = error.kind if isinstance(error, StemsetError) else "internal"
        message = str(error) if isinstance(error, StemsetError) else f"{type(error).__name__}: {error}"
        bound.warning("job_failed", kind=kind, reason=message, exc_info=not isinstance(error, StemsetError))
        _settle(payload, storage, reporter, folder, ErrorRecord(kind=kind, message=message))
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(
    payload: JobPayload,
    storage: Storage,
    reporter: Reporter,
    pool: ModelPool,
    cache: NodeCache | None,
    folder: Path,
) -> None:
    reporter.tell(Started())
    storage.tidy(Keys.job(payload.job_id))
    plan = strategy.parse(payload.strategy, payload.tree)
    song = folder / f"source{PurePosixPath(payload.source_key).suffix}"
    storage.fetch(payload.source_key, song)
    separation = separate(
        song,
        plan,
        folder / "output",
        bit_depth=payload.options.bit_depth,
        limits=_limits(payload),
        pool=pool,
        cache=cache,
        listener=_Publisher(payload, storage, reporter),
    )
    storage.put(Keys.manifest(payload.job_id), separation.manifest_file, "application/json")
    manifest = separation.manifest
    reporter.tell(Succeeded(sum_to_mixture_db=manifest.sum_to_mixture_db, common_gain=manifest.common_gain))


def _limits(payload: JobPayload) -> LimitsConfig | None:
    options = payload.options
    if options.max_duration_s is None or options.max_channels is None:
        return None
    return LimitsConfig(max_duration_minutes=options.max_duration_s / 60, max_channels=options.max_channels)


class _Publisher(Listener):
    """Stores every file as soon as it is ready, then says so."""

    def __init__(self, payload: JobPayload, storage: Storage, reporter: Reporter) -> None:
        self._job_id = payload.job_id
        self._storage = storage
        self._reporter = reporter

    def mixture_ready(self, mixture: StemFile) -> None:
        self._publish(mixture)

    def stem_ready(self, stem: StemFile) -> None:
        self._publish(stem)

    def node_started(self, node: Node) -> None:
        self._reporter.tell(NodeStarted(node=node.path))

    def node_progress(self, node: Node, fraction: float) -> None:
        self._reporter.progress(node.path, fraction)

    def node_done(self, node: Node, seconds: float, *, cached: bool) -> None:
        self._reporter.tell(NodeDone(node=node.path, seconds=round(seconds, 3), cached=cached))

    def _publish(self, track: StemFile) -> None:
        name = track.record.name
        layout = audio.flac_layout(track.file)
        peaks = audio.peaks(track.file, Keys.SAMPLES_PER_PIXEL)
        self._storage.put(Keys.stem(self._job_id, name), track.file, "audio/flac")
        self._storage.put_bytes(Keys.index(self._job_id, name), layout.to_index(), "application/octet-stream")
        for samples_per_pixel, dat in peaks.items():
            key = Keys.peaks(self._job_id, name, samples_per_pixel)
            self._storage.put_bytes(key, dat, "application/octet-stream")
        self._reporter.tell(
            TrackReady(
                record=track.record,
                layout=Layout.of(
                    streaminfo=layout.streaminfo,
                    block_size=layout.block_size,
                    overview=audio.overview(peaks[max(peaks)]),
                ),
            )
        )


def _settle(payload: JobPayload, storage: Storage, reporter: Reporter, folder: Path, error: ErrorRecord | None) -> None:
    """Store the manifest of a run that failed (error) or was cancelled (None), and report how it ended."""
    manifest = _manifest(payload, folder / "output" / MANIFEST, error)
    node = manifest.error.node if manifest.error else None
    with suppress(Unavailable, OSError):
        # The report matters more: it is what the user sees.
        text = manifest.model_dump_json(indent=2)
        storage.put_bytes(Keys.manifest(payload.job_id), text.encode(), "application/json")
    try:
        reporter.tell(Failed(kind=error.kind, message=error.message, node=node) if error else Stopped())
    except StemsetError as unheard:
        log.warning("end_not_reported", job=str(payload.job_id), reason=str(unheard))


def _manifest(payload: JobPayload, written: Path, error: ErrorRecord | None) -> Manifest:
    """The one that `separate` wrote, as far as it came to that."""
    state = "failed" if error else "cancelled"
    if written.is_file():
        manifest = Manifest.model_validate_json(written.read_bytes())
        node = manifest.error.node if manifest.error else None
        # A run that could not tell of its success has failed, whatever its own record says.
        return manifest.model_copy(
            update={"state": state, "error": error.model_copy(update={"node": node}) if error else None}
        )
    now = datetime.now(UTC)
    return Manifest(
        stemset_version=__version__,
        versions={},
        device="",
        strategy=payload.strategy,
        tree=payload.tree,
        started_at=now,
        finished_at=now,
        state=state,
        input=None,
        nodes=(),
        mixture=None,
        stems=(),
        sum_to_mixture_db=None,
        common_gain=1.0,
        error=error,
    )


# --- process ---------------------------------------------------------------------------------------------


def ready_file(data_dir: Path) -> Path:
    """Holds the process id of the worker that takes jobs at present."""
    return data_dir / "worker.ready"


def takes_jobs(data_dir: Path) -> bool:
    """Whether the process that wrote `ready_file` lives; a worker on another machine is not seen."""
    try:
        os.kill(int(ready_file(data_dir).read_text("ascii")), 0)
    except PermissionError:
        # It lives, under another user.
        return True
    except (OSError, ValueError):
        return False
    return True


def serve_worker(settings: WorkerSettings, *, follow_parent: bool = False) -> None:
    """Take jobs from the local queue, one at a time, until SIGTERM or SIGINT; call it in the main thread.

    Once it takes jobs it logs `worker_ready` and writes `ready_file`. A stop takes seconds: a job in hand is left
    for the next worker, as it is after a kill. follow_parent: stop, too, when the process that started this one
    ends. Raises Conflict when another worker serves this data folder, unless they share a queue on PostgreSQL.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    parent = os.getppid()
    work_dir = settings.data_dir / "work"
    pool = ModelPool(Runtime(settings.weights_dir, settings.device, settings.weights_mirror))
    cache = FolderCache(settings.cache_dir, settings.cache_bytes) if settings.cache_bytes else None
    storage = LocalStorage(settings.data_dir / "objects")
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

    def prepare(order: Order) -> None:
        fetched.clear()
        try:
            _prepare(order, settings, stop)
        finally:
            fetched.set()

    shared = shared_queue(settings.queue_database)
    with nullcontext() if shared else only_worker(settings.data_dir):
        _sweep(work_dir, older_than_s=_ABANDONED_S if shared else 0.0)
        ready = ready_file(settings.data_dir)
        with serve_queue(settings.queue_database, run, retry=may_go_better, prepare=prepare):
            ready.write_text(str(os.getpid()), "ascii")
            log.info("worker_ready", callback=settings.callback_url)
            threading.Thread(target=_warm_up, name=_WARM_UP, daemon=True).start()
            while not stop.wait(0.5):
                if follow_parent and os.getppid() != parent:
                    log.info("worker_parent_ended")
                    stop.set()
            log.info("worker_stopping")
            ready.unlink(missing_ok=True)
            finished = idle.wait(_STOP_GRACE_S) and fetched.wait(_STOP_GRACE_S)
    if not finished:
        # A single long operation can't be asked to stop, nor a server that is slow to send weights, and their threads
        # would keep the process alive.
        log.info("worker_stopped", job="resumed by the next worker")
        os._exit(0)
    log.info("worker_stopped")
    if any(thread.name in (_WARM_UP, LOADING) for thread in threading.enumerate()):
        # Libraries of C++ that are just being imported don't survive the end of Python.
        os._exit(0)


def _prepare(order: Order, settings: WorkerSettings, stop: threading.Event) -> None:
    """Fetch the weights of an order; why that fails is kept with it, so there is nobody to raise it to."""

    def unless_stopped(_done: int, _whole: int | None) -> None:
        if stop.is_set():
            raise Interrupted

    bound = log.bind(strategy=order.strategy)
    bound.info("weights_wanted", files=list(order.files))
    try:
        preparation.carry_out(order, settings.weights_dir, unless_stopped, mirror=settings.weights_mirror)
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
    """Import what every job needs and nobody needed so far: two seconds that the first job would wait."""
    for module in ("scipy.signal", "scipy.ndimage", "pyloudnorm"):
        import_module(module)


@contextmanager
def only_worker(data_dir: Path, *, patience_s: float = 10.0) -> Generator[None]:
    """Two workers with one queue identity would each take the other's running job for one that a crash left."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "worker.lock").open("a+") as lock:
        give_up_at = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > give_up_at:
                    raise Conflict(f"Another worker serves {data_dir.resolve()}; stop it first.") from None
                # A worker that was just told to stop needs a moment.
                time.sleep(0.2)
        yield
