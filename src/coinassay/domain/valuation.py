"""Balances times rates. A balance without a rate is part of the answer, never a guess and never silently zero."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from coinassay.domain.balance import Balance
from coinassay.domain.money import CONTEXT, ZERO, add_up, divide
from coinassay.domain.rates import BTC, Rate, RateBook


@dataclass(frozen=True, slots=True)
class Holding:
    """A balance with its rate and value."""

    balance: Balance
    rate: Rate
    usd: Decimal
    """equity x USD rate, exact; negative where the debt is larger than what is held."""


@dataclass(frozen=True, slots=True)
class Unpriced:
    """A balance without a usable price."""

    balance: Balance
    reason: str


@dataclass(frozen=True, slots=True)
class Valuation:
    as_of: datetime
    holdings: tuple[Holding, ...]
    unpriced: tuple[Unpriced, ...]
    usd: Decimal
    """Sum of the holdings' values: equity of the account in USD."""
    btc: Decimal
    """`usd` / USD rate of BTC (semantics.md, Valuation); 0 where BTC itself has no rate."""
    btc_rate: Decimal | None
    """USD for one BTC."""
    btc_day_ago: Decimal | None = None
    """The same 24 h before, where it is known."""


def value(balances: Iterable[Balance], rates: RateBook) -> Valuation:
    """Values what is held (semantics.md, Valuation): value in USD = equity x USD rate."""
    holdings: list[Holding] = []
    unpriced: list[Unpriced] = []
    for balance in balances:
        rate = rates.get(balance.asset)
        if rate is None:
            unpriced.append(Unpriced(balance, rates.why_not(balance.asset)))
        else:
            holdings.append(Holding(balance, rate, CONTEXT.multiply(balance.equity, rate.price)))
    usd = add_up(holding.usd for holding in holdings)
    btc = rates.get(BTC)
    btc_rate = None if btc is None else btc.price
    return Valuation(
        as_of=rates.as_of,
        holdings=tuple(holdings),
        unpriced=tuple(unpriced),
        usd=usd,
        btc=in_btc(usd, btc_rate),
        btc_rate=btc_rate,
        btc_day_ago=None if btc is None else btc.day_ago,
    )


def in_btc(usd: Decimal, btc_rate: Decimal | None) -> Decimal:
    """USD converted at `btc_rate` USD for one BTC, to 60 digits; 0 without a rate."""
    return ZERO if not btc_rate else divide(usd, btc_rate)
