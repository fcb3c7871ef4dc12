"""Pauses, bans and their end."""

from __future__ import annotations

import pytest

from coinassay.api.limits import LONGEST_BAN, RateLimit, RateLimiter
from coinassay.errors import Banned, TooManyRequests


class Now:
    """A clock set by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def limiter(now: Now) -> RateLimiter:
    return RateLimiter(RateLimit(requests=3, period=60, pause=300), now)


def outcome(limiter: RateLimiter, who: str = "alice") -> str:
    try:
        limiter.count(who)
    except Banned as e:
        return f"banned {e.retry_after}"
    except TooManyRequests as e:
        return f"wait {e.retry_after}"
    return "ok"


def outcomes(limiter: RateLimiter, number: int, who: str = "alice") -> list[str]:
    return [outcome(limiter, who) for _ in range(number)]


def test_the_documented_limit_is_the_default() -> None:
    assert RateLimit() == RateLimit(requests=100, period=60, pause=300)


def test_one_too_many_waits(limiter: RateLimiter) -> None:
    assert outcomes(limiter, 4) == ["ok", "ok", "ok", "wait 300"]
    assert outcome(limiter, "bob") == "ok"


def test_a_new_minute_begins_anew(limiter: RateLimiter, now: Now) -> None:
    assert outcomes(limiter, 3) == ["ok"] * 3
    now.seconds += 60
    assert outcomes(limiter, 4) == ["ok", "ok", "ok", "wait 300"]


def test_the_minute_begins_with_the_first_request(limiter: RateLimiter, now: Now) -> None:
    assert outcomes(limiter, 3) == ["ok"] * 3
    now.seconds += 59.9
    assert outcome(limiter) == "wait 300"


def test_a_pause_ends(limiter: RateLimiter, now: Now) -> None:
    outcomes(limiter, 4)
    now.seconds += 299.5
    assert outcome(limiter) == "wait 1"
    now.seconds += 0.5
    assert outcomes(limiter, 4) == ["ok", "ok", "ok", "wait 300"]


def test_who_goes_on_is_banned_and_waiting_ends_it(limiter: RateLimiter, now: Now) -> None:
    outcomes(limiter, 4)
    assert outcomes(limiter, 5) == ["wait 300"] * 3 + ["banned 120", "banned 120"]
    now.seconds += 119
    assert outcomes(limiter, 20) == ["banned 1"] * 20
    now.seconds += 1
    assert outcomes(limiter, 4) == ["ok", "ok", "ok", "wait 300"]


def test_bans_grow_up_to_three_days_and_are_forgiven_after_a_quiet_one(limiter: RateLimiter, now: Now) -> None:
    bans = []
    for _ in range(8):
        outcomes(limiter, 4 + 3)
        bans.append(outcome(limiter))
        now.seconds += int(bans[-1].split()[1])
    assert bans == [f"banned {seconds}" for seconds in (120, 480, 1920, 7680, 30720, 122880, 259200, 259200)]
    assert LONGEST_BAN == 259200

    now.seconds += 24 * 3600
    assert outcomes(limiter, 8)[-1] == "banned 120"


def test_memory_is_bounded_and_whoever_goes_on_stays_remembered(now: Now) -> None:
    limiter = RateLimiter(RateLimit(requests=3), now, capacity=10)
    outcomes(limiter, 4)
    for number in range(1000):
        outcome(limiter, f"stranger {number}")
        assert outcome(limiter) != "ok"
    assert len(limiter) == 10
