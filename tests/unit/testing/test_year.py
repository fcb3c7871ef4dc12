"""A made-up year: whatever it tells must hold together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from coinassay.cli.demo import HELD, PASTS
from coinassay.domain.account import Account, KeyState, WalletState
from coinassay.domain.balance import Balance
from coinassay.domain.money import CONTEXT, add_up
from coinassay.domain.series import day_of
from coinassay.domain.snapshot import FlowKind
from coinassay.pricing.closes import Closes
from coinassay.services.ports import Load
from coinassay.testing.simulator.amounts import amounts
from coinassay.testing.year import Moved, Past, loads

NOW = datetime(2026, 3, 1, 9, 41, tzinfo=UTC)
ACCOUNT = Account(7, 1, "binance", "Made up", "key", None, None, True, KeyState.OK, NOW, NOW)
HOLDINGS = (
    Balance("BTC", "spot", Decimal("0.4"), Decimal("0.4")),
    Balance("USDT", "funding", Decimal(900), Decimal(900)),
    Balance("WTC", "spot", Decimal(310), Decimal(310)),
)
PRICES = {"BTC": Decimal(60000), "USDT": Decimal(1)}
PAST = Past(
    (Moved(30, "spot", "BTC", Decimal("0.1")), Moved(10, "funding", "USDT", Decimal(-100))),
    unread={20},
    partial={15: "funding"},
    days=40,
)


@pytest.fixture(scope="module")
def told() -> Sequence[Load]:
    return list(loads(ACCOUNT, HOLDINGS, PRICES, PAST, Closes(), NOW, and_now=True))


def ago(told: Sequence[Load], days: int) -> Load:
    (found,) = [load for load in told if day_of(load.finished_at) == day_of(NOW) - timedelta(days=days)]
    return found


def held(load: Load, code: str) -> Decimal:
    return add_up(each.balance.total for each in load.holdings if each.balance.asset == code)


def test_it_was_read_once_a_day_but_for_one(told: Sequence[Load]) -> None:
    days = {(day_of(NOW) - day_of(load.finished_at)).days for load in told}
    assert set(range(41)) - {20} == days
    assert len(days) == len(told)
    assert sorted(load.finished_at for load in told) == [load.finished_at for load in told]
    assert NOW == told[-1].finished_at


def test_it_ends_with_what_there_is(told: Sequence[Load]) -> None:
    assert list(HOLDINGS) == [each.balance for each in told[-1].holdings]
    assert Decimal(24900) == told[-1].total.usd
    assert [None] == [each.usd for each in told[-1].holdings if each.balance.asset == "WTC"]


def test_before_a_deposit_there_was_less_and_before_a_withdrawal_more(told: Sequence[Load]) -> None:
    assert (Decimal("0.3"), Decimal("0.4")) == (held(ago(told, 31), "BTC"), held(ago(told, 30), "BTC"))
    assert (Decimal(1000), Decimal(900)) == (held(ago(told, 11), "USDT"), held(ago(told, 10), "USDT"))


def test_flows_are_worth_what_they_moved(told: Sequence[Load]) -> None:
    flows = [flow for load in told for flow in load.flows]
    assert [FlowKind.OPENING, FlowKind.DEPOSIT, FlowKind.WITHDRAWAL] == [flow.kind for flow in flows]
    opening, deposit, withdrawal = flows
    assert told[0].total == opening.money
    (rate,) = [each.rate for each in ago(told, 30).holdings if each.balance.asset == "BTC"]
    assert rate is not None
    assert CONTEXT.multiply(Decimal("0.1"), rate.price) == deposit.money.usd
    assert Decimal(-100) == withdrawal.money.usd


def test_a_wallet_that_could_not_be_read_keeps_what_was_read_before(told: Sequence[Load]) -> None:
    partial = ago(told, 15)
    assert not partial.complete
    (carried,) = [each for each in partial.wallets if each.state is WalletState.CARRIED]
    assert ("funding", ago(told, 16).finished_at) == (carried.wallet, carried.read_at)
    assert sum(not load.complete for load in told) == 1


def test_the_demo_never_had_less_than_nothing() -> None:
    for code, wallets in HELD.items():
        balances = [
            Balance(asset, wallet, CONTEXT.add(held.free, held.locked), held.free, held.locked)
            for wallet, coins in wallets.items()
            for asset, held in ((asset, amounts(each)) for asset, each in coins.items())
        ]
        places = {(each.wallet, each.asset) for each in balances}
        assert {(each.wallet, each.code) for each in PASTS[code].moved} <= places
        prices = {each.asset: Decimal(1) for each in balances} | PRICES
        for load in loads(ACCOUNT, balances, prices, PASTS[code], Closes(), NOW):
            assert all(each.balance.total >= 0 for each in load.holdings)
