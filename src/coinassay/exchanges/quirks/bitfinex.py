"""Bitfinex.

Traps, and where they come from:
- Three wallets: exchange, margin and funding; ccxt reads exchange.
- Amounts are bare JSON numbers: the JSON parser has to keep their text.
- Derivative collateral lies in the margin wallet under the coin's id with F0 behind it (USTF0). ccxt gives UST and
  USTF0 the same code and keeps the last of them, and knows no other: BTCF0 would stay a code of its own.
- ccxt calls any interest that is not "0" a debt; the fourth field is unsettled interest, which margin funding owes.

Fields: https://docs.bitfinex.com/reference/rest-auth-wallets
"""

from __future__ import annotations

from typing import Any

from coinassay.exchanges.reading import Fetched, Purse, Resolve, WalletPlan, number, unexpected

TYPE, CURRENCY, BALANCE, INTEREST, AVAILABLE = range(5)


def wallet(name: str, kind: str) -> WalletPlan:
    async def fetch(exchange: Any, resolve: Resolve) -> Fetched:
        """total = balance, borrowed = unsettled interest."""
        purse = Purse(exchange, resolve, name)
        reply = await exchange.privatePostAuthRWallets()
        if not isinstance(reply, list):
            raise unexpected(exchange, "a list of wallets")
        for row in reply:
            if not isinstance(row, list) or len(row) <= AVAILABLE or {type(row[TYPE]), type(row[CURRENCY])} != {str}:
                raise unexpected(exchange, "wallets of its usual form")
            if row[TYPE] != kind:
                continue
            total, interest, available = row[BALANCE], row[INTEREST], row[AVAILABLE]
            purse.add(
                _coin(row[CURRENCY]),
                number(exchange, total),
                # Null where Bitfinex has not worked it out yet.
                free=None if available is None else number(exchange, available),
                borrowed=None if interest is None else number(exchange, interest).copy_abs(),
            )
        return purse.fetched()

    return WalletPlan(name, fetch)


def _coin(currency: str) -> str:
    """The id of the coin itself: USTF0 -> UST."""
    return currency[:-2] if currency.upper().endswith("F0") and len(currency) > 4 else currency


PLANS = {"bitfinex": (wallet("spot", "exchange"), wallet("margin", "margin"), wallet("funding", "funding"))}
"""By market code."""
