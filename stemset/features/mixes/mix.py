"""These values hold what a listener sets in the player: the mix of a recording, links to it, clips.

Frames count from the start of the recording, at the rate of its stems. The names on the wire are those in the database.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from stemset.web.schema import MAX_TITLE, Wire

MIN_GAIN_DB = -60.0
MAX_GAIN_DB = 6.0
MAX_STRIPS = 64
MAX_MARKERS = 200
MAX_LABEL = 60
MAX_FRAMES = 2**40

_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"

StemName = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{0,39}$")]
Label = Annotated[str, StringConstraints(max_length=MAX_LABEL, pattern=_PRINTABLE)]
ClipTitle = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TITLE, pattern=_PRINTABLE)
]
Gain = Annotated[float, Field(strict=True, ge=MIN_GAIN_DB, le=MAX_GAIN_DB, allow_inf_nan=False)]
Frame = Annotated[int, Field(strict=True, ge=0, le=MAX_FRAMES)]
Flag = Annotated[bool, Field(strict=True)]


class StrictWire(Wire):
    """A Wire that refuses names it doesn't know; in the database it is written as on the wire."""

    model_config = ConfigDict(extra="forbid")


def check_range(start: int, end: int) -> None:
    """Raise ValueError where a range of frames has no length."""
    if end <= start:
        raise ValueError(f"end {end} must be greater than start {start}")


class Strip(StrictWire):
    """One stem's strip. gain_db: null is off. pan: -1 left to 1 right."""

    gain_db: Gain | None = 0.0
    pan: float = Field(default=0.0, strict=True, ge=-1, le=1, allow_inf_nan=False)
    muted: Flag = False
    soloed: Flag = False


class Loop(StrictWire):
    """The frames from start up to, and without, end. on: whether the player goes round in it."""

    start: Frame
    end: Frame
    on: Flag = True

    @model_validator(mode="after")
    def _check_range(self) -> Loop:
        check_range(self.start, self.end)
        return self


class Marker(StrictWire):
    """A named place in the song."""

    frame: Frame
    label: Label = ""


class Mix(StrictWire):
    """What a listener set.

    strips: by stem; a stem without one plays as it is, and one that a job doesn't have is left aside. tempo: factor on
    the speed. pitch: semitones. master_db: null is off. limiter: holds the sum below full scale.
    """

    strips: dict[StemName, Strip] = Field(default_factory=dict)
    master_db: Gain | None = 0.0
    limiter: Flag = False
    tempo: float = Field(default=1.0, strict=True, ge=0.5, le=2, allow_inf_nan=False)
    pitch: float = Field(default=0.0, strict=True, ge=-12, le=12, allow_inf_nan=False)
    loop: Loop | None = None
    markers: list[Marker] = Field(default_factory=list[Marker], max_length=MAX_MARKERS)

    @field_validator("strips")
    @classmethod
    def _check_count(cls, strips: dict[str, Strip]) -> dict[str, Strip]:
        # A limit of the field would make an array of it in the OpenAPI document.
        if len(strips) > MAX_STRIPS:
            raise ValueError(f"{len(strips)} strips are more than the {MAX_STRIPS} that a mix can have")
        return strips

    @property
    def last_frame(self) -> int:
        """The last frame that the mix names; the song must be at least so long."""
        return max([self.loop.end if self.loop else 0, *(marker.frame for marker in self.markers)])


class SavedMix(StrictWire):
    """The mix of a recording. version: 0 while none was saved, then one more by every change; it is the ETag too."""

    recording_id: UUID
    version: int
    mix: Mix
    updated_at: datetime | None


class Share(StrictWire):
    """A link that opens one job of a recording with the mix as it was when the link was made. token: names the share,
    and whoever has it may listen."""

    token: str
    recording_id: UUID
    job_id: UUID
    mix: Mix
    created_at: datetime


class Clip(StrictWire):
    """A saved range of a recording, its frames from start up to, and without, end, with the stems' mix in it."""

    id: UUID
    recording_id: UUID
    job_id: UUID
    title: ClipTitle
    start: Frame
    end: Frame
    mix: Mix
    created_at: datetime
