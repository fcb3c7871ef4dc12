"""The port PastNumbers, and the charts that rely on it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from tests.contract.records import NOW, a_flow, a_load, held, new_account

from coinassay.domain.account import Account, Mode, User
from coinassay.domain.retention import Retention
from coinassay.domain.snapshot import Money, Snapshot
from coinassay.services.history import HistoryService
from coinassay.services.portfolio import PortfolioService
from coinassay.services.ports.history import PastNumbers
from coinassay.storage.store import Store

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
async def accounts(store: Store, alice: User) -> list[Account]:
    return [await store.add_account(alice.id, new_account(api_key=f"{n}"), NOW) for n in range(2)]


async def load(store: Store, account: Account, at: datetime, usd: int) -> Account:
    return await store.record_load(a_load(account.id, held(f"{usd} USDT", at="1"), at=at))


async def bring(store: Store, account: Account, at: datetime, usd: int) -> None:
    money = Money(a_flow(account.id, f"{usd}").money.usd)
    snapshots = [Snapshot(account.id, at, money, origin="3commas")]
    await store.record_import(account.id, account.version, snapshots, [], NOW)


async def test_the_number_changes_only_with_the_past(store: Store, accounts: list[Account]) -> None:
    port: PastNumbers = store
    one, other = (account.id for account in accounts)
    assert [0, 0] == await port.list_past_numbers([one, other])
    for n in range(4):
        account = await load(store, accounts[0], NOW + n * HOUR, n)
    await store.drop_snapshots((await store.list_to_thin(NOW, NOW, 0, 1))[0], [NOW + HOUR])
    assert [0, 0] == await port.list_past_numbers([one, other])
    await bring(store, account, NOW - DAY, 5)
    (imported, untouched) = await port.list_past_numbers([one, other])
    assert imported > untouched == 0
    await load(store, accounts[0], NOW + 2 * HOUR + HOUR / 2, 9)
    (late,) = await port.list_past_numbers([one])
    assert late > imported
    await load(store, accounts[0], NOW + 5 * HOUR, 9)
    assert [0, late, 0] == await port.list_past_numbers([other, one, 99]), "in the order asked for"


class Charts:
    """As the pages and balance_chart_data get them, of one process that lives on."""

    def __init__(self, store: Store, user: User) -> None:
        self.store, self.user = store, user
        self.now = NOW + 10 * DAY
        self.service = PortfolioService(store, store, lambda: self.now)

    async def read(self) -> list[tuple[int, int]]:
        """Totals and deposits, day by day; those of a process that has just begun are the same."""
        accounts = await self.store.list_included(self.user.id, Mode.REAL)
        first = date(1970, 1, 1)
        points = await self.service.series(accounts, first, None)
        assert points == await PortfolioService(self.store, self.store, lambda: self.now).series(accounts, first, None)
        return [(int(point.total.usd), int(point.deposits.usd)) for point in points]


@pytest.fixture
async def charts(store: Store, alice: User, accounts: list[Account]) -> Charts:
    for n in range(9):
        await load(store, accounts[0], NOW + n * DAY, n)
        await load(store, accounts[0], NOW + n * DAY + HOUR, 10 * n)
    await load(store, accounts[1], NOW + DAY, 1)
    charts = Charts(store, alice)
    assert [(0, 0), (11, 0), (21, 0)] == (await charts.read())[:3]
    return charts


async def test_an_import_is_in_the_chart(store: Store, charts: Charts, accounts: list[Account]) -> None:
    account = await store.get_account(charts.user.id, accounts[0].id)
    await bring(store, account, NOW - 2 * DAY, 4)
    assert [(4, 0), (4, 0), (0, 0), (11, 0)] == (await charts.read())[:4]
    account = await store.get_account(charts.user.id, accounts[0].id)
    await bring(store, account, NOW - 2 * DAY, 5)
    assert [(5, 0), (5, 0), (0, 0), (11, 0)] == (await charts.read())[:4], "the same days, other values"


async def test_a_late_flow_is_in_the_chart(store: Store, charts: Charts, accounts: list[Account]) -> None:
    flow = a_flow(accounts[0].id, "6", at=NOW + 2 * DAY, reference="late")
    await store.record_load(a_load(accounts[0].id, held("80 USDT", at="1"), at=NOW + 10 * DAY, flows=(flow,)))
    assert (await charts.read())[2] == (21, 6)


async def test_a_load_behind_a_later_one_is_in_the_chart(store: Store, charts: Charts, accounts: list[Account]) -> None:
    await load(store, accounts[0], NOW + 4 * DAY + 2 * HOUR, 1000)
    assert (await charts.read())[4] == (1001, 0)


async def test_a_load_that_was_under_way_at_midnight_is_in_the_chart(
    store: Store, charts: Charts, accounts: list[Account]
) -> None:
    await load(store, accounts[0], NOW + 9 * DAY, 1000)
    assert (await charts.read())[9] == (1001, 0)


async def test_a_removed_account_is_not_in_the_chart(store: Store, charts: Charts, accounts: list[Account]) -> None:
    await store.remove_account(charts.user.id, accounts[1].id)
    assert [(0, 0), (10, 0), (20, 0)] == (await charts.read())[:3]


async def test_thinning_leaves_the_chart_as_it_is(store: Store, charts: Charts) -> None:
    before = await charts.read()
    dropped = await HistoryService(store, lambda: charts.now, Retention(DAY, 2 * DAY)).thin()
    assert dropped.snapshots > 3
    assert before == await charts.read()
