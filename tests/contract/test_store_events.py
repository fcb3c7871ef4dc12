"""Events, as every store keeps them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from tests.contract.records import NOW, new_account

from coinassay.domain.event import Event, EventKind, NewEvent
from coinassay.services.ports.events import EventNumbers
from coinassay.storage.store import Store

STARTED, TOTAL = EventKind.LOAD_STARTED, EventKind.TOTAL


def event(user_id: int, account_id: int | None = None, hours: int = 0, **data: object) -> NewEvent:
    return NewEvent(user_id, account_id, STARTED, NOW + timedelta(hours=hours), data)


async def numbers(store: Store, user_id: int) -> list[int]:
    return [each.id for each in await store.list_events(user_id, 0, 1000)]


async def test_nothing_has_happened_at_first(store: Store) -> None:
    alice = await store.add_user("alice", NOW)
    assert await store.event_numbers(alice.id) == EventNumbers(0, 0)
    assert list(await store.list_events(alice.id, 0, 10)) == []


async def test_each_user_has_numbers_of_their_own(store: Store) -> None:
    alice, bob = [await store.add_user(name, NOW) for name in ("alice", "bob")]
    account = await store.add_account(alice.id, new_account(), NOW)
    await store.add_events(
        [
            event(alice.id, account.id, wallet="spot"),
            event(bob.id),
            NewEvent(alice.id, None, TOTAL, NOW, {"usd": "1.50"}),
        ]
    )
    await store.add_events([event(alice.id, hours=1)])
    assert list(await store.list_events(alice.id, 0, 10)) == [
        Event(1, account.id, STARTED, NOW, '{"wallet":"spot"}'),
        Event(2, None, TOTAL, NOW, '{"usd":"1.50"}'),
        Event(3, None, STARTED, NOW + timedelta(hours=1)),
    ]
    assert list(await store.list_events(bob.id, 0, 10)) == [Event(1, None, STARTED, NOW)]
    assert await store.event_numbers(alice.id) == EventNumbers(3, 0)


async def test_listing_goes_on_where_it_ended(store: Store) -> None:
    alice = await store.add_user("alice", NOW)
    await store.add_events([event(alice.id) for _ in range(5)])
    assert [each.id for each in await store.list_events(alice.id, 0, 3)] == [1, 2, 3]
    assert [each.id for each in await store.list_events(alice.id, 3, 3)] == [4, 5]
    assert list(await store.list_events(alice.id, 5, 3)) == []


async def test_events_of_who_has_gone_are_left_out(store: Store) -> None:
    alice, bob = [await store.add_user(name, NOW) for name in ("alice", "bob")]
    account, other = [await store.add_account(user.id, new_account(), NOW) for user in (alice, bob)]
    await store.add_events([event(alice.id, account.id), event(alice.id)])
    await store.remove_account(alice.id, account.id)
    assert await numbers(store, alice.id) == [2]
    await store.add_events([event(alice.id, account.id), event(99), event(alice.id, other.id), event(alice.id)])
    assert await numbers(store, alice.id) == [2, 5]
    assert await store.event_numbers(99) == EventNumbers(0, 0)


async def test_the_oldest_are_dropped_in_steps(store: Store) -> None:
    alice, bob = [await store.add_user(name, NOW) for name in ("alice", "bob")]
    await store.add_events([event(user.id, hours=n) for n in range(10) for user in (alice, bob)])

    async def drop(hours: int, up_to: int, limit: int) -> int:
        return await store.drop_events(alice.id, NOW + timedelta(hours=hours), up_to, limit)

    assert await drop(0, 0, 5) == 0
    assert await drop(4, 0, 3) == 3
    assert await numbers(store, alice.id) == [4, 5, 6, 7, 8, 9, 10]
    assert await drop(4, 0, 3) == 1
    assert await drop(0, 6, 100) == 2
    assert await numbers(store, alice.id) == [7, 8, 9, 10]
    assert await store.event_numbers(alice.id) == EventNumbers(10, 6)
    assert await store.event_numbers(bob.id) == EventNumbers(10, 0)
    assert await drop(99, 0, 100) == 4
    await store.add_events([event(alice.id)])
    assert await numbers(store, alice.id) == [11]


async def test_numbers_are_neither_doubled_nor_left_out_by_writers_at_once(store: Store) -> None:
    alice, bob = [await store.add_user(name, NOW) for name in ("alice", "bob")]
    seen: list[int] = []

    async def read() -> None:
        while len(seen) < 60:
            seen.extend(each.id for each in await store.list_events(alice.id, seen[-1] if seen else 0, 7))
            await asyncio.sleep(0)

    async with asyncio.timeout(10):
        writers = [store.add_events([event(user.id) for user in (alice, bob, alice)]) for _ in range(30)]
        await asyncio.gather(read(), *writers)
    assert seen == list(range(1, 61))


async def test_who_watches_is_woken_for_their_own(store: Store) -> None:
    alice, bob = [await store.add_user(name, NOW) for name in ("alice", "bob")]
    woken = asyncio.Event()
    stop = store.watch_events(alice.id, woken.set)
    await store.add_events([event(bob.id), event(alice.id)])
    async with asyncio.timeout(5):
        await woken.wait()
    stop()
