"""Prices of the day before, finished allocations, open derivatives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

EXACT = sa.Text().with_variant(sa.Numeric(), "postgresql")
MOMENT = sa.Integer().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.add_column("holdings", sa.Column("day_ago", EXACT, nullable=True))
    op.create_table(
        "allocations",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("loaded_at", MOMENT, nullable=False),
        sa.Column("btc_day_ago", EXACT, nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_allocations"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_allocations_account_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "positions",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("size", EXACT, nullable=False),
        sa.Column("entry_price", EXACT, nullable=True),
        sa.Column("mark_price", EXACT, nullable=True),
        sa.Column("unrealised", EXACT, nullable=False),
        sa.Column("leverage", EXACT, nullable=True),
        sa.PrimaryKeyConstraint("account_id", "position", name="pk_positions"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_positions_account_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
