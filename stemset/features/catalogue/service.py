"""`Catalogue`: the strategies and models on offer, and fetching a strategy's weights ahead of its first job."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from anyio import to_thread

from stemset.config.modal import DOWNLOAD_COMMAND
from stemset.errors import Conflict, NotFound, Unavailable
from stemset.features.catalogue.offer import describe_models, describe_strategy, engine_installed
from stemset.features.catalogue.schemas import Model
from stemset.features.catalogue.schemas import Strategy as WireStrategy
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

    async def list_strategies(self) -> list[WireStrategy]:
        """Every strategy, in the order of config.yaml."""
        return await to_thread.run_sync(lambda: [self._describe(strategy) for strategy in self._strategies.values()])

    async def list_models(self) -> list[Model]:
        """Every registered model."""
        return await to_thread.run_sync(describe_models, self._weights_dir)

    async def prepare(self, name: str) -> WireStrategy:
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

    def _describe(self, strategy: Strategy) -> WireStrategy:
        engine = self._on_modal or engine_installed()
        return describe_strategy(strategy, self._weights_dir, engine=engine)
