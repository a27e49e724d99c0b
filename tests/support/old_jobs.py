"""Jobs as databases had them before there were kinds, at migration 0006."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from advanced_alchemy.types import GUID, DateTimeUTC
from sqlalchemy.dialects.postgresql import JSONB

from stemset.database.engine import database_url

RECORDING_ID = UUID("01a2287f-2b56-71f4-b521-e033dfc08ea2")
NOW = datetime(2026, 11, 29, 18, 9, 12, tzinfo=UTC)
OPTIONS = {"bit_depth": 24, "max_duration_s": 60.0, "max_channels": 2}

_JSON = sa.JSON().with_variant(JSONB(), "postgresql")
_TIME = DateTimeUTC(timezone=True)


def _table(table: str, /, **columns: Any) -> sa.TableClause:
    return sa.table(table, *(sa.column(column, kind) for column, kind in columns.items()))


_RECORDINGS = _table(
    "recordings", id=GUID(length=16), profile=sa.String, title=sa.String, file_name=sa.String, bytes=sa.Integer,
    sha256=sa.String, duration_s=sa.Float, sample_rate=sa.Integer, channels=sa.Integer, codec=sa.String,
    source_key=sa.String, overview=_JSON, tags=_JSON, created_at=_TIME,
)  # fmt: skip
_JOBS = _table(
    "jobs", id=GUID(length=16), recording_id=GUID(length=16), profile=sa.String, strategy=sa.String, tree=_JSON,
    expected_stems=_JSON, options=_JSON, state=sa.String, status=_JSON, attempt=sa.Integer, requeues=sa.Integer,
    cancel_requested=sa.Boolean, dispatch_ref=sa.String, nonce=sa.String, last_event=sa.Integer, created_at=_TIME,
    updated_at=_TIME, queued_at=_TIME,
)  # fmt: skip
_EVENTS = _table(
    "job_events", job_id=GUID(length=16), number=sa.Integer, type=sa.String, message_id=sa.String, status=_JSON,
    at=_TIME,
)  # fmt: skip
_TRACKS = _table(
    "job_tracks", job_id=GUID(length=16), name=sa.String, record=_JSON, streaminfo=sa.LargeBinary,
    block_size=sa.Integer, overview=_JSON,
)  # fmt: skip


def _status(state: str, **changes: object) -> dict[str, object]:
    root = {"path": "root", "parent": None, "model": "percussive", "state": "waiting", "fraction": 0.0}
    below = {**root, "path": "root/not_drums", "parent": "root", "model": "low_end", "expected_s": None}
    rest = {"seconds": None, "cached": False}
    nodes = [{**root, **rest, "expected_s": 0.117}, {**below, **rest}]
    return {
        "state": state, "nodes": nodes, "stems": [], "mixture_ready": False, "failure": None,
        "sum_to_mixture_db": None, "common_gain": 1.0, "started_at": None, "finished_at": None, **changes,
    }  # fmt: skip


STATUSES = {
    "queued": _status("queued"),
    "running": _status("running", stems=["drums"], mixture_ready=True, started_at="2026-11-29T18:09:12.626714Z"),
    "succeeded": _status(
        "succeeded", stems=["drums", "rest"], mixture_ready=True, sum_to_mixture_db=-96.3, common_gain=0.5,
        started_at="2026-11-29T18:09:12.626714Z", finished_at="2026-11-29T18:09:13.626714Z",
    ),
    "failed": _status(
        "failed", failure={"kind": "model-failed", "message": "NaN", "node": "root"},
        finished_at="2026-11-29T18:09:13.626714Z",
    ),
}  # fmt: skip
EVENT_TYPES = ("created", "started", "node_started", "node_progress", "node_done", "track_ready", "succeeded")
TREE = {"_": "percussive", "drums": "drums", "not_drums": "rest"}


def job_id(state: str) -> UUID:
    """The id of the job in this state."""
    return UUID(int=RECORDING_ID.int + 1 + list(STATUSES).index(state))


def fill_database(url: str) -> None:
    """Put a recording, a job in each state, events of every type and a track into a database at 0006."""
    engine = sa.create_engine(database_url(url).set(drivername=_blocking(url)))
    with engine.begin() as connection:
        connection.execute(sa.insert(_RECORDINGS), {
            "id": RECORDING_ID, "profile": "demo", "title": "Song", "file_name": "song.mp3", "bytes": 1,
            "sha256": "a" * 64, "duration_s": 3.5, "sample_rate": 44_100, "channels": 2, "codec": "mp3",
            "source_key": "recordings/x/source.mp3", "overview": [], "tags": [], "created_at": NOW,
        })  # fmt: skip
        for state, status in STATUSES.items():
            connection.execute(sa.insert(_JOBS), {
                "id": job_id(state), "recording_id": RECORDING_ID, "profile": "demo", "strategy": f"s_{state}",
                "tree": TREE, "expected_stems": ["drums", "rest"], "options": OPTIONS, "state": state,
                "status": status, "attempt": 1, "requeues": 0, "cancel_requested": False, "dispatch_ref": "r",
                "nonce": "n", "last_event": len(EVENT_TYPES), "created_at": NOW, "updated_at": NOW, "queued_at": NOW,
            })  # fmt: skip
            for number, kind in enumerate(EVENT_TYPES, start=1):
                connection.execute(sa.insert(_EVENTS), {
                    "job_id": job_id(state), "number": number, "type": kind, "message_id": f"{state}.{number}",
                    "status": status, "at": NOW,
                })  # fmt: skip
        record = {
            "name": "drums", "sha256": "b" * 64, "bytes": 10, "sample_rate": 44_100, "frames": 100, "peak": 0.5,
            "lufs": -20.0,
        }  # fmt: skip
        connection.execute(sa.insert(_TRACKS), {
            "job_id": job_id("running"), "name": "drums", "record": record, "streaminfo": b"\0", "block_size": 4096,
            "overview": [-3, 4],
        })  # fmt: skip
    engine.dispose()


def read_database(url: str) -> Mapping[str, Sequence[str]]:
    """Table -> its rows as text, in a steady order, of a database at 0006."""
    engine = sa.create_engine(database_url(url).set(drivername=_blocking(url)))
    with engine.connect() as connection:
        found = {
            table.name: sorted(
                json.dumps(dict(row), sort_keys=True, default=str)
                for row in connection.execute(sa.select(table)).mappings()
            )
            for table in (_RECORDINGS, _JOBS, _EVENTS, _TRACKS)
        }
    engine.dispose()
    return found


def _blocking(url: str) -> str:
    return "sqlite" if database_url(url).get_backend_name() == "sqlite" else "postgresql+psycopg"
