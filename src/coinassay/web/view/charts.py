"""What the charts' scripts are given, and what is said to who does not see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from coinassay.domain.money import add_up, plain, rounded
from coinassay.web.format import Format
from coinassay.web.view.shares import Slice, gathered

REST = -1
"""The colour of "Other"."""
WHOLE = Decimal(1000)
SPOKEN = 6
"""Slices that are named in a chart's description."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A point of a history, in the currency it is shown in."""

    at: datetime
    total: Decimal
    deposits: Decimal


@dataclass(frozen=True, slots=True)
class Bar:
    colour: int
    width: Decimal


def bars(slices: Sequence[Slice]) -> list[Bar]:
    """The parts of a bar of shares, 1000 wide in all."""
    shown, rest = gathered(slices)
    parts = [Bar(each.colour, rounded(each.share, 1) * 10) for each in shown]
    if rest:
        parts.append(Bar(REST, WHOLE - add_up(part.width for part in parts)))
    return parts


def shares(slices: Sequence[Slice], fmt: Format) -> dict[str, Any]:
    """Rows for js/charts/shares.js: the first `shown` are slices of their own, the others gather in `other`.

    Numbers to draw with are JSON numbers, numbers to read are texts.
    """
    shown, rest = gathered(slices)
    return {
        "rows": [_row(each, fmt) for each in (*shown, *rest)],
        "shown": len(shown),
        "other": {
            "share": _drawn(add_up(each.share for each in rest)),
            "percent": str(fmt.percent(add_up(each.share for each in rest))),
            "value": fmt.money_text(add_up(each.usd for each in rest)),
            "detail": f"{len(rest)} more",
        },
    }


def in_words(slices: Sequence[Slice], fmt: Format) -> str:
    """A description of the chart; shares only, so that it says nothing that privacy mode hides."""
    positive = [each for each in slices if each.usd > 0]
    if not positive:
        return "Nothing to divide up."
    parts = [f"{each.label} {fmt.percent(each.share)}" for each in positive[:SPOKEN]]
    more = len(positive) - SPOKEN
    return "Shares: " + ", ".join(parts) + (f", and {more} more in the table." if more > 0 else ".")


def _row(each: Slice, fmt: Format) -> dict[str, Any]:
    return {
        "key": each.key,
        "label": each.label,
        "detail": each.detail,
        "colour": each.colour,
        "share": _drawn(each.share),
        "percent": str(fmt.percent(each.share)),
        "value": fmt.money_text(each.usd),
        "amount": "" if each.amount is None else fmt.amount_text(each.amount, each.key),
    }


def _drawn(share: Decimal) -> float:
    """For drawing only: a share of 100, no money."""
    return float(rounded(share, 4))


def history(points: Sequence[Shown], currency: str, places: int) -> dict[str, Any]:
    """For js/charts/history.js: points and deposits, amounts as plain texts."""
    return {
        "currency": currency,
        "places": places,
        "points": [[_when(point.at), plain(rounded(point.total, places))] for point in points],
        "flows": [
            [point.at.date().isoformat(), plain(rounded(point.deposits, places))] for point in points if point.deposits
        ],
    }


def _when(at: datetime) -> str:
    """A day where it is its beginning, otherwise the moment."""
    return at.strftime("%Y-%m-%dT%H:%M:%S" if (at.hour or at.minute or at.second) else "%Y-%m-%d")
