"""What of many accounts at once is not as it should be."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, literal_column, select

from coinassay.domain.account import WalletState
from coinassay.storage.queries.accounts import in_mode
from coinassay.storage.queries.expressions import among, constant, given
from coinassay.storage.schema import accounts, holdings, loads, wallets

# Looked up account by account in the index: an account has a quarter of a million loads after five years.
_another = loads.alias("another")
_last = (
    select(_another.c.id)
    .where(_another.c.account_id == accounts.c.id)
    .order_by(_another.c.finished_at.desc(), _another.c.id.desc())
    .limit(literal_column("1"))
    .offset(literal_column("0"))
    .scalar_subquery()
)
# What an overview depends on: each account's version, and the number of the latest attempt to load it.
LIST_STANDINGS = (
    select(accounts.c.id, accounts.c.version, _last.label("last_load"))
    .where(accounts.c.user_id == given(accounts.c.user_id), in_mode)
    .order_by(accounts.c.id)
)
LIST_STAKES = (
    select(
        holdings.c.account_id,
        holdings.c.asset,
        holdings.c.total,
        holdings.c.borrowed,
        holdings.c.unrealised,
        holdings.c.price,
        holdings.c.day_ago,
        holdings.c.usd,
    )
    .where(among(holdings.c.account_id, "account_ids"))
    .order_by(holdings.c.account_id, holdings.c.position)
)

LIST_UNREAD = (
    select(
        wallets.c.account_id, wallets.c.wallet, wallets.c.state, wallets.c.read_at, wallets.c.failure, wallets.c.reason
    )
    .where(among(wallets.c.account_id, "account_ids"), wallets.c.state != constant(WalletState.OK.value))
    .order_by(wallets.c.account_id, wallets.c.position)
)

LIST_LOADS = (
    select(loads.c.id, loads.c.started_at, loads.c.finished_at, loads.c.failure, loads.c.reason, loads.c.wallets)
    .where(loads.c.account_id == given(loads.c.account_id), loads.c.finished_at < given(loads.c.finished_at, "before"))
    .order_by(loads.c.finished_at.desc(), loads.c.id.desc())
    .limit(bindparam("limit", type_=BigInteger()))
    .offset(literal_column("0"))
)
LIST_LAST_FAILED = (
    select(loads.c.account_id, loads.c.finished_at, loads.c.failure, loads.c.reason)
    .select_from(accounts.join(loads, loads.c.id == _last))
    .where(among(accounts.c.id, "account_ids"), loads.c.failure != constant(""))
    .order_by(loads.c.account_id)
)
