"""Value day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.series import Point, Record, daily, day_of, days, start_of
from coinassay.domain.snapshot import Flow, FlowKind, Money, Snapshot

FIRST = date(2026, 3, 1)
HOUR = timedelta(hours=1)


def money(usd: int) -> Money:
    return Money(Decimal(usd), Decimal(usd) / 50)


def on(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def snapshot(at: datetime, usd: int) -> Snapshot:
    return Snapshot(1, at, money(usd))


def deposit(at: datetime, usd: int) -> Flow:
    return Flow(1, at, FlowKind.DEPOSIT, money(usd))


def read(points: tuple[Point, ...]) -> list[tuple[str, int, int]]:
    return [
        (point.at.strftime("%d %H:%M"), int(point.total.usd), int(point.deposits.usd))
        for point in points
        if point.total.btc == point.total.usd / 50 and point.deposits.btc == point.deposits.usd / 50
    ]


def test_one_point_a_day_and_one_for_now() -> None:
    record = Record([snapshot(on(1, 12), 10), snapshot(on(2, 23), 20)], [deposit(on(1, 12), 10)], money(25))
    points = daily([record], FIRST, date(2026, 3, 3), on(3, 7))
    assert [("01 00:00", 10, 10), ("02 00:00", 20, 0), ("03 00:00", 20, 0), ("03 07:00", 25, 0)] == read(points)


def test_the_last_snapshot_of_a_day_counts() -> None:
    record = Record([snapshot(on(1, 8), 10), snapshot(on(1, 20), 11)])
    assert [("01 00:00", 11, 0)] == read(daily([record], FIRST, FIRST))


def test_a_value_from_before_is_carried_forward() -> None:
    record = Record([snapshot(datetime(2026, 1, 5, tzinfo=UTC), 7)], [deposit(on(2, 3), 1)])
    assert [("01 00:00", 7, 0), ("02 00:00", 7, 1)] == read(daily([record], FIRST, date(2026, 3, 2)))


def test_days_before_anything_is_known_are_left_out() -> None:
    record = Record([snapshot(on(3, 1), 5)], [deposit(on(1), 9)])
    assert [("03 00:00", 5, 0)] == read(daily([record], FIRST, date(2026, 3, 3)))
    assert () == daily([Record([])], FIRST, date(2026, 3, 3), on(3, 1))
    assert () == daily([], FIRST, date(2026, 3, 3), on(3, 1))


def test_accounts_are_added_up_each_from_its_first_day() -> None:
    one = Record([snapshot(on(1, 1), 10), snapshot(on(3, 1), 12)], now=money(13))
    other = Record([snapshot(on(2, 1), 100)], [deposit(on(2, 1), 100)], money(90))
    points = daily([one, other], FIRST, date(2026, 3, 3), on(3, 9))
    assert [("01 00:00", 10, 0), ("02 00:00", 110, 100), ("03 00:00", 112, 0), ("03 09:00", 103, 0)] == read(points)


def test_days_are_those_of_utc() -> None:
    evening = datetime.fromisoformat("2026-03-01T23:30:00-05:00")
    assert date(2026, 3, 2) == day_of(evening)
    assert [date(2026, 2, 28), FIRST] == list(days(date(2026, 2, 28), FIRST))
    assert [] == list(days(FIRST, date(2026, 2, 28)))


moments = st.integers(0, 24 * 20).map(lambda n: on(1) + n * HOUR)


@given(
    taken=st.dictionaries(moments, st.integers(-50, 50), max_size=15),
    flows=st.lists(st.tuples(moments, st.integers(-50, 50)), max_size=8),
    span=st.tuples(st.integers(0, 25), st.integers(0, 25)).map(sorted),
)
def test_points_are_what_their_definition_says(
    taken: dict[datetime, int], flows: list[tuple[datetime, int]], span: list[int]
) -> None:
    first, last = (FIRST + timedelta(days=n) for n in span)
    known = [snapshot(at, usd) for at, usd in sorted(taken.items()) if day_of(at) <= last]
    points = daily([Record(known, [deposit(at, usd) for at, usd in flows])], first, last)
    expected = []
    for day in days(first, last):
        before = [usd for at, usd in sorted(taken.items()) if day_of(at) <= day]
        if before:
            of_day = sum(usd for at, usd in flows if day_of(at) == day)
            expected.append((start_of(day), Decimal(before[-1]), Decimal(of_day)))
    assert expected == [(point.at, point.total.usd, point.deposits.usd) for point in points]
