"""What is due is found and done: no more at once than there is room for, each thing by one process, ended cleanly."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.unit.services.refreshing import NOW, Process, Site, add_accounts

from coinassay import logs
from coinassay.errors import CredentialsRejected, ExchangeUnavailable, StorageError
from coinassay.services.bundle import Services
from coinassay.worker.schedule import InProcess, Schedule
from coinassay.worker.tasks import CHORES, LEASE, Chore, find_chore, refresh_account


def services_of(process: Process) -> Services:
    return cast(Services, SimpleNamespace(refresh=process.refresh, clock=process.clock))


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    site = Site(tmp_path / "coinassay.db")
    site.connector.script("binance", ["2 BTC"])
    yield site
    await site.close()


@pytest.fixture
async def here(site: Site) -> Process:
    return await site.process()


@pytest.fixture
def log() -> Iterator[io.BytesIO]:
    stream = io.BytesIO()
    logs.configure("debug", "json", stream)
    yield stream
    logs.configure()


def lines(log: io.BytesIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


class Noting:
    """A runner that only writes down what it was given."""

    def __init__(self, room: int = 100) -> None:
        self.left = room
        self.accounts: list[int] = []
        self.chores: list[str] = []

    async def room(self) -> int:
        return self.left

    async def refresh(self, account_ids: Sequence[int], claimed_at: datetime) -> None:
        self.left -= len(account_ids)
        self.accounts += account_ids

    async def do(self, chore: Chore) -> None:
        self.chores.append(chore.name)


async def nothing(services: Services) -> None:
    pass


THIN = Chore("thin", nothing, timedelta(hours=1))


# ------------------------------------------------------------------------------------------------ what is found


async def test_only_what_there_is_room_for_is_claimed(here: Process) -> None:
    await add_accounts(here, await here.store.add_user("alice", NOW), 10)
    runner = Noting(room=4)
    schedule = Schedule(services_of(here), runner, [])
    await schedule.look()
    await schedule.look()
    assert 4 == len(set(runner.accounts))
    runner.left = 100
    await schedule.look()
    assert list(range(1, 11)) == sorted(runner.accounts)


async def test_what_is_not_due_is_left_alone(site: Site, here: Process) -> None:
    await add_accounts(here, await here.store.add_user("alice", NOW))
    site.clock.advance(seconds=-1)
    runner = Noting()
    await Schedule(services_of(here), runner, []).look()
    assert [] == runner.accounts


async def test_two_processes_share_what_is_due(site: Site, here: Process) -> None:
    there = await site.process()
    await add_accounts(here, await here.store.add_user("alice", NOW), 30)
    runners = [Noting(room=10) for _ in range(4)]
    looks = [
        Schedule(services_of(process), runner, []).look()
        for process, runner in zip([here, there, here, there], runners, strict=True)
    ]
    await asyncio.gather(*looks)
    claimed = [account_id for runner in runners for account_id in runner.accounts]
    assert list(range(1, 31)) == sorted(claimed)


async def test_a_chore_is_done_once_in_its_period_by_one_of_two(site: Site, here: Process) -> None:
    there = await site.process()
    runner = Noting()
    schedules = [Schedule(services_of(process), runner, [THIN]) for process in (here, there)]
    for _ in range(120):
        await asyncio.gather(*(schedule.look() for schedule in schedules))
        if runner.chores:
            await here.refresh.settle_chore("thin", NOW + THIN.every)
        site.clock.advance(seconds=29)
    assert ["thin"] == runner.chores, "58 minutes"
    site.clock.advance(minutes=3)
    await asyncio.gather(*(schedule.look() for schedule in schedules))
    assert ["thin", "thin"] == runner.chores


async def test_a_chore_of_a_killed_process_is_taken_up(site: Site, here: Process) -> None:
    runner = Noting()
    await Schedule(services_of(here), runner, [THIN]).look()
    other = Schedule(services_of(await site.process()), runner, [THIN])
    await other.look()
    assert ["thin"] == runner.chores
    site.clock.advance(seconds=LEASE.total_seconds() + 1)
    await other.look()
    assert ["thin", "thin"] == runner.chores


async def test_a_clock_that_goes_back_does_not_keep_chores_waiting(site: Site, here: Process) -> None:
    runner = Noting()
    schedule = Schedule(services_of(here), runner, [Chore("each minute", nothing, timedelta(minutes=1))])
    await schedule.look()
    site.clock.advance(days=-1)
    await here.refresh.settle_chore("each minute", site.clock.now)
    await schedule.look()
    assert 2 == len(runner.chores)


# ------------------------------------------------------------------------------------------------ what is done


async def test_accounts_are_loaded_so_many_at_once(site: Site, here: Process) -> None:
    site.connector.script("binance", ["2 BTC"], delay=0.005)
    accounts = await add_accounts(here, await here.store.add_user("alice", NOW), 40)
    runner = InProcess(services_of(here), concurrency=8)
    running = asyncio.create_task(Schedule(services_of(here), runner, [], tick=0.001).run())
    async with asyncio.timeout(10):
        while await here.refresh.is_overdue(timedelta(seconds=-1)):  # noqa: ASYNC110 -- nobody tells
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await runner.close(1)
    assert {1} == {site.connector.calls[account.id] for account in accounts}
    assert 8 == site.connector.most_at_once


async def test_loads_come_to_their_end_when_it_is_closed(site: Site, here: Process) -> None:
    (account,) = await add_accounts(here, await here.store.add_user("alice", NOW))
    site.connector.script("binance", ["2 BTC"], delay=0.1)
    runner = InProcess(services_of(here))
    await runner.refresh([account.id], NOW)
    await asyncio.sleep(0.02)
    await runner.close(5)
    assert (await here.store.get_account(1, account.id)).loaded_at is not None


async def test_what_takes_too_long_is_ended_without_a_trace(site: Site, here: Process) -> None:
    (account,) = await add_accounts(here, await here.store.add_user("alice", NOW))
    site.connector.script("binance", ["2 BTC"], delay=15)
    runner = InProcess(services_of(here))
    await runner.refresh([account.id], NOW)
    await asyncio.sleep(0.05)
    async with asyncio.timeout(2):
        await runner.close(0.05)
        await here.sync.close()
    assert (await here.store.get_account(1, account.id)).loaded_at is None
    assert await here.store.find_lease(account.id) is None
    assert 0 == (await here.stored(account)).failures


async def test_a_chore_is_ended_at_once_and_due_again_soon(site: Site, here: Process) -> None:
    begun = asyncio.Event()

    async def long(services: Services) -> None:
        begun.set()
        await asyncio.sleep(60)

    chore = Chore("long", long, timedelta(hours=1))
    runner = InProcess(services_of(here))
    await Schedule(services_of(here), runner, [chore]).look()
    await begun.wait()
    async with asyncio.timeout(2):
        await runner.close(60)
    site.clock.advance(seconds=LEASE.total_seconds() + 1)
    assert await here.refresh.claim_chore("long", site.clock.now + LEASE, chore.every)


async def test_it_goes_on_when_the_database_comes_back(here: Process, log: io.BytesIO) -> None:
    class Flaky(Noting):
        fails = 3

        async def room(self) -> int:
            if self.fails:
                self.fails -= 1
                raise StorageError("The disk is full.")
            return 10

    await add_accounts(here, await here.store.add_user("alice", NOW))
    runner = Flaky()
    running = asyncio.create_task(Schedule(services_of(here), runner, [], tick=0.001).run())
    async with asyncio.timeout(5):
        while not runner.accounts:  # noqa: ASYNC110 -- nobody tells
            await asyncio.sleep(0.001)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    warnings = [line for line in lines(log) if line["level"] == "warning"]
    assert ["The disk is full."] == [line["message"] for line in warnings], "said once"


# ------------------------------------------------------------------------------------------------ what is said


async def test_the_log_says_how_it_went(site: Site, here: Process, log: io.BytesIO) -> None:
    good, bad, rejected = await add_accounts(here, await here.store.add_user("alice", NOW), 3)
    site.connector.script(bad.id, ExchangeUnavailable("Down."))
    site.connector.script(rejected.id, CredentialsRejected())
    for account in (good, bad, rejected):
        await refresh_account(services_of(here), account.id, NOW)
    said = {(line["account_id"], line["event"]): line for line in lines(log)}
    assert "next_at" in said[good.id, "refresh finished"]
    assert ("exchange_unavailable", "Down.", 1) == tuple(
        said[bad.id, "refresh failed"][name] for name in ("code", "reason", "failures")
    )
    assert "key" == said[rejected.id, "refresh failed"]["paused"]
    assert {good.id, bad.id, rejected.id} == {number for number, event in said if event == "refresh started"}
    assert b"secret" not in log.getvalue()


async def test_a_crash_is_said_and_ends_nothing_else(here: Process, log: io.BytesIO) -> None:
    async def wrong(services: Services) -> None:
        raise LookupError("a secret in the text")

    async def failing(services: Services) -> None:
        raise StorageError("The disk is full.")

    runner = InProcess(services_of(here))
    chores = [Chore("wrong", wrong, timedelta(hours=1)), Chore("failing", failing, timedelta(hours=1)), THIN]
    await Schedule(services_of(here), runner, chores).look()
    await asyncio.sleep(0.1)
    await runner.close(1)
    events = {(line["event"], line.get("chore")) for line in lines(log)}
    assert {("chore failed", "failing"), ("chore finished", "thin"), ("background work crashed", None)} <= events
    (crash,) = [line for line in lines(log) if line["event"] == "background work crashed"]
    assert "LookupError" == crash["error"]
    assert b"a secret" not in log.getvalue()


def test_chores_have_names_of_their_own() -> None:
    assert len(CHORES) == len({chore.name for chore in CHORES})
    assert all(chore is find_chore(chore.name) for chore in CHORES)
    assert find_chore("of another version") is None
