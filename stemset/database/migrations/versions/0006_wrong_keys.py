"""Wrong keys, counted by all processes together."""

from __future__ import annotations

import sqlalchemy as sa
from advanced_alchemy.types import GUID, DateTimeUTC
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "wrong_keys",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("sa_orm_sentinel", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_wrong_keys"),
    )
    op.create_index("ix_wrong_keys_sender_at", "wrong_keys", ["sender", "at"])


def downgrade() -> None:
    op.drop_table("wrong_keys")
