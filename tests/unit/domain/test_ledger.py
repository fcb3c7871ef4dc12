"""The profit ledger: its figures are right, add up exactly, and know no phantom profits."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.ledger import Bookkeeper, Day, Figures, History, Ledger, close_book
from coinassay.domain.money import CONTEXT, add_up
from coinassay.domain.profit import matched
from coinassay.domain.snapshot import Flow, FlowKind, Leg, Money, Snapshot

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def at(day: int, hour: int = 12) -> datetime:
    """An hour of a day in March 2026."""
    return MARCH + (day - 1) * DAY + hour * HOUR


def money(usd: int | str, btc: int | str = 0) -> Money:
    return Money(Decimal(usd), Decimal(btc))


def load(moment: datetime, usd: int | str, account: int = 1, complete: bool = True, origin: str = "") -> Snapshot:
    return Snapshot(account, moment, money(usd), complete, origin)


def flow(moment: datetime, usd: int | str, kind: FlowKind | None = None, account: int = 1, link: str = "") -> Flow:
    known = kind or (FlowKind.DEPOSIT if Decimal(usd) > 0 else FlowKind.WITHDRAWAL)
    return Flow(account, moment, known, money(usd), link=link)


def opened(snapshots: Sequence[Snapshot], flows: Sequence[Flow] = (), account: int = 1) -> History:
    """With the first load's deposit."""
    first = snapshots[0]
    opening = Flow(account, first.taken_at, FlowKind.OPENING, first.total)
    return History(account, snapshots, sorted([opening, *flows], key=lambda each: each.at))


def ledger_of(
    *histories: History, first: int = 1, last: int = 3, now: datetime | None = None, legs: Sequence[Leg] = ()
) -> Ledger:
    keeper = Bookkeeper(at(first).date(), at(last).date(), now, legs)
    for history in histories:
        keeper.add(history)
    return close_book(keeper.book())


def figures(day: Day) -> tuple[int, int, int, int, int]:
    """Opening, deposits, withdrawals, closing, profit."""
    usd = day.usd
    return int(usd.opening), int(usd.deposits), int(usd.withdrawals), int(usd.closing), int(usd.profit)


# ------------------------------------------------------------------------------------------------- one account


def test_the_first_load_is_a_deposit_and_what_follows_is_profit() -> None:
    ledger = ledger_of(opened([load(at(1), 100), load(at(2), 130), load(at(3), 90)], [flow(at(3, 6), -50)]))
    assert [(0, 100, 0, 100, 0), (100, 0, 0, 130, 30), (130, 0, 50, 90, 10)] == [figures(each) for each in ledger.days]
    assert Figures(Decimal(0), Decimal(100), Decimal(50), Decimal(0), Decimal(0), Decimal(90)) == ledger.usd
    assert [40, 50] == [ledger.usd.profit, ledger.usd.net_deposits]


def test_a_day_without_a_load_is_carried() -> None:
    ledger = ledger_of(opened([load(at(1), 100), load(at(3), 130)]), last=4)
    assert [100, 100, 130, 130] == [day.usd.closing for day in ledger.days]
    assert [False, True, False, True] == [day.carried for day in ledger.days]


def test_a_deposit_that_no_load_has_seen_yet_is_no_loss_of_its_day() -> None:
    """Known later, it stands on its own day; the exchange was out of reach until the third."""
    ledger = ledger_of(opened([load(at(1), 100), load(at(3), 160)], [flow(at(2), 50)]))
    assert [(0, 100, 0, 100, 0), (100, 50, 0, 150, 0), (150, 0, 0, 160, 10)] == [figures(each) for each in ledger.days]
    assert [0, 50, 0] == [day.usd.pending for day in ledger.days]


def test_a_deposit_between_a_days_last_load_and_midnight() -> None:
    ledger = ledger_of(opened([load(at(1), 100), load(at(2), 150)], [flow(at(1, 23), 50)]), last=2)
    assert [(0, 150, 0, 150, 0), (150, 0, 0, 150, 0)] == [figures(each) for each in ledger.days]


def test_what_is_pending_when_the_days_begin() -> None:
    history = opened([load(at(1), 100), load(at(4), 150)], [flow(at(2), 50)])
    ledger = ledger_of(history, first=3, last=4)
    assert [(150, 0, 0, 150, 0), (150, 0, 0, 150, 0)] == [figures(each) for each in ledger.days]


