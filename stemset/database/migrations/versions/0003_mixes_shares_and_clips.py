"""The mix of a recording, links that share one, clips."""

from __future__ import annotations

import sqlalchemy as sa
from advanced_alchemy.types import GUID, DateTimeUTC
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

_TIME = DateTimeUTC(timezone=True)
_JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "mixes",
        sa.Column("recording_id", GUID(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mix", _JSON, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        _goes_with("mixes", "recording_id", "recordings"),
        sa.PrimaryKeyConstraint("recording_id", name="pk_mixes"),
    )
    op.create_table(
        "shares",
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("recording_id", GUID(length=16), nullable=False),
        sa.Column("job_id", GUID(length=16), nullable=False),
        sa.Column("mix", _JSON, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        _goes_with("shares", "recording_id", "recordings"),
        _goes_with("shares", "job_id", "jobs"),
        sa.PrimaryKeyConstraint("token", name="pk_shares"),
    )
    op.create_table(
        "clips",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("recording_id", GUID(length=16), nullable=False),
        sa.Column("job_id", GUID(length=16), nullable=False),
        sa.Column("title", sa.String(400), nullable=False),
        sa.Column("start_frame", sa.BigInteger(), nullable=False),
        sa.Column("end_frame", sa.BigInteger(), nullable=False),
        sa.Column("mix", _JSON, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("sa_orm_sentinel", sa.Integer(), nullable=True),
        _goes_with("clips", "recording_id", "recordings"),
        _goes_with("clips", "job_id", "jobs"),
        sa.PrimaryKeyConstraint("id", name="pk_clips"),
    )
    for table in ("shares", "clips"):
        for column in ("recording_id", "job_id"):
            op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    for table in ("clips", "shares", "mixes"):
        op.drop_table(table)


def _goes_with(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{other}"
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete="CASCADE")
