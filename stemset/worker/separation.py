"""`SeparationRunner`: fetches a song, separates it, stores and reports every stem as soon as it exists."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePosixPath

from stemset import __version__, strategy
from stemset.config import LimitsConfig
from stemset.errors import UnknownPayload
from stemset.features.jobs.messages import JobPayload
from stemset.features.jobs.records import Failure, JobEnd
from stemset.features.separations.records import RunOptions, SeparationPayload, end_of_manifest, read_end
from stemset.manifest import ErrorRecord, Manifest
from stemset.separation import MANIFEST, Resources, SeparationOptions, separate
from stemset.worker.publisher import Publisher
from stemset.worker.runner import RunContext


class SeparationRunner:
    """One run of a separation. What it leaves is its manifest."""

    def __init__(self, payload: JobPayload, context: RunContext) -> None:
        if payload.source_key is None:
            raise UnknownPayload("The worker was handed a separation without a recording.")
        self._job_id = payload.job_id
        self._source_key = payload.source_key
        self._asked = payload.read_content(SeparationPayload)
        self._context = context
        self._output = context.folder / "output"

    def run(self) -> tuple[JobEnd, bytes]:
        context, options = self._context, self._asked.options
        plan = strategy.parse(self._asked.strategy, self._asked.tree)
        song = context.folder / f"source{PurePosixPath(self._source_key).suffix}"
        context.storage.fetch(self._source_key, song)
        with Publisher(self._job_id, context.storage, context.reporter) as publisher:
            separation = separate(
                song,
                plan,
                self._output,
                SeparationOptions(bit_depth=options.bit_depth, limits=_limits_from(options)),
                resources=Resources(context.pool, context.cache),
                observer=publisher,
            )
        return end_of_manifest(separation.manifest), separation.manifest_file.read_bytes()

    def break_off(self, failure: Failure | None) -> tuple[JobEnd, bytes]:
        manifest = self._unfinished_manifest(failure)
        return end_of_manifest(manifest), manifest.model_dump_json(indent=2).encode()

    @staticmethod
    def read_end(record: bytes) -> JobEnd | None:
        return read_end(record)

    def _unfinished_manifest(self, failure: Failure | None) -> Manifest:
        """The manifest of a run that failed or was cancelled (None): the one that `separate` wrote, if it came to that,
        else an empty one."""
        state = "failed" if failure else "cancelled"
        error = ErrorRecord(kind=failure.kind, message=failure.message) if failure else None
        written = self._output / MANIFEST
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
            strategy=self._asked.strategy,
            tree=self._asked.tree,
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


def _limits_from(options: RunOptions) -> LimitsConfig | None:
    if options.max_duration_s is None or options.max_channels is None:
        return None
    return LimitsConfig(max_duration_minutes=options.max_duration_s / 60, max_channels=options.max_channels)
