"""Coinbase (3Commas: coinbase_advanced).

Traps, and where they come from:
- ccxt 4.5.90 asks /v2/accounts (options.fetchBalance) for one page. A Coinbase user has an account for each coin ever
  touched: the reply names the start of the next page, and all are read.
- One coin can have several accounts (wallet, vault, staked); ccxt leaves vaults out. They are the user's money.
- /v2/accounts is the old list; where it is gone, the brokerage list (available + hold) says the same.

Fields: https://docs.cdp.coinbase.com/coinbase-app/track-apis/accounts,
https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/accounts/list-accounts
"""

from __future__ import annotations

from typing import Any

from coinassay.exchanges.reading import (
    Fetched,
    Purse,
    Resolve,
    WalletPlan,
    is_missing,
    plus,
    rows_of,
    table_of,
    unexpected,
)

PAGE = 250
MOST_PAGES = 100


async def spot(exchange: Any, resolve: Resolve) -> Fetched:
    from ccxt.base.errors import BaseError

    try:
        return await _accounts(exchange, resolve)
    except BaseError as e:
        if is_missing(e):
            return await _brokerage_accounts(exchange, resolve)
        raise


async def _accounts(exchange: Any, resolve: Resolve) -> Fetched:
    """total = balance.amount, orders included."""
    purse = Purse(exchange, resolve, "spot")
    request: dict[str, Any] = {"limit": PAGE}
    for _ in range(MOST_PAGES):
        reply = await exchange.v2PrivateGetAccounts(request)
        for account in rows_of(exchange, reply, "data"):
            balance = table_of(exchange, account, "balance")
            purse.add(balance.get("currency"), purse.get(balance, "amount"))
        pages = reply.get("pagination")
        start = pages.get("next_starting_after") if isinstance(pages, dict) else None
        if not start:
            return purse.fetched()
        if start == request.get("starting_after"):
            break
        request = {"limit": PAGE, "starting_after": start}
    raise unexpected(exchange, "an end of its list of accounts")


async def _brokerage_accounts(exchange: Any, resolve: Resolve) -> Fetched:
    """total = available_balance + hold."""
    purse = Purse(exchange, resolve, "spot")
    request: dict[str, Any] = {"limit": PAGE}
    for _ in range(MOST_PAGES):
        reply = await exchange.v3PrivateGetBrokerageAccounts(request)
        for account in rows_of(exchange, reply, "accounts"):
            free = purse.get(table_of(exchange, account, "available_balance"), "value")
            hold = account.get("hold")
            locked = purse.get(hold, "value") if isinstance(hold, dict) else None
            purse.add(account.get("currency"), plus(free, locked), free=free, locked=locked)
        cursor = reply.get("cursor")
        if not reply.get("has_next") or not cursor:
            return purse.fetched()
        if cursor == request.get("cursor"):
            break
        request = {"limit": PAGE, "cursor": cursor}
    raise unexpected(exchange, "an end of its list of accounts")


PLANS = {"coinbase_advanced": (WalletPlan("spot", spot),)}
"""By market code."""
