"""Value day by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.series import Point, daily, day_of, days, start_of
from coinassay.domain.snapshot import Flow, FlowKind, Money

FIRST = date(2026, 3, 1)
HOUR = timedelta(hours=1)


def money(usd: int) -> Money:
    return Money(Decimal(usd), Decimal(usd) / 50)


def on(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def deposit(at: datetime, usd: int) -> Flow:
    return Flow(1, at, FlowKind.DEPOSIT, money(usd))


def read(points: Sequence[Point]) -> list[tuple[str, int, int]]:
    return [
        (point.at.strftime("%d %H:%M"), int(point.total.usd), int(point.deposits.usd))
        for point in points
        if point.total.btc == point.total.usd / 50 and point.deposits.btc == point.deposits.usd / 50
    ]


def test_one_point_a_day_with_what_was_deposited_in_it() -> None:
    flows = [deposit(on(1, 12), 10), deposit(on(2, 0), 3), deposit(on(2, 23), 4), deposit(on(4, 0), 9)]
    points = daily([money(10), money(20), money(20)], FIRST, flows)
    assert [("01 00:00", 10, 10), ("02 00:00", 20, 7), ("03 00:00", 20, 0)] == read(points)


def test_no_days_no_points() -> None:
    assert [] == daily([], FIRST, [deposit(on(1), 1)])


def test_days_are_those_of_utc() -> None:
    evening = datetime.fromisoformat("2026-03-01T23:30:00-05:00")
    assert date(2026, 3, 2) == day_of(evening)
    assert [date(2026, 2, 28), FIRST] == list(days(date(2026, 2, 28), FIRST))
    assert [] == list(days(FIRST, date(2026, 2, 28)))


moments = st.integers(0, 24 * 20).map(lambda n: on(1) + n * HOUR)


@given(
    totals=st.lists(st.integers(-50, 50), max_size=25),
    flows=st.lists(st.tuples(moments, st.integers(-50, 50)), max_size=8),
)
def test_points_are_what_their_definition_says(totals: list[int], flows: list[tuple[datetime, int]]) -> None:
    points = daily([money(total) for total in totals], FIRST, [deposit(at, usd) for at, usd in flows])
    expected = []
    for n, total in enumerate(totals):
        day = FIRST + timedelta(days=n)
        of_day = sum(usd for at, usd in flows if day_of(at) == day)
        expected.append((start_of(day), Decimal(total), Decimal(of_day)))
    assert expected == [(point.at, point.total.usd, point.deposits.usd) for point in points]
