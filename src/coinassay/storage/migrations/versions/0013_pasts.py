"""Whether an account's past is still what it was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "pasts",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_pasts"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_pasts_account_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
