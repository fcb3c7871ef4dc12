"""The profit ledger: what an account, or several together, were worth day by day, and why that changed.

For each UTC day, all in one currency:

    closing = value after the day's last load + flows that load had not seen yet + what was on its way between accounts
    profit  = closing - opening - net deposits, and the opening of a day is the closing of the day before

so that the profits of any days add up to closing(last) - opening(first) - net deposits, exactly. Up to the present
moment that is the total profit of domain.profit: V(now) - F(-inf, now).

A day without a load carries the last value on, and what is known to have moved in or out since then with it: a deposit
that no load has seen yet is no loss of its day. A transfer between two of the accounts is no flow of them together;
between its legs the amount is on its way (`in_transit`) and missing nowhere; what is missing at the end is the fee.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from coinassay.domain.money import CONTEXT, ZERO, add_up, divide
from coinassay.domain.profit import matched
from coinassay.domain.rates import BTC, USD
from coinassay.domain.series import ONE_DAY, day_of, start_of
from coinassay.domain.snapshot import Flow, FlowKind, Leg, Money, Snapshot

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class History:
    """What is known of one account: the input of `Bookkeeper`."""

    account_id: int
    snapshots: Sequence[Snapshot]
    """Oldest first: at least the last of each day that has one, and the last before the first day."""
    flows: Sequence[Flow]
    """All since the first of `snapshots`; where that is the first of all, the earlier ones, too."""
    now: Money | None = None
    """What it is worth now; None: as in its last snapshot."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One day, or several, in one currency."""

    opening: Decimal = ZERO
    deposits: Decimal = ZERO
    withdrawals: Decimal = ZERO
    """As a positive amount."""
    in_transit: Decimal = ZERO
    """At the end: what has left one account and not reached the other."""
    pending: Decimal = ZERO
    """At the end: flows after the last load, which the loaded value does not contain yet."""
    closing: Decimal = ZERO
    """With `in_transit` and `pending`."""

    @property
    def net_deposits(self) -> Decimal:
        return CONTEXT.subtract(self.deposits, self.withdrawals)

    @property
    def profit(self) -> Decimal:
        return CONTEXT.subtract(CONTEXT.subtract(self.closing, self.opening), self.net_deposits)


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    usd: Figures
    btc: Figures
    display: Figures | None
    """In the display currency; None where no rate is known for it."""
    carried: bool
    """An account's value is that of an earlier day: it was not loaded on this one."""
    partial: bool
    """A wallet could not be read at an account's last load; its last good balances are in the value."""
    imported: bool
    """An account's value is as another program knew it."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The days, oldest first, and their totals."""

    days: tuple[Day, ...]
    usd: Figures
    btc: Figures
    display: Figures | None
    """None where one of the days has none."""

    @classmethod
    def nothing(cls) -> Ledger:
        """Of no days."""
        return cls((), Figures(), Figures(), Figures())


@dataclass(frozen=True, slots=True)
class Counted:
    """A flow that counts, on its day."""

    place: int
    """Index of the day's state."""
    at: datetime
    money: Money
    incoming: bool


@dataclass(frozen=True, slots=True)
class State:
    """How things stand at the end of a day."""

    end: datetime
    value: Money
    in_transit: Money
    pending: Money
    carried: bool
    partial: bool
    imported: bool

    @property
    def closing(self) -> Money:
        return self.value + self.in_transit + self.pending


@dataclass(frozen=True, slots=True)
class Book:
    """Everything a ledger is worked out from, before it is in a currency."""

    first: date
    states: tuple[State, ...]
    """At the end of the day before `first`, and of each day."""
    flows: tuple[Counted, ...]

    @property
    def moments(self) -> tuple[datetime, ...]:
        """Those at which a display currency's rate is needed: the end of each day, then each flow."""
        return (*(state.end for state in self.states), *(flow.at for flow in self.flows))


