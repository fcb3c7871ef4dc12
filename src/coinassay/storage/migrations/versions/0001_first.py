"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

EXACT = sa.Text().with_variant(sa.Numeric(), "postgresql")
MOMENT = sa.Integer().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
FLAG = sa.Integer().with_variant(sa.Boolean(), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
        sa.CheckConstraint("value BETWEEN 0 AND 2147483647", name=op.f("ck_counters_int32")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display_currency", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
        sqlite_strict=True,
    )
    op.create_table(
        "vault_keys",
        sa.Column("master_id", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("master_id", name="pk_vault_keys"),
        sqlite_strict=True,
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("market_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("api_key", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("subaccount_name", sa.Text(), nullable=True),
        sa.Column("include_in_summary", FLAG, nullable=False),
        sa.Column("key_state", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("loaded_at", MOMENT, nullable=True),
        sa.Column("complete", FLAG, nullable=False),
        sa.Column("total_usd", EXACT, nullable=False),
        sa.Column("total_btc", EXACT, nullable=False),
        sa.Column("net_deposits_usd", EXACT, nullable=False),
        sa.Column("net_deposits_btc", EXACT, nullable=False),
        sa.Column("btc_rate", EXACT, nullable=True),
        sa.Column("version", SERIAL, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE", name="fk_accounts_user_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_accounts_user_id", "accounts", ["user_id"], unique=False)
    op.create_index(
        "uq_accounts_connection",
        "accounts",
        ["user_id", "market_code", "api_key"],
        unique=True,
        sqlite_where=sa.text("api_key != ''"),
        postgresql_where=sa.text("api_key != ''"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("api_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("verifier", sa.LargeBinary(), nullable=False),
        sa.Column("permissions", sa.Text(), nullable=False),
        sa.Column("networks", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE", name="fk_api_keys_user_id"),
        sa.UniqueConstraint("api_key", name="uq_api_keys_api_key"),
        sqlite_strict=True,
    )
    op.create_index("ix_api_keys_user_id", "api_keys", ["user_id"], unique=False)
    op.create_table(
        "credentials",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_credentials"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_credentials_account_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "flows",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("usd", EXACT, nullable=False),
        sa.Column("btc", EXACT, nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("amount", EXACT, nullable=True),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_flows"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_flows_account_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_flows_account_id_at", "flows", ["account_id", "at"], unique=False)
    op.create_index(
        "uq_flows_reference",
        "flows",
        ["account_id", "reference"],
        unique=True,
        sqlite_where=sa.text("reference != ''"),
        postgresql_where=sa.text("reference != ''"),
    )
    op.create_table(
        "holdings",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("total", EXACT, nullable=False),
        sa.Column("free", EXACT, nullable=False),
        sa.Column("locked", EXACT, nullable=False),
        sa.Column("borrowed", EXACT, nullable=False),
        sa.Column("unrealised", EXACT, nullable=False),
        sa.Column("exchange_code", sa.Text(), nullable=False),
        sa.Column("multiplier", EXACT, nullable=False),
        sa.Column("price", EXACT, nullable=True),
        sa.Column("route", sa.Text(), nullable=True),
        sa.Column("usd", EXACT, nullable=True),
        sa.Column("refusal", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "position", name="pk_holdings"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_holdings_account_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "loads",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("wallets", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_loads"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_loads_account_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_loads_account_id_finished_at", "loads", ["account_id", "finished_at"], unique=False)
    op.create_table(
        "paper_balances",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("amount", EXACT, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "position", name="pk_paper_balances"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_paper_balances_account_id"
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "snapshots",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("taken_at", MOMENT, nullable=False, autoincrement=False),
        sa.Column("total_usd", EXACT, nullable=False),
        sa.Column("total_btc", EXACT, nullable=False),
        sa.Column("net_deposits_usd", EXACT, nullable=False),
        sa.Column("net_deposits_btc", EXACT, nullable=False),
        sa.Column("complete", FLAG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "taken_at", name="pk_snapshots"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_snapshots_account_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "wallets",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "position", name="pk_wallets"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE", name="fk_wallets_account_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "compositions",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("taken_at", MOMENT, nullable=False, autoincrement=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "taken_at", name="pk_compositions"),
        sa.ForeignKeyConstraint(
            ["account_id", "taken_at"],
            ["snapshots.account_id", "snapshots.taken_at"],
            ondelete="CASCADE",
            name="fk_compositions_account_id_taken_at",
        ),
        sqlite_strict=True,
    )
