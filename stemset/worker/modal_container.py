"""The worker of a Modal container: what its Volumes and its environment make of `RemoteWorker`."""

# What is generic in Modal's types stays open where a name is looked up.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from stemset.config import WorkerSettings, load_config
from stemset.config.modal import CACHE_PATH, ModalSettings
from stemset.errors import ConfigError
from stemset.logs import configure_logging
from stemset.storage import open_storage
from stemset.worker.remote import RemoteWorker, SharedCache

if TYPE_CHECKING:
    import modal

log = structlog.stdlib.get_logger()

_STORAGE_PATIENCE_S = 120.0


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
        open_storage(settings, patience_s=_STORAGE_PATIENCE_S),
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
    url = modal.Function.from_name(knobs.app, "api").get_web_url()
    if url is None:
        raise ConfigError("STEMSET_CALLBACK_URL", "is not set, and the deployed `api` has no address")
    return url