class Bookkeeper:
    """Makes the book of accounts together, for each UTC day from `first` to `last`, both included.

    `now`: the present moment, where `last` is its day; the last state is then as of now, with what the accounts are
    worth now. `legs`: of transfers of these accounts, for what stays among them to be no flow; none for one account.
    """

    def __init__(self, first: date, last: date, now: datetime | None = None, legs: Iterable[Leg] = ()) -> None:
        # Changes from day to day: index 0 is the day before the first one, `_count` the last one.
        self._first = first
        self._count = (last - first).days + 1
        self._now = now
        self._present = Money()
        self._flows: list[Counted] = []
        self._transfers = matched(legs)
        self._value: dict[int, Money] = {}
        self._pending: dict[int, Money] = {}
        self._in_transit: dict[int, Money] = {}
        self._known: Counter[int] = Counter()
        self._loaded: Counter[int] = Counter()
        self._partial: Counter[int] = Counter()
        self._imported: Counter[int] = Counter()
        for transfer in self._transfers.values():
            self._add_transfer(transfer)

    def add(self, history: History) -> None:
        """One more account."""
        self._add_snapshots(history.snapshots)
        self._add_pending(history)
        self._flows += self._counted(history.flows)
        value = history.snapshots[-1].total if history.snapshots else Money()
        self._present = self._present + (value if history.now is None else history.now)

    def book(self) -> Book:
        """Of the accounts so far."""
        return Book(
            self._first, tuple(self._states()), tuple(sorted(self._flows, key=lambda flow: (flow.place, flow.at)))
        )

    def _place(self, moment: datetime) -> int:
        """Below 1 for what lies before the first day; what lies in the future belongs to the present day."""
        place = (day_of(moment) - self._first).days + 1
        return place if self._now is None else min(place, self._count)

    def _add_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        if not snapshots:
            return  # an account that was loaded after these days only
        before = Money()
        places = [max(self._place(snapshot.taken_at), 0) for snapshot in snapshots]
        for snapshot, place, until in zip(snapshots, places, [*places[1:], self._count + 1], strict=True):
            _add(self._value, place, snapshot.total - before)
            before = snapshot.total
            for held, counter in ((not snapshot.complete, self._partial), (bool(snapshot.origin), self._imported)):
                if held:
                    counter[place] += 1
                    counter[until] -= 1
        self._loaded.update(set(places))
        self._known[places[0]] += 1

    def _add_pending(self, history: History) -> None:
        """From a flow's day to the day of the first load after it."""
        times = [snapshot.taken_at for snapshot in history.snapshots]
        for flow in history.flows:
            seen = bisect_left(times, flow.at)
            until = max(self._place(times[seen]), 0) if seen < len(times) else self._count + 1
            self._span(self._pending, max(self._place(flow.at), 0), until, flow.money)

    def _add_transfer(self, legs: Sequence[Leg]) -> None:
        """From each leg to the last of them the amount is on its way."""
        until = max(self._place(legs[-1].at), 0)
        for leg in legs:
            self._span(self._in_transit, max(self._place(leg.at), 0), until, -leg.money)

    def _span(self, column: dict[int, Money], start: int, until: int, money: Money) -> None:
        if start < until:
            _add(column, start, money)
            _add(column, until, -money)

    def _counted(self, flows: Sequence[Flow]) -> Iterable[Counted]:
        """The flows of the days that are not transfers among the accounts. What a load found is one amount a day: an
        import takes back the opening of the first load, and neither is a deposit or withdrawal then."""
        openings: dict[int, Money] = {}
        own = [(self._place(flow.at), flow) for flow in flows if flow.link not in self._transfers]
        shown = [(place, flow) for place, flow in own if 1 <= place <= self._count]
        for place, flow in shown:
            if flow.kind is FlowKind.OPENING:
                _add(openings, place, flow.money)
        for place, flow in shown:
            whole = openings[place] if flow.kind is FlowKind.OPENING else flow.money
            yield Counted(place, flow.at, flow.money, (whole.usd or whole.btc) >= ZERO)

    def _states(self) -> Iterable[State]:
        value = in_transit = pending = Money()
        known = partial = imported = 0
        for place in range(self._count + 1):
            value = value + self._value.get(place, Money())
            in_transit = in_transit + self._in_transit.get(place, Money())
            pending = pending + self._pending.get(place, Money())
            known += self._known[place]
            partial += self._partial[place]
            imported += self._imported[place]
            state = State(
                end=start_of(self._first + place * ONE_DAY) - _TICK,
                value=value,
                in_transit=in_transit,
                pending=pending,
                carried=self._loaded[place] < known,
                partial=partial > 0,
                imported=imported > 0,
            )
            if place == self._count and self._now is not None:
                # The account's own figures count every flow that is known, seen by a load or not.
                state = replace(state, end=self._now, value=self._present, pending=Money())
            yield state


