"""`Catalogue` says which strategies and models are on offer, and has the weights of one fetched ahead of a job."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from anyio import to_thread

from stemset.config.modal import DOWNLOAD_COMMAND
from stemset.errors import Conflict, NotFound, Unavailable
from stemset.features.catalogue import schemas
from stemset.features.jobs.engines.dispatcher import WeightsFetcher
from stemset.models import registry
from stemset.models.weights import prefetch
from stemset.strategy import Strategy


class Catalogue:
    """Says what the service offers. One per process.

    fetcher: fetches weights; None: the operator does. on_modal: jobs run there, and so neural networks run in another
    image than this process's.
    """

    def __init__(
        self, strategies: Mapping[str, Strategy], weights_dir: Path, fetcher: WeightsFetcher | None, *, on_modal: bool
    ) -> None:
        self._strategies = strategies
        self._weights_dir = weights_dir
        self._fetcher = fetcher
        self._on_modal = on_modal

    async def list_strategies(self) -> list[schemas.Strategy]:
        """List every strategy, in the order of config.yaml."""
        return await to_thread.run_sync(lambda: [self._describe(strategy) for strategy in self._strategies.values()])

    async def list_models(self) -> list[schemas.Model]:
        """List every registered model."""
        return await to_thread.run_sync(
            lambda: [schemas.describe_model(name, self._weights_dir) for name in registry.names()]
        )

    async def prepare(self, name: str) -> schemas.Strategy:
        """Have a strategy's weights fetched. Raises NotFound; Conflict where that is the operator's to do."""
        strategy = self._strategies.get(name)
        if strategy is None:
            raise NotFound("strategy", name, self._strategies)
        if self._fetcher is None:
            raise Conflict(f"Weights of this deployment are fetched by `{DOWNLOAD_COMMAND}`.")
        request = await to_thread.run_sync(prefetch.add, name, registry.cards(strategy.models), self._weights_dir)
        if request:
            try:
                await self._fetcher.prepare(request)
            except Unavailable:
                # Else the page would wait for a worker that never hears of it.
                await to_thread.run_sync(prefetch.cancel, request, self._weights_dir)
                raise
        return await to_thread.run_sync(self._describe, strategy)

    def _describe(self, strategy: Strategy) -> schemas.Strategy:
        engine = self._on_modal or is_engine_installed()
        return schemas.describe_strategy(strategy, self._weights_dir, engine=engine)


@cache
def is_engine_installed() -> bool:
    """Whether neural networks can run on this machine. Looks without importing: torch has no place in this process."""
    return all(find_spec(package) is not None for package in ("torch", "audio_separator"))
