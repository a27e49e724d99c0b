"""One real-looking value of every answer about mixes, links and clips."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example

from stemset.api.examples import JOB_ID, PLAYER, RECORDING_ID
from stemset.api.mix_models import SharedPlayer
from stemset.jobs.mix import Clip, Loop, Marker, Mix, SavedMix, Setting, Share, Strip

_AT = datetime(2026, 11, 20, 18, 5, tzinfo=UTC)

MIX = Mix(
    strips={"vocals": Strip(gain_db=-3.2), "drums": Strip(muted=True, pan=-0.2)},
    loop=Loop(start=264_600, end=529_200),
    markers=[Marker(frame=264_600, label="Chorus")],
)
SAVED = SavedMix(recording_id=RECORDING_ID, version=3, mix=MIX, updated_at=_AT)
SHARE = Share(
    token="mT4r0b1x9QvJk2LhZs7WcEuA",  # noqa: S106 - a made-up one
    recording_id=RECORDING_ID,
    job_id=JOB_ID,
    mix=MIX,
    created_at=_AT,
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
    created_at=_AT,
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