def _add(column: dict[int, Money], place: int, money: Money) -> None:
    column[place] = column[place] + money if place in column else money


def close_book(book: Book, currency: str = USD, rates: Sequence[Decimal | None] = ()) -> Ledger:
    """The ledger. `currency`: the one to display; unless it is USD or BTC with `rates`, USD for one unit of it at each
    of `Book.moments`."""
    usd, btc = _exact(book, lambda money: money.usd), _exact(book, lambda money: money.btc)
    known = {USD: usd, BTC: btc}.get(currency)
    display = _converted(book, rates) if known is None else known
    days = tuple(
        Day(
            day=book.first + place * ONE_DAY,
            usd=usd[place],
            btc=btc[place],
            display=display[place],
            carried=state.carried,
            partial=state.partial,
            imported=state.imported,
        )
        for place, state in enumerate(book.states[1:])
    )
    shown = [figures for figures in display if figures is not None]
    return Ledger(days, _total(usd), _total(btc), _total(shown) if len(shown) == len(display) else None)


def _exact(book: Book, amount: Callable[[Money], Decimal]) -> Sequence[Figures]:
    """A row for each day, in one of the currencies everything is kept in."""
    return [each for each in _figures(book, lambda money, _: amount(money)) if each is not None]


def _converted(book: Book, rates: Sequence[Decimal | None]) -> Sequence[Figures | None]:
    """A row for each day; None where one of its rates is not known."""

    def convert(money: Money, place: int) -> Decimal | None:
        rate = rates[place]
        return ZERO if not money.usd else divide(money.usd, rate) if rate else None

    return _figures(book, convert)


def _figures(book: Book, convert: Callable[[Money, int], Decimal | None]) -> list[Figures | None]:
    """A row for each day. `convert` is given an amount and the index of its moment."""
    states = book.states
    closing = [convert(state.closing, n) for n, state in enumerate(states)]
    deposits: list[list[Decimal | None]] = [[] for _ in states]
    withdrawals: list[list[Decimal | None]] = [[] for _ in states]
    for n, flow in enumerate(book.flows, start=len(states)):
        money = flow.money if flow.incoming else -flow.money
        (deposits if flow.incoming else withdrawals)[flow.place].append(convert(money, n))
    rows: list[Figures | None] = []
    for place in range(1, len(states)):
        parts = (
            closing[place - 1],
            _sum(deposits[place]),
            _sum(withdrawals[place]),
            convert(states[place].in_transit, place),
            convert(states[place].pending, place),
            closing[place],
        )
        known = [part for part in parts if part is not None]
        rows.append(Figures(*known) if len(known) == len(parts) else None)
    return rows


def _sum(amounts: Sequence[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return add_up(known) if len(known) == len(amounts) else None


def _total(days: Sequence[Figures]) -> Figures:
    """What the days come to."""
    if not days:
        return Figures()
    return Figures(
        opening=days[0].opening,
        deposits=add_up(day.deposits for day in days),
        withdrawals=add_up(day.withdrawals for day in days),
        in_transit=days[-1].in_transit,
        pending=days[-1].pending,
        closing=days[-1].closing,
    )
