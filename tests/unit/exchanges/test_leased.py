"""What a process does with the units it was lent."""

from __future__ import annotations

import pytest
from tests.unit.exchanges.test_admission import in_virtual_time, load, now
from tests.unit.exchanges.test_shared_limits import Exchange, Store, process

from coinassay.domain.budget import Flow, Lease, Report
from coinassay.exchanges import budgets
from coinassay.exchanges.leased import GRACE, Demand, LeasedFlow


def lent(flow: LeasedFlow, ledger: Flow, demand: Demand, asked_at: float, heard_at: float) -> Report:
    """Asks the ledger, whose answer takes its time."""
    report = flow.report(asked_at, demand, 1)
    grant = ledger.settle("me", report, asked_at, Lease(6.0, 1))
    flow.granted(grant, ledger, heard_at, heard_at, heard_at + 6.0, "me")
    return report


@pytest.mark.parametrize("late", [0.0, 0.01, 0.2])
def test_a_grant_of_just_what_is_wanted_can_be_used_although_some_of_it_has_passed(late: float) -> None:
    flow, ledger = LeasedFlow(0.8, 12.0, 100.0, lambda: None), Flow(0.8, 12.0)
    lent(flow, ledger, Demand(units=1.0, first=1.0), 100.0, 100.0)
    assert 0 == flow.wait(1.0, 100.0 + late)
    flow.take(1.0, 100.0 + late)
    assert pytest.approx(late * 0.8, abs=1e-5) == flow.report(100.0 + late, Demand(), 1).debt


def test_what_was_lent_long_ago_is_lost() -> None:
    flow, ledger = LeasedFlow(0.8, 12.0, 100.0, lambda: None), Flow(0.8, 12.0)
    lent(flow, ledger, Demand(units=1.0, first=1.0), 100.0, 100.0)
    assert flow.wait(1.0, 100.0 + GRACE + 0.01) > 0
    assert flow.wait(1.0, 105.0) > 0


def test_what_was_used_late_is_paid_for() -> None:
    """Used 0.2 s late each time, for a minute: no more than the burst and what flows in that time."""
    flow, ledger, at, used = LeasedFlow(2.0, 4.0, 0.0, lambda: None), Flow(2.0, 4.0), 1000.0, 0
    while at < 1060.0:
        lent(flow, ledger, Demand(units=1.0, first=1.0), at, at)
        at += 0.2
        while flow.wait(1.0, at) == 0:
            flow.take(1.0, at)
            used += 1
    assert 2.0 * 60 * 0.8 <= used <= 4.0 + 2.0 * 61


@in_virtual_time
async def test_an_exchange_that_lets_one_request_a_second_pass_is_asked_at_once() -> None:
    """Kraken's public endpoints: the first questions are the burst."""
    side = process(Store(latency=0.01), budgets.alike(budgets.published(1000.0)))
    exchange = Exchange(side)
    begin = now()
    for _ in range(5):
        await load(exchange.sides[0], [("public", "Ticker", 1.0)])
    assert now() - begin < 3.0
    await side.close()
