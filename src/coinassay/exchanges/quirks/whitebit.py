"""WhiteBIT.

Traps, and where they come from:
- Deposits land in the main balance, ccxt reads the trade balance. The collateral balance is a third call.
- ccxt's parse_balance drops the answer itself (no `info`), so an empty answer could not be told from rubbish.

Fields: https://docs.whitebit.com/private/http-main-v4/#main-balance
"""

from __future__ import annotations

from typing import Any

from coinassay.exchanges.reading import Fetched, Purse, Resolve, WalletPlan, plus, table_of, unexpected


async def trade(exchange: Any, resolve: Resolve) -> Fetched:
    """total = available + freeze."""
    purse = Purse(exchange, resolve, "spot")
    for currency, row in _table(exchange, await exchange.v4PrivatePostTradeAccountBalance()).items():
        free, locked = purse.get(table_of(exchange, row), "available"), purse.get(row, "freeze")
        purse.add(currency, plus(free, locked), free=free, locked=locked)
    return purse.fetched()


async def main(exchange: Any, resolve: Resolve) -> Fetched:
    purse = Purse(exchange, resolve, "main")
    for currency, row in _table(exchange, await exchange.v4PrivatePostMainAccountBalance()).items():
        purse.add(currency, purse.get(table_of(exchange, row), "main_balance"))
    return purse.fetched()


def _table(exchange: Any, reply: object) -> Any:
    """WhiteBIT lists every coin it knows, at zero: an object without any is not its answer."""
    table = table_of(exchange, reply)
    if not table:
        raise unexpected(exchange, "balances")
    return table


PLANS = {"whitebit": (WalletPlan("spot", trade), WalletPlan("main", main))}
"""By market code."""
