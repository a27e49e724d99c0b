"""Jobs that can be tried again, tags of recordings, uploads in several steps."""

from __future__ import annotations

import sqlalchemy as sa
from advanced_alchemy.types import GUID, DateTimeUTC
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    json = sa.JSON().with_variant(JSONB(), "postgresql")
    time = DateTimeUTC(timezone=True)
    # Columns are added and dropped in place: a table that SQLite copies is dropped, and its rows' children with it.
    op.add_column("recordings", sa.Column("tags", json, nullable=False, server_default="[]"))
    op.add_column("jobs", sa.Column("requeues", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("queued_at", time, nullable=False, server_default="1970-01-01 00:00:00"))
    op.add_column("jobs", sa.Column("heard_at", time, nullable=True))
    op.execute("UPDATE jobs SET queued_at = created_at, heard_at = updated_at")
    op.drop_index("ix_jobs_state", "jobs")
    op.create_index("ix_jobs_state_queued_at", "jobs", ["state", "queued_at"])
    op.create_index("ix_jobs_created_at", "jobs", ["created_at"])
    op.create_table(
        "uploads",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("profile", sa.String(40), nullable=False),
        sa.Column("file_name", sa.String(400), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("created_at", time, nullable=False),
        sa.Column("expires_at", time, nullable=False),
        sa.Column("sa_orm_sentinel", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )
    op.create_index("ix_uploads_expires_at", "uploads", ["expires_at"])


def downgrade() -> None:
    op.drop_table("uploads")
    op.drop_index("ix_jobs_created_at", "jobs")
    op.drop_index("ix_jobs_state_queued_at", "jobs")
    op.create_index("ix_jobs_state", "jobs", ["state"])
    for column in ("heard_at", "queued_at", "requeues"):
        op.drop_column("jobs", column)
    op.drop_column("recordings", "tags")
