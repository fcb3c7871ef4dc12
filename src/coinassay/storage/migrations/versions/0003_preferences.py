"""What users prefer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "preferences",
        sa.Column("user_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_preferences"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE", name="fk_preferences_user_id"),
        sqlite_strict=True,
    )
