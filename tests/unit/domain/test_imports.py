"""Saved 3Commas answers: what is read of them, and what is refused."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.imports import BadAnswer, DayKnown, merge, read_answer
from coinassay.domain.series import ONE_DAY
from coinassay.domain.snapshot import Money

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
END = ONE_DAY - timedelta(microseconds=1)


def row(at: datetime, usd: Any = 100.5, deposit: Any = 0, **more: Any) -> dict[str, Any]:
    return {
        "date": int(at.timestamp()),
        "usd": usd,
        "btc": "0.0015",
        "btc_deposit_amount": "0.0",
        "usd_deposit_amount": deposit,
        **more,
    }


def read(document: Any) -> list[DayKnown]:
    return list(read_answer(json.dumps(document).encode(), NOW))


def days(count: int) -> list[dict[str, Any]]:
    return [row(FIRST + n * ONE_DAY, n) for n in range(count)]


def test_a_row_is_a_day_and_its_value_that_of_the_days_end() -> None:
    (day,) = read([row(FIRST, "31210.9867532", "-7.25", extra="ignored")])
    assert DayKnown(FIRST + END, Money(Decimal("31210.9867532"), Decimal("0.0015")), Money(Decimal("-7.25"))) == day


def test_numbers_keep_all_their_digits() -> None:
    text = json.dumps([row(FIRST)]).replace("100.5", "0.1234567890123456789012345678901234567890")
    (day,) = read_answer(text.encode(), NOW)
    assert Decimal("0.1234567890123456789012345678901234567890") == day.total.usd


def test_the_last_row_is_of_the_moment_the_answer_was_made_at() -> None:
    noon = FIRST + ONE_DAY + timedelta(hours=12)
    found = read([row(FIRST, 1), row(FIRST + ONE_DAY, 2, 5), row(noon, 3, 0)])
    assert [(FIRST + END, 1, 0), (noon, 3, 5)] == [(day.at, int(day.total.usd), int(day.deposits.usd)) for day in found]
    (alone,) = read([row(noon, 3, 4)])
    assert (noon, Money(Decimal(4))) == (alone.at, alone.deposits)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda rows: rows,
        lambda rows: {"data": rows},
        lambda rows: {"response": {"rows": rows}, "status": 200},
        lambda rows: [{}, rows],
        lambda rows: [None, rows],
        lambda rows: {"account_id": 12345678, "rows": rows},
    ],
)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_an_answer_however_it_is_wrapped(wrap: Any, count: int) -> None:
    assert read(days(count)) == read(wrap(days(count)))
    assert count == len(read(wrap(days(count))))


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ([], "has no rows"),
        ({}, "holds no list of rows"),
        ("text", "holds no list of rows"),
        (17, "holds no list of rows"),
        ({"a": [], "b": []}, "holds no list of rows"),
        ({"error": "api_key_invalid_or_expired", "rows": []}, "is an error: api_key_invalid_or_expired"),
        ([{"error": True, "msg": "x"}, {}], "row 1 has no btc"),
        ([{"error": True, "msg": "x"}, []], "has no rows"),
        ({"account_id": 0, "rows": days(2)}, "all accounts together"),
        ({"id": "summary", "rows": days(2)}, "all accounts together"),
        ([row(FIRST), "text"], "row 2 is not an object"),
        ([row(FIRST), {"date": 1}], "row 2 has no btc"),
        ([row(FIRST, "1e999")], "row 1: usd is not a decimal number"),
        ([row(FIRST, "NaN")], "row 1: usd is not a decimal number"),
        ([row(FIRST, None)], "row 1: usd is not a decimal number"),
        ([row(FIRST, True)], "row 1: usd is not a decimal number"),
        ([row(FIRST, 1, "a lot")], "row 1: usd_deposit_amount is not a decimal number"),
        ([row(FIRST) | {"date": "2026-03-01"}], "row 1: date is not a number of seconds"),
        ([row(FIRST) | {"date": 1.5}], "row 1: date is not a number of seconds"),
        ([row(FIRST) | {"date": True}], "row 1: date is not a number of seconds"),
        ([row(FIRST) | {"date": 10**20}], "row 1: date is not a number of seconds"),
        (
            [row(FIRST) | {"date": 1772323200000}],
            "row 1: date is not a number of seconds since 1970|between 2009 and now",
        ),
        ([row(FIRST) | {"date": 0}], "row 1: date is not between 2009 and now"),
        ([row(NOW + timedelta(seconds=1))], "row 1: date is not between 2009 and now"),
        ([row(FIRST), row(FIRST)], "row 2 is not later than the one before it"),
        ([row(FIRST + ONE_DAY), row(FIRST)], "row 2 is not later than the one before it"),
        ([row(FIRST), row(FIRST + timedelta(hours=1)), row(FIRST + ONE_DAY)], "rows 1 and 2 are of one day"),
    ],
)
def test_what_is_not_an_answer_is_refused_with_the_row(document: Any, problem: str) -> None:
    with pytest.raises(BadAnswer, match=problem):
        read(document)


@pytest.mark.parametrize("text", [b"", b"<html>", b"[NaN]", b"\xff\xfe", b"[" * 100_000, b'{"a":'])
def test_what_is_not_json_is_refused(text: bytes) -> None:
    with pytest.raises(BadAnswer, match="is not JSON"):
        read_answer(text, NOW)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["date", "usd", "rows"]), inner),
    )
)
def test_whatever_it_is_it_is_an_answer_or_refused(document: Any) -> None:
    with suppress(BadAnswer):
        assert read(document)


def test_of_a_day_that_is_known_twice_the_later_moment_counts() -> None:
    noon = DayKnown(FIRST + timedelta(hours=12), Money(Decimal(1)), Money())
    whole = DayKnown(FIRST + END, Money(Decimal(2)), Money())
    for answers in ({"a": [noon], "b": [whole]}, {"a": [whole], "b": [noon]}):
        assert [whole] == merge(answers, [], NOW)
    assert [whole] == merge({"a": [noon]}, [whole], NOW)
    assert [whole] == merge({"a": [whole]}, [noon], NOW)
    corrected = DayKnown(FIRST + END, Money(Decimal(3)), Money())
    assert [corrected] == merge({"a": [corrected]}, [whole], NOW)
    assert [noon] == merge({"a": [noon], "b": [whole]}, [], FIRST + END), "what we measured ourselves is left out"
