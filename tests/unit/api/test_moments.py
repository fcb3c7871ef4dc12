"""Moments as clients write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.api.moments import moment_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-09-18T18:58:55.469Z", "2024-09-18T18:58:55.469+00:00"),
        ("2024-09-18", "2024-09-18T00:00:00+00:00"),
        ("2024-09-18T18:58:55", "2024-09-18T18:58:55+00:00"),
        ("2024-09-18T18:58", "2024-09-18T18:58:00+00:00"),
        ("2024-09-18 18:58:55", "2024-09-18T18:58:55+00:00"),
        ("2024-09-18T18:58:55+00:00", "2024-09-18T18:58:55+00:00"),
        ("2024-09-18T18:58:55 02:00", "2024-09-18T16:58:55+00:00"),
        ("2024-09-18T18:58:55-0530", "2024-09-19T00:28:55+00:00"),
        ("2024-09-18t18:58:55.4z", "2024-09-18T18:58:55.4+00:00"),
        ("2024-09-18T18:58:55.123456789Z", "2024-09-18T18:58:55.123456+00:00"),
        (" 2024-09-18 ", "2024-09-18T00:00:00+00:00"),
    ],
)
def test_what_is_understood(text: str, expected: str) -> None:
    assert moment_of(text) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2024-02-30",
        "2024-9-18",
        "18.09.2024",
        "2024-09-18T25:00:00Z",
        "2024-09-18T18:58:55+99:00",
        "2024-09-18T18:58:55 02",
        "0001-01-01T00:00:00+14:00",
        "0000-01-01",
        "9999-12-31T23:59:59-14:00",
        "٢٠٢٤-٠٩-١٨",
        "2024-09-18Z",
        "2024-09-18T18:58:55.Z",
        "1726685935",
    ],
)
def test_what_is_not(text: str) -> None:
    assert moment_of(text) is None


zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


since, until = (datetime(year, 1, 2, tzinfo=UTC).replace(tzinfo=None) for year in (1970, 2199))


@given(st.datetimes(since, until, timezones=zones))
def test_what_python_writes_is_read(moment: datetime) -> None:
    text = moment.isoformat()
    assert moment_of(text) == moment == moment_of(text.replace("+", " "))


@given(st.text(max_size=40))
def test_anything_else_is_none_or_a_moment_in_utc(text: str) -> None:
    moment = moment_of(text)
    assert moment is None or moment.tzinfo is UTC
