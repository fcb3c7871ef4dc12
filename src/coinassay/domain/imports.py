"""The past as another program knew it: a saved `balance_chart_data` answer of 3Commas, and what becomes of it.

A row is a UTC day: its date is 00:00:00, its value that of the day's end, its deposits those of the day. The last row
of an answer up to the present is of the moment it was made. Everything from our own first load on is left to what we
measured.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from coinassay.domain.money import ZERO, NotANumber, decimal_of
from coinassay.domain.series import ONE_DAY, day_of, start_of
from coinassay.domain.snapshot import Flow, FlowKind, FlowSource, Money, Snapshot
from coinassay.errors import CoinassayError

ORIGIN = "3commas"
SUMMARY_WORDS = frozenset({"summary", "0", 0})

_TICK = timedelta(microseconds=1)
_EARLIEST = datetime(2009, 1, 3, tzinfo=UTC)
"""The first Bitcoin: what is dated before is not in seconds."""
_COLUMNS = ("usd", "btc")
_ALL = {"date", *_COLUMNS, *(f"{name}_deposit_amount" for name in _COLUMNS)}


class BadAnswer(CoinassayError):
    """What is not an answer that can be imported, and why."""

    code = "bad_answer"


@dataclass(frozen=True, slots=True)
class DayKnown:
    """A UTC day as another program knew it."""

    at: datetime
    """Of the value: the last moment of the day, or the one the answer was made at."""
    total: Money
    deposits: Money
    """Net, of the day."""

    @property
    def day(self) -> date:
        return day_of(self.at)


def read_answer(document: bytes, now: datetime) -> Sequence[DayKnown]:
    """The days of a saved answer, oldest first: a list of rows, or an object or py3cw's pair around it.

    Raises BadAnswer.
    """
    try:
        found = json.loads(document, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as e:
        raise BadAnswer("is not JSON") from e
    rows = _rows(found)
    if not rows:
        raise BadAnswer("has no rows")
    read = [_row(number, row, now) for number, row in enumerate(rows, start=1)]
    for number, ((before, _, _), (after, _, _)) in enumerate(itertools.pairwise(read), start=2):
        if after <= before:
            raise BadAnswer(f"row {number} is not later than the one before it")
        if day_of(before) == day_of(after) and number < len(read):
            raise BadAnswer(f"rows {number - 1} and {number} are of one day")
    days = {day_of(at): DayKnown(_end_of(at), total, deposits) for at, total, deposits in read[:-1]}
    at, total, deposits = read[-1]
    same_day = days.get(day_of(at))
    days[day_of(at)] = DayKnown(_end_of(at), total, deposits if same_day is None else same_day.deposits)
    return list(days.values())


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _rows(found: Any) -> Sequence[Any]:
    """Raises BadAnswer where there are none, and for an answer about all accounts together."""
    if isinstance(found, dict):
        if any(found.get(name) in SUMMARY_WORDS for name in ("id", "account_id") if _is_plain(found.get(name))):
            raise BadAnswer(ABOUT_SUMMARY)
        if found.get("error"):
            raise BadAnswer(f"is an error: {found['error']}")
        lists = [value for value in found.values() if isinstance(value, (list, dict))]
        if len(lists) == 1:
            return _rows(lists[0])
        raise BadAnswer("holds no list of rows")
    if not isinstance(found, list):
        raise BadAnswer("holds no list of rows")
    if len(found) == 2 and isinstance(found[1], list) and not (isinstance(found[0], dict) and "date" in found[0]):
        return _rows(found[1])
    return found


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def _row(number: int, row: Any, now: datetime) -> tuple[datetime, Money, Money]:
    if not isinstance(row, dict):
        raise BadAnswer(f"row {number} is not an object")
    if missing := sorted(_ALL - row.keys()):
        raise BadAnswer(f"row {number} has no {missing[0]}")
    amounts: dict[str, Decimal] = {}
    for name in sorted(_ALL - {"date"}):
        try:
            amounts[name] = decimal_of(row[name])
        except NotANumber as e:
            raise BadAnswer(f"row {number}: {name} is not a decimal number") from e
    return (
        _moment(number, row["date"], now),
        Money(amounts["usd"], amounts["btc"]),
        Money(amounts["usd_deposit_amount"], amounts["btc_deposit_amount"]),
    )


def _moment(number: int, value: Any, now: datetime) -> datetime:
    seconds = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise BadAnswer(f"row {number}: date is not a number of seconds since 1970")
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError) as e:
        raise BadAnswer(f"row {number}: date is not a number of seconds since 1970") from e
    if not _EARLIEST <= moment <= now:
        raise BadAnswer(f"row {number}: date is not between 2009 and now, in seconds since 1970")
    return moment


def _end_of(moment: datetime) -> datetime:
    """The last moment of the day that a date of 00:00:00 stands for."""
    return moment + ONE_DAY - _TICK if moment == start_of(day_of(moment)) else moment


ABOUT_SUMMARY = (
    "is about all accounts together, which cannot be divided among them; ask for balance_chart_data with the id of "
    "each account in the place of summary and import each answer into its own account"
)


def merge(answers: Mapping[str, Sequence[DayKnown]], stored: Sequence[DayKnown], until: datetime) -> Sequence[DayKnown]:
    """All days before `until` once, oldest first. Of a day that is known twice the later moment counts: an answer ends
    in the middle of a day that a later answer knows to its end. What is imported now stands above what is `stored`.

    `answers`: by the name of their file. Raises BadAnswer where two of them disagree about a day: they are of different
    accounts then.
    """
    days: dict[date, tuple[DayKnown, str]] = {}
    for name, answer in answers.items():
        for each in answer:
            if each.at >= until:
                continue
            known, source = days.get(each.day, (each, name))
            if known.at == each.at and (known.total, known.deposits) != (each.total, each.deposits):
                raise BadAnswer(f"{source} and {name} disagree about {each.day}; are they of one account?")
            days[each.day] = (each, name) if each.at > known.at else (known, source)
    for each in stored:
        if each.day not in days or each.at > days[each.day][0].at:
            days[each.day] = each, ""
    return [days[day][0] for day in sorted(days)]


def stored_days(snapshots: Sequence[Snapshot], flows: Sequence[Flow]) -> Sequence[DayKnown]:
    """The days that `records_of` made these snapshots and flows of."""
    deposits = {flow.reference: flow.money for flow in flows}
    return [
        DayKnown(snapshot.taken_at, snapshot.total, deposits.get(_reference(day_of(snapshot.taken_at)), Money()))
        for snapshot in snapshots
    ]


def records_of(
    account_id: int, days: Sequence[DayKnown], measured: Snapshot, openings: Money
) -> tuple[Sequence[Snapshot], Sequence[Flow]]:
    """Snapshots and flows of the days, which lie before `measured`, our own first load. Nothing where there are none.

    What the first day began with counts as a deposit, as it does at a first load. Our own first load counted what it
    found as a deposit, too (`openings`): that is taken back, because it is what has become of the past. What happened
    between the last imported day and that load is profit or loss, as no flow is known of it.
    """
    if not days:
        return (), ()
    snapshots = [Snapshot(account_id, each.at, each.total, origin=ORIGIN) for each in days]

    def flow(at: datetime, kind: FlowKind, money: Money, reference: str) -> Flow:
        return Flow(account_id, at, kind, money, reference=reference, source=FlowSource.IMPORT)

    flows = [
        flow(
            start_of(each.day),
            FlowKind.WITHDRAWAL if (each.deposits.usd or each.deposits.btc) < ZERO else FlowKind.DEPOSIT,
            each.deposits,
            _reference(each.day),
        )
        for each in days
    ]
    first = days[0]
    flows.append(flow(start_of(first.day), FlowKind.OPENING, first.total - first.deposits, f"{ORIGIN}:opening"))
    flows.append(flow(measured.taken_at, FlowKind.OPENING, -openings, f"{ORIGIN}:measured"))
    return snapshots, [each for each in flows if each.money != Money()]


def _reference(day: date) -> str:
    return f"{ORIGIN}:{day.isoformat()}"
