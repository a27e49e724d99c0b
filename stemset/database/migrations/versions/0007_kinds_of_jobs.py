"""Jobs are of kinds: what only separations have moves into their payload and their result."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from advanced_alchemy.types import GUID
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"

Json = Any

_JSON = sa.JSON().with_variant(JSONB(), "postgresql")
_ACTIVE = "state IN ('queued', 'running')"
_EVENTS = {
    "node_started": "step_started",
    "node_progress": "step_progress",
    "node_done": "step_done",
    "track_ready": "output",
}
_RESULT: dict[str, Json] = {"stems": [], "mixture_ready": False, "sum_to_mixture_db": None, "common_gain": 1.0}
_BATCH = 50

_jobs = sa.table(
    "jobs",
    sa.column("id", GUID(length=16)),
    sa.column("kind", sa.String),
    sa.column("identity", sa.String),
    sa.column("payload", _JSON),
    sa.column("strategy", sa.String),
    sa.column("tree", _JSON),
    sa.column("expected_stems", _JSON),
    sa.column("options", _JSON),
    sa.column("status", _JSON),
)
_events = sa.table(
    "job_events",
    sa.column("job_id", GUID(length=16)),
    sa.column("number", sa.Integer),
    sa.column("type", sa.String),
    sa.column("status", _JSON),
)


def upgrade() -> None:
    # Columns are added and dropped in place: a table that SQLite copies is dropped, and its rows' children with it.
    op.add_column("jobs", sa.Column("kind", sa.String(40), nullable=False, server_default="separation"))
    op.add_column("jobs", sa.Column("identity", sa.String(200), nullable=False, server_default=""))
    op.add_column("jobs", sa.Column("payload", _JSON, nullable=False, server_default="{}"))
    _rewrite(_new_form, _new_status)
    _rename_events(_EVENTS)
    op.drop_index("uq_jobs_active", "jobs")
    for column in ("strategy", "tree", "expected_stems", "options"):
        op.drop_column("jobs", column)
    _allow_null(allowed=True)
    _create_active_index("uq_jobs_active", ["recording_id", "kind", "identity"], _ACTIVE)
    of_profile = f"recording_id IS NULL AND {_ACTIVE}"
    _create_active_index("uq_jobs_active_in_profile", ["profile", "kind", "identity"], of_profile)


def downgrade() -> None:
    op.drop_index("uq_jobs_active_in_profile", "jobs")
    op.drop_index("uq_jobs_active", "jobs")
    # What the version before doesn't know.
    op.execute("DELETE FROM jobs WHERE kind <> 'separation' OR recording_id IS NULL")
    _allow_null(allowed=False)
    op.add_column("jobs", sa.Column("strategy", sa.String(40), nullable=False, server_default=""))
    for column, empty in (("tree", "{}"), ("expected_stems", "[]"), ("options", "{}")):
        op.add_column("jobs", sa.Column(column, _JSON, nullable=False, server_default=empty))
    _rewrite(_old_form, _old_status)
    _rename_events({new: old for old, new in _EVENTS.items()})
    for column in ("kind", "identity", "payload"):
        op.drop_column("jobs", column)
    _create_active_index("uq_jobs_active", ["recording_id", "strategy"], _ACTIVE)


def _new_form(job: sa.Row[Any]) -> dict[str, Json]:
    payload = {
        "strategy": job.strategy,
        "tree": job.tree,
        "expected_stems": job.expected_stems,
        "options": job.options,
    }
    return {"identity": job.strategy, "payload": payload, "status": _new_status(job.status)}


def _old_form(job: sa.Row[Any]) -> dict[str, Json]:
    return {**job.payload, "status": _old_status(job.status)}


def _new_status(old: Json) -> Json:
    result = {name: old.get(name, empty) for name, empty in _RESULT.items()}
    return {
        "state": old["state"],
        "steps": [_renamed(node, {"model": "label"}) for node in old["nodes"]],
        "failure": _renamed(old["failure"], {"node": "step"}) if old.get("failure") else None,
        "started_at": old.get("started_at"),
        "finished_at": old.get("finished_at"),
        "result": result if result != _RESULT else {},
    }


def _old_status(new: Json) -> Json:
    return {
        "state": new["state"],
        "nodes": [_renamed(step, {"label": "model"}) for step in new["steps"]],
        **{name: new["result"].get(name, empty) for name, empty in _RESULT.items()},
        "failure": _renamed(new["failure"], {"step": "node"}) if new.get("failure") else None,
        "started_at": new.get("started_at"),
        "finished_at": new.get("finished_at"),
    }


def _renamed(values: Json, names: dict[str, str]) -> Json:
    return {names.get(name, name): value for name, value in values.items()}


def _rewrite(job_form: Callable[[sa.Row[Any]], dict[str, Json]], status_form: Callable[[Json], Json]) -> None:
    """Give every job and every event another form, some jobs at a time."""
    connection = op.get_bind()
    present = {column["name"] for column in sa.inspect(connection).get_columns("jobs")}
    page = sa.select(*(column for column in _jobs.c if column.name in present)).order_by(_jobs.c.id).limit(_BATCH)
    jobs = connection.execute(page).all()
    while jobs:
        for job in jobs:
            connection.execute(sa.update(_jobs).where(_jobs.c.id == job.id).values(**job_form(job)))
        of_jobs = sa.select(_events).where(_events.c.job_id.in_([job.id for job in jobs]))
        for event in connection.execute(of_jobs).all():
            this = (_events.c.job_id == event.job_id, _events.c.number == event.number)
            connection.execute(sa.update(_events).where(*this).values(status=status_form(event.status)))
        jobs = connection.execute(page.where(_jobs.c.id > jobs[-1].id)).all()


def _rename_events(names: dict[str, str]) -> None:
    for old, new in names.items():
        op.get_bind().execute(sa.update(_events).where(_events.c.type == old).values(type=new))


def _allow_null(*, allowed: bool) -> None:
    """Change whether jobs.recording_id may be NULL."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.alter_column("jobs", "recording_id", nullable=allowed)
        return
    # SQLite can change that in the schema's text only, which it allows for changes that leave the rows as they are:
    # https://www.sqlite.org/lang_altertable.html#otheralter. The other way, a copy of the table, loses children.
    table = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'jobs'")
    definition = connection.execute(table).scalar_one()
    with_null = re.sub(r"(\brecording_id\b [^,]*?) NOT NULL", r"\1", definition)
    without_null = re.sub(r"(\brecording_id\b [A-Z]+(\(\d+\))?)", r"\1 NOT NULL", with_null, count=1)
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    change = sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = 'jobs'")
    connection.execute(change, {"sql": with_null if allowed else without_null})
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")


def _create_active_index(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "jobs", columns, unique=True, sqlite_where=where, postgresql_where=where)
