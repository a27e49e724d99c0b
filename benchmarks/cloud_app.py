"""The service of cloud.py: whole, but for the engine, which takes every job and runs none.

Handing over happens behind the answer, and what it costs is the engine's: a call over the network on Modal.
"""

from __future__ import annotations

import logging

from litestar import Litestar

from stemset.config import ApiSettings
from stemset.features.jobs.engines.dispatcher import RunRecord, RunState
from stemset.observability.logging import configure_logging
from stemset.server.app import build_app
from stemset.testing import InMemoryDispatcher


def create_app() -> Litestar:
    """As the environment describes it."""
    configure_logging("json", logging.WARNING)
    # As on Modal: what is handed over twice makes two runs, so jobs are claimed; and a run that waits stays as it is.
    engine = InMemoryDispatcher(repeatable=False, otherwise=RunRecord(RunState.PENDING))
    return build_app(ApiSettings(), engine)
