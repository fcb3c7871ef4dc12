"""Money as text: plain, exact, rounded half-up."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.api.wire.account import timestamp
from coinassay.api.wire.display import Shown
from coinassay.api.wire.numbers import encode, number, text

PLAIN = re.compile(r"-?(0|[1-9][0-9]*)\.([0-9]*[1-9]|0)")
WIDE = Context(prec=500, rounding=ROUND_HALF_UP)

decimals = st.builds(
    lambda sign, digits, exponent: Decimal((sign, tuple(map(int, str(digits))), exponent)),
    st.integers(0, 1),
    st.integers(0, 10**40),
    st.integers(-60, 20),
)


@given(decimals)
def test_text_is_plain_and_exact(value: Decimal) -> None:
    written = text(value)
    assert PLAIN.fullmatch(written)
    assert Decimal(written) == value
    assert written != "-0.0"


@given(decimals)
def test_a_number_has_the_digits_of_the_text(value: Decimal) -> None:
    assert encode([number(value), text(value)]) == f'[{text(value)},"{text(value)}"]'.encode()
    assert json.loads(encode(number(value)), parse_float=Decimal) == value


@given(decimals, st.sampled_from([2, 4, 8]))
def test_rounding_is_half_up(value: Decimal, places: int) -> None:
    written = Decimal(text(value, places))
    assert written == WIDE.quantize(value, Decimal((0, (1,), -places)))
    assert WIDE.abs(WIDE.subtract(written, value)) <= Decimal((0, (5,), -places - 1))


@pytest.mark.parametrize(
    ("value", "places", "written"),
    [
        ("20.310", None, "20.31"),
        ("9.52E-5", None, "0.0000952"),
        ("1E+3", None, "1000.0"),
        ("65.10", None, "65.1"),
        ("-0", None, "0.0"),
        ("-0.004", 2, "0.0"),
        ("0.005", 2, "0.01"),
        ("-0.005", 2, "-0.01"),
        ("2.675", 2, "2.68"),
        ("0.28478606", 2, "0.28"),
        ("100", 2, "100.0"),
        ("0.000000004", 8, "0.0"),
    ],
)
def test_examples(value: str, places: int | None, written: str) -> None:
    assert text(Decimal(value), places) == written
    assert encode(number(Decimal(value), places)) == written.encode()


def test_amounts_in_the_display_currency() -> None:
    euros = Shown("EUR", Decimal("7.210986753244349"), Decimal("107.5"), Decimal(8), Decimal(100))
    assert encode(euros.amount) == b'{"currency":"EUR","amount":"7.210986753244349"}'
    assert encode(euros.numeric) == b'{"currency":"EUR","amount":7.210986753244349}'
    assert encode(euros.percentage(2)) == b'{"currency":"EUR","amount":"7.19"}'


def test_amounts_that_cannot_be_told_in_it() -> None:
    unknown = Shown("EUR", None, Decimal("107.5"), Decimal(8), Decimal(108))
    assert encode(unknown.amount) == b'{"currency":"USD","amount":"8.0"}'
    assert encode(unknown.percentage(2)) == b'{"currency":"USD","amount":"8.0"}'


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2023, 6, 19, 16, 50, 57, 303_999, tzinfo=UTC), "2023-06-19T16:50:57.303Z"),
        (datetime(2023, 6, 19, tzinfo=UTC), "2023-06-19T00:00:00.000Z"),
        (datetime(2023, 6, 19, 1, tzinfo=timezone(timedelta(hours=2))), "2023-06-18T23:00:00.000Z"),
    ],
)
def test_times_are_utc_with_milliseconds(moment: datetime, written: str) -> None:
    assert timestamp(moment) == written
