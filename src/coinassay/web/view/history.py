"""A history thinned to what a chart can show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from coinassay.domain.series import Point

POINTS_A_PIXEL = 2
NARROWEST, WIDEST, STEP = 320, 1920, 160
"""Widths in pixels that are told apart: a finished answer is kept for each."""


class Span(StrEnum):
    WEEK = "1W"
    MONTH = "1M"
    QUARTER = "3M"
    YEAR = "1Y"
    ALL = "All"

    @property
    def length(self) -> timedelta | None:
        days = {"1W": 7, "1M": 30, "3M": 91, "1Y": 365}.get(self.value)
        return None if days is None else timedelta(days=days)


def span_of(text: str | None) -> Span:
    """What the address asked for; the last three months where it did not say."""
    return next((span for span in Span if span.value.lower() == (text or "").lower()), Span.QUARTER)


def width_of(text: str | None) -> int:
    """The width asked for, as one of the few that are told apart."""
    width = int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else 960
    return min(max(-(-width // STEP) * STEP, NARROWEST), WIDEST)


def thin(points: Sequence[Point], width: int) -> list[Point]:
    """At most about `POINTS_A_PIXEL` points for each pixel, oldest first: the first, the last, the lowest and the
    highest of each stretch of time, and every day with a deposit or withdrawal."""
    stretches = max(1, width * POINTS_A_PIXEL // 2)
    if len(points) <= stretches * 2:
        return list(points)
    kept = {0, len(points) - 1}
    size = -(-len(points) // stretches)
    for begin in range(0, len(points), size):
        places = range(begin, min(begin + size, len(points)))
        kept.add(min(places, key=lambda n: points[n].total.usd))
        kept.add(max(places, key=lambda n: points[n].total.usd))
    kept.update(n for n, point in enumerate(points) if point.deposits.usd)
    return [points[n] for n in sorted(kept)]


def change(points: Sequence[Point]) -> Decimal | None:
    """Where the last point stands in relation to the first, in USD; None without two of them."""
    return points[-1].total.__sub__(points[0].total).usd if len(points) > 1 else None
