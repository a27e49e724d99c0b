"""Records of the service as wire types."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Sequence
from itertools import cycle, islice, pairwise

from stemset.api.models import (
    Job,
    JobEvent,
    JobFailure,
    JobNode,
    Peaks,
    PlayerData,
    Recording,
    Track,
)
from stemset.config import Config
from stemset.errors import EngineMissing, NoSpace, NotFound, WeightsDamaged, WeightsMissing
from stemset.jobs.records import EventRecord, JobRecord, NodeStatus, RecordingRecord, TrackRecord
from stemset.models import registry
from stemset.models.registry import Architecture
from stemset.storage import Keys, Storage
from stemset.strategy import Strategy

_OVERVIEW_POINTS = 240
_VERSION_DIGITS = 16

# What a strategy without networks does not need.
_LACKING = (WeightsMissing, WeightsDamaged, NoSpace, EngineMissing)

# One hue per role; the page tells roles by icon and label too.
_COLOURS = {
    "mixture": "#9097a1",
    "vocals": "#f3b64a",
    "lead_vocals": "#f3b64a",
    "backing_vocals": "#f08c5a",
    "instrumental": "#56c7b2",
    "drums": "#ee6c6a",
    "kick": "#ee6c6a",
    "snare": "#f08c5a",
    "bass": "#8d7cf6",
    "guitar": "#5fbf6d",
    "piano": "#4ea8f8",
    "other": "#56c7b2",
}
_FURTHER_COLOURS = ("#d77ad8", "#a8c64a", "#4fc3d9", "#e58bb0", "#b9a06a")


def describe_job(record: JobRecord, config: Config) -> Job:
    return Job(
        id=record.id,
        recording_id=record.recording_id,
        profile=record.profile,
        strategy=record.strategy,
        state=record.state,
        nodes=[_job_node(node) for node in record.nodes],
        stems=list(record.stems),
        expected_stems=list(record.expected_stems),
        failure=_failure(record, config),
        sum_to_mixture_db=record.sum_to_mixture_db,
        attempt=record.attempt,
        eta_s=record.eta_s,
        queue_position=record.queue_position,
        created_at=record.created_at,
        started_at=record.started_at,
        finished_at=record.finished_at,
        last_event=record.last_event,
    )


def describe_event(record: EventRecord, config: Config) -> JobEvent:
    return JobEvent(number=record.number, type=record.type, at=record.at, job=describe_job(record.job, config))


def describe_recording(record: RecordingRecord, config: Config) -> Recording:
    return Recording(
        id=record.id,
        profile=record.profile,
        title=record.title,
        tags=list(record.tags),
        file_name=record.file_name,
        bytes=record.bytes,
        sha256=record.sha256,
        duration_s=record.duration_s,
        sample_rate=record.sample_rate,
        channels=record.channels,
        codec=record.codec,
        overview=_thumbnail(record.overview),
        created_at=record.created_at,
        latest_job=None if record.latest_job is None else describe_job(record.latest_job, config),
    )


def describe_player(
    song: RecordingRecord,
    done: JobRecord,
    mixture: TrackRecord,
    stems: Sequence[TrackRecord],
    storage: Storage,
    *,
    token: str | None = None,
) -> PlayerData:
    """token: of a share, under which the addresses of the files then lie."""
    files = f"/api/jobs/{done.id}" if token is None else f"/api/shares/{token}"
    colours = colours_of(done.expected_stems)
    return PlayerData(
        recording_id=song.id,
        job_id=done.id,
        title=song.title,
        profile=song.profile,
        strategy=done.strategy,
        sample_rate=mixture.record.sample_rate,
        frames=mixture.record.frames,
        common_gain=done.common_gain,
        sum_to_mixture_db=done.sum_to_mixture_db,
        mixture=_track(mixture, _COLOURS["mixture"], storage, files),
        stems=[_track(stem, colours[stem.name], storage, files) for stem in stems],
    )


def label_of(stem: str) -> str:
    """A stem's name as people write it."""
    return stem.replace("_", " ").capitalize()


def version_of(track: TrackRecord) -> str:
    """What `?v=` says in this track's addresses: the start of its hash."""
    return track.record.sha256[:_VERSION_DIGITS]


def colours_of(stems: Collection[str]) -> dict[str, str]:
    """A colour for every stem: that of its role, else the next of a few others."""
    strangers = [stem for stem in stems if stem not in _COLOURS]
    further = dict(zip(strangers, islice(cycle(_FURTHER_COLOURS), len(strangers)), strict=True))
    return {stem: _COLOURS.get(stem) or further[stem] for stem in stems}


def title_of_model(name: str) -> str:
    """The title on the model's card; the name itself for a model that is no longer registered."""
    try:
        return registry.card(name).title
    except NotFound:
        return name


def is_built_in(strategy: Strategy) -> bool:
    """Whether it runs without weights and without torch."""
    return all(registry.card(model).architecture is Architecture.SPECTRAL for model in strategy.models)


def fallback_of(config: Config) -> str | None:
    """The first strategy of config.yaml that runs anywhere."""
    return next((name for name, strategy in config.strategies.items() if is_built_in(strategy)), None)


def _job_node(node: NodeStatus) -> JobNode:
    return JobNode(
        path=node.path,
        parent=node.parent,
        model=node.model,
        title=title_of_model(node.model),
        state=node.state,
        fraction=node.fraction,
        seconds=node.seconds,
        cached=node.cached,
    )


def _failure(record: JobRecord, config: Config) -> JobFailure | None:
    if record.failure is None:
        return None
    lacking = record.failure.kind in {error.kind for error in _LACKING}
    return JobFailure(
        kind=record.failure.kind,
        message=record.failure.message,
        node=record.failure.node,
        fallback=fallback_of(config) if lacking else None,
    )


def _track(track: TrackRecord, colour: str, storage: Storage, files: str) -> Track:
    job_id, name, version = track.job_id, track.name, version_of(track)

    def address(key: str, own: str) -> str:
        return storage.url(key, version=version) or f"{files}/{own}?v={version}"

    return Track(
        name=name,
        label=label_of(name),
        colour=colour,
        url=address(Keys.stem(job_id, name), f"stems/{name}.flac"),
        bytes=track.record.bytes,
        block_size=track.block_size,
        streaminfo=b64encode(track.streaminfo).decode(),
        index_url=address(Keys.index(job_id, name), f"stems/{name}.index"),
        peaks=[
            Peaks(samples_per_pixel=pixels, url=address(Keys.peaks(job_id, name, pixels), f"peaks/{name}.{pixels}.dat"))
            for pixels in Keys.SAMPLES_PER_PIXEL
        ],
        overview=list(track.overview),
        gain_db=track.gain_db,
        lufs=track.record.lufs,
    )


def _thumbnail(overview: Sequence[int]) -> list[int]:
    """Min and max pairs of -128..127 -> at most 240 peaks of 0..100."""
    peaks = [max(abs(low), abs(high)) for low, high in zip(overview[::2], overview[1::2], strict=False)]
    if not peaks:
        return []
    points = min(len(peaks), _OVERVIEW_POINTS)
    edges = [round(n * len(peaks) / points) for n in range(points + 1)]
    return [min(100, round(max(peaks[start:stop]) * 100 / 127)) for start, stop in pairwise(edges)]
