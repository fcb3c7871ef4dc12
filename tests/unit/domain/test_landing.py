"""From when on a deposit or withdrawal counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.landing import PATIENCE, Landed, land
from coinassay.domain.money import add_up
from coinassay.domain.movement import FlowReading, Movement, ReadingState, Sight, Waiting, is_one_sided
from coinassay.testing.scripted_flows import a_movement

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SINCE = NOON - timedelta(days=9)


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def sight(minutes: float, **amounts: str) -> Sight:
    """Wallets read then, the snapshot two seconds later."""
    held = {asset: Decimal(amount) for asset, amount in amounts.items()}
    return Sight(after(minutes), after(minutes) + timedelta(seconds=2), held)


def landing(
    movement: Movement,
    before: Sight | None,
    now: Sight,
    earlier: Sequence[Sight] = (),
    known: Waiting | None = None,
    since: datetime = SINCE,
) -> tuple[list[tuple[datetime, Decimal]], list[Waiting]]:
    waiting = {} if known is None else {known.movement.reference: known}
    landed, left = land([movement], waiting, since, before, now, earlier)
    return [(each.at, each.amount) for each in landed], left


BEFORE, NOW = sight(0, BTC="1", USDT="5"), sight(10, BTC="3", USDT="5")
TRADED = sight(10, BTC="2.5", USDT="50000")


def deposit(minutes: float, amount: str = "2", **more: str) -> Movement:
    return a_movement("deposit", amount, "BTC", at=after(minutes), **more)


def withdrawal(minutes: float, amount: str, **more: str) -> Movement:
    return a_movement("withdrawal", amount, "BTC", at=after(minutes), **more)


def test_between_two_loads_it_counts_at_its_own_time() -> None:
    assert landing(deposit(5), BEFORE, NOW) == ([(after(5), Decimal(2))], [])


def test_credited_later_than_it_says_it_counts_with_the_load_that_shows_it() -> None:
    assert landing(deposit(-5), BEFORE, NOW)[0] == [(NOW.taken_at, Decimal(2))]


def test_an_exchange_whose_clock_is_ahead() -> None:
    assert landing(deposit(11), BEFORE, NOW)[0] == [(NOW.taken_at, Decimal(2))]


def test_credited_while_the_load_before_went_on_it_is_not_put_before_that_snapshot() -> None:
    """Read at 12:00:00, valued at 12:00:02: what was credited at 12:00:01 is not in that value."""
    assert landing(deposit(1 / 60), BEFORE, TRADED)[0] == [(TRADED.taken_at, Decimal(2))]


def test_with_trades_meanwhile_it_counts_at_its_own_time() -> None:
    assert landing(deposit(5), BEFORE, TRADED)[0] == [(after(5), Decimal(2))]


def test_credited_after_the_wallets_were_read_it_waits_for_the_next_load() -> None:
    late = deposit(10.01)
    counted, (waiting,) = landing(late, BEFORE, TRADED)
    assert (counted, waiting.open) == ([], True)
    following = sight(20, BTC="4.5", USDT="50000")
    (at, amount), *_ = landing(late, TRADED, following, known=waiting)[0]
    assert TRADED.taken_at < at <= following.taken_at
    assert amount == Decimal(2)


def test_finished_and_nothing_has_changed_it_waits_and_not_for_ever() -> None:
    same = sight(10, BTC="1", USDT="5", DOT="0")
    counted, (waiting,) = landing(deposit(5), BEFORE, same)
    assert counted == []
    in_a_day = sight(10 + PATIENCE / timedelta(minutes=1), BTC="1", USDT="5")
    assert landing(deposit(5), same, in_a_day, known=waiting)[0] == [(in_a_day.taken_at, Decimal(2))]


def test_told_late_it_is_put_where_two_snapshots_show_it() -> None:
    earlier = [sight(-20, BTC="1"), sight(-10, BTC="3"), sight(0, BTC="3.5")]
    now = sight(10, BTC="3.5", USDT="1")
    assert landing(deposit(-15), earlier[-1], now, earlier)[0] == [(after(-15), Decimal(2))]
    assert landing(deposit(-25), earlier[-1], now, earlier)[0] == [(earlier[1].taken_at, Decimal(2))]


def test_told_late_and_shown_nowhere_it_counts_at_its_own_time() -> None:
    earlier = [sight(-20, BTC="1"), sight(-10, BTC="1.4"), sight(0, BTC="1.3")]
    now = sight(10, BTC="1.3", USDT="1")
    assert landing(deposit(-15), earlier[-1], now, earlier)[0] == [(after(-15), Decimal(2))]


def test_before_the_first_load_it_is_part_of_the_opening() -> None:
    counted, left = landing(deposit(-5), None, BEFORE, since=BEFORE.read_at)
    assert (counted, left) == ([], [])
    assert landing(deposit(-5), BEFORE, TRADED, since=BEFORE.read_at) == ([], [])


def test_in_the_last_second_before_the_first_load_it_is_remembered_as_part_of_the_opening() -> None:
    """Exchanges that tell whole seconds: 12:00:00 may be after the load at 12:00:00.3."""
    first = sight(0.005, BTC="3")
    _, (known,) = landing(deposit(0), None, first, since=first.read_at)
    assert (known.counted, known.open) == (True, False)
    changed = sight(10, BTC="3", USDT="1")
    assert landing(deposit(0), first, changed, known=known, since=first.read_at) == ([], [known])
    # Another one of that second, which the first load was not told of:
    assert landing(deposit(0, number="9"), first, sight(10, BTC="5"), since=first.read_at)[0] != []


@pytest.mark.parametrize("opening", ["1", "3"])
def test_under_way_at_the_first_load(opening: str) -> None:
    """A deposit counts when it is credited. A withdrawal that was gone from the opening already does not."""
    first, later = sight(0, BTC=opening), sight(10, BTC=opening, USDT="1")
    counted, (waiting,) = landing(deposit(-5, state="pending"), None, first, since=first.read_at)
    assert counted == []
    assert landing(deposit(-5), first, later, known=waiting, since=first.read_at)[0] == [(later.taken_at, Decimal(2))]
    _, (waiting,) = landing(withdrawal(-5, "2", state="pending"), None, first, since=first.read_at)
    assert landing(withdrawal(-5, "2"), first, later, known=waiting, since=first.read_at) == ([], [])


def test_under_way_it_counts_as_soon_as_the_balance_shows_exactly_that() -> None:
    pending = withdrawal(5, "0.4", fee="0.1", state="pending")
    gone = sight(10, BTC="0.5", USDT="5")
    counted, (waiting,) = landing(pending, BEFORE, gone)
    assert (counted, waiting.counted) == ([(after(5), Decimal("-0.5"))], True)
    assert landing(pending, gone, sight(20, BTC="0.5"), known=waiting) == ([], [waiting])
    assert landing(withdrawal(5, "0.4", fee="0.1"), gone, sight(20, BTC="0.5"), known=waiting)[0] == []
    back = sight(20, BTC="1")
    failed = withdrawal(5, "0.4", fee="0.1", state="failed")
    assert landing(failed, gone, back, known=waiting) == ([(back.taken_at, Decimal("0.5"))], [])
    nearly = sight(10, BTC="0.501")
    assert landing(pending, BEFORE, nearly)[0] == []


def test_what_failed_is_nothing() -> None:
    assert landing(deposit(5, state="failed"), BEFORE, NOW) == ([], [])


def test_the_balance_says_whether_the_fee_was_in_the_amount() -> None:
    told = withdrawal(5, "0.5", fee="0.1")
    assert landing(told, BEFORE, sight(10, BTC="0.5", USDT="5"))[0] == [(after(5), Decimal("-0.5"))]
    assert landing(told, BEFORE, sight(10, BTC="0.4", USDT="5"))[0] == [(after(5), Decimal("-0.6"))]


def test_several_of_one_asset_are_seen_together() -> None:
    both = [deposit(-5), withdrawal(-4, "0.5", number="2", state="pending")]
    landed, _ = land(both, {}, SINCE, BEFORE, sight(10, BTC="2.5", USDT="5"))
    assert [each.at for each in landed] == [after(10) + timedelta(seconds=2)] * 2


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 10**6), st.integers(-600, 600)), max_size=6))
def test_each_finished_movement_counts_once_and_in_time(rows: list[tuple[bool, int, int]]) -> None:
    """Whatever the balance shows: after some loads everything is counted, whole, and not after the last."""
    movements = [
        a_movement("deposit" if comes else "withdrawal", str(amount), "BTC", at=after(minutes), number=str(n))
        for n, (comes, amount, minutes) in enumerate(rows)
    ]
    known: dict[str, Waiting] = {}
    counted: dict[str, Landed] = {}
    before: Sight | None = sight(-700, BTC="1000000")
    for step in range(-600, 2400, 300):
        now = sight(step, BTC=str(10**6 + step), USDT=str(step % 7))
        told = [each for each in movements if each.reference not in counted and each.at <= now.read_at]
        landed, left = land(told, known, after(-800), before, now)
        for each in landed:
            assert each.movement.reference not in counted
            assert each.at <= now.taken_at
            counted[each.movement.reference] = each
        known = {each.movement.reference: each for each in left}
        before = now
    assert len(counted) == len(movements)
    assert add_up(each.amount for each in counted.values()) == add_up(each.signed for each in movements)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ({"BTC": "2", "USDT": "5"}, True),
        ({"BTC": "1.005", "USDT": "5"}, False),  # interest
        ({"BTC": "2", "USDT": "4"}, False),  # a trade
        ({"BTC": "0.5", "USDT": "5"}, True),
        ({"BTC": "2", "USDT": "4", "EUR": "1"}, True),  # money came, and was used
        ({"BTC": "1", "USDT": "5"}, False),
    ],
)
def test_what_no_trade_does(now: dict[str, str], expected: bool) -> None:
    assert is_one_sided(BEFORE, sight(10, **now)) is expected


def test_profit_is_confirmed_by_a_good_reading_only() -> None:
    assert FlowReading(NOON, NOON, NOON).confirmed
    assert not FlowReading(NOON, NOON).confirmed
    assert not FlowReading(NOON, NOON, NOON, ReadingState.FAILED).confirmed


def test_what_waited_counts_with_the_load_that_showed_it_although_its_history_could_not_be_read() -> None:
    waited = deposit(-100)
    earlier = [sight(-90, BTC="1"), sight(-60, BTC="3"), sight(0, BTC="3")]
    found, left = landing(waited, earlier[-1], sight(10, BTC="3"), earlier, Waiting(waited))
    assert ([(earlier[1].taken_at, Decimal(2))], []) == (found, left)
