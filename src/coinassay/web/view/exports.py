"""What can be taken along: holdings, history and the profit ledger as rows, and statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from coinassay.domain.account import Account
from coinassay.domain.breakdown import Line
from coinassay.domain.ledger import Day, Figures, Ledger
from coinassay.domain.money import ONE, divide
from coinassay.domain.past import Past
from coinassay.domain.rates import USD
from coinassay.domain.series import Point
from coinassay.errors import InvalidRequest
from coinassay.web.view import statement as page
from coinassay.web.view.table import Cell, Row

HOLDINGS = (
    "account_id",
    "account",
    "market",
    "asset",
    "side",
    "total",
    "free",
    "locked",
    "borrowed",
    "equity",
    "price_usd",
    "value_usd",
    "value_btc",
    "loaded_at",
    "complete",
)
HISTORY = ("at", "total_usd", "total_btc", "net_deposits_usd", "net_deposits_btc")
_FIGURES = ("opening", "deposits", "withdrawals", "in_transit", "pending", "profit", "closing")
LEDGER = ("day", *(f"{name}_{currency}" for currency in ("usd", "btc", "display") for name in _FIGURES), "mark")


def holding_rows(lines: Iterable[Line], accounts: Sequence[Account]) -> Iterable[Row]:
    """A row for each account and asset. What has no price has no value; derivatives are told by their side."""
    by_id = {account.id: account for account in accounts}
    for line in lines:
        account = by_id[line.account_id]
        priced = line.price_usd is not None and not line.side
        yield {
            "account_id": account.id,
            "account": account.name,
            "market": account.market_code,
            "asset": line.asset,
            "side": line.side,
            "total": line.total,
            "free": line.free,
            "locked": line.locked,
            "borrowed": line.borrowed,
            "equity": line.equity,
            "price_usd": line.price_usd,
            "value_usd": line.usd if priced else None,
            "value_btc": line.btc if priced else None,
            "loaded_at": account.loaded_at,
            "complete": account.complete,
        }


def history_rows(points: Iterable[Point]) -> Iterable[Row]:
    """The value at the end of each UTC day, the last row now, with the net deposits of the day."""
    for point in points:
        yield {
            "at": point.at,
            "total_usd": point.total.usd,
            "total_btc": point.total.btc,
            "net_deposits_usd": point.deposits.usd,
            "net_deposits_btc": point.deposits.btc,
        }


def ledger_rows(ledger: Ledger) -> Iterable[Row]:
    for day in ledger.days:
        row: dict[str, Cell] = {"day": day.day, "mark": mark_of(day)}
        for currency, figures in (("usd", day.usd), ("btc", day.btc), ("display", day.display)):
            for name in _FIGURES:
                row[f"{name}_{currency}"] = None if figures is None else getattr(figures, name)
        yield row


def mark_of(day: Day) -> str:
    """ "imported", "partial", "carried", or empty for a day that was measured whole."""
    return "imported" if day.imported else "partial" if day.partial else "carried" if day.carried else ""


# ------------------------------------------------------------------------------------------------------ statements


@dataclass(frozen=True, slots=True)
class Period:
    first: date
    last: date


def period_of(text: str, today: date) -> Period:
    """ "2026-10-03", "2026-10" or "2026". Raises InvalidRequest for anything else and for what is still to come."""
    try:
        if not text.isascii():
            raise ValueError
        match text.strip().split("-"):
            case [year]:
                found = Period(date(int(year), 1, 1), date(int(year), 12, 31))
            case [year, month]:
                first = date(int(year), int(month), 1)
                found = Period(first, _month_after(first) - timedelta(days=1))
            case [year, month, day]:
                found = Period(date(int(year), int(month), int(day)), date(int(year), int(month), int(day)))
            case _:
                raise ValueError
    except ValueError as e:
        raise InvalidRequest({"period": ["is not a day, month or year, such as 2026-10-03, 2026-10 or 2026"]}) from e
    if found.first > today:
        raise InvalidRequest({"period": ["has not begun yet"]})
    return Period(found.first, min(found.last, today))


def _month_after(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def statement(
    *,
    owner: str,
    period: Period,
    ledger: Ledger,
    past: Past,
    accounts: Sequence[Account],
    names: Mapping[str, str],
    currency: str,
    rate: Decimal | None,
    made_at: datetime,
) -> page.Statement:
    """`names` of assets by code. In `currency` where every day of the ledger has a rate, and its end (`rate`, USD for
    one unit), else in US dollars.

    Accounts and holdings are those of the end of the last day.
    """
    wanted, shown = currency, ledger.display if currency != USD and rate else None
    if shown is None or not rate:
        currency, rate = USD, ONE
    known = {account.id: account for account in accounts}
    notes: list[str] = []
    if wanted != currency:
        notes.append(f"Amounts are in USD: for some of these days no rate of {wanted} is known.")
    partial = [day for day in ledger.days if day.partial]
    if partial:
        notes.append(
            f"On {len(partial)} of {len(ledger.days)} days a wallet could not be read; its last good balances are in "
            "the values."
        )
    unpriced = [line.asset for line in past.lines if line.usd is None]
    if unpriced:
        notes.append("Without a price, and in no total: " + ", ".join(unpriced) + ".")
    if any(account.stakes is None for account in past.accounts):
        notes.append("What some accounts were made of is not known: their history was imported.")
    if not ledger.days:
        notes.append("Nothing is known of this period: the first balances were read later.")
    return page.Statement(
        owner=owner,
        first=period.first,
        last=period.last,
        currency=currency,
        made_at=made_at,
        figures=_figures(shown if shown is not None else ledger.usd),
        accounts=tuple(
            page.AccountLine(
                known[each.snapshot.account_id].name,
                known[each.snapshot.account_id].market_code,
                divide(each.snapshot.total.usd, rate),
                "" if each.snapshot.complete else "partial",
            )
            for each in past.accounts
            if each.snapshot.account_id in known
        ),
        holdings=tuple(
            page.HoldingLine(
                line.asset, names.get(line.asset, ""), line.amount, None if line.usd is None else divide(line.usd, rate)
            )
            for line in past.lines
        ),
        days=tuple(
            page.DayLine(day.day, _figures(day.display if shown is not None and day.display else day.usd), mark_of(day))
            for day in ledger.days
        ),
        notes=tuple(notes),
    )


def _figures(figures: Figures) -> page.Figures:
    return page.Figures(figures.opening, figures.deposits, figures.withdrawals, figures.profit, figures.closing)
