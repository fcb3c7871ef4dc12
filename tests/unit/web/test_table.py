"""Tables that leave the house."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.web.view.table import Row, to_csv, to_json

COLUMNS = ("asset", "amount", "usd", "at", "day", "complete")
ROW: Row = {
    "asset": "BTC",
    "amount": Decimal("0.123456789012345678901234567890"),
    "usd": None,
    "at": datetime(2026, 11, 1, 12, tzinfo=UTC),
    "day": date(2026, 11, 1),
    "complete": True,
}


def test_every_digit_leaves() -> None:
    assert (
        "asset,amount,usd,at,day,complete\r\n"
        "BTC,0.12345678901234567890123456789,,2026-11-01T12:00:00Z,2026-11-01,true\r\n"
    ) == to_csv(COLUMNS, [ROW])
    assert [
        {
            "asset": "BTC",
            "amount": "0.12345678901234567890123456789",
            "usd": None,
            "at": "2026-11-01T12:00:00Z",
            "day": "2026-11-01",
            "complete": True,
        }
    ] == json.loads(to_json(COLUMNS, [ROW]))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_name_becomes_a_formula(text: str) -> None:
    ((cell,),) = list(csv.reader(io.StringIO(to_csv(("name",), [{"name": text}]), newline="")))[1:]
    assert "'" + text == cell


def test_a_negative_number_stays_a_number() -> None:
    assert "amount\r\n-1.5\r\n" == to_csv(("amount",), [{"amount": Decimal("-1.5")}])


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])).filter(lambda text: text[:1] not in "=+-@"))
def test_any_text_is_read_back(text: str) -> None:
    (_, (cell, _)) = list(csv.reader(io.StringIO(to_csv(("name", "n"), [{"name": text, "n": 1}]), newline="")))
    assert text == cell
    assert [{"name": text, "n": 1}] == json.loads(to_json(("name", "n"), [{"name": text, "n": 1}]))
