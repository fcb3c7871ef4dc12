"""The bundled daily closes."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from coinassay.domain.quotes import Edge
from coinassay.domain.rates import DAILY_CLOSE
from coinassay.pricing.closes import MAX_GAP, Closes

CLOSES = Closes()


@pytest.mark.parametrize(
    ("code", "day", "close"),
    [
        ("BTC", "2014-09-17", "457.33401489"),
        ("BTC", "2014-09-18", "424.44000244"),
        ("LTC", "2014-09-17", "5.05854988"),
    ],
)
def test_a_close_has_the_digits_of_its_source(code: str, day: str, close: str) -> None:
    assert (date.fromisoformat(day), Decimal(close)) == CLOSES.find(code, date.fromisoformat(day))


def test_every_close_of_the_source_is_there() -> None:
    """The table they were gathered in (SOURCES.md), written again row by row, has its old checksum."""
    rows = []
    for code in CLOSES.codes:
        day, _ = CLOSES.latest(code) or (None, None)
        while day is not None and (close := CLOSES.find(code, day)) is not None and close[0] == day:
            rows.append(f"{day},{code},{close[1]:f}\n")
            day -= timedelta(days=1)
    text = "date,code,close_usd\n" + "".join(sorted(rows))
    assert (
        "ed2f4b7c74d688e9ae05e41ef5f949e75ffdd505cd535fa1c13863766c3a0446" == hashlib.sha256(text.encode()).hexdigest()
    )


def test_before_the_first_day_there_is_none() -> None:
    assert None is CLOSES.find("BTC", date(2014, 9, 16))
    assert None is CLOSES.find("NOSUCHCOIN", date(2024, 1, 1))
    assert None is CLOSES.latest("NOSUCHCOIN")


def test_after_the_last_day_the_last_close_serves_for_a_week() -> None:
    last = CLOSES.latest("BTC")
    assert last is not None
    assert date(2024, 12, 31) == last[0]
    assert last == CLOSES.find("BTC", last[0]) == CLOSES.find("BTC", last[0] + MAX_GAP)
    assert None is CLOSES.find("BTC", last[0] + MAX_GAP + timedelta(days=1))


def test_as_a_source_of_quotes_they_are_marked_with_their_day() -> None:
    graph = CLOSES.graph(datetime(2026, 3, 1, tzinfo=UTC))
    edge = graph.edge("BTC", "USD")
    assert isinstance(edge, Edge)
    last = CLOSES.latest("BTC")
    assert last is not None
    assert (DAILY_CLOSE, datetime(2024, 12, 31, tzinfo=UTC), last[1]) == (edge.leg.source, edge.leg.at, edge.leg.price)
    assert len(graph) == len(CLOSES.codes)
    assert "daily close" in graph.absent
