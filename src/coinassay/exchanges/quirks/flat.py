"""Exchanges whose balance is one flat object: Bit2C, BtcBox, Coincheck, HollaEx, Paymium.

Trap: ccxt walks through its catalogue of currencies and picks each one's fields. Without a catalogue the balance is
empty and looks right; with one, a delisted coin is lost. Here the fields themselves say what is held.

Fields: https://bit2c.co.il/home/api#balance, https://blog.btcbox.jp/en/archives/8762#toc13,
https://coincheck.com/documents/exchange/api#account-balance, https://apidocs.hollaex.com/#get-balance,
https://paymium.github.io/api-documentation/#tag/User
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from coinassay.domain.money import ZERO
from coinassay.exchanges.reading import Fetched, Purse, Resolve, WalletPlan, plus, table_of, unexpected


@dataclass(frozen=True, slots=True)
class Layout:
    """Names of fields, `{}` standing for the currency's id. total = all of `total` added up."""

    method: str
    """ccxt's implicit method."""
    key: str
    """The field each currency has."""
    total: tuple[str, ...]
    free: str
    borrowed: str = ""


def flat(layout: Layout) -> WalletPlan:
    pattern = re.compile(re.escape(layout.key).replace(r"\{\}", "([A-Za-z0-9]+)"))

    async def fetch(exchange: Any, resolve: Resolve) -> Fetched:
        purse = Purse(exchange, resolve, "spot")
        row = table_of(exchange, await getattr(exchange, layout.method)())
        currencies = [found[1] for name in row if (found := pattern.fullmatch(name))]
        if not currencies:
            raise unexpected(exchange, "balances")
        for currency in currencies:
            purse.add(
                currency,
                plus(*(purse.find(row, name.format(currency)) for name in layout.total)),
                free=purse.find(row, layout.free.format(currency)) or ZERO,
                borrowed=purse.find(row, layout.borrowed.format(currency)) if layout.borrowed else None,
            )
        return purse.fetched()

    return WalletPlan("spot", fetch)


PLANS = {
    "bit2c": (flat(Layout("privateGetAccountBalanceV2", "AVAILABLE_{}", ("{}",), "AVAILABLE_{}")),),
    "btcbox": (flat(Layout("privatePostBalance", "{}_balance", ("{}_balance", "{}_lock"), "{}_balance")),),
    "coincheck": (
        flat(
            Layout(
                "privateGetAccountsBalance",
                "{}_reserved",
                ("{}", "{}_reserved", "{}_lend_in_use", "{}_lent", "{}_tsumitate"),
                "{}",
                "{}_debt",
            )
        ),
    ),
    "hollaex": (flat(Layout("privateGetUserBalance", "{}_balance", ("{}_balance",), "{}_available")),),
    "paymium": (flat(Layout("privateGetUser", "balance_{}", ("balance_{}", "locked_{}"), "balance_{}")),),
}
"""By market code."""
