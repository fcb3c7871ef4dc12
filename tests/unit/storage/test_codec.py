"""The way of a value into the database and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.records import exact_decimals, moments

from coinassay.storage.codec import (
    EXACT,
    FLAG,
    IDS,
    MOMENT,
    MOMENTS,
    SQLITE_BINDS,
    SQLITE_COLUMNS,
    exact_to_text,
    integer_to_moment,
    moment_to_integer,
)


@given(exact_decimals)
def test_every_digit_comes_back(number: Decimal) -> None:
    text = SQLITE_BINDS[EXACT](number)
    back = SQLITE_COLUMNS[EXACT](text)
    assert isinstance(back, Decimal)
    assert number.as_tuple() == back.as_tuple(), "also the sign of zero and the zeros at the end"


@pytest.mark.parametrize("wrong", [0.1, 1, "1", True])
def test_only_decimals_are_exact(wrong: object) -> None:
    with pytest.raises(TypeError, match="is not a Decimal"):
        exact_to_text(wrong)  # type: ignore[arg-type]  # the point of the test


@pytest.mark.parametrize("wrong", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_not_stored(wrong: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        exact_to_text(Decimal(wrong))


@given(moments)
def test_every_microsecond_comes_back(moment: datetime) -> None:
    assert moment == integer_to_moment(moment_to_integer(moment))


def test_a_moment_is_the_same_in_every_zone() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    elsewhere = noon.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert 1772366400_000000 == moment_to_integer(noon) == moment_to_integer(elsewhere)
    assert timedelta(0) == integer_to_moment(moment_to_integer(elsewhere)).utcoffset()


def test_a_time_without_a_zone_says_no_moment() -> None:
    with pytest.raises(TypeError):
        moment_to_integer(datetime(2026, 3, 1, 12))  # noqa: DTZ001  (the point of the test)


@given(st.lists(st.integers(-(2**63), 2**63 - 1)), st.lists(moments))
def test_lists_are_one_parameter(ids: list[int], times: list[datetime]) -> None:
    assert ids == json.loads(str(SQLITE_BINDS[IDS](ids)))
    assert times == [integer_to_moment(n) for n in json.loads(str(SQLITE_BINDS[MOMENTS](times)))]


def test_every_codec_has_a_way_in_and_columns_a_way_out() -> None:
    assert {EXACT, MOMENT, FLAG, IDS, MOMENTS} == set(SQLITE_BINDS)
    assert {EXACT, MOMENT, FLAG} == set(SQLITE_COLUMNS)
    assert SQLITE_COLUMNS[FLAG](1) is True