def test_a_deposit_from_before_the_first_load_is_on_its_day_too() -> None:
    history = History(1, [load(at(3), 100)], [flow(at(2), 30), flow(at(3), 100, FlowKind.OPENING)])
    ledger = ledger_of(history)
    assert [(0, 0, 0, 0, 0), (0, 30, 0, 30, 0), (30, 100, 0, 100, -30)] == [figures(each) for each in ledger.days]
    assert -30 == ledger.usd.profit


def test_the_present_day_counts_every_flow_as_the_accounts_own_total_does() -> None:
    """It was loaded at 12, the deposit of 13 is known: as in V(now) - F, it is missing until the next load."""
    history = opened([load(at(1), 100), load(at(2), 110)], [flow(at(2, 13), 50)])
    ledger = ledger_of(history, last=2, now=at(2, 14))
    assert (100, 50, 0, 110, -40) == figures(ledger.days[1])
    assert -40 == ledger.usd.profit


def test_a_flow_dated_in_the_future_belongs_to_the_present_day() -> None:
    history = opened([load(at(1), 100)], [flow(at(9), 5)])
    assert 5 == ledger_of(history, last=2, now=at(2)).usd.deposits - 100
    assert 0 == ledger_of(history, last=2).usd.deposits - 100


def test_days_say_what_their_value_is() -> None:
    snapshots = [
        load(at(1), 1, origin="3commas"),
        load(at(3), 2, complete=False),
        load(at(4), 3),
        load(at(5), 3, complete=False),
    ]
    ledger = ledger_of(opened(snapshots), last=7)
    assert [True, True, False, False, False, False, False] == [day.imported for day in ledger.days]
    assert [False, False, True, False, True, True, True] == [day.partial for day in ledger.days]
    assert [False, True, False, False, False, True, True] == [day.carried for day in ledger.days]
    later = ledger_of(opened(snapshots), first=6, last=6)
    assert [(True, True, False)] == [(day.carried, day.partial, day.imported) for day in later.days]


def test_an_opening_that_an_import_took_back_is_neither_deposit_nor_withdrawal() -> None:
    flows = [
        flow(at(1), 80, FlowKind.OPENING),
        flow(at(2), 100, FlowKind.OPENING),
        flow(at(2), -100, FlowKind.OPENING),
    ]
    history = History(1, [load(at(1, 23), 80, origin="3commas"), load(at(2), 100)], flows)
    assert (80, 0, 0, 100, 20) == figures(ledger_of(history, last=2).days[1])


# ----------------------------------------------------------------------------------------------- several accounts


def transfer(out: datetime, into: datetime, sent: int, got: int) -> tuple[Flow, Flow, tuple[Leg, Leg]]:
    left = flow(out, -sent, FlowKind.TRANSFER, 1, "t")
    came = flow(into, got, FlowKind.TRANSFER, 2, "t")
    return left, came, (Leg(1, out, left.money, "t"), Leg(2, into, came.money, "t"))


def test_a_transfer_on_its_way_is_missing_nowhere_and_its_fee_is_a_loss() -> None:
    left, came, legs = transfer(at(2, 6), at(3, 6), 50, 48)
    one = opened([load(at(day), usd) for day, usd in ((1, 100), (2, 50), (3, 50))], [left])
    two = opened([load(at(day), usd, 2) for day, usd in ((1, 200), (2, 200), (3, 248))], [came], 2)
    together = ledger_of(one, two, legs=legs)
    assert [(0, 300, 0, 300, 0), (300, 0, 0, 300, 0), (300, 0, 0, 298, -2)] == [figures(day) for day in together.days]
    assert [0, 50, 0] == [day.usd.in_transit for day in together.days]
    assert (100, 0, 50, 50, 0) == figures(ledger_of(one).days[1])
    assert (200, 48, 0, 248, 0) == figures(ledger_of(two).days[2])


@pytest.mark.parametrize(("out", "into"), [(at(2, 6), at(1, 20)), (at(1, 20), at(2, 6)), (at(2, 6), at(2, 6))])
def test_a_transfer_whatever_the_order_its_legs_are_dated_in(out: datetime, into: datetime) -> None:
    left, came, legs = transfer(out, into, 50, 50)
    one = opened([load(at(1, 12), 100), load(at(2, 12), 50)], [left])
    two = opened([load(at(1, 12), 0, 2), load(at(2, 12), 50, 2)], [came], 2)
    together = ledger_of(one, two, last=2, legs=legs)
    assert [(0, 100, 0, 100, 0), (100, 0, 0, 100, 0)] == [figures(day) for day in together.days]


