"""These types are the JSON of mixes, links and clips, beside the values of `mixes.mix`, with an example of each."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from pydantic import Field, model_validator

from stemset.features.jobs.schemas import JOB_ID, RECORDING_ID
from stemset.features.mixes.mix import (
    Clip,
    ClipTitle,
    Frame,
    Loop,
    Marker,
    Mix,
    SavedMix,
    Share,
    StrictWire,
    Strip,
    check_range,
)
from stemset.features.player.schemas import PLAYER, PlayerData
from stemset.web.schema import EXAMPLE_TIME


class ShareRequest(StrictWire):
    """What a link is to open. jobId: whose stems; null takes the newest that has any."""

    job_id: UUID | None = None
    mix: Mix


class SharedPlayer(StrictWire):
    """What a link opens: the player's data, whose files lie under the link, and the mix."""

    player: PlayerData
    mix: Mix


class ClipRequest(StrictWire):
    """A range to keep: the frames from start up to, and without, end. jobId: whose stems; null takes the newest."""

    title: ClipTitle
    start: Frame
    end: Frame
    job_id: UUID | None = None
    mix: Mix = Field(default_factory=Mix)

    @model_validator(mode="after")
    def _check_range(self) -> ClipRequest:
        check_range(self.start, self.end)
        return self


class ClipChange(StrictWire):
    """What to change of a clip; what is absent or null stays."""

    title: ClipTitle | None = None
    start: Frame | None = None
    end: Frame | None = None
    mix: Mix | None = None


_EXAMPLE_VISIT = EXAMPLE_TIME + timedelta(minutes=35)

MIX = Mix(
    strips={"vocals": Strip(gain_db=-3.2), "drums": Strip(muted=True, pan=-0.2)},
    loop=Loop(start=264_600, end=529_200),
    markers=[Marker(frame=264_600, label="Chorus")],
)

SAVED_MIX = SavedMix(recording_id=RECORDING_ID, version=3, mix=MIX, updated_at=_EXAMPLE_VISIT)

SHARE = Share(
    token="mT4r0b1x9QvJk2LhZs7WcEuA",  # noqa: S106 - a made-up one
    recording_id=RECORDING_ID,
    job_id=JOB_ID,
    mix=MIX,
    created_at=_EXAMPLE_VISIT,
)

SHARED_PLAYER = SharedPlayer(player=PLAYER, mix=MIX)

CLIP = Clip(
    id=UUID("0193b1c2-8a20-7d15-9c3e-0b7f5d2a4c66"),
    recording_id=RECORDING_ID,
    job_id=JOB_ID,
    title="Chorus without drums",
    start=264_600,
    end=529_200,
    mix=MIX,
    created_at=_EXAMPLE_VISIT,
)
