"""The tables.

Amounts are exact (text on SQLite, NUMERIC on PostgreSQL), times are to the microsecond in UTC. Whatever belongs to a
user or an account goes with it (ON DELETE CASCADE).

One module although it is long: migrations, the compiler of statements and the move to PostgreSQL work on all tables as
one, and what belongs to what is seen at a glance.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    true,
)
from sqlalchemy.schema import SchemaItem

from coinassay.storage.columns import Exact, Flag, Moment, SerialNumber

LARGEST_ID = 2**31 - 1
"""Clients keep ids in a positive int32 (i32, u32)."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _table(name: str, *items: SchemaItem, clustered: bool = False) -> Table:
    """`clustered`: the rows lie in the order of the primary key, so that those read together lie together.

    STRICT: a value of the wrong type is refused, not stored.
    """
    return Table(name, metadata, *items, sqlite_strict=True, sqlite_with_rowid=not clustered)


def _account(key: bool = False) -> Column[int]:
    """The account a row belongs to; `key`: the first part of the primary key."""
    owner = ForeignKey("accounts.id", ondelete="CASCADE")
    return Column("account_id", Integer, owner, nullable=False, primary_key=key, autoincrement=False)


def _position() -> Column[int]:
    """The place of a row among those of its account: they are given back in the order they were stored in."""
    return Column("position", Integer, primary_key=True, autoincrement=False)


counters = _table(
    "counters",
    # The last id given out by kind: an id is never used again, also after its row is gone.
    Column("name", Text, primary_key=True),
    Column("value", Integer, nullable=False),
    CheckConstraint(f"value BETWEEN 0 AND {LARGEST_ID}", name="int32"),
    clustered=True,
)

