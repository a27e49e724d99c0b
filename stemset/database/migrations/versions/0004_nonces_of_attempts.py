"""Each hand-over of a job has a nonce, by which the reports of any other are refused."""

from __future__ import annotations

import sqlalchemy as sa
from advanced_alchemy.types import DateTimeUTC
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    # Jobs that an older version has handed over have none: their workers can't be told apart, and begin anew.
    op.add_column("jobs", sa.Column("nonce", sa.String(40), nullable=False, server_default=""))
    op.add_column("jobs", sa.Column("claimed_at", DateTimeUTC(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("jobs", "claimed_at")
    op.drop_column("jobs", "nonce")
