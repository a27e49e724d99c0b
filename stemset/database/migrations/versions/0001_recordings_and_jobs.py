"""Recordings, jobs, their events and their tracks."""

from __future__ import annotations

import sqlalchemy as sa
from advanced_alchemy.types import GUID, DateTimeUTC
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

_ACTIVE = sa.text("state IN ('queued', 'running')")


def upgrade() -> None:
    json = sa.JSON().with_variant(JSONB(), "postgresql")
    time = DateTimeUTC(timezone=True)
    op.create_table(
        "recordings",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("profile", sa.String(40), nullable=False),
        sa.Column("title", sa.String(400), nullable=False),
        sa.Column("file_name", sa.String(400), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("duration_s", sa.Float(), nullable=False),
        sa.Column("sample_rate", sa.Integer(), nullable=False),
        sa.Column("channels", sa.Integer(), nullable=False),
        sa.Column("codec", sa.String(80), nullable=False),
        sa.Column("source_key", sa.String(200), nullable=False),
        sa.Column("overview", json, nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("sa_orm_sentinel", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_recordings"),
    )
    op.create_index("ix_recordings_profile_created_at", "recordings", ["profile", "created_at"])
    op.create_index("ix_recordings_sha256", "recordings", ["sha256"])
    op.create_table(
        "jobs",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("recording_id", GUID(length=16), nullable=False),
        sa.Column("profile", sa.String(40), nullable=False),
        sa.Column("strategy", sa.String(40), nullable=False),
        sa.Column("tree", json, nullable=False),
        sa.Column("expected_stems", json, nullable=False),
        sa.Column("options", json, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("status", json, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("dispatch_ref", sa.String(200), nullable=True),
        sa.Column("last_event", sa.Integer(), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("updated_at", time, nullable=False),
        sa.Column("sa_orm_sentinel", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name="fk_jobs_recording_id_recordings", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_recording_id_created_at", "jobs", ["recording_id", "created_at"])
    op.create_index("ix_jobs_state", "jobs", ["state"])
    op.create_index(
        "uq_jobs_active",
        "jobs",
        ["recording_id", "strategy"],
        unique=True,
        sqlite_where=_ACTIVE,
        postgresql_where=_ACTIVE,
    )
    op.create_table(
        "job_events",
        sa.Column("job_id", GUID(length=16), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("message_id", sa.String(400), nullable=True),
        sa.Column("status", json, nullable=False),
        sa.Column("at", time, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_events_job_id_jobs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "number", name="pk_job_events"),
        sa.UniqueConstraint("message_id", name="uq_job_events_message_id"),
    )
    op.create_table(
        "job_tracks",
        sa.Column("job_id", GUID(length=16), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("record", json, nullable=False),
        sa.Column("streaminfo", sa.LargeBinary(), nullable=False),
        sa.Column("block_size", sa.Integer(), nullable=False),
        sa.Column("overview", json, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_tracks_job_id_jobs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "name", name="pk_job_tracks"),
    )


def downgrade() -> None:
    for table in ("job_tracks", "job_events", "jobs", "recordings"):
        op.drop_table(table)
