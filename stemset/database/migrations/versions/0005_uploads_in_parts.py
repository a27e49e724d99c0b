"""Uploads in parts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    # What was on its way when the service stopped has to be sent again.
    op.execute("DELETE FROM uploads")
    op.add_column("uploads", sa.Column("content_type", sa.String(100), nullable=False, server_default=""))
    op.add_column("uploads", sa.Column("part_bytes", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("uploads", sa.Column("transfer", sa.Text(), nullable=True))


def downgrade() -> None:
    for column in ("transfer", "part_bytes", "content_type"):
        op.drop_column("uploads", column)
