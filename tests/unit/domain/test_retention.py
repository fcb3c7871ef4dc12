"""For how long snapshots are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.retention import DAY, DEFAULT, FOR_EVER, HOUR, Cuts, Retention, cuts, retention_of, superseded

NOW = datetime(2026, 3, 10, 12, 34, 56, 789, tzinfo=UTC)


def test_written_as_days() -> None:
    assert DEFAULT == retention_of("7d/90d") == Retention(7 * DAY, 90 * DAY)
    assert Retention(DAY, DAY) == retention_of("1D/1d")
    assert Retention(FOR_EVER, FOR_EVER) == retention_of("Off")


@pytest.mark.parametrize(
    "text", ["", "7d", "7/90", "0d/90d", "8d/7d", "-1d/5d", "7d/90d/", "7 d/90d", "1d/99999d", "٧d/٩d"]
)
def test_what_is_no_retention(text: str) -> None:
    with pytest.raises(ValueError, match="for example 7d/90d"):
        retention_of(text)


def test_no_hour_or_day_is_thinned_in_part() -> None:
    assert Cuts(datetime(2026, 3, 3, 12, tzinfo=UTC), datetime(2025, 12, 10, tzinfo=UTC)) == cuts(DEFAULT, NOW)
    short = cuts(Retention(DAY, DAY), NOW)
    assert Cuts(datetime(2026, 3, 9, 12, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC)) == short
    assert cuts(retention_of("off"), NOW).hourly < datetime(1930, 1, 1, tzinfo=UTC)


@given(
    minutes=st.lists(st.integers(0, 10_000), unique=True).map(sorted),
    step=st.sampled_from([HOUR, DAY]),
    at_once=st.integers(2, 9),
)
def test_the_last_of_each_step_stays_also_where_they_are_looked_at_in_parts(
    minutes: list[int], step: timedelta, at_once: int
) -> None:
    moments = [NOW + minute * timedelta(minutes=1) for minute in minutes]
    gone = superseded(moments, step)
    buckets = {(at - datetime(1970, 1, 1, tzinfo=UTC)) // step: at for at in moments}
    assert sorted(buckets.values()) == [at for at in moments if at not in set(gone)]
    parts = [moments[place : place + at_once] for place in range(0, len(moments), at_once - 1)]
    assert gone == sorted({at for part in parts for at in superseded(part, step)})
