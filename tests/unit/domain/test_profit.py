"""Profit with deposits and withdrawals taken out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.money import ZERO, exact, plain, rounded
from coinassay.domain.profit import DAY, matched, moved_inside, net_deposits, percentage, period_profit
from coinassay.domain.snapshot import Flow, FlowKind, Leg, Money, Snapshot

NOW = datetime(2024, 9, 4, 12, tzinfo=UTC)


def money(usd: str, btc: str = "0") -> Money:
    return Money(Decimal(usd), Decimal(btc))


def flow(usd: str, hours_ago: int) -> Flow:
    kind = FlowKind.WITHDRAWAL if usd.startswith("-") else FlowKind.DEPOSIT
    return Flow(1, NOW - timedelta(hours=hours_ago), kind, money(usd))


def snapshot(usd: str, hours_ago: int) -> Snapshot:
    return Snapshot(1, NOW - timedelta(hours=hours_ago), money(usd))


def test_a_deposit_is_not_a_gain_and_a_withdrawal_is_not_a_loss() -> None:
    start = snapshot("100", 24)
    assert money("10") == period_profit(money("110"), start, [])
    assert money("0") == period_profit(money("150"), start, [flow("50", 5)])
    assert money("3") == period_profit(money("63"), start, [flow("-40", 5)])


def test_what_was_paid_in_before_the_period_does_not_count() -> None:
    start = snapshot("100", 24)
    flows = [flow("1000", 25), flow("1000", 24), flow("7", 23)]  # at the start itself: it is in V(start)
    assert money("3") == period_profit(money("110"), start, flows)


def test_without_a_start_nothing_was_earned() -> None:
    assert Money() == period_profit(money("110"), None, [flow("5", 1)])


def test_net_deposits_in_a_half_open_period() -> None:
    flows = [flow("1", 30), flow("2", 24), flow("4", 12), flow("-3", 0)]
    assert money("4") == net_deposits(flows)
    assert money("1") == net_deposits(flows, after=NOW - DAY)
    assert money("4") == net_deposits(flows, after=NOW - DAY, until=NOW - timedelta(hours=1))
    assert Money() == net_deposits([])


@pytest.mark.parametrize(
    ("profit", "now", "expected"),
    [
        ("2.631561723423248885262841890509448379906959328", "31.210986753244348885262841890509448379906959328", "9.21"),
        (
            "-0.6768638169586133911173202842590701388480615227093",
            "31.210986753244348885262841890509448379906959328",
            "-2.12",
        ),
        ("50", "150", "50.0"),
        ("150", "150", "0.0"),  # everything is profit: there is no base
        ("200", "150", "0.0"),  # the base is negative
        ("0", "0", "0.0"),
        ("0", "150", "0.0"),
    ],
)
def test_the_percentage_is_of_what_was_there(profit: str, now: str, expected: str) -> None:
    assert expected == plain(rounded(percentage(Decimal(profit), Decimal(now)), 2))


def test_seed_001s_percentage_to_four_decimals() -> None:
    profit = Decimal("-0.6768638169586133911173202842590701388480615227093")
    now = Decimal("31.210986753244348885262841890509448379906959328")
    assert "-2.1226" == plain(rounded(percentage(profit, now), 4))


usds = st.decimals("-1e9", "1e9", allow_nan=False, allow_infinity=False, places=10)
flows = st.lists(
    st.builds(
        Flow,
        account_id=st.just(1),
        at=st.integers(0, 100).map(lambda hours: NOW - timedelta(hours=hours)),
        kind=st.sampled_from(FlowKind),
        money=st.builds(Money, usds, usds),
    )
)


@given(usds, usds, flows)
def test_profits_of_two_halves_add_up_to_the_profit_of_the_whole(
    start: Decimal, end: Decimal, all_: list[Flow]
) -> None:
    first, last = Snapshot(1, NOW - DAY * 2, Money(start, start)), Money(end, end)
    between = Snapshot(1, NOW - DAY, Money(Decimal("12.5"), Decimal(3)))
    whole = period_profit(last, first, all_)
    halves = period_profit(between.total, first, [f for f in all_ if f.at <= between.taken_at])
    assert whole == halves + period_profit(last, between, all_)


@given(flows)
def test_each_flow_counts_in_exactly_one_of_two_periods(all_: list[Flow]) -> None:
    cut = NOW - DAY
    assert net_deposits(all_) == net_deposits(all_, until=cut) + net_deposits(all_, after=cut)
    assert net_deposits(all_) == net_deposits(list(reversed(all_)))


@given(usds, usds)
def test_the_percentage_times_the_base_is_the_profit(profit: Decimal, now: Decimal) -> None:
    share = percentage(profit, now)
    with exact():
        base = now - profit
        if base > ZERO:
            assert abs(share * base / 100 - profit) <= abs(profit) * Decimal("1E-58")
        else:
            assert ZERO == share


@given(usds, usds, usds, usds)
def test_money_adds_and_subtracts_in_both_currencies(a: Decimal, b: Decimal, c: Decimal, d: Decimal) -> None:
    assert Money(a, b) == Money(a, b) + Money(c, d) - Money(c, d)
    assert Money() == Money(a, b) + -Money(a, b)


# ------------------------------------------------------------------------------------------ accounts together


def leg(account: int, usd: str, hours_ago: int, link: str = "x") -> Leg:
    return Leg(account, NOW - timedelta(hours=hours_ago), money(usd), link)


def test_a_transfer_is_known_by_legs_of_two_accounts() -> None:
    out, came, alone, twice = leg(1, "-5", 9), leg(2, "4", 8), leg(1, "-5", 9, "y"), leg(1, "-5", 9, "z")
    assert {"x": [out, came]} == matched([came, alone, out, twice, twice])


def test_what_a_transfer_cost_counts_in_the_period_it_ends_in() -> None:
    """The account it left was loaded between its legs, the other one after both."""
    legs = [[leg(1, "-50", 30), leg(2, "48", 20)]]
    start, later = NOW - timedelta(hours=24), NOW - timedelta(hours=10)
    assert money("-2") == moved_inside(legs)
    assert money("-2") == moved_inside(legs, {1: start, 2: start}), "it arrived within the period"
    assert money("-2") == moved_inside(legs, {1: NOW - timedelta(hours=31), 2: later})
    assert Money() == moved_inside(legs, {1: later, 2: later}), "it was over before"
    assert Money() == moved_inside(legs, {})


@pytest.mark.parametrize("loaded", [31, 25, 10])
def test_a_period_is_right_whenever_its_accounts_were_loaded(loaded: int) -> None:
    """50 left one account 30 hours ago, 48 reached the other 20 hours ago; nothing else has happened. `loaded`: hours
    ago the period begins for the account it came to, the other one was loaded 24 hours ago."""
    out, came = flow("-50", 30), flow("48", 20)
    one = period_profit(money("50"), snapshot("50", 24), [out])
    two = period_profit(money("148"), snapshot("148" if loaded == 10 else "100", loaded), [came])
    starts = {1: NOW - timedelta(hours=24), 2: NOW - timedelta(hours=loaded)}
    inside = moved_inside([[leg(1, "-50", 30), leg(2, "48", 20)]], starts)
    expected = money("0") if loaded == 10 else money("-2")
    assert expected == one + two + inside
