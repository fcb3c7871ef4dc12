"""When an account is read again: spread evenly, back in step after anything, off where it must be."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.refresh import (
    FIRST_DELAY,
    LONGEST,
    LONGEST_DELAY,
    OFF,
    SHORTEST,
    Paused,
    Refresh,
    Rhythm,
    read_interval,
    write_interval,
)
from coinassay.errors import CredentialsRejected, ExchangeThrottled, ExchangeUnavailable

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEN = timedelta(minutes=10)

intervals = st.integers(30, 7 * 86400).map(lambda seconds: timedelta(seconds=seconds))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ids = st.integers(1, 2**31 - 1)


def rhythm(default: timedelta = TEN, chance: float = 0.5) -> Rhythm:
    return Rhythm(default, lambda: chance)


def account(account_id: int = 1, every: timedelta | None = None, **more: object) -> Refresh:
    return replace(Refresh(account_id, 1, NOW, every), **more)  # type: ignore[arg-type]


def after_load(refresh: Refresh, now: datetime, of: Rhythm) -> datetime:
    at = of.after_load(refresh, now)
    assert at is not None
    return at


def delay(failures: int, every: timedelta | None = None, chance: float = 0.0) -> timedelta:
    at = rhythm(chance=chance).after_failure(account(every=every, failures=failures), ExchangeUnavailable(), NOW)
    assert at is not None
    return at - NOW


# ---------------------------------------------------------------------------------------------- after a good load


@given(ids, intervals, moments, st.floats(0, 1))
def test_the_next_load_is_about_an_interval_away(
    account_id: int, every: timedelta, now: datetime, chance: float
) -> None:
    at = after_load(account(account_id, every), now, rhythm(chance=chance))
    assert every * 0.45 <= at - now <= every * 1.55


@given(ids, intervals, moments)
def test_an_account_keeps_its_place(account_id: int, every: timedelta, now: datetime) -> None:
    """Without chance, and with loads that take no time, it comes exactly once in each interval."""
    first = after_load(account(account_id, every), now, rhythm())
    assert every == after_load(account(account_id, every), first, rhythm()) - first


def test_accounts_are_spread_evenly_also_after_all_were_loaded_at_once() -> None:
    chance = random.Random(7)
    accounts = [account(account_id) for account_id in range(1, 1001)]
    spread = Rhythm(TEN, chance.random)
    minutes = Counter((after_load(each, NOW, spread) - NOW) // timedelta(minutes=1) for each in accounts)
    middle = [minutes[minute] for minute in range(6, 14)]
    assert 80 <= min(middle)
    assert max(middle) <= 120


def test_they_stay_spread_with_chance_for_a_day() -> None:
    chance = random.Random(7)
    spread = Rhythm(TEN, chance.random)
    due = dict.fromkeys(range(1, 501), NOW)
    loads = Counter[int]()
    for account_id, at in due.items():
        while at < NOW + timedelta(days=1):
            at = after_load(account(account_id), at, spread)
            loads[(at - NOW) // timedelta(minutes=1)] += 1
    settled = [loads[minute] for minute in range(60, 1430)]
    assert 500 * 1370 / 10 == pytest.approx(sum(settled), rel=0.01)
    assert max(settled) <= 2 * 500 / 10


def test_chance_comes_from_what_was_given() -> None:
    one, other, third = (Rhythm(TEN, random.Random(seed).random) for seed in (1, 1, 2))
    first = [after_load(account(n), NOW, one) for n in range(1, 9)]
    assert first == [after_load(account(n), NOW, other) for n in range(1, 9)]
    assert first != [after_load(account(n), NOW, third) for n in range(1, 9)]


@given(ids, intervals, moments, moments)
def test_a_clock_that_jumps_puts_nothing_off_for_longer_than_that(
    account_id: int, every: timedelta, now: datetime, then: datetime
) -> None:
    """Whatever was stored, what is settled next is within one and a half intervals."""
    at = after_load(account(account_id, every, next_at=then, refreshed_at=then), now, rhythm())
    assert at - now <= every * 1.5


# ---------------------------------------------------------------------------------------------- after a failure


def test_failures_put_it_off_twice_as_long_each_time_up_to_a_limit() -> None:
    minutes = [delay(failures) / timedelta(minutes=1) for failures in range(1, 9)]
    assert [10, 20, 40, 80, 160, 320, 360, 360] == minutes
    assert LONGEST_DELAY == delay(10**6)


def test_one_that_is_loaded_often_is_tried_again_soon_and_one_loaded_daily_is_too() -> None:
    assert timedelta(seconds=30) == delay(1, SHORTEST)
    assert timedelta(minutes=1) == delay(2, SHORTEST)
    assert FIRST_DELAY == delay(1, timedelta(days=1))
    assert timedelta(days=1) == delay(20, timedelta(days=1)), "never more often than when it works, in the end"


def test_chance_only_makes_it_later() -> None:
    assert TEN * 1.1 == delay(1, chance=1.0)


@pytest.mark.parametrize("failures", [0, 1, 9])
def test_the_exchange_says_when_it_wants_to_be_asked_again(failures: int) -> None:
    error = ExchangeThrottled(retry_after=45)
    at = rhythm(chance=0.0).after_failure(account(failures=failures), error, NOW)
    assert NOW + timedelta(seconds=45) == at


def test_a_limit_without_a_time_is_a_failure_like_others() -> None:
    at = rhythm(chance=0.0).after_failure(account(failures=2), ExchangeThrottled(), NOW)
    assert NOW + 2 * TEN == at


def test_a_rejected_key_is_not_tried_again() -> None:
    assert rhythm().after_failure(account(failures=1, rejected=True), CredentialsRejected(), NOW) is None


def test_a_key_that_was_changed_meanwhile_is_tried_again() -> None:
    assert rhythm().after_failure(account(failures=1), CredentialsRejected(), NOW) is not None


# ---------------------------------------------------------------------------------------------- off and paused


@pytest.mark.parametrize(("default", "every"), [(OFF, None), (TEN, OFF), (OFF, OFF)])
def test_what_is_off_is_never_due(default: timedelta, every: timedelta | None) -> None:
    off = account(every=every, failures=1)
    for at in (
        rhythm(default).after_load(off, NOW),
        rhythm(default).after_failure(off, ExchangeUnavailable(), NOW),
        rhythm(default).soon(1, every, NOW),
    ):
        assert at is None
    assert Paused.OFF is rhythm(default).paused(off)


def test_an_interval_of_its_own_counts_where_the_installations_is_off() -> None:
    assert rhythm(OFF).after_load(account(every=TEN), NOW) is not None
    assert Paused.NO is rhythm(OFF).paused(account(every=TEN))


def test_a_rejected_key_is_the_reason_that_matters() -> None:
    assert Paused.KEY is rhythm(OFF).paused(account(rejected=True))
    assert not Paused.NO
    assert Paused.KEY


@given(ids, intervals, moments)
def test_an_account_nothing_is_known_of_is_due_within_an_interval(
    account_id: int, every: timedelta, now: datetime
) -> None:
    at = rhythm().soon(account_id, every, now)
    assert at is not None
    assert timedelta(0) <= at - now < every


# ---------------------------------------------------------------------------------------------- as text


@given(intervals)
def test_an_interval_is_read_as_it_is_written(interval: timedelta) -> None:
    assert interval == read_interval(write_interval(interval))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10m", 600), ("30s", 30), ("2h", 7200), ("7d", 604800), (" 1D ", 86400), ("90", 90), ("off", 0), ("OFF", 0)],
)
def test_intervals_have_units(text: str, seconds: int) -> None:
    assert timedelta(seconds=seconds) == read_interval(text)


@pytest.mark.parametrize(
    "text", ["", "29s", "0", "0m", "8d", "10 m", "1.5h", "-10m", "m", "10y", "١٠m", "default", "9999999d"]
)
def test_what_is_no_interval_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"write for example|is not from 30s to 7d"):
        read_interval(text)


def test_the_bounds_are_intervals() -> None:
    assert ("30s", "7d", "off") == (write_interval(SHORTEST), write_interval(LONGEST), write_interval(OFF))
