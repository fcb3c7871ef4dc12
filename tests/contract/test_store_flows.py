"""The port FlowStore, and what a load does with flows."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from tests.contract.records import BTC_RATE, NOW, a_flow, a_load, held, new_account

from coinassay.domain.account import Account, User
from coinassay.domain.money import divide
from coinassay.domain.movement import FlowReading, ReadingState, Waiting
from coinassay.domain.snapshot import Flow, FlowKind, FlowPrice, FlowSource, Money, PriceOrigin
from coinassay.errors import NotFound
from coinassay.services.ports.flows import FlowStore
from coinassay.storage.addresses import is_postgres
from coinassay.storage.store import Store
from coinassay.testing.scripted_flows import a_movement

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
PRICE = FlowPrice(PriceOrigin.CLOSE, Decimal("0.123456789012345678901234567890"), BTC_RATE, NOW, "binance 1m X/USD")


@pytest.fixture
async def account(store: Store, alice: User) -> Account:
    return await store.add_account(alice.id, new_account(), NOW)


def told(account_id: int, usd: str = "7", reference: str = "deposit:1", at: datetime = NOW, **more: object) -> Flow:
    flow = a_flow(account_id, usd, "0.001", at=at, reference=reference)
    changes: dict[str, object] = {"source": FlowSource.EXCHANGE, **more}
    return replace(flow, **changes)  # type: ignore[arg-type]  # fields of a Flow, by name


async def net_deposits(store: Store, account: Account) -> Decimal:
    return (await store.get_account(account.user_id, account.id)).net_deposits.usd


async def test_every_field_of_a_flow_comes_back(store: Store, account: Account) -> None:
    full = told(
        account.id,
        "-7",
        amount=Decimal("-1.000000000000000000000000000001"),
        kind=FlowKind.WITHDRAWAL,
        link="transfer:1-2",
        counterpart=77,
        note="café",
        moved_at=NOW - HOUR,
        txid="0xab",
        fee=Decimal("0.1"),
        price=PRICE,
    )
    bare = told(account.id, "0", "deposit:2", priced=False)
    await store.record_load(a_load(account.id, flows=(full, bare)))
    found = (await store.list_flows([account.id], BEGINNING))[account.id]
    assert [full, bare] == found
    assert len({flow.id for flow in found} - {0}) == 2
    port: FlowStore = store
    assert [bare] == await port.list_unpriced_flows(account.id)
    assert list(reversed(found)) == await port.list_account_flows(account.id, limit=10)
    assert found[:1] == await port.list_account_flows(account.id, limit=1, offset=1)


async def test_a_reading_comes_back_and_goes_with_its_account(store: Store, account: Account) -> None:
    assert await store.find_flow_reading(account.id) is None
    movement = a_movement("withdrawal", "1.50", "BTC", at=NOW, fee="0.1", state="pending", txid="ab")
    reading = FlowReading(
        NOW - HOUR,
        NOW,
        NOW - HOUR / 2,
        ReadingState.FAILED,
        "exchange_unavailable",
        "It is down.",
        (Waiting(movement), Waiting(replace(movement, reference="withdrawal:2"), counted=True)),
    )
    for each in (reading, FlowReading(NOW - HOUR, NOW)):
        await store.record_load(replace(a_load(account.id), flow_reading=each))
        assert each == await store.find_flow_reading(account.id)
    await store.record_load(a_load(account.id, at=NOW + HOUR))
    assert await store.find_flow_reading(account.id) == FlowReading(NOW - HOUR, NOW), "a load without one leaves it"
    await store.remove_account(account.user_id, account.id)
    assert await store.find_flow_reading(account.id) is None


async def test_a_flow_that_is_told_late_is_in_the_snapshots_since(
    store: Store, account: Account, database_url: str
) -> None:
    for hours in (0, 1, 2):
        await store.record_load(a_load(account.id, held("10 USDT", at="1"), at=NOW + hours * HOUR))
    late = told(account.id, "7", at=NOW + HOUR)
    for _ in range(2):  # told again it counts once
        await store.record_load(a_load(account.id, at=NOW + 3 * HOUR, flows=(late,)))
    assert Decimal(7) == await net_deposits(store, account)
    await store.add_flow(told(account.id, "5", "mine", at=NOW + 2 * HOUR, source=FlowSource.MANUAL), NOW + 4 * HOUR)
    flows = await store.list_flows([account.id], BEGINNING)
    sums = [
        sum((flow.money.usd for flow in flows[account.id] if flow.at <= NOW + hours * HOUR), Decimal(0))
        for hours in range(4)
    ]
    assert sums == snapshot_deposits(database_url) == [0, 7, 12, 12]


def snapshot_deposits(database_url: str) -> list[Decimal]:
    """Net deposits as they are kept with each of the snapshots, oldest first."""
    question = "SELECT net_deposits_usd FROM snapshots ORDER BY taken_at"
    if is_postgres(database_url):
        with psycopg.connect(database_url) as server:
            return [row[0] for row in server.execute(question.encode())]
    with sqlite3.connect(database_url.removeprefix("sqlite:///")) as connection:
        found = [Decimal(row[0]) for row in connection.execute(question)]
    connection.close()
    return found


async def test_a_flow_that_gets_its_price_counts_from_then_on_and_once(store: Store, account: Account) -> None:
    unpriced = replace(told(account.id, "0", priced=False), amount=Decimal(3))
    await store.record_load(a_load(account.id, flows=(unpriced,)))
    (stored,) = await store.list_unpriced_flows(account.id)
    later = NOW + HOUR
    valued = replace(stored, at=later, moved_at=NOW, money=Money(Decimal(6), Decimal("0.5")), price=PRICE, priced=True)
    for hours in (1, 2):
        await store.record_load(replace(a_load(account.id, at=NOW + hours * HOUR), valued=(valued,)))
    assert [valued] == (await store.list_flows([account.id], BEGINNING))[account.id]
    assert [] == await store.list_unpriced_flows(account.id)
    assert Decimal(6) == await net_deposits(store, account)


async def test_a_manual_flow_counts_once_and_can_be_removed(store: Store, account: Account, database_url: str) -> None:
    await store.record_load(a_load(account.id, at=NOW + HOUR))
    version = (await store.get_account(account.user_id, account.id)).version
    manual = told(account.id, "7", "mine", source=FlowSource.MANUAL)
    added = await store.add_flow(manual, NOW)
    assert added == manual
    assert added.id == (await store.add_flow(replace(manual, money=Money(Decimal(9))), NOW)).id
    assert Decimal(7) == await net_deposits(store, account)
    assert (await store.get_account(account.user_id, account.id)).version > version
    with pytest.raises(NotFound):
        await store.remove_flow(account.id + 1, added.id, NOW)
    await store.remove_flow(account.id, added.id, NOW)
    assert Decimal(0) == await net_deposits(store, account)
    assert [Decimal(0)] == snapshot_deposits(database_url)
    with pytest.raises(NotFound):
        await store.remove_flow(account.id, added.id, NOW)
    with pytest.raises(NotFound):
        await store.add_flow(replace(manual, account_id=account.id + 1), NOW)


async def test_what_the_exchange_told_stays(store: Store, account: Account) -> None:
    await store.record_load(a_load(account.id, flows=(told(account.id),)))
    (flow,) = (await store.list_flows([account.id], BEGINNING))[account.id]
    with pytest.raises(NotFound):
        await store.remove_flow(account.id, flow.id, NOW)
    assert Decimal(7) == await net_deposits(store, account)


async def test_two_legs_are_linked_once_and_parted_with_an_account(store: Store, alice: User, account: Account) -> None:
    other = await store.add_account(alice.id, new_account(api_key="other"), NOW)
    for each, usd in ((account, "-7"), (other, "7")):
        await store.record_load(a_load(each.id, flows=(told(each.id, usd, f"ref {usd}"),)))
    assets = frozenset({"USDT"})
    out, came = await store.list_unlinked_flows(alice.id, assets, NOW - HOUR, NOW)
    assert [] == await store.list_unlinked_flows(alice.id, frozenset({"BTC"}), NOW - HOUR, NOW)
    assert [] == await store.list_unlinked_flows(alice.id + 1, assets, NOW - HOUR, NOW)
    assert [] == await store.list_unlinked_flows(alice.id, assets, NOW, NOW + HOUR)
    assert await store.link_flows(out, came, "transfer:1")
    assert not await store.link_flows(out, came, "transfer:2")
    assert [] == await store.list_unlinked_flows(alice.id, assets, NOW - HOUR, NOW)
    (leg,) = (await store.list_flows([account.id], BEGINNING))[account.id]
    assert ("transfer:1", other.id) == (leg.link, leg.counterpart)
    await store.remove_account(alice.id, other.id)
    (leg,) = (await store.list_flows([account.id], BEGINNING))[account.id]
    assert ("", None) == (leg.link, leg.counterpart)


async def test_removing_a_manual_leg_parts_the_other(store: Store, alice: User, account: Account) -> None:
    other = await store.add_account(alice.id, new_account(api_key="other"), NOW)
    out = await store.add_flow(told(account.id, "-7", "a", source=FlowSource.MANUAL), NOW)
    came = await store.add_flow(told(other.id, "7", "b", source=FlowSource.MANUAL), NOW)
    assert await store.link_flows(out, came, "transfer:1")
    await store.remove_flow(account.id, out.id, NOW)
    assert [""] == [flow.link for flow in await store.list_account_flows(other.id, limit=1)]


async def test_what_snapshots_showed(store: Store, account: Account) -> None:
    for hours in range(3):
        holdings = (held(f"{hours + 1} BTC", at="50000"), held("3 ODD"))
        await store.record_load(a_load(account.id, *holdings, at=NOW + hours * HOUR))
    sights = await store.list_sights(account.id, NOW, NOW + 2 * HOUR)
    assert [NOW + HOUR, NOW + 2 * HOUR] == [each.taken_at for each in sights]
    assert {"BTC": Decimal(2), "ODD": Decimal(3)} == sights[0].amounts
    assert {"BTC": Decimal(100000)} == sights[0].values
    assert sights[0].btc_rate == divide(Decimal(100000), divide(Decimal(100000), BTC_RATE))
