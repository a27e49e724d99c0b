"""`SeparationKind`: what the queue asks of a separation."""

from __future__ import annotations

import os

from pydantic import JsonValue, ValidationError
from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from stemset.database.tables import RecordingRow, TrackRow
from stemset.errors import (
    ConfigError,
    EngineMissing,
    InvalidRequest,
    NoSpace,
    NotFound,
    StemsetError,
    WeightsDamaged,
    WeightsMissing,
)
from stemset.features.jobs.kinds import JobDetails, JobKind
from stemset.features.jobs.messages import Event, Output, Succeeded
from stemset.features.jobs.records import JobEnd, JobRecord, Plan
from stemset.features.separations.paces import published_pace
from stemset.features.separations.records import (
    SEPARATION,
    ReadyTrack,
    Separation,
    SeparationEnd,
    SeparationPayload,
    read_end,
)
from stemset.manifest import MIXTURE
from stemset.models import registry

# What a strategy without networks does not need.
_LACKING = {error.kind for error in (WeightsMissing, WeightsDamaged, NoSpace, EngineMissing)}


class SeparationKind(JobKind):
    """A strategy, run on a recording: each step is a node of its tree, each output a track.

    fallback: a strategy that would work without networks, None without one.
    """

    name = SEPARATION

    def __init__(self, fallback: str | None) -> None:
        self._fallback = fallback

    @override
    def is_done(self, job: JobRecord, plan: Plan) -> bool:
        done, wanted = Separation.of(job).payload, SeparationPayload.model_validate(plan.payload)
        return done.tree == wanted.tree and done.options.bit_depth == wanted.options.bit_depth

    @override
    def pace_of(self, label: str) -> float | None:
        try:
            return published_pace(registry.card(label), os.cpu_count() or 1)
        except NotFound:
            return None

    @override
    def explain_size(self, plan: Plan, max_bytes: int) -> StemsetError:
        return ConfigError(f"strategies.{plan.identity}", f"its tree is larger than {max_bytes} bytes")

    @override
    def add_output(self, job: JobRecord, output: Output) -> dict[str, JsonValue]:
        separation, track = Separation.of(job), _read_track(output)
        result = separation.result.with_track(track.record.name, separation.payload.expected_stems)
        return result.model_dump(mode="json")

    @override
    def finish(self, job: JobRecord, success: Succeeded) -> dict[str, JsonValue]:
        try:
            end = SeparationEnd.model_validate(success.result)
        except ValidationError as error:
            raise InvalidRequest("event.result", str(error.errors()[0]["msg"])) from None
        return Separation.of(job).result.model_copy(update=end.model_dump()).model_dump(mode="json")

    @override
    async def store(self, session: AsyncSession, job: JobRecord, event: Event) -> None:
        if isinstance(event, Output):
            await _replace_track(session, job, _read_track(event))

    @override
    def read_end(self, record: bytes) -> JobEnd | None:
        return read_end(record)

    @override
    def is_complete(self, job: JobRecord) -> bool:
        # The manifest has no frame index, so it can't add a track.
        separation = Separation.of(job)
        ready = set(separation.result.stems) == set(separation.payload.expected_stems)
        return separation.result.mixture_ready and ready

    @override
    def title_of(self, label: str) -> str:
        return title_of_model(label)

    @override
    def describe(self, job: JobRecord) -> JobDetails:
        separation = Separation.of(job)
        failure = job.status.failure
        return JobDetails(
            strategy=separation.payload.strategy,
            stems=separation.result.stems,
            expected_stems=separation.payload.expected_stems,
            sum_to_mixture_db=separation.result.sum_to_mixture_db,
            fallback=self._fallback if failure and failure.kind in _LACKING else None,
        )


def title_of_model(name: str) -> str:
    """The title on the model's card; the name itself for a model that is no longer registered."""
    try:
        return registry.card(name).title
    except NotFound:
        return name


def _read_track(output: Output) -> ReadyTrack:
    """Raises InvalidRequest for an output that is no track."""
    try:
        return ReadyTrack.model_validate(output.content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in ("event", "content", *first["loc"]))
        raise InvalidRequest(where, first["msg"]) from None


async def _replace_track(session: AsyncSession, job: JobRecord, track: ReadyTrack) -> None:
    """Store a track in place of one of the same name; the mixture's overview is the recording's, too."""
    connection = await session.connection()
    record, layout = track.record, track.layout
    await connection.execute(delete(TrackRow).where(TrackRow.job_id == job.id, TrackRow.name == record.name))
    await connection.execute(
        insert(TrackRow),
        {
            "job_id": job.id,
            "name": record.name,
            "record": record.model_dump(mode="json"),
            "streaminfo": layout.streaminfo,
            "block_size": layout.block_size,
            "overview": list(layout.overview),
        },
    )
    if record.name == MIXTURE:
        of_recording = update(RecordingRow).where(RecordingRow.id == job.recording_id)
        await connection.execute(of_recording.values(overview=list(layout.overview)))
