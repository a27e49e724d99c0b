"""A worker that an engine starts elsewhere, one call a job: a GPU container on Modal. No queue, no database."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from pydantic import ValidationError
from typing_extensions import override

from stemset.config import Config, WorkerSettings, load_config
from stemset.config.modal import CACHE_PATH, DOWNLOAD_COMMAND, ModalSettings
from stemset.errors import ConfigError, StemsetError, WeightsMissing
from stemset.features.jobs.messages import JobPayload, parse_payload
from stemset.manifest import Manifest
from stemset.models import registry
from stemset.models.model import AudioSeparator, ModelFacts
from stemset.models.params import ModelParams
from stemset.models.pool import ModelPool
from stemset.models.runtime import Runtime
from stemset.models.weights.files import addresses, weights_state
from stemset.observability.logging import configure_logging
from stemset.storage import Keys, ObjectStore, open_storage
from stemset.strategy.node_cache import FolderCache, NodeCache
from stemset.worker.reporter import CallbackChannel, Reporter, ReportTimings
from stemset.worker.run_job import STORAGE_PATIENCE_S, is_retryable, run_job

if TYPE_CHECKING:
    import modal

log = structlog.stdlib.get_logger()

TIMINGS = ReportTimings(progress_s=1.0, poll_s=3.0)
"""Every report wakes or holds an API container that is paid for."""


_TRIES = 2
_PAUSE_S = 5.0
_IMPORTS = ("scipy.fft", "scipy.ndimage", "boto3")
_ENGINE = ("torch", "stemset.models.networks.separator")


class SharedCache(FolderCache):
    """A folder that other containers see only after `commit`, and whose changes by them appear with `reload`."""

    def __init__(self, folder: Path, max_bytes: int, commit: Callable[[], None]) -> None:
        super().__init__(folder, max_bytes)
        self._commit = commit

    @override
    def put(self, key: str, outputs: Mapping[str, Path], slots: Collection[str], facts: ModelFacts) -> dict[str, str]:
        hashes = super().put(key, outputs, slots, facts)
        # Now and not at the job's end: a container that is preempted has a few seconds.
        try:
            self._commit()
        except Exception as error:  # noqa: BLE001 - a cache that can't be shared is no reason to lose a song
            log.warning("cache_not_committed", reason=str(error))
        return hashes


def import_all() -> None:
    """Import what jobs need, and nothing that looks for a GPU: there is none while a snapshot is taken."""
    for module in (*_IMPORTS, *(_ENGINE if find_spec("torch") else ())):
        import_module(module)


class VolumePool(ModelPool):
    """Models whose weights somebody else puts into a folder that can only be read here.

    refresh: brings in sight what came after this process began. command: what puts missing weights there.
    """

    def __init__(self, runtime: Runtime, refresh: Callable[[], None], command: str) -> None:
        super().__init__(runtime)
        self._refresh = refresh
        self._command = command

    @override
    def get(self, model: type[AudioSeparator], params: ModelParams) -> AudioSeparator:
        """Raises WeightsMissing where they aren't there after a second look either."""
        if self.missing(model):
            self._refresh()
            for file in self.missing(model)[:1]:
                raise WeightsMissing(file, addresses(file)[0], self._command, "the weights' Volume doesn't have it")
        return super().get(model, params)

    def missing(self, model: type[AudioSeparator]) -> tuple[str, ...]:
        """The files that this model lacks."""
        return weights_state(registry.card(model.model_filename), self.runtime.models_dir).missing


