"""What travels over HTTP about mixes, links and clips, beside the values of `jobs.mix`."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from pydantic import Field, model_validator

from stemset.features.jobs.schemas import JOB_ID, RECORDING_ID
from stemset.features.mixes.mix import Clip, ClipTitle, Frame, Loop, Marker, Mix, SavedMix, Setting, Share, Strip
from stemset.features.player.schemas import PLAYER, PlayerData


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


EXAMPLE_TIME = datetime(2026, 11, 20, 18, 5, tzinfo=UTC)


MIX = Mix(
    strips={"vocals": Strip(gain_db=-3.2), "drums": Strip(muted=True, pan=-0.2)},
    loop=Loop(start=264_600, end=529_200),
    markers=[Marker(frame=264_600, label="Chorus")],
)


SAVED = SavedMix(recording_id=RECORDING_ID, version=3, mix=MIX, updated_at=EXAMPLE_TIME)


SHARE = Share(
    token="mT4r0b1x9QvJk2LhZs7WcEuA",  # noqa: S106 - a made-up one
    recording_id=RECORDING_ID,
    job_id=JOB_ID,
    mix=MIX,
    created_at=EXAMPLE_TIME,
)


SHARED = SharedPlayer(player=PLAYER, mix=MIX)


CLIP = Clip(
    id=UUID("0193b1c2-8a20-7d15-9c3e-0b7f5d2a4c66"),
    recording_id=RECORDING_ID,
    job_id=JOB_ID,
    title="Chorus without drums",
    start=264_600,
    end=529_200,
    mix=MIX,
    created_at=EXAMPLE_TIME,
)


def _list_of(value: Setting, description: str) -> ResponseSpec:
    return ResponseSpec(
        data_container=list[type(value)],  # pyright: ignore - typed for classes only
        description=description,
        media_type="application/json",
        generate_examples=False,
        examples=[Example(value=[value.model_dump(mode="json", by_alias=True)])],
    )


SHARES = _list_of(SHARE, "The links.")


CLIPS = _list_of(CLIP, "The clips.")
