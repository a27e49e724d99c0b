"""`Runner`: what does the jobs of one kind; and the context in which it runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from stemset.features.jobs.messages import JobPayload
from stemset.features.jobs.records import Failure, JobEnd
from stemset.models.pool import ModelPool
from stemset.storage import ObjectStore
from stemset.strategy.node_cache import NodeCache
from stemset.worker.reporter import Reporter


@dataclass(frozen=True)
class RunContext:
    """What a run is given. folder: its own, empty at first and gone after it. cache: None without one."""

    storage: ObjectStore
    reporter: Reporter
    pool: ModelPool
    cache: NodeCache | None
    folder: Path


class Runner(Protocol):
    """One run of one job. It is made before the run is reported, by `Runner(payload, context)`, which raises
    UnknownPayload for what another version hands over."""

    def __init__(self, payload: JobPayload, context: RunContext) -> None: ...

    def run(self) -> tuple[JobEnd, bytes]:
        """Do the job, store what it makes, report steps and outputs. Returns its success, and the record of that as
        JSON, which its `JobKind.read_end` reads. Raises what makes it fail, and Cancelled."""
        ...

    def break_off(self, failure: Failure | None) -> tuple[JobEnd, bytes]:
        """The same of a run that has raised. failure: None where it was cancelled; its step is found out here."""
        ...

    @staticmethod
    def read_end(record: bytes) -> JobEnd | None:
        """The end by such a record; None where it can't be read."""
        ...
