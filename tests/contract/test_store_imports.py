"""The ports ImportStore and PastStore, and what an import makes of an account."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.records import BTC_RATE, NOW, a_flow, a_load, held, new_account

from coinassay.domain.account import Account, User
from coinassay.domain.allocation import Stake
from coinassay.domain.money import CONTEXT, add_up, divide
from coinassay.domain.snapshot import Flow, FlowKind, FlowSource, Leg, Money, Snapshot
from coinassay.errors import Conflict, InvalidRequest, NotFound
from coinassay.services.history import HistoryService
from coinassay.services.imports import ImportService
from coinassay.services.ledger import LedgerService
from coinassay.services.ports.history import ImportStore, PastStore
from coinassay.storage.store import Store

DAY = timedelta(days=1)
TODAY = NOW.date()
EARLIEST = datetime(1970, 1, 1, tzinfo=NOW.tzinfo)


@pytest.fixture
async def account(store: Store, alice: User) -> Account:
    """First loaded on 1 March: 100 dollars, which count as deposited."""
    made = await store.add_account(alice.id, new_account(), NOW)
    return await first_load(store, made)


async def first_load(store: Store, account: Account) -> Account:
    load = a_load(account.id, held("100 USDT", at="1"))
    opening = Flow(account.id, NOW, FlowKind.OPENING, load.total)
    return await store.record_load(a_load(account.id, held("100 USDT", at="1"), flows=(opening,)))


def money(usd: int | str) -> Money:
    return Money(Decimal(usd), divide(Decimal(usd), BTC_RATE))


def snapshot(account: Account, at: datetime, usd: int) -> Snapshot:
    return Snapshot(account.id, at, money(usd), origin="3commas")


def flow(account: Account, at: datetime, usd: int, reference: str) -> Flow:
    return Flow(account.id, at, FlowKind.DEPOSIT, money(usd), reference=reference, source=FlowSource.IMPORT)


# -------------------------------------------------------------------------------------------------- the store


async def test_only_our_own_snapshots_are_measured(store: Store, account: Account) -> None:
    port: ImportStore = store
    before = snapshot(account, NOW - DAY, 90)
    await port.record_import(account.id, account.version, [before], [], NOW)
    assert Snapshot(account.id, NOW, account.total) == await port.find_first_measured(account.id)
    assert [before] == await port.list_imported(account.id)
    assert await port.find_first_measured(account.id + 1) is None
    assert [] == await port.list_imported(account.id + 1)


async def test_an_import_takes_the_place_of_the_last_one(store: Store, account: Account) -> None:
    first = [snapshot(account, NOW - DAY, 90)], [flow(account, NOW - DAY, 90, "a")]
    await store.record_import(account.id, account.version, *first, NOW)
    known = await store.get_account(account.user_id, account.id)
    assert money(100) + money(90) == known.net_deposits
    second = [snapshot(account, NOW - 2 * DAY, 80)], [flow(account, NOW - DAY, 30, "a"), flow(account, NOW, -5, "b")]
    await store.record_import(account.id, known.version, *second, NOW + DAY)
    known = await store.get_account(account.user_id, account.id)
    assert second[0] == await store.list_imported(account.id)
    flows = (await store.list_flows([account.id], EARLIEST))[account.id]
    assert {"", "a", "b"} == {each.reference for each in flows}
    with_all = Money()
    for each in flows:
        with_all = with_all + each.money
    assert with_all == known.net_deposits
    assert (known.total, known.updated_at, known.loaded_at) == (account.total, NOW + DAY, NOW)


async def test_an_account_that_changed_meanwhile_keeps_its_past(store: Store, account: Account) -> None:
    await store.record_load(a_load(account.id, held("110 USDT", at="1"), at=NOW + DAY))
    with pytest.raises(Conflict):
        await store.record_import(account.id, account.version, [snapshot(account, NOW - DAY, 90)], [], NOW)
    assert [] == await store.list_imported(account.id)
    with pytest.raises(NotFound):
        await store.record_import(4711, 0, [], [], NOW)


async def test_an_import_that_fails_changes_nothing(store: Store, account: Account) -> None:
    """Its snapshot lies on one that was measured."""
    good = [snapshot(account, NOW - DAY, 90)], [flow(account, NOW - DAY, 90, "a")]
    await store.record_import(account.id, account.version, *good, NOW)
    known = await store.get_account(account.user_id, account.id)
    with pytest.raises(Conflict):
        await store.record_import(account.id, known.version, [snapshot(account, NOW, 1)], [], NOW + DAY)
    assert known == await store.get_account(account.user_id, account.id)
    assert good[0] == await store.list_imported(account.id)


async def test_the_past_is_the_latest_snapshot_until_then_with_what_it_was_made_of(
    store: Store, alice: User, account: Account
) -> None:
    port: PastStore = store
    other = await store.add_account(alice.id, new_account(api_key="other"), NOW)
    await store.record_import(account.id, account.version, [snapshot(account, NOW - DAY, 90)], [], NOW)
    load = a_load(other.id, held("2 BTC", at="50000"), held("1 BTC", wallet="margin"), held("7 XYZ"), at=NOW + DAY)
    await store.record_load(load)
    ids = [other.id, account.id, 4711]
    assert {} == await port.find_past(ids, NOW - 2 * DAY)
    (imported,) = (await port.find_past(ids, NOW - timedelta(microseconds=1))).values()
    assert (imported.snapshot, imported.stakes) == (snapshot(account, NOW - DAY, 90), None)
    found = await port.find_past(ids, NOW + DAY)
    assert {account.id, other.id} == set(found)
    assert [Stake("USDT", Decimal(100), Decimal(100))] == found[account.id].stakes
    assert [Stake("BTC", Decimal(3), Decimal(100000)), Stake("XYZ", Decimal(7), None)] == found[other.id].stakes
    assert Snapshot(other.id, NOW + DAY, load.total) == found[other.id].snapshot
    assert divide(load.total.usd, load.total.btc) == found[other.id].btc_rate


async def test_legs_are_those_of_the_accounts_asked_for(store: Store, alice: User, account: Account) -> None:
    other = await store.add_account(alice.id, new_account(api_key="other"), NOW)
    linked = [
        Flow(account.id, NOW + DAY, FlowKind.TRANSFER, money(-5), link="x", reference="1"),
        Flow(other.id, NOW, FlowKind.TRANSFER, money(4), link="x", reference="1"),
    ]
    for each in linked:
        await store.record_load(a_load(each.account_id, flows=(each, a_flow(each.account_id, "1"))))
    legs = [Leg(each.account_id, each.at, each.money, "x") for each in linked]
    assert legs[::-1] == await store.list_legs([account.id, other.id, 4711])
    assert legs[:1] == await store.list_legs([account.id])
    assert [] == await store.list_legs([])


# ------------------------------------------------------------------------------------------------ the use case


def row(day: date, usd: str, deposit: str = "0.0", at: int | None = None) -> dict[str, object]:
    seconds = int(datetime(day.year, day.month, day.day, tzinfo=NOW.tzinfo).timestamp())
    return {
        "date": seconds if at is None else at,
        "usd": usd,
        "btc": "0.5",
        "btc_deposit_amount": "0.0",
        "usd_deposit_amount": deposit,
    }


def answer(*rows: dict[str, object]) -> bytes:
    return json.dumps(rows).encode()


def days_before(count: int) -> date:
    return TODAY - count * DAY


class Importer:
    def __init__(self, store: Store, account: Account) -> None:
        self.store = store
        self.account = account
        self.service = ImportService(store, lambda: NOW + 10 * DAY)

    async def bring(self, *documents: bytes) -> tuple[int, bool]:
        files = {f"{n}.json": document for n, document in enumerate(documents)}
        done = await self.service.import_3commas(self.account.user_id, self.account.id, files)
        return done.days, done.changed

    async def refused(self, *documents: bytes) -> str:
        before = await self.state()
        with pytest.raises(InvalidRequest) as caught:
            await self.bring(*documents)
        assert before == await self.state(), "nothing changed"
        return "; ".join(f"{name} {text}" for name, texts in caught.value.fields.items() for text in texts)

    async def state(self) -> tuple[object, ...]:
        return (
            await self.store.list_imported(self.account.id),
            (await self.store.list_flows([self.account.id], EARLIEST))[self.account.id],
            await self.store.get_account(self.account.user_id, self.account.id),
        )

    async def total_profit(self) -> Decimal:
        known = await self.store.get_account(self.account.user_id, self.account.id)
        flows = (await self.store.list_flows([self.account.id], EARLIEST))[self.account.id]
        assert add_up(each.money.usd for each in flows) == known.net_deposits.usd, "the exact sum of its flows"
        assert add_up(each.money.btc for each in flows) == known.net_deposits.btc
        return CONTEXT.subtract(known.total.usd, known.net_deposits.usd)

    async def ledger(self) -> Sequence[tuple[str, int, int, int, bool]]:
        """Day, net deposits, closing, profit, whether it was imported."""
        known = await self.store.get_account(self.account.user_id, self.account.id)
        told = await LedgerService(self.store, _NoRates(), lambda: NOW).ledger([known])
        assert told.usd.profit == await self.total_profit()
        return [
            (str(day.day), int(day.usd.net_deposits), int(day.usd.closing), int(day.usd.profit), day.imported)
            for day in told.days
        ]


class _NoRates:
    async def list_rates(self, currency: str, moments: Sequence[datetime]) -> Sequence[Decimal | None]:
        raise AssertionError(currency)


@pytest.fixture
def importer(store: Store, account: Account) -> Importer:
    return Importer(store, account)


THREE = (row(days_before(3), "50", "50"), row(days_before(2), "90", "30"), row(days_before(1), "80", "-20"))


async def test_imported_days_have_their_deposits_and_what_follows_is_profit(importer: Importer) -> None:
    assert (3, True) == await importer.bring(answer(*THREE))
    assert [
        ("2026-02-26", 50, 50, 0, True),
        ("2026-02-27", 30, 90, 10, True),
        ("2026-02-28", -20, 80, 10, True),
        ("2026-03-01", 0, 100, 20, False),
    ] == await importer.ledger()
    assert Decimal(40) == await importer.total_profit()


async def test_what_the_first_day_began_with_counts_as_a_deposit(importer: Importer) -> None:
    await importer.bring(answer(*THREE[1:]))
    assert ("2026-02-27", 90, 90, 0, True) == (await importer.ledger())[0]


async def test_the_same_again_changes_nothing(importer: Importer) -> None:
    await importer.bring(answer(*THREE))
    before = await importer.state()
    assert (3, False) == await importer.bring(answer(*THREE))
    assert (3, False) == await importer.bring(answer(*THREE[:1]))
    assert before == await importer.state()


async def test_a_longer_answer_completes_a_shorter_one(importer: Importer, store: Store, account: Account) -> None:
    await importer.bring(answer(THREE[1]))
    assert (3, True) == await importer.bring(answer(THREE[2]), answer(*THREE[:2]))
    step_by_step = await importer.ledger()
    version = (await store.get_account(account.user_id, account.id)).version
    await store.record_import(account.id, version, [], [], NOW)
    await importer.bring(answer(*THREE))
    assert step_by_step == await importer.ledger()


async def test_a_hole_between_answers_is_carried(importer: Importer) -> None:
    assert (2, True) == await importer.bring(answer(THREE[0]), answer(THREE[2]))
    assert ("2026-02-27", 0, 50, 0, True) == (await importer.ledger())[1]


async def test_what_was_measured_is_left_alone(importer: Importer, store: Store, account: Account) -> None:
    await store.record_load(a_load(account.id, held("105 USDT", at="1"), at=NOW + 2 * DAY))
    rows = [row(days_before(-n), "7", "3") for n in range(3)]
    assert "first loaded on 2026-03-01; no day is before" in await importer.refused(answer(*rows))
    done = await importer.service.import_3commas(account.user_id, account.id, {"a": answer(*THREE, *rows)})
    assert (3, 3, money(100) - Money(Decimal(80), Decimal("0.5"))) == (done.days, done.left_out, done.until_measured)
    assert (date(2026, 2, 26), date(2026, 2, 28)) == (done.first, done.last)
    assert Snapshot(account.id, NOW, account.total) == await store.find_first_measured(account.id)


async def test_an_answer_that_was_made_on_the_day_of_the_first_load(importer: Importer) -> None:
    """Its last row is of a moment before the load, so that value is still from there."""
    now = row(TODAY, "95", at=int((NOW - timedelta(hours=1)).timestamp()))
    assert (4, True) == await importer.bring(answer(*THREE, row(TODAY, "95", "10"), now))
    assert ("2026-03-01", 10, 100, 10, False) == (await importer.ledger())[-1]
    later = row(TODAY, "96", "10")
    assert (4, False) == await importer.bring(answer(*THREE, later)), "a whole day is ours"


async def test_an_account_has_to_be_loaded_first(store: Store, alice: User) -> None:
    fresh = await store.add_account(alice.id, new_account(api_key="fresh"), NOW)
    assert "was not loaded yet" in await Importer(store, fresh).refused(answer(*THREE))
    with pytest.raises(NotFound):
        await ImportService(store, lambda: NOW).import_3commas(alice.id, 4711, {})


async def test_files_that_disagree_are_of_different_accounts(importer: Importer) -> None:
    told = await importer.refused(answer(*THREE), answer(row(days_before(2), "1")))
    assert "0.json and 1.json disagree about 2026-02-27" in told


async def test_one_bad_file_among_good_ones_and_nothing_is_imported(importer: Importer) -> None:
    told = await importer.refused(answer(*THREE), b"<html>", answer({"date": 1}))
    assert "1.json is not JSON; 2.json row 1 has no btc" == told


async def test_thinning_keeps_what_was_imported(importer: Importer, store: Store, account: Account) -> None:
    await importer.bring(answer(*THREE))
    before = await importer.ledger()
    dropped = await HistoryService(store, lambda: NOW + 1000 * DAY).thin()
    assert 0 == dropped.snapshots
    assert before == await importer.ledger()
    assert (3, False) == await importer.bring(answer(*THREE))


amounts = st.integers(-1000, 1000).map(str)


@given(
    rows=st.lists(st.tuples(amounts, amounts), min_size=1, max_size=8),
    parts=st.lists(st.tuples(st.integers(0, 7), st.integers(1, 8)), max_size=3),
)
async def test_in_whatever_parts_it_comes_profit_is_the_change_without_the_deposits(
    store: Store, alice: User, rows: list[tuple[str, str]], parts: list[tuple[int, int]]
) -> None:
    account = await first_load(store, await store.add_account(alice.id, new_account(api_key="h"), NOW))
    importer = Importer(store, account)
    told = [row(days_before(len(rows) - n), *each) for n, each in enumerate(rows)]
    for start, length in parts:
        if told[start : start + length]:
            await importer.bring(answer(*told[start : start + length]))
    await importer.bring(answer(*told))
    deposits = sum(int(deposit) for _, deposit in rows[1:])
    assert Decimal(100 - int(rows[0][0]) - deposits) == await importer.total_profit()
    assert len(rows) + 1 == len(await importer.ledger())
    await store.remove_account(alice.id, account.id)
