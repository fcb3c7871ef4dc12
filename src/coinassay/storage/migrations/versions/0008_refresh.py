"""When accounts are due, who loads one, and what is done from time to time.

Accounts without a row, those of older versions among them, get theirs when the refresh begins.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

MOMENT = sa.Integer().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "refreshes",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("every_seconds", sa.Integer(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("refreshed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("account_id", name="pk_refreshes"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_refreshes_account_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_refreshes_next_at", "refreshes", ["next_at"])
    op.create_table(
        "leases",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_leases"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_leases_account_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "chores",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_chores"),
        sqlite_strict=True,
    )
