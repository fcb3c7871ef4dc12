"""How each flow became known and was valued, both legs of a transfer, and how far an exchange's were read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

EXACT = sa.Text().with_variant(sa.Numeric(), "postgresql")
FLAG = sa.Integer().with_variant(sa.Boolean(), "postgresql")
MOMENT = sa.Integer().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")

# So far there were transfers on paper only.
MARK_PAPER = """
    UPDATE flows SET
        source = 'paper',
        link = COALESCE(
            (SELECT 'paper:' || t.id FROM transfers AS t
             WHERE t.account_id = flows.account_id AND t.at = flows.at AND t.asset = flows.asset LIMIT 1), ''),
        counterpart =
            (SELECT t.counterpart FROM transfers AS t
             WHERE t.account_id = flows.account_id AND t.at = flows.at AND t.asset = flows.asset LIMIT 1)
    WHERE kind = 'transfer'
"""


def upgrade() -> None:
    op.add_column("flows", sa.Column("source", sa.Text(), server_default="load", nullable=False))
    op.add_column("flows", sa.Column("link", sa.Text(), server_default="", nullable=False))
    op.add_column("flows", sa.Column("counterpart", sa.Integer(), nullable=True))
    op.add_column("flows", sa.Column("note", sa.Text(), server_default="", nullable=False))
    op.add_column("flows", sa.Column("moved_at", MOMENT, nullable=True))
    op.add_column("flows", sa.Column("txid", sa.Text(), server_default="", nullable=False))
    op.add_column("flows", sa.Column("fee", EXACT, nullable=True))
    op.add_column("flows", sa.Column("priced", FLAG, server_default=sa.true(), nullable=False))
    op.add_column("flows", sa.Column("price", sa.Text(), nullable=True))
    linked = sa.column("link") != ""
    op.create_index("ix_flows_link", "flows", ["link"], sqlite_where=linked, postgresql_where=linked)
    known = sa.column("counterpart").is_not(None)
    op.create_index("ix_flows_counterpart", "flows", ["counterpart"], sqlite_where=known, postgresql_where=known)
    op.execute(MARK_PAPER)
    op.create_table(
        "flow_readings",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("waiting", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_flow_readings"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_flow_readings_account_id"
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
