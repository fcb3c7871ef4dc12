"""The profit ledger and past compositions: amounts are strings with all their digits, so that they add up."""

from __future__ import annotations

import msgspec

from coinassay.api.wire.account import timestamp
from coinassay.api.wire.numbers import text
from coinassay.domain.ledger import Day, Figures, Ledger
from coinassay.domain.past import Past, PastAccount, PastLine, is_carried


class LedgerFigures(msgspec.Struct, frozen=True):
    """In one currency. `profit` = `closing` - `opening` - `net_deposits`, exactly."""

    opening: str
    """The `closing` of the day before."""
    deposits: str
    """Each valued at its own time."""
    withdrawals: str
    """As a positive amount."""
    net_deposits: str
    """`deposits` - `withdrawals`."""
    in_transit: str
    """In `closing`: what has left one account and not reached another one yet, at the end."""
    pending: str
    """In `closing`: deposits and withdrawals since the last load, which no load has seen yet, at the end."""
    closing: str
    profit: str


class LedgerRow(msgspec.Struct, frozen=True):
    """A UTC day."""

    date: str
    carried: bool
    """An account was not loaded on this day; its last value is carried on."""
    partial: bool
    """A wallet could not be read at an account's last load; its last good balances are in the value."""
    imported: bool
    """An account's value is as another program knew it."""
    usd: LedgerFigures
    btc: LedgerFigures
    display: LedgerFigures | None
    """In the display currency, at its rate at the end of each day and at the time of each flow; null where no rate is
    known."""


class ProfitLedger(msgspec.Struct, frozen=True):
    display_currency: str
    days: list[LedgerRow]
    """Oldest first. Without `from` and `to` from the beginning to now: the profits then add up to the account's total
    profit."""
    usd: LedgerFigures
    """All the days together, as are the next two."""
    btc: LedgerFigures
    display: LedgerFigures | None
    """Null where a day has none."""


def to_ledger(ledger: Ledger, currency: str) -> ProfitLedger:
    return ProfitLedger(
        display_currency=currency,
        days=[_row(day) for day in ledger.days],
        usd=_figures(ledger.usd),
        btc=_figures(ledger.btc),
        display=None if ledger.display is None else _figures(ledger.display),
    )


def _row(day: Day) -> LedgerRow:
    return LedgerRow(
        date=day.day.isoformat(),
        carried=day.carried,
        partial=day.partial,
        imported=day.imported,
        usd=_figures(day.usd),
        btc=_figures(day.btc),
        display=None if day.display is None else _figures(day.display),
    )


def _figures(figures: Figures) -> LedgerFigures:
    return LedgerFigures(
        opening=text(figures.opening),
        deposits=text(figures.deposits),
        withdrawals=text(figures.withdrawals),
        net_deposits=text(figures.net_deposits),
        in_transit=text(figures.in_transit),
        pending=text(figures.pending),
        closing=text(figures.closing),
        profit=text(figures.profit),
    )


class PastHolding(msgspec.Struct, frozen=True):
    currency_code: str
    amount: str
    """The equity of all wallets together; negative for a debt."""
    usd: str | None
    """Null where it had no price."""
    btc: str | None
    percentage: str
    """Of the positive USD total, two decimals."""


class PastLoad(msgspec.Struct, frozen=True):
    """The account's last load until then."""

    account_id: int
    taken_at: str
    usd: str
    btc: str
    complete: bool
    """Whether every wallet could be read."""
    carried: bool
    """Whether it was on an earlier day."""
    imported: bool
    """Whether another program made it."""
    known: bool
    """Whether it is known what it was made of; not so for what was imported."""


class PastComposition(msgspec.Struct, frozen=True):
    at: str
    usd: str
    btc: str
    complete: bool
    """Whether every wallet of every account could be read."""
    carried: bool
    """Whether an account's last load was on an earlier day."""
    imported: bool
    """Whether another program made one of them."""
    known: bool
    """Whether `holdings` tell all of it."""
    holdings: list[PastHolding]
    """Largest value first, debts last."""
    accounts: list[PastLoad]
    """Those that had been loaded by then."""


def to_composition(past: Past) -> PastComposition:
    return PastComposition(
        at=timestamp(past.moment),
        usd=text(past.total.usd),
        btc=text(past.total.btc),
        complete=past.complete,
        carried=past.carried,
        imported=past.imported,
        known=past.known,
        holdings=[_holding(line) for line in past.lines],
        accounts=[_load(account, past) for account in past.accounts],
    )


def _holding(line: PastLine) -> PastHolding:
    return PastHolding(
        currency_code=line.asset,
        amount=text(line.amount),
        usd=None if line.usd is None else text(line.usd),
        btc=None if line.btc is None else text(line.btc),
        percentage=text(line.percentage, 2),
    )


def _load(account: PastAccount, past: Past) -> PastLoad:
    snapshot = account.snapshot
    return PastLoad(
        account_id=snapshot.account_id,
        taken_at=timestamp(snapshot.taken_at),
        usd=text(snapshot.total.usd),
        btc=text(snapshot.total.btc),
        complete=snapshot.complete,
        carried=is_carried(account, past.moment),
        imported=bool(snapshot.origin),
        known=account.stakes is not None,
    )