def test_a_transfer_is_no_phantom_while_neither_account_is_loaded() -> None:
    left, came, legs = transfer(at(2, 6), at(4, 6), 50, 50)
    one = opened([load(at(1), 100), load(at(6), 50)], [left])
    two = opened([load(at(1), 0, 2), load(at(7), 50, 2)], [came], 2)
    together = ledger_of(one, two, last=8, legs=legs)
    assert {100} == {day.usd.closing for day in together.days}
    assert [100] + [0] * 7 == [day.usd.deposits for day in together.days]


def test_a_transfer_to_an_account_that_is_not_counted_is_a_withdrawal() -> None:
    left, _, legs = transfer(at(2, 6), at(2, 6), 50, 50)
    assert {} == matched(legs[:1])
    assert {} == matched([legs[0], legs[0]])
    one = opened([load(at(1), 100), load(at(2), 50)], [left])
    assert (100, 0, 50, 50, 0) == figures(ledger_of(one, last=2, legs=legs[:1]).days[1])


def test_one_account_that_was_not_loaded_makes_the_day_carried() -> None:
    one, two = opened([load(at(1), 1), load(at(2), 1)]), opened([load(at(2), 1, 2)], account=2)
    assert [False, False, True] == [day.carried for day in ledger_of(one, two).days]


# ------------------------------------------------------------------------------------------------ display currency


def test_the_display_currency_is_worth_what_it_was_at_each_moment() -> None:
    keeper = Bookkeeper(at(1).date(), at(2).date())
    keeper.add(opened([load(at(1), 100), load(at(2), 150)], [flow(at(2, 6), 30)]))
    book = keeper.book()
    midnight = MARCH - timedelta(microseconds=1)
    assert (midnight, midnight + DAY, midnight + 2 * DAY, at(1), at(2, 6)) == book.moments
    ledger = close_book(book, "EUR", [None, Decimal(2), Decimal(3), Decimal(1), Decimal(5)])
    first, second = (day.display for day in ledger.days)
    # Nothing is nothing, also where no rate is known.
    assert first == Figures(Decimal(0), Decimal(100), closing=Decimal(50))
    assert second == Figures(Decimal(50), Decimal(6), closing=Decimal(50))
    assert ledger.display == Figures(Decimal(0), Decimal(106), closing=Decimal(50))
    unknown = close_book(book, "EUR", [None, Decimal(2), None, Decimal(1), Decimal(5)])
    assert [first, None] == [day.display for day in unknown.days]
    assert unknown.display is None
    assert ledger.days[1].usd.profit == unknown.days[1].usd.profit == 20


def test_dollars_and_bitcoin_are_displayed_as_they_are() -> None:
    keeper = Bookkeeper(at(1).date(), at(1).date())
    keeper.add(History(1, [Snapshot(1, at(1), money(100, "0.003"))], [Flow(1, at(1), FlowKind.OPENING, money(90, 2))]))
    for currency in ("USD", "BTC"):
        (day,) = close_book(keeper.book(), currency).days
        assert day.display == (day.usd if currency == "USD" else day.btc)
    assert Decimal("0.003") - 2 == day.btc.profit


# ------------------------------------------------------------------------------------------------- identities

amounts = st.decimals(min_value=-(10**6), max_value=10**6, places=6)
hours = st.integers(0, 24 * 12 - 1)


@st.composite
def accounts(draw: st.DrawFn) -> tuple[History, ...]:
    """Up to three accounts that were loaded at any hours of twelve days, with flows, some of them transfers."""
    found = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        moments = sorted(draw(st.sets(hours, min_size=1, max_size=8)))
        snapshots = [
            Snapshot(number, MARCH + hour * HOUR, Money(draw(amounts), draw(amounts)), draw(st.booleans()))
            for hour in moments
        ]
        flows = [
            Flow(
                number,
                MARCH + draw(hours) * HOUR,
                draw(st.sampled_from(FlowKind)),
                Money(draw(amounts), draw(amounts)),
                link=draw(st.sampled_from(["", "", "x", "y"])),
            )
            for _ in range(draw(st.integers(0, 5)))
        ]
        found.append(History(number, _last_of_each_day(snapshots), sorted(flows, key=lambda each: each.at)))
    return tuple(found)


