"""The download of weights onto their Volume."""

from __future__ import annotations

from collections.abc import Callable, Collection

import structlog

from stemset.config import Config, WorkerSettings, load_config
from stemset.config.modal import DOWNLOAD_COMMAND
from stemset.errors import NotFound, WeightsDamaged
from stemset.models import registry
from stemset.models.weights.files import download, verify
from stemset.observability.logging import configure_logging

log = structlog.stdlib.get_logger()


def fill_volume(strategies: Collection[str], *, commit: Callable[[], None]) -> None:
    """Fetch what the models of these strategies (if none is named, of all) lack, and read every weight file once.

    commit: makes the fetched files permanent; called after each model, so that one that fails loses nothing.
    Raises WeightsMissing, WeightsDamaged, NoSpace, and NotFound for an unknown strategy.
    """
    settings = WorkerSettings()
    configure_logging(settings.log_format)
    for model in models_with_weights(load_config(settings.config), strategies):
        fetched = download(registry.card(model), settings.weights_dir, mirror=settings.weights_mirror)
        commit()
        log.info("weights_fetched" if fetched else "weights_there", model=model, files=[file.name for file in fetched])
    for one in verify(registry.cards(), settings.weights_dir):
        if one.fault:
            raise WeightsDamaged(one.file, str(settings.weights_dir), one.fault, DOWNLOAD_COMMAND)
        log.info("weights_verified", file=one.file, bytes=one.bytes, sha256=one.sha256)


def models_with_weights(config: Config, strategies: Collection[str] = ()) -> list[str]:
    """List the models with weights that these strategies run, each once; of all strategies if none is named."""
    for name in strategies:
        if name not in config.strategies:
            raise NotFound("strategy", name, config.strategies)
    models = [model for name in strategies or config.strategies for model in config.strategies[name].models]
    return [model for model in dict.fromkeys(models) if registry.card(model).weights]
