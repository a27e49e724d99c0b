"""What travels over HTTP about mixes, links and clips, beside the values of `jobs.mix`."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field, model_validator

from stemset.api.models import PlayerData
from stemset.jobs.mix import ClipTitle, Frame, Mix, Setting


class ShareRequest(Setting):
    """What a link is to open. jobId: whose stems; null takes the newest that has any."""

    job_id: UUID | None = None
    mix: Mix


class SharedPlayer(Setting):
    """What a link opens: the player's data, whose files lie under the link, and the mix."""

    player: PlayerData
    mix: Mix


class ClipRequest(Setting):
    """A range to keep: the frames from start up to, and without, end. jobId: whose stems; null takes the newest."""

    title: ClipTitle
    start: Frame
    end: Frame
    job_id: UUID | None = None
    mix: Mix = Field(default_factory=Mix)

    @model_validator(mode="after")
    def _has_a_length(self) -> ClipRequest:
        if self.end <= self.start:
            raise ValueError(f"end {self.end} must be greater than start {self.start}")
        return self


class ClipChange(Setting):
    """What to change of a clip; what is absent or null stays."""

    title: ClipTitle | None = None
    start: Frame | None = None
    end: Frame | None = None
    mix: Mix | None = None
