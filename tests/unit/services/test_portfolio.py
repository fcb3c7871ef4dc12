"""Profits: right, and worked out again only when something has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

from coinassay.domain.account import Account, KeyState
from coinassay.domain.snapshot import Flow, FlowKind, Leg, Money, Snapshot
from coinassay.services.portfolio import PortfolioService, Stored

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def money(usd: int) -> Money:
    return Money(Decimal(usd), Decimal(usd))


class Past:
    """The history of one account, and what was asked of it."""

    def __init__(self, snapshots: dict[datetime, int], flows: dict[datetime, int]) -> None:
        self.snapshots = [Snapshot(1, at, money(usd)) for at, usd in sorted(snapshots.items())]
        self.flows = [Flow(1, at, FlowKind.DEPOSIT, money(usd)) for at, usd in sorted(flows.items())]
        self.asked: list[Sequence[int]] = []

    async def find_starts(
        self, account_ids: Sequence[int], moments: Sequence[datetime]
    ) -> Mapping[int, Sequence[Snapshot | None]]:
        return {each: [self._start(moment) for moment in moments] for each in account_ids}

    def _start(self, moment: datetime) -> Snapshot | None:
        before = [snapshot for snapshot in self.snapshots if snapshot.taken_at <= moment]
        found = before or self.snapshots[::-1]
        return found[-1] if found else None

    async def list_flows(self, account_ids: Sequence[int], after: datetime) -> Mapping[int, Sequence[Flow]]:
        self.asked.append(account_ids)
        return {each: [flow for flow in self.flows if flow.at > after] for each in account_ids}

    async def list_legs(self, account_ids: Sequence[int]) -> Sequence[Leg]:
        return ()

    async def list_past_numbers(self, account_ids: Sequence[int]) -> Sequence[int]:
        return [0 for _ in account_ids]


class House:
    def __init__(self, snapshots: dict[datetime, int], flows: dict[datetime, int]) -> None:
        self.past = Past(snapshots, flows)
        self.now = NOW
        self.service = PortfolioService(cast(Stored, None), self.past, lambda: self.now)
        self.account = Account(
            id=1,
            user_id=1,
            market_code="binance",
            name="mine",
            api_key="k",
            customer_id=None,
            subaccount_name=None,
            include_in_summary=True,
            key_state=KeyState.OK,
            created_at=NOW - 90 * DAY,
            updated_at=NOW,
            loaded_at=NOW,
            total=money(max(snapshots.items())[1]) if snapshots else Money(),
            net_deposits=money(sum(flows.values())),
        )

    async def profits(self) -> tuple[int, int, int]:
        (report,) = await self.service.report([self.account])
        profit = report.profit
        return int(profit.day.usd), int(profit.month.usd), int(profit.total.usd)


async def test_profit_leaves_deposits_out() -> None:
    house = House({NOW - 40 * DAY: 100, NOW - 2 * DAY: 150, NOW: 200}, {NOW - 40 * DAY: 100, NOW - DAY / 2: 30})
    assert (20, 70, 70) == await house.profits()


async def test_a_deposit_between_the_first_snapshot_and_the_period_is_no_profit() -> None:
    """The account was loaded 31 days ago; what came in 30.5 days ago was not there yet."""
    house = House({NOW - 31 * DAY: 100, NOW: 150}, {NOW - 30.5 * DAY: 50})
    assert (0, 0, 100) == await house.profits()


async def test_nothing_is_worked_out_twice() -> None:
    house = House({NOW - 40 * DAY: 100, NOW: 150}, {NOW - 40 * DAY: 100})
    (first,) = await house.service.report([house.account])
    house.now += timedelta(minutes=5)
    (second,) = await house.service.report([replace(house.account)])
    assert first is second
    assert [[1]] == house.past.asked


async def test_a_changed_account_is_worked_out_again() -> None:
    house = House({NOW - 40 * DAY: 100, NOW: 150}, {})
    assert (50, 50, 150) == await house.profits()
    house.account = replace(house.account, total=money(160), version=1)
    assert (60, 60, 160) == await house.profits()
    house.account = replace(house.account, name="renamed", version=2)
    (report,) = await house.service.report([house.account])
    assert "renamed" == report.account.name


async def test_a_period_that_begins_elsewhere_is_worked_out_again() -> None:
    house = House({NOW - 40 * DAY: 100, NOW - DAY / 2: 120, NOW: 150}, {})
    assert (50, 50, 150) == await house.profits()
    house.now += DAY * 0.6
    assert (30, 50, 150) == await house.profits()


async def test_an_account_that_was_never_loaded_has_earned_nothing() -> None:
    house = House({}, {})
    house.account = replace(house.account, loaded_at=None)
    assert (0, 0, 0) == await house.profits()
    assert [] == house.past.asked
    assert [] == await house.service.report([])
