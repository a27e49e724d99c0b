"""The service of cloud.py: whole, but for the engine, which takes every job and runs none.

Handing over happens behind the answer, and what it costs is the engine's: a call over the network on Modal.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from litestar import Litestar

from stemset.config import ApiSettings
from stemset.features.jobs.engines.dispatcher import RunRecord, RunState
from stemset.features.jobs.messages import JobPayload
from stemset.models.weights.prefetch import WeightsRequest
from stemset.observability.logging import configure_logging
from stemset.server.app import build_app


class Taker:
    """As Modal is: what is handed over twice makes two runs, so jobs are claimed."""

    repeatable = False

    async def dispatch(self, payload: JobPayload) -> str:
        """Takes it."""
        return f"fc-{payload.nonce}"

    async def cancel(self, ref: str) -> None:
        """There is nothing to end."""

    async def prepare(self, request: WeightsRequest) -> None:
        """Nobody asks for it here."""

    async def look_up(self, refs: Collection[str]) -> Mapping[str, RunRecord]:
        """They wait, all of them."""
        return {ref: RunRecord(RunState.PENDING) for ref in refs}

    async def close(self) -> None:
        """Nothing is open."""


def create_app() -> Litestar:
    """As the environment describes it."""
    configure_logging("json", logging.WARNING)
    return build_app(ApiSettings(), Taker())
