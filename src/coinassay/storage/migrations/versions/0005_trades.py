"""Transfers and trades of paper accounts, volumes, and how far trades were read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0003"

EXACT = sa.Text().with_variant(sa.Numeric(), "postgresql")
FLAG = sa.Integer().with_variant(sa.Boolean(), "postgresql")
MOMENT = sa.Integer().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "transfers",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("amount", EXACT, nullable=False),
        sa.Column("counterpart", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id", name="pk_transfers"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_transfers_account_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "paper_trades",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sold", sa.Text(), nullable=False),
        sa.Column("amount", EXACT, nullable=False),
        sa.Column("bought", sa.Text(), nullable=False),
        sa.Column("gross", EXACT, nullable=False),
        sa.Column("fee", EXACT, nullable=False),
        sa.Column("usd", EXACT, nullable=False),
        sa.Column("btc", EXACT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_paper_trades"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_paper_trades_account_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_paper_trades_account_id_at", "paper_trades", ["account_id", "at"])
    op.create_table(
        "volumes",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("day", MOMENT, nullable=False, autoincrement=False),
        sa.Column("usd", EXACT, nullable=False),
        sa.Column("btc", EXACT, nullable=False),
        sa.Column("trades", sa.Integer(), nullable=False),
        sa.Column("approximate", FLAG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "day", name="pk_volumes"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_volumes_account_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "trade_readings",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.Column("cursors", sa.Text(), nullable=False),
        sa.Column("complete", FLAG, nullable=False),
        sa.Column("version", SERIAL, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_trade_readings"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_trade_readings_account_id"
        ),
        sqlite_strict=True,
    )
