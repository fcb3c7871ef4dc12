"""What processes share: the limits of exchanges, and public prices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"

MOMENT = sa.Integer().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "budgets",
        sa.Column("egress", sa.Text(), nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("ledger", sa.LargeBinary(), nullable=False),
        sa.Column("version", SERIAL, nullable=False),
        sa.PrimaryKeyConstraint("egress", "exchange", name="pk_budgets"),
        sqlite_strict=True,
    )
    op.create_table(
        "price_lists",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("fetched_at", MOMENT, nullable=True),
        sa.Column("claimed_by", sa.Text(), nullable=False),
        sa.Column("claimed_until", MOMENT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_price_lists"),
        sqlite_strict=True,
    )
