"""The table of many accounts is that of all of them, and keeps nobody else waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from threading import get_ident
from typing import cast

from coinassay.domain.balance import Balance
from coinassay.domain.breakdown import Contents, Held, break_down
from coinassay.services.closed_days import Recorded
from coinassay.services.portfolio import READ_AT_ONCE, PortfolioService, Stored
from coinassay.services.ports import State

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


class Seen(Decimal):
    """A rate that remembers which thread asked for it."""

    threads: set[int]

    def __bool__(self) -> bool:
        self.threads.add(get_ident())
        return super().__bool__()


def contents(account_id: int, rate: Decimal) -> Contents:
    balance = Balance("ETH", "spot", Decimal(account_id), free=Decimal(account_id))
    return Contents(account_id, rate, None, [Held(balance, Decimal(1), None, Decimal(account_id))])


class Kept:
    def __init__(self) -> None:
        self.rate = Seen("50000")
        self.rate.threads = set()
        self.asked: list[Sequence[int]] = []

    async def list_contents(self, account_ids: Sequence[int]) -> Sequence[tuple[State, Contents]]:
        self.asked.append(account_ids)
        return [((each, 7), contents(each, self.rate)) for each in account_ids]


async def test_many_accounts_are_read_a_few_at_a_time_and_worked_out_elsewhere() -> None:
    kept, turns = Kept(), 0
    service = PortfolioService(cast(Stored, kept), cast(Recorded, None), lambda: NOW)
    ids = range(1, 5 * READ_AT_ONCE + 2)

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    states, lines = await service.breakdown(ids)
    task.cancel()
    assert [(each, 7) for each in ids] == list(states)
    assert break_down(contents(each, Decimal(50000)) for each in ids) == tuple(lines)
    assert 6 == len(kept.asked)
    assert READ_AT_ONCE == max(map(len, kept.asked))
    assert turns >= 5
    assert get_ident() not in kept.rate.threads


async def test_a_few_accounts_need_no_thread() -> None:
    kept = Kept()
    service = PortfolioService(cast(Stored, kept), cast(Recorded, None), lambda: NOW)
    await service.breakdown([1, 2])
    assert {get_ident()} == kept.rate.threads
