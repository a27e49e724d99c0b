"""`Playable` holds what can be played of a recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stemset.errors import InvalidRequest
from stemset.features.jobs.records import JobRecord, TrackRecord

_VERSION_DIGITS = 16


@dataclass(frozen=True)
class Playable:
    """What can be played of a job: the mixture, and the stems that are ready, in the strategy's order."""

    job: JobRecord
    mixture: TrackRecord
    stems: Sequence[TrackRecord]

    def check_frame(self, field: str, last_frame: int) -> None:
        """Raise InvalidRequest, which names the field, where a frame lies beyond the song."""
        frames = self.mixture.record.frames
        if last_frame > frames:
            raise InvalidRequest(field, f"frame {last_frame} lies beyond the song, which has {frames}")


def format_version(track: TrackRecord) -> str:
    """Write what `?v=` says in a track's addresses: the first 16 hex digits of its SHA-256."""
    return track.record.sha256[:_VERSION_DIGITS]
