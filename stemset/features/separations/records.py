"""Separations as values: what one is to do, what comes of it, and the tracks that it makes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import Literal
from uuid import UUID

from pydantic import Base64Bytes, Field, JsonValue, ValidationError

from stemset.features.jobs.messages import Output
from stemset.features.jobs.records import Failure, JobEnd, JobRecord, Value
from stemset.manifest import MIXTURE, Manifest, StemRecord

SEPARATION = "separation"
"""The kind's name."""

LOUDNESS_TARGET_LUFS = -16.0

_VERSION_DIGITS = 16


class RunOptions(Value):
    """The options of config.yaml at the time when the job was made; a later edit doesn't change a queued job.

    bit_depth: of the stems' files. max_duration_s, max_channels: of the recording; None: no limit.
    """

    bit_depth: Literal[16, 24] = 16
    max_duration_s: float | None = None
    max_channels: int | None = None


class SeparationPayload(Value):
    """What a separation is to do.

    tree: the strategy as parsed from YAML. expected_stems: names, in the strategy's order.
    """

    strategy: str
    tree: dict[str, JsonValue]
    expected_stems: tuple[str, ...]
    options: RunOptions


class SeparationResult(Value):
    """What came of a separation so far.

    stems: those ready to play, in the strategy's order, without the mixture. sum_to_mixture_db, common_gain: as in
    `manifest.Manifest`, once the job has succeeded.
    """

    stems: tuple[str, ...] = ()
    mixture_ready: bool = False
    sum_to_mixture_db: float | None = None
    common_gain: float = 1.0

    def with_track(self, name: str, expected_stems: Sequence[str]) -> SeparationResult:
        """The result after a stem, or the mixture, is ready."""
        if name == MIXTURE:
            return self.model_copy(update={"mixture_ready": True})
        ready = {*self.stems, name}
        return self.model_copy(update={"stems": tuple(stem for stem in expected_stems if stem in ready)})


class SeparationEnd(Value):
    """What a worker says of a separation that has succeeded: as in `manifest.Manifest`."""

    sum_to_mixture_db: float | None
    common_gain: float


@dataclass(frozen=True)
class Separation:
    """A job of this kind, read: what it is to do, and what came of it so far."""

    job: JobRecord
    payload: SeparationPayload
    result: SeparationResult

    @classmethod
    def of(cls, job: JobRecord) -> Separation:
        return cls(
            job, SeparationPayload.model_validate(job.payload), SeparationResult.model_validate(job.status.result)
        )


class Layout(Value):
    """A FLAC file's STREAMINFO, block size and waveform overview. Units as in `TrackRecord`."""

    streaminfo: Base64Bytes
    block_size: int = Field(gt=0)
    overview: tuple[int, ...]

    @classmethod
    def of(cls, streaminfo: bytes, block_size: int, overview: Sequence[int]) -> Layout:
        """A layout from raw bytes; the constructor itself takes base64, as it comes over HTTP."""
        return cls(streaminfo=b64encode(streaminfo), block_size=block_size, overview=tuple(overview))


class ReadyTrack(Value):
    """A track whose file, index and peaks are stored. A second one of the same name replaces the first."""

    record: StemRecord
    layout: Layout

    def as_output(self) -> Output:
        """The event that reports it."""
        content = self.model_dump(mode="json")
        return Output(name=self.record.name, version=self.record.sha256[:_VERSION_DIGITS], content=content)


class TrackRecord(Value):
    """One playable file of a job: a stem, or the mixture.

    streaminfo: the 34 bytes of FLAC's STREAMINFO. block_size: frames per FLAC frame. overview: min and max pairs,
    -128 to 127, at 16384 samples per pixel.
    """

    job_id: UUID
    record: StemRecord
    streaminfo: bytes
    block_size: int
    overview: tuple[int, ...]

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def gain_db(self) -> float:
        """The playback gain in dB that brings this track to -16 LUFS, as far as that neither clips nor exceeds +12 dB;
        0 for silence."""
        if self.record.lufs is None or self.record.peak <= 0:
            return 0.0
        headroom_db = -20 * log10(self.record.peak)
        return round(max(-24.0, min(LOUDNESS_TARGET_LUFS - self.record.lufs, headroom_db, 12.0)), 1)


def read_end(record: bytes) -> JobEnd | None:
    """How the run has ended that left this manifest, as JSON; None where it can't be read."""
    try:
        return end_of_manifest(Manifest.model_validate_json(record))
    except ValidationError:
        return None


def end_of_manifest(manifest: Manifest) -> JobEnd:
    """How the run has ended that left this manifest."""
    end = SeparationEnd(sum_to_mixture_db=manifest.sum_to_mixture_db, common_gain=manifest.common_gain)
    error = manifest.error
    return JobEnd(
        state=manifest.state,
        finished_at=manifest.finished_at,
        result=end.model_dump(mode="json") if manifest.state == "succeeded" else {},
        failure=Failure(kind=error.kind, message=error.message, step=error.node) if error else None,
    )
