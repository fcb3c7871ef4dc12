"""Counting, with the time as an argument."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.exchanges.meters import GRAIN, Bucket, Window

# ------------------------------------------------------------------------------------------------------- bucket


def test_a_burst_goes_at_once_and_the_rest_flows() -> None:
    bucket = Bucket(rate=2, burst=3, now=0)
    for _ in range(3):
        assert 0 == bucket.wait(1, 0)
        bucket.take(1, 0)
    assert 0.5 == bucket.wait(1, 0)
    assert 1.0 == bucket.wait(1, 0, ahead=1)
    assert 0 == bucket.wait(1, 0.5)


def test_what_costs_more_than_a_burst_passes_when_the_bucket_is_full_and_leaves_a_debt() -> None:
    bucket = Bucket(rate=1, burst=2, now=0)
    assert 0 == bucket.wait(40, 0)
    bucket.take(40, 0)
    assert 39 == bucket.wait(1, 0)
    bucket.give_back(40)
    assert 0 == bucket.wait(1, 0)


def test_nothing_flows_in_during_a_pause() -> None:
    bucket = Bucket(rate=1, burst=5, now=0)
    bucket.take(5, 0)
    bucket.pause(10, 0)
    assert 11 == bucket.wait(1, 0)
    assert 1 == bucket.wait(1, 10)
    bucket.pause(1, 0)
    assert 1 == bucket.wait(1, 10)


@given(
    st.lists(st.tuples(st.floats(0, 5), st.floats(0.01, 3)), min_size=1, max_size=60),
    st.floats(0.1, 50),
    st.floats(1, 20),
)
def test_no_stretch_of_time_ever_sees_more_than_burst_and_rate(
    steps: list[tuple[float, float]], rate: float, burst: float
) -> None:
    bucket = Bucket(rate, burst, 0)
    now, taken = 0.0, []
    for pause, cost in steps:
        now += pause
        now += bucket.wait(cost, now)
        assert bucket.wait(cost, now) <= 1e-6
        bucket.take(cost, now)
        taken.append((now, cost))
    for start, (begin, _) in enumerate(taken):
        for end, last in taken[start:]:
            inside = sum(cost for at, cost in taken if begin <= at <= end)
            # The last one may leave a debt when it costs more than a burst.
            assert inside - max(0.0, last - burst) <= burst + rate * (end - begin) + max(c for _, c in taken) + 1e-6


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (1, 0), (-1, 1)])
def test_a_bucket_that_lets_nothing_pass_is_a_mistake(rate: float, burst: float) -> None:
    with pytest.raises(ValueError, match="above zero"):
        Bucket(rate, burst, 0)


# ------------------------------------------------------------------------------------------------------- window


def test_a_whole_window_goes_at_once_and_the_next_a_window_after_the_answers() -> None:
    window = Window(units=10, seconds=60, kept=0, now=0)
    for _ in range(5):
        assert 0 == window.wait(2, 0)
        window.take(2, 0)
    assert 60 == window.wait(2, 0)
    for second in range(5):
        window.end(2, second)
    assert 56 == window.wait(2, 4)
    assert 57 == window.wait(2, 4, ahead=2)
    assert 0 == window.wait(2, 60)
    assert 1 == window.wait(4, 60)
    assert 4 == window.wait(10, 60)


def test_what_waits_behind_several_windows_is_told_so() -> None:
    window = Window(units=10, seconds=60, kept=0, now=0)
    assert 0 == window.wait(1, 0, ahead=9)
    assert 60 == window.wait(1, 0, ahead=10)
    assert 60 == window.wait(1, 0, ahead=19)
    assert 120 == window.wait(1, 0, ahead=20)
    window.take(10, 0)
    assert 60 == window.wait(1, 0, ahead=9)
    assert 120 == window.wait(1, 0, ahead=10)


def test_something_is_kept_for_what_everybody_waits_for() -> None:
    window = Window(units=10, seconds=60, kept=3, now=0)
    window.take(7, 0)
    assert 60 == window.wait(1, 0)
    assert 0 == window.wait(3, 0, shared=True)
    assert 60 == window.wait(4, 0, shared=True)


def test_what_was_never_sent_comes_back_at_once() -> None:
    window = Window(units=10, seconds=60, kept=0, now=0)
    window.take(10, 0)
    window.end(4, 1)
    window.give_back(6)
    assert 0 == window.wait(6, 1)
    assert 60 == window.wait(7, 1)


def test_what_costs_more_than_a_window_passes_when_nothing_else_is_under_way() -> None:
    window = Window(units=10, seconds=60, kept=2, now=0)
    assert 0 == window.wait(50, 0)
    window.take(1, 0)
    assert 60 == window.wait(50, 0)


def test_a_pause_holds_a_window_up_and_changes_nothing_else() -> None:
    window = Window(units=10, seconds=60, kept=0, now=0)
    window.pause(30, 0)
    assert 30 == window.wait(10, 0)
    window.take(10, 30)
    window.end(10, 31)
    assert 61 == window.wait(1, 30)


def test_thousands_of_answers_are_kept_as_a_few_numbers() -> None:
    window = Window(units=1e6, seconds=60, kept=0, now=0)
    for n in range(30_000):
        window.take(0.1, n / 500)
        window.end(0.1, n / 500)
    assert len(window._answered) <= 60 / GRAIN + 1
    assert 3000 == pytest.approx(window._past)
    window.wait(1, 1000)
    assert 0 == window._past


@pytest.mark.parametrize(("units", "seconds", "kept"), [(0, 60, 0), (10, 0, 0), (10, 60, 10), (10, 60, -1)])
def test_a_window_that_lets_nothing_pass_is_a_mistake(units: float, seconds: float, kept: float) -> None:
    with pytest.raises(ValueError, match="above zero"):
        Window(units, seconds, kept, 0)


@given(
    st.lists(st.tuples(st.floats(0, 20), st.floats(0.1, 5), st.floats(0, 9)), min_size=1, max_size=80),
    st.integers(0, 2**32),
)
def test_no_minute_of_any_clock_ever_counts_more(steps: list[tuple[float, float, float]], seed: int) -> None:
    """Whenever the exchange counts a request between its sending and its answer, and however the minutes lie."""
    chance = random.Random(seed)
    window = Window(units=20, seconds=60, kept=0, now=0)
    now = 0.0
    under_way: list[tuple[float, float]] = []
    counted: list[tuple[float, float]] = []

    def answer(until: float) -> None:
        for at, cost in sorted(under_way):
            if at <= until:
                window.end(cost, at)
                under_way.remove((at, cost))

    for pause, cost, latency in steps:
        now += pause
        answer(now)
        while (wait := window.wait(cost, now)) > 1e-6:
            now = min([now + wait, *(at for at, _ in under_way)])
            answer(now)
        window.take(cost, now)
        under_way.append((now + latency, cost))
        counted.append((chance.uniform(now, now + latency), cost))
    for begin, _ in counted:
        assert sum(cost for at, cost in counted if begin <= at < begin + 60) <= 20 + 1e-6
