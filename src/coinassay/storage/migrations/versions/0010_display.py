"""Rates of display currencies, and events.

A display currency could not be chosen before: what stood there was written for everybody.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"

EXACT = sa.Text().with_variant(sa.Numeric(), "postgresql")
MOMENT = sa.Integer().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "currency_rates",
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False, autoincrement=False),
        sa.Column("usd", EXACT, nullable=False),
        sa.PrimaryKeyConstraint("currency", "at", name="pk_currency_rates"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event_counters",
        sa.Column("user_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("last_id", SERIAL, nullable=False),
        sa.Column("dropped_id", SERIAL, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_event_counters"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE", name="fk_event_counters_user_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "events",
        sa.Column("user_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("id", SERIAL, nullable=False, autoincrement=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_events"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE", name="fk_events_user_id"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_events_account_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_events_account_id", "events", ["account_id"])
    chosen = sa.text("display_currency != ''")
    op.create_index(
        "ix_users_display_currency", "users", ["display_currency"], sqlite_where=chosen, postgresql_where=chosen
    )
    users = sa.table("users", sa.column("display_currency", sa.Text()))
    op.execute(users.update().values(display_currency=""))
