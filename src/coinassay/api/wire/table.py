"""The rows of account_table_data."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

import msgspec

from coinassay.api.images import coin_icon
from coinassay.api.wire import numbers
from coinassay.domain.breakdown import Line
from coinassay.domain.currency import Currency

PERCENT_PLACES = 8
NOTHING = numbers.number(Decimal(0))


class TableRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row, its fields in the documented order. What is not known, or does not exist there, is 0.0."""

    currency_code: str
    currency_name: str
    currency_icon: str
    currency_slug: str
    percentage: numbers.Number
    position: numbers.Number
    """What lies in the wallets, before debts; of a derivative its size."""
    position_available: numbers.Number
    position_type: numbers.Number | Literal["long", "short"]
    """0.0 for what is no derivative."""
    borrowed: numbers.Number
    on_orders: numbers.Number
    on_orders_with_leverage: numbers.Number
    on_orders_long: numbers.Number
    on_orders_short: numbers.Number
    equity: numbers.Number
    current_price: numbers.Number
    """In BTC."""
    current_price_usd: numbers.Number
    day_change_percent: numbers.Number
    """The same as `day_change_percent_btc`, as in the documented examples."""
    day_change_percent_btc: numbers.Number
    day_change_percent_usd: numbers.Number
    btc_value: numbers.Number
    usd_value: numbers.Number
    available_long: numbers.Number
    available_short: numbers.Number
    available_with_leverage_long: numbers.Number
    available_with_leverage_short: numbers.Number
    account_id: int
    is_wallet: bool = False


def to_rows(lines: Iterable[tuple[Line, Currency]], public_url: str) -> list[TableRow]:
    """The rows, in the order of the lines."""
    return [_to_row(line, currency, public_url) for line, currency in lines]


def _to_row(line: Line, currency: Currency, public_url: str) -> TableRow:
    number = numbers.number
    change = _known(line.day_change_btc, PERCENT_PLACES)
    margin = number(line.margin)
    return TableRow(
        currency_code=line.asset,
        currency_name=currency.name,
        currency_icon=coin_icon(public_url, line.asset),
        currency_slug=currency.slug or line.asset.lower(),
        percentage=number(line.percentage, PERCENT_PLACES),
        position=number(line.total),
        position_available=number(line.free),
        position_type=_side(line.side),
        borrowed=number(line.borrowed),
        on_orders=number(line.locked),
        on_orders_with_leverage=NOTHING,
        on_orders_long=NOTHING,
        on_orders_short=NOTHING,
        equity=number(line.equity),
        current_price=_known(line.price_btc),
        current_price_usd=_known(line.price_usd),
        day_change_percent=change,
        day_change_percent_btc=change,
        day_change_percent_usd=_known(line.day_change_usd, PERCENT_PLACES),
        btc_value=number(line.btc),
        usd_value=number(line.usd),
        available_long=margin,
        available_short=margin,
        available_with_leverage_long=NOTHING,
        available_with_leverage_short=NOTHING,
        account_id=line.account_id,
    )


def _known(value: Decimal | None, places: int | None = None) -> numbers.Number:
    return NOTHING if value is None else numbers.number(value, places)


def _side(side: str) -> numbers.Number | Literal["long", "short"]:
    return "long" if side == "long" else "short" if side == "short" else NOTHING
