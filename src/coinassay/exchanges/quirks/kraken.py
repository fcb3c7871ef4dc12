"""Kraken, and Kraken Futures.

Traps, and where they come from:
- The newer names (XBT) and the X/Z-prefixed ones (XXBT) can stand side by side and are one code in ccxt, which keeps
  the last of them. Both are counted here.
- What is staked, in rewards, bonded or on hold has a suffix (DOT.S, DOT28.S, XBT.F, EUR.HOLD) that ccxt leaves; the
  catalogue of codes says what it stands for, and that is the code Kraken quotes.
- KFEE (FEE) are fee credits, not money.
- Futures: ccxt reads the multi-collateral ("flex") wallet and fails where there is none. There is a cash wallet and one
  for each single-collateral margin account too; `pv` is a margin account's value with profit, its balances hold open
  contracts besides the coin, and a flex quantity has no profit in it.

Fields: https://docs.kraken.com/api/docs/rest-api/get-extended-balance,
https://docs.kraken.com/api/docs/futures-api/trading/get-accounts
"""

from __future__ import annotations

from typing import Any

from coinassay.domain.currency import Resolved
from coinassay.domain.money import ZERO
from coinassay.exchanges.reading import (
    Fetched,
    Purse,
    Resolve,
    Row,
    WalletPlan,
    inside,
    minus,
    number,
    plus,
    table_of,
)

NOT_MONEY = ("KFEE", "FEE")


STAKED = ("ETH2", "SETH", "FLOWH")
"""Staked coins without a suffix."""


def quoted_as(code: str, resolved: Resolved) -> str:
    """DOT.S and ETH2 are not quoted: what they stand for is."""
    return resolved.code if "." in code or code in STAKED else code


async def spot(exchange: Any, resolve: Resolve) -> Fetched:
    """total = balance, locked = hold_trade."""
    purse = Purse(exchange, resolve, "spot")
    reply = await exchange.privatePostBalanceEx()
    for currency, row in table_of(exchange, reply, "result").items():
        if currency not in NOT_MONEY:
            row = table_of(exchange, row)
            total, locked = purse.get(row, "balance"), purse.find(row, "hold_trade")
            purse.add(currency, total, locked=locked, quoted_as=quoted_as)
    return purse.fetched()


async def futures(exchange: Any, resolve: Resolve) -> Fetched:
    purse = Purse(exchange, resolve, "futures")
    reply = await exchange.privateGetAccounts()
    for account in table_of(exchange, reply, "accounts").values():
        account = table_of(exchange, account)
        kind = inside(exchange, account, "type")
        if kind == "multiCollateralMarginAccount":
            _add_flex(purse, account)
        elif kind == "marginAccount":
            _add_margin(purse, account)
        else:
            for currency, amount in table_of(exchange, account, "balances").items():
                purse.add(currency, number(exchange, amount))
    return purse.fetched()


def _add_flex(purse: Purse, account: Row) -> None:
    """total = quantity of each coin; the unrealised profit (with funding) of all positions is one sum in USD."""
    for currency, row in table_of(purse.exchange, account, "currencies").items():
        row = table_of(purse.exchange, row)
        purse.add(currency, purse.get(row, "quantity"), free=purse.find(row, "available"))
    profit = purse.find(account, "totalUnrealized")
    if profit is None:
        profit = plus(purse.find(account, "pnl"), purse.find(account, "unrealizedFunding"))
    purse.add("USD", ZERO, unrealised=profit)


def _add_margin(purse: Purse, account: Row) -> None:
    """total = the coin's balance, unrealised = pv - balance."""
    currency = str(account.get("currency"))
    total = purse.get(table_of(purse.exchange, account, "balances"), currency)
    auxiliary = table_of(purse.exchange, account, "auxiliary")
    purse.add(
        currency,
        total,
        free=purse.find(auxiliary, "af"),
        unrealised=minus(purse.get(auxiliary, "pv"), total),
    )


PLANS = {
    "kraken": (WalletPlan("spot", spot),),
    "krakenfutures": (WalletPlan("futures", futures),),
}
"""By market code."""
