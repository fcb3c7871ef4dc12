"""Statements, and the documents made of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.web.pdf import group, money, statement_pdf
from coinassay.web.view.statement import AccountLine, DayLine, Figures, HoldingLine, Statement

FIGURES = Figures(D("100.005"), D("20"), D("5"), D("-3.000001"), D("112.004999"))
STATEMENT = Statement(
    owner="Алиса 中",
    first=date(2026, 10, 1),
    last=date(2026, 10, 31),
    currency="USD",
    made_at=datetime(2026, 11, 1, tzinfo=UTC),
    figures=FIGURES,
    accounts=(AccountLine("<b>Main</b>", "Binance", D("112.004999"), "partial"),),
    holdings=(HoldingLine("BTC", "Bitcoin", D("0.00123"), D("112")), HoldingLine("XYZ", "", D("1E-7"), None)),
    days=tuple(DayLine(date(2026, 10, day), FIGURES, "carried" if day == 3 else "") for day in range(1, 32)),
    notes=("1 coin has no price.",),
)


def test_figures_add_up_or_say_so() -> None:
    assert FIGURES.adds_up
    assert not replace(FIGURES, closing=D("112.00499900000000000000000000000000000000001")).adds_up


@pytest.mark.parametrize(
    ("first", "last", "title"),
    [
        (date(2026, 3, 3), date(2026, 3, 3), "3 March 2026"),
        (date(2026, 2, 1), date(2026, 2, 28), "February 2026"),
        (date(2026, 12, 1), date(2026, 12, 31), "December 2026"),
        (date(2026, 1, 1), date(2026, 12, 31), "2026"),
        (date(2026, 1, 1), date(2026, 2, 28), "1 January 2026 to 28 February 2026"),
        (date(2026, 2, 2), date(2026, 2, 28), "2 February 2026 to 28 February 2026"),
    ],
)
def test_a_period_in_words(first: date, last: date, title: str) -> None:
    assert title == replace(STATEMENT, first=first, last=last).title


def test_the_digest_is_of_the_figures() -> None:
    later = replace(STATEMENT, made_at=datetime(2027, 1, 1, tzinfo=UTC))
    assert STATEMENT.digest == later.digest
    same = replace(STATEMENT, figures=replace(FIGURES, deposits=D("20.00")))
    assert STATEMENT.digest == same.digest
    other = replace(STATEMENT, figures=replace(FIGURES, deposits=D("20.01")))
    assert STATEMENT.digest != other.digest


@pytest.mark.parametrize(
    ("amount", "places", "text"),
    [
        ("1234567.805", 2, "1,234,567.81"),
        ("-1234.5", 2, "-1,234.50"),
        ("-0.001", 2, "0.00"),
        ("999", 0, "999"),
        ("1000", 0, "1,000"),
        ("0.000000015", 8, "0.00000002"),
    ],
)
def test_money(amount: str, places: int, text: str) -> None:
    assert text == money(D(amount), places)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**30), max_value=10**30))
def test_grouping_changes_no_digit(amount: D) -> None:
    text = format(amount, "f")
    grouped = group(text)
    assert text == grouped.replace(",", "")
    assert all(len(part) == 3 for part in grouped.partition(".")[0].lstrip("-").split(",")[1:])


def test_a_document_is_made_of_it() -> None:
    made = statement_pdf(STATEMENT)
    assert made.startswith(b"%PDF-")
    assert made.rstrip().endswith(b"%%EOF")
    assert b"/JavaScript" not in made
    assert b"/URI" not in made


def test_the_smallest_statement_is_a_document_too() -> None:
    empty = Statement("x", date(2026, 1, 1), date(2026, 1, 1), "BTC", STATEMENT.made_at, Figures())
    assert statement_pdf(empty, 8).startswith(b"%PDF-")
