"""The rows of pie_chart_data."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from coinassay.api.wire import numbers
from coinassay.api.wire.display import Amount, amount
from coinassay.domain.allocation import Share
from coinassay.domain.currency import Currency


class Slice(msgspec.Struct, frozen=True):
    """One row, its fields in the documented order."""

    code: str
    coinmarketcapid: str | None
    name: str
    y: numbers.Number
    """The value a pie-chart library plots: always the percentage."""
    percentage: numbers.Number
    amount: numbers.Number
    btc_value: str
    usd_value: str
    primary_display_currency: Amount
    account_id: int


def to_slice(share: Share, currency: Currency, account_id: int) -> Slice:
    """The row of one share. An unpriced one has percentage 0.0 and values "0.0"."""
    percentage = numbers.number(share.percentage)
    return Slice(
        code=share.asset,
        coinmarketcapid=currency.cmc_id,
        name=f"{currency.name} ({share.asset})",
        y=percentage,
        percentage=percentage,
        amount=numbers.number(share.amount),
        btc_value=numbers.text(share.btc, 8),
        usd_value=numbers.text(share.usd, 2),
        primary_display_currency=amount(share.usd),
        account_id=account_id,
    )


def to_slices(shares: Iterable[tuple[Share, Currency]], account_id: int) -> list[Slice]:
    """The rows of one account, in the order of the shares."""
    return [to_slice(share, currency, account_id) for share, currency in shares]
