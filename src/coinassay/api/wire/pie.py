"""The rows of pie_chart_data."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from coinassay.api.wire import numbers
from coinassay.api.wire.display import Amount
from coinassay.domain.allocation import Share, Shown, show
from coinassay.domain.currency import Currency
from coinassay.domain.money import ONE, divide, plain
from coinassay.domain.rates import USD


class Slice(msgspec.Struct, frozen=True, gc=False):
    """One row, its fields in the documented order. An unpriced asset has percentage 0.0 and values "0.0"."""

    code: str
    coinmarketcapid: str | None
    """null where it is not known for sure which coin the code means."""
    name: str
    """As `Bitcoin (BTC)`."""
    y: numbers.Number
    """The value a pie-chart library plots: always the percentage."""
    percentage: numbers.Number
    """Of the account's positive total, with two decimals."""
    amount: numbers.Number
    """Of the coin, all wallets together."""
    btc_value: str
    """With eight decimals."""
    usd_value: str
    """With two decimals."""
    primary_display_currency: Amount
    """The value with all its digits."""
    account_id: int
    """0 for all accounts together."""


def to_slices(shares: Iterable[tuple[Share, Currency]], account_id: int) -> list[Slice]:
    """The rows of one account, in the order of the shares."""
    return shown_slices(((show(share), currency) for share, currency in shares), account_id)


def shown_slices(
    shares: Iterable[tuple[Shown, Currency]], account_id: int, seen_in: str = USD, rate: Decimal = ONE
) -> list[Slice]:
    """The same of shares that were made ready, with their values in the currency `seen_in` as well, of which one unit
    is worth `rate` USD."""
    raw, dollars = numbers.Number, seen_in == USD
    rows = []
    for (code, amount, usd, usd_rounded, btc_rounded, percentage), currency in shares:
        share = raw(percentage)
        value = (usd or "0.0") if dollars else plain(divide(Decimal(usd or 0), rate))
        rows.append(
            Slice(
                code,
                currency.cmc_id,
                f"{currency.name} ({code})",
                share,
                share,
                raw(amount),
                btc_rounded,
                usd_rounded,
                Amount(seen_in, value),
                account_id,
            )
        )
    return rows
