"""Imported snapshots, how far snapshots were thinned out, and the legs of an account's transfers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

MOMENT = sa.Integer().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.add_column("snapshots", sa.Column("origin", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "thinned",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("hourly_to", MOMENT, nullable=True),
        sa.Column("daily_to", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("account_id", name="pk_thinned"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_thinned_account_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    linked = sa.column("link") != ""
    op.create_index("ix_flows_linked", "flows", ["account_id"], sqlite_where=linked, postgresql_where=linked)
