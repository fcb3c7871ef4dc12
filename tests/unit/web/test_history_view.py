"""Thinning a history keeps whatever somebody would miss."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.series import Point
from coinassay.domain.snapshot import Money
from coinassay.web.view.history import Span, span_of, thin, width_of

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)

histories = st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from([0, 0, 0, 0, 5, -5])), max_size=400).map(
    lambda days: [
        Point(BEGIN + timedelta(days=n), Money(Decimal(value)), Money(Decimal(flow)))
        for n, (value, flow) in enumerate(days)
    ]
)


@given(histories, st.integers(1, 40))
def test_what_is_left_is_in_order_and_was_there(points: list[Point], width: int) -> None:
    left = thin(points, width)
    assert left == [point for point in points if point in left]


@given(histories, st.integers(1, 40))
def test_ends_extremes_and_every_deposit_are_kept(points: list[Point], width: int) -> None:
    left = thin(points, width)
    for kept in (points[:1], points[-1:], [point for point in points if point.deposits.usd]):
        assert all(point in left for point in kept)
    if points:
        values = [point.total.usd for point in points]
        assert {min(values), max(values)} <= {point.total.usd for point in left}


@given(histories, st.integers(1, 40))
def test_a_chart_gets_about_two_points_for_each_pixel(points: list[Point], width: int) -> None:
    left = [point for point in thin(points, width) if not point.deposits.usd]
    assert len(left) <= 2 * width + 2


def test_a_short_history_is_left_as_it_is() -> None:
    points = [Point(BEGIN + timedelta(days=n), Money(Decimal(n)), Money()) for n in range(100)]
    assert points == thin(points, 320)


def test_what_the_address_says_is_read_kindly() -> None:
    assert (Span.YEAR, Span.ALL, Span.QUARTER, Span.QUARTER) == (
        span_of("1y"),
        span_of("ALL"),
        span_of("2y"),
        span_of(None),
    )
    assert (320, 960, 1920, 960, 960) == (
        width_of("1"),
        width_of("801"),
        width_of("99999"),
        width_of("٣"),
        width_of("-1"),
    )
