"""What the routes work on, made once per process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from anyio import CapacityLimiter
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from sqlalchemy.ext.asyncio import AsyncEngine

from stemset.config import ApiSettings, Config
from stemset.features.accounts.gate import Gate
from stemset.features.jobs.engines.dispatcher import Dispatcher
from stemset.features.jobs.live_updates import Notifier, Statuses
from stemset.features.jobs.outbox import Outbox
from stemset.features.jobs.service import JobService
from stemset.features.library.recordings import Library
from stemset.features.mixes.service import Mixes
from stemset.storage import Storage


@dataclass(frozen=True)
class Parts:
    """The parts of the service.

    secret: signs the worker's reports. gate: tells who may use the service. probes, encodes: how many uploads may be
    looked into at once, and how many stems be written in another format.
    """

    settings: ApiSettings
    config: Config
    secret: str = field(repr=False)
    gate: Gate
    engine: AsyncEngine
    library: Library
    jobs: JobService
    mixes: Mixes
    storage: Storage
    outbox: Outbox
    dispatcher: Dispatcher
    notifier: Notifier
    probes: CapacityLimiter
    encodes: CapacityLimiter
    statuses: Statuses = field(default_factory=Statuses)


# Litestar would check the parts field by field at every request.
Context: TypeAlias = NamedDependency[SkipValidation[Parts]]
"""Handed to every route that asks for `context`."""


def provide_context(state: State) -> Parts:
    """The parts that the application's start put into its state."""
    parts: Parts = state.context
    return parts