def _last_of_each_day(snapshots: Sequence[Snapshot]) -> Sequence[Snapshot]:
    return list({snapshot.taken_at.date(): snapshot for snapshot in snapshots}.values())


def legs_of(histories: Sequence[History]) -> list[Leg]:
    return [
        Leg(each.account_id, each.at, each.money, each.link)
        for history in histories
        for each in history.flows
        if each.link
    ]


def made(histories: Sequence[History], first: int, last: int, now: datetime | None = None) -> Ledger:
    """What is known before the first day is cut off as the service does it."""
    start = at(first, 0)
    keeper = Bookkeeper(start.date(), at(last).date(), now, legs_of(histories))
    for history in histories:
        before = [snapshot for snapshot in history.snapshots if snapshot.taken_at < start]
        snapshots = [*before[-1:], *(each for each in history.snapshots if each.taken_at >= start)]
        flows = [each for each in history.flows if not before or each.at >= before[-1].taken_at]
        keeper.add(History(history.account_id, snapshots, flows))
    return close_book(keeper.book())


@given(histories=accounts(), span=st.tuples(st.integers(1, 12), st.integers(1, 12)).map(sorted))
def test_profits_add_up_over_any_days(histories: tuple[History, ...], span: list[int]) -> None:
    first, last = span
    ledger = made(histories, first, last)
    whole = made(histories, 1, 12)
    assert [day.day for day in ledger.days] == [at(day).date() for day in range(first, last + 1)]
    assert ledger.days == whole.days[first - 1 : last], "a part is what it is in the whole"
    for total, days in ((ledger.usd, [day.usd for day in ledger.days]), (ledger.btc, [day.btc for day in ledger.days])):
        assert add_up(day.profit for day in days) == total.profit
        assert add_up(day.net_deposits for day in days) == total.net_deposits
        assert (total.opening, total.closing) == (days[0].opening, days[-1].closing)
        assert all(a.closing == b.opening for a, b in itertools.pairwise(days))


@given(histories=accounts())
def test_the_whole_ledger_is_the_total_profit(histories: tuple[History, ...]) -> None:
    """V(now) - F(-inf, now), with transfers among the accounts left out of F."""
    legs = legs_of(histories)
    inside = {link for link in ("x", "y") if len({leg.account_id for leg in legs if leg.link == link}) > 1}
    ledger = made(histories, 1, 12, now=at(12, 23))
    value = add_up(history.snapshots[-1].total.usd for history in histories if history.snapshots)
    flows = add_up(each.money.usd for history in histories for each in history.flows if each.link not in inside)
    assert CONTEXT.subtract(value, flows) == ledger.usd.profit
    assert value == ledger.usd.closing


@given(histories=accounts(), day=st.integers(1, 12))
def test_a_closing_is_what_its_definition_says(histories: tuple[History, ...], day: int) -> None:
    """Worked out from the raw records of each account, one by one."""
    end = at(day, 24)
    legs = legs_of(histories)
    expected = Decimal(0)
    for history in histories:
        seen = [snapshot for snapshot in history.snapshots if snapshot.taken_at < end]
        since = seen[-1].taken_at if seen else MARCH - DAY
        expected += seen[-1].total.usd if seen else 0
        expected += sum((each.money.usd for each in history.flows if since < each.at < end), Decimal(0))
    for link in ("x", "y"):
        own = [leg for leg in legs if leg.link == link]
        if len({leg.account_id for leg in own}) > 1 and any(leg.at >= end for leg in own):
            expected -= sum((leg.money.usd for leg in own if leg.at < end), Decimal(0))
    assert expected == made(histories, 1, 12).days[day - 1].usd.closing


def test_of_no_days() -> None:
    assert Ledger.nothing().days == ()


def test_an_account_that_was_loaded_only_after_these_days_is_not_in_them() -> None:
    later = Flow(2, at(20), FlowKind.OPENING, money(7), asset="")
    alone = ledger_of(opened([load(at(1), 100), load(at(2), 130)]), last=2)
    together = ledger_of(opened([load(at(1), 100), load(at(2), 130)]), History(2, (), [later]), last=2)
    assert alone == together