class RemoteWorker:
    """Lives as long as its container. refresh: see VolumePool. before_job: called before each."""

    def __init__(
        self,
        settings: WorkerSettings,
        storage: ObjectStore,
        *,
        cache: NodeCache | None = None,
        refresh: Callable[[], None] = lambda: None,
        before_job: Callable[[], None] = lambda: None,
        timings: ReportTimings = TIMINGS,
    ) -> None:
        self._settings = settings
        self._storage = storage
        self._cache = cache
        self._before_job = before_job
        self._timings = timings
        self._secret = settings.signing_secret()
        runtime = settings.runtime()
        self._pool = VolumePool(runtime, refresh, DOWNLOAD_COMMAND)

    def load(self, config: Config) -> None:
        """Bring the networks of the default profile's strategy into memory, so that the first song doesn't wait."""
        strategy = config.strategies[config.profiles[config.default_profile].strategy]
        begun = time.monotonic()
        try:
            for run in strategy.runs:
                self._pool.get(run.model, run.params).load()
        except StemsetError as error:
            # The job that needs it will say so where somebody reads it.
            log.warning("models_not_loaded", strategy=strategy.name, reason=str(error))
        else:
            log.info("models_loaded", strategy=strategy.name, seconds=round(time.monotonic() - begun, 1))

    def run(self, payload_json: str, run: str) -> str | None:
        """Run one job, and return its manifest as JSON; None where it was no longer this run's job.

        run: the engine's name for this call. A job that failed has a manifest, too. What left none is raised, for the
        engine to count and to try again. Raises UnknownPayload for what another version of Stemset has sent.
        """
        payload = parse_payload(payload_json)
        begun = datetime.now(UTC)
        self._before_job()
        with tempfile.TemporaryDirectory(prefix="stemset-") as work:
            channel = CallbackChannel(self._settings.callback_url, self._secret)
            try:
                with Reporter(payload, channel, stop=threading.Event(), timings=self._timings, run=run) as reporter:
                    manifest = self._run(payload, reporter, Path(work))
            except Exception as error:
                manifest = self._left(payload, begun)
                if manifest is None:
                    raise
                log.info("job_ended", job=str(payload.job_id), state=manifest.state, reason=str(error))
        return None if manifest is None else manifest.model_dump_json()

    def _run(self, payload: JobPayload, reporter: Reporter, work: Path) -> Manifest | None:
        for left in reversed(range(_TRIES)):
            try:
                return run_job(
                    payload, self._storage, reporter, self._pool, work, cache=self._cache, last_try=left == 0
                )
            except Exception as error:
                if left == 0 or not is_retryable(error):
                    raise
                time.sleep(_PAUSE_S)
        raise AssertionError

    def _left(self, payload: JobPayload, begun: datetime) -> Manifest | None:
        """The manifest of this run, if it came to that."""
        try:
            manifest = Manifest.model_validate_json(self._storage.read(Keys.manifest(payload.job_id)))
        except (StemsetError, OSError, ValidationError):
            return None
        return manifest if manifest.finished_at >= begun else None


def container_worker(knobs: ModalSettings, *, weights: modal.Volume, node_cache: modal.Volume) -> RemoteWorker:
    """With the default strategy's networks in memory. Raises ConfigError for what the environment lacks."""
    settings = WorkerSettings(callback_url=_callback_url(knobs))
    configure_logging(settings.log_format)
    cache = SharedCache(Path(CACHE_PATH), settings.cache_bytes, node_cache.commit) if settings.cache_bytes else None

    def see_the_others() -> None:
        try:
            node_cache.reload()
        except RuntimeError as error:
            # Files are open: what other workers made is seen at the next job.
            log.info("cache_not_reloaded", reason=str(error))

    worker = RemoteWorker(
        settings,
        open_storage(settings.object_storage, patience_s=STORAGE_PATIENCE_S),
        cache=cache,
        refresh=weights.reload,
        before_job=see_the_others,
    )
    worker.load(load_config(settings.config))
    return worker


def _callback_url(knobs: ModalSettings) -> str:
    """From the configuration, never from a request: what was set, else what Modal itself calls the deployed API."""
    import modal  # noqa: PLC0415

    if knobs.callback_url:
        return knobs.callback_url
    url = modal.Function.from_name(knobs.app, "api").get_web_url()  # pyright: ignore[reportUnknownMemberType] - untyped
    if url is None:
        raise ConfigError("STEMSET_CALLBACK_URL", "is not set, and the deployed `api` has no address")
    return url