vault_keys = _table(
    "vault_keys",
    # The one data key, wrapped once for each master key that may open it: two of them while they are being rotated.
    Column("master_id", Text, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)

users = _table(
    "users",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    Column("display_currency", Text, nullable=False),  # empty: the installation's
    Column("mode", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

Index(
    None,
    users.c.display_currency,
    sqlite_where=users.c.display_currency != "",
    postgresql_where=users.c.display_currency != "",
)

preferences = _table(
    "preferences",
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("locale", Text, nullable=False),
)

user_settings = _table(
    "user_settings",
    # What a user has set on the pages, by name; what is not there is as it comes.
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    clustered=True,
)

installation_settings = _table(
    "installation_settings",
    # What the owner has set for everybody, in the place of a setting from the environment.
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    clustered=True,
)

api_keys = _table(
    "api_keys",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("api_key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("verifier", LargeBinary, nullable=False),  # sealed
    Column("permissions", Text, nullable=False),  # by name, with commas
    Column("networks", Text, nullable=False),  # CIDR, with commas
    Column("created_at", Moment, nullable=False),
    Column("last_used_at", Moment),
    Column("revoked_at", Moment),
)

accounts = _table(
    "accounts",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("market_code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("api_key", Text, nullable=False),
    Column("customer_id", Text),
    Column("subaccount_name", Text),
    Column("include_in_summary", Flag, nullable=False),
    Column("key_state", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("loaded_at", Moment),
    Column("complete", Flag, nullable=False),
    Column("total_usd", Exact, nullable=False),
    Column("total_btc", Exact, nullable=False),
    Column("net_deposits_usd", Exact, nullable=False),
    Column("net_deposits_btc", Exact, nullable=False),
    Column("btc_rate", Exact),
    Column("version", SerialNumber, nullable=False),
)
Index(
    "uq_accounts_connection",
    accounts.c.user_id,
    accounts.c.market_code,
    accounts.c.api_key,
    unique=True,
    sqlite_where=accounts.c.api_key != "",
    postgresql_where=accounts.c.api_key != "",
)

key_reports = _table(
    "key_reports",
    # What was found out about the exchange key when it was examined last. Apart from the accounts: read with every one
    # of them it would be read for nothing.
    _account(key=True),
    Column("examined_at", Moment, nullable=False),
    Column("body", Text, nullable=False),  # JSON
)

credentials = _table(
    "credentials",
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)

paper_balances = _table(
    "paper_balances",
    _account(key=True),
    _position(),
    Column("asset", Text, nullable=False),
    Column("amount", Exact, nullable=False),
    clustered=True,
)

holdings = _table(
    "holdings",
    # What the last good load found, in its order.
    _account(key=True),
    _position(),
    Column("asset", Text, nullable=False),
    Column("wallet", Text, nullable=False),
    Column("total", Exact, nullable=False),
    Column("free", Exact, nullable=False),
    Column("locked", Exact, nullable=False),
    Column("borrowed", Exact, nullable=False),
    Column("unrealised", Exact, nullable=False),
    Column("exchange_code", Text, nullable=False),
    Column("multiplier", Exact, nullable=False),
    Column("price", Exact),
    Column("route", Text),  # JSON: [asset, currency, legs] as coinassay.storage.loads writes it
    Column("usd", Exact),
    Column("refusal", Text, nullable=False),
    Column("day_ago", Exact),  # the price 24 h before the load
    clustered=True,
)

allocations = _table(
    "allocations",
    # How the value of the last good load divides up, as it is shown, largest share first: worked out once for each load
    # because it is asked for far more often. JSON: [[asset, amount, usd, usd_rounded, btc_rounded, percentage], …].
    # Counts only where `loaded_at` is the account's: versions before the second do not write it.
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("loaded_at", Moment, nullable=False),
    Column("btc_day_ago", Exact),  # USD for one BTC 24 h before
    Column("body", LargeBinary, nullable=False),
)

positions = _table(
    "positions",
    # Open derivatives at the last good load.
    _account(key=True),
    _position(),
    Column("symbol", Text, nullable=False),
    Column("wallet", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("size", Exact, nullable=False),
    Column("entry_price", Exact),
    Column("mark_price", Exact),
    Column("unrealised", Exact, nullable=False),
    Column("leverage", Exact),
    clustered=True,
)

wallets = _table(
    "wallets",
    _account(key=True),
    _position(),
    Column("wallet", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("read_at", Moment),
    Column("failure", Text, nullable=False),
    Column("reason", Text, nullable=False),
    clustered=True,
)

snapshots = _table(
    "snapshots",
    # Small rows, an account's side by side: five years of one are read from few pages.
    _account(key=True),
    Column("taken_at", Moment, primary_key=True, autoincrement=False),
    Column("total_usd", Exact, nullable=False),
    Column("total_btc", Exact, nullable=False),
    Column("net_deposits_usd", Exact, nullable=False),
    Column("net_deposits_btc", Exact, nullable=False),
    Column("complete", Flag, nullable=False),
    Column("origin", Text, nullable=False, server_default=""),  # the program it was imported from; empty for our own
    clustered=True,
)

compositions = _table(
    "compositions",
    # What a snapshot was made of: zlib-compressed JSON, asset -> [amount, USD value or null], decimals as text. Apart
    # from the snapshots, because a chart reads thousands of those and none of these.
    Column("account_id", Integer, primary_key=True, autoincrement=False),
    Column("taken_at", Moment, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    ForeignKeyConstraint(
        ["account_id", "taken_at"], ["snapshots.account_id", "snapshots.taken_at"], ondelete="CASCADE"
    ),
)

thinned = _table(
    "thinned",
    # How far the snapshots of an account were thinned out: those before need not be looked at again.
    _account(key=True),
    Column("hourly_to", Moment),
    Column("daily_to", Moment),
    clustered=True,
)

pasts = _table(
    "pasts",
    # Changes whenever an account's snapshots change in another way than by a new last one, or by being thinned to the
    # last of each day. No row is 0.
    _account(key=True),
    Column("number", SerialNumber, nullable=False),
    clustered=True,
)

flows = _table(
    "flows",
    Column("id", SerialNumber, primary_key=True),
    _account(),
    Column("at", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    Column("usd", Exact, nullable=False),
    Column("btc", Exact, nullable=False),
    Column("asset", Text, nullable=False),
    Column("amount", Exact),
    Column("reference", Text, nullable=False),
    Column("source", Text, nullable=False, server_default="load"),
    Column("link", Text, nullable=False, server_default=""),  # the same on both legs of a transfer
    Column("counterpart", Integer),  # the account with the other leg, which may have gone
    Column("note", Text, nullable=False, server_default=""),
    Column("moved_at", Moment),  # as the exchange says, where `at` is another moment
    Column("txid", Text, nullable=False, server_default=""),
    Column("fee", Exact),  # the part of `amount` that did not arrive at the other side
    Column("priced", Flag, nullable=False, server_default=true()),
    Column("price", Text),  # JSON: how it was valued, as coinassay.storage.flows writes it
)
Index(None, flows.c.account_id, flows.c.at)
Index("ix_flows_linked", flows.c.account_id, sqlite_where=flows.c.link != "", postgresql_where=flows.c.link != "")
Index("ix_flows_link", flows.c.link, sqlite_where=flows.c.link != "", postgresql_where=flows.c.link != "")
Index(
    "ix_flows_counterpart",
    flows.c.counterpart,
    sqlite_where=flows.c.counterpart.is_not(None),
    postgresql_where=flows.c.counterpart.is_not(None),
)
Index(
    "uq_flows_reference",
    flows.c.account_id,
    flows.c.reference,
    unique=True,
    sqlite_where=flows.c.reference != "",
    postgresql_where=flows.c.reference != "",
)

flow_readings = _table(
    "flow_readings",
    # How far the deposits and withdrawals of an account were read at its exchange.
    _account(key=True),
    Column("since", Moment, nullable=False),  # movements before are part of the opening
    Column("read_at", Moment),  # all movements up to then are counted; null while there was no good reading
    Column("asked_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("failure", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("waiting", Text, nullable=False),  # JSON: known and not settled, as coinassay.storage.flows writes it
    clustered=True,
)

loads = _table(
    "loads",
    # Every attempt to load an account, and how each of its wallets fared.
    Column("id", SerialNumber, primary_key=True),
    _account(),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment, nullable=False),
    Column("failure", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("wallets", Text, nullable=False),  # JSON: [[wallet, state, read_at, failure, reason], …]
)
Index(None, loads.c.account_id, loads.c.finished_at)

transfers = _table(
    "transfers",
    # Between two paper accounts of one user: a row for each of them, under one id. Each goes with its account.
    _account(key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("asset", Text, nullable=False),
    Column("amount", Exact, nullable=False),  # negative for the account it left
    Column("counterpart", Integer, nullable=False),  # the other account, which may have gone
    clustered=True,
)

paper_trades = _table(
    "paper_trades",
    # What was sold on paper: all of `sold`, for `gross` - `fee` of `bought`.
    Column("id", SerialNumber, primary_key=True),
    _account(),
    Column("at", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sold", Text, nullable=False),
    Column("amount", Exact, nullable=False),
    Column("bought", Text, nullable=False),
    Column("gross", Exact, nullable=False),
    Column("fee", Exact, nullable=False),
    Column("usd", Exact, nullable=False),
    Column("btc", Exact, nullable=False),
)
Index(None, paper_trades.c.account_id, paper_trades.c.at)

volumes = _table(
    "volumes",
    # What an account traded on a UTC day, by the day's beginning. Trades are added when they are read, once each.
    _account(key=True),
    Column("day", Moment, primary_key=True, autoincrement=False),
    Column("usd", Exact, nullable=False),
    Column("btc", Exact, nullable=False),
    Column("trades", Integer, nullable=False),
    Column("approximate", Flag, nullable=False),
    clustered=True,
)

trade_readings = _table(
    "trade_readings",
    # How far the trades of an account were read.
    _account(key=True),
    Column("read_at", Moment),  # all trades up to then are counted; null while the first reading goes on
    Column("cursors", Text, nullable=False),  # JSON, as the exchange's reader wrote it
    Column("complete", Flag, nullable=False),  # false where the exchange no longer tells the oldest ones
    Column("version", SerialNumber, nullable=False),
)


def _of_user(*, key: bool = False, required: bool = True) -> Column[int]:
    """The user a row belongs to; `key`: the primary key."""
    owner = ForeignKey("users.id", ondelete="CASCADE")
    if key:
        return Column("user_id", Integer, owner, primary_key=True, autoincrement=False)
    return Column("user_id", Integer, owner, nullable=not required, index=True)


# What lets somebody in is stored as a hash: Argon2id of a password, SHA-256 (hexadecimal) of a random token or code.

passwords = _table(
    "passwords",
    _of_user(key=True),
    Column("hash", Text, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

web_sessions = _table(
    "web_sessions",
    Column("id", SerialNumber, primary_key=True),
    _of_user(),
    Column("token", Text, nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("confirmed_at", Moment, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("method", Text, nullable=False),
)

web_devices = _table(
    "web_devices",
    # Browsers in which a user has signed in: strangers who guess at the password do not lock these out.
    Column("token", Text, primary_key=True),
    _of_user(),
    Column("seen_at", Moment, nullable=False),
)

one_time_codes = _table(
    "one_time_codes",
    Column("code", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    _of_user(required=False),  # null for a passkey ceremony: who it is shows at its end
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

passkeys = _table(
    "passkeys",
    Column("id", SerialNumber, primary_key=True),
    _of_user(),
    Column("name", Text, nullable=False),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),  # COSE
    Column("sign_count", SerialNumber, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("last_used_at", Moment),
)

throttles = _table(
    "throttles",
    # Attempts, as a leaky bucket: when it will have run empty, in milliseconds since 1970.
    Column("who", Text, primary_key=True),
    Column("clears_at", SerialNumber, nullable=False),
    clustered=True,
)

demo_accounts = _table(
    "demo_accounts",
    # Accounts whose history is made up.
    _account(key=True),
)

currency_rates = _table(
    "currency_rates",
    # What one unit of a display currency was worth, in USD: the older, the fewer.
    Column("currency", Text, primary_key=True),
    Column("at", Moment, primary_key=True, autoincrement=False),
    Column("usd", Exact, nullable=False),
    clustered=True,
)

event_counters = _table(
    "event_counters",
    # The last number of a user's events. Its row is locked while one is written, so that they appear in their order.
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("last_id", SerialNumber, nullable=False),
    Column("dropped_id", SerialNumber, nullable=False),  # all up to this one are no longer kept
)

events = _table(
    "events",
    # What happened to a user's accounts, for those who listen. The oldest are dropped.
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("id", SerialNumber, primary_key=True, autoincrement=False),
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), index=True),
    Column("at", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),  # JSON
    clustered=True,
)

budgets = _table(
    "budgets",
    # How much of an exchange's limits is taken by those who ask from one address: a coinassay.domain.budget.Ledger.
    Column("egress", Text, primary_key=True),
    Column("exchange", Text, primary_key=True),
    Column("ledger", LargeBinary, nullable=False),  # JSON
    Column("version", SerialNumber, nullable=False),
)

price_lists = _table(
    "price_lists",
    # The last public prices of an exchange, for all processes; who fetches new ones says so first.
    Column("source", Text, primary_key=True),
    Column("fetched_at", Moment),
    Column("claimed_by", Text, nullable=False),
    Column("claimed_until", Moment, nullable=False),
    Column("body", LargeBinary, nullable=False),  # zlib-compressed JSON, as coinassay.pricing.shared writes it
)

refreshes = _table(
    "refreshes",
    # When an account is loaded without being asked to, and what came of the last time.
    _account(key=True),
    Column("next_at", Moment, index=True),  # null: not by itself
    Column("every_seconds", Integer),  # null: as the installation's setting says; 0: never
    Column("failures", Integer, nullable=False),  # in a row
    Column("failure", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("refreshed_at", Moment),
)

leases = _table(
    "leases",
    # Who loads an account at this moment.
    _account(key=True),
    Column("holder", Text, nullable=False),
    Column("taken_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

chores = _table(
    "chores",
    # What is done from time to time, by one process.
    Column("name", Text, primary_key=True),
    Column("next_at", Moment, nullable=False),
)
