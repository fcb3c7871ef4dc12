"""Publishing and listening, over a store in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from coinassay.domain.event import Event, EventKind, NewEvent
from coinassay.errors import CoinassayError, StorageError, TooManyRequests
from coinassay.services.events import MOST_LISTENERS, STEP, TIDIED_EVERY, EventService, Subscription
from coinassay.services.ports.events import EventNumbers

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALICE, BOB = 1, 2
STARTED, FINISHED, MISSED = EventKind.LOAD_STARTED, EventKind.LOAD_FINISHED, EventKind.MISSED


class Memory:
    """An event store."""

    def __init__(self) -> None:
        self.events: dict[int, list[Event]] = {}
        self.numbers: dict[int, EventNumbers] = {}
        self.watching: list[tuple[int, Callable[[], None]]] = []
        self.writes = 0
        self.fails = 0
        self.drops: list[tuple[int, datetime, int, int]] = []

    async def add_events(self, events: Sequence[NewEvent]) -> None:
        self.writes += 1
        await asyncio.sleep(0)
        if self.fails:
            self.fails -= 1
            raise StorageError("The disk is full.")
        for event in events:
            last, dropped = self.numbers.get(event.user_id, EventNumbers())
            self.numbers[event.user_id] = EventNumbers(last + 1, dropped)
            added = Event(last + 1, event.account_id, event.kind, event.at)
            self.events.setdefault(event.user_id, []).append(added)
        for user_id, wake in list(self.watching):
            if user_id in {event.user_id for event in events}:
                wake()

    async def event_numbers(self, user_id: int) -> EventNumbers:
        return self.numbers.get(user_id, EventNumbers())

    async def list_events(self, user_id: int, after: int, limit: int) -> Sequence[Event]:
        return [event for event in self.events.get(user_id, []) if event.id > after][:limit]

    async def drop_events(self, user_id: int, before: datetime, up_to: int, limit: int) -> int:
        self.drops.append((user_id, before, up_to, limit))
        return 0

    def forget(self, user_id: int, up_to: int) -> None:
        self.numbers[user_id] = EventNumbers(self.numbers[user_id].last, up_to)
        self.events[user_id] = [event for event in self.events[user_id] if event.id > up_to]

    def watch_events(self, user_id: int, wake: Callable[[], None]) -> Callable[[], None]:
        entry = (user_id, wake)
        self.watching.append(entry)
        return lambda: self.watching.remove(entry)


@pytest.fixture
def memory() -> Memory:
    return Memory()


def service(memory: Memory, trouble: Callable[[CoinassayError], None] | None = None) -> EventService:
    return EventService(memory, lambda: NOW, gathered=0.001, trouble=trouble)


@pytest.fixture
def events(memory: Memory) -> EventService:
    return service(memory)


async def taken(subscription: Subscription, timeout: float = 5) -> list[tuple[int, EventKind]]:
    return [(event.id, event.kind) for event in await subscription.take(timeout)]


async def test_a_listener_gets_what_comes(events: EventService) -> None:
    events.publish(ALICE, None, STARTED)
    await events.flush()
    subscription = await events.subscribe(ALICE)
    events.publish(ALICE, 7, STARTED, {"a": "b"})
    events.publish(BOB, 8, STARTED)
    events.publish(ALICE, 7, FINISHED)
    assert await taken(subscription) == [(2, STARTED), (3, FINISHED)]
    assert await taken(subscription, 0.01) == []


async def test_what_is_published_together_is_written_together(memory: Memory, events: EventService) -> None:
    for _ in range(STEP + 1):
        events.publish(ALICE, None, STARTED)
    await events.flush()
    assert memory.writes == 2
    assert [event.id for event in memory.events[ALICE]] == list(range(1, STEP + 2))


async def test_a_listener_goes_on_after_the_last_one_it_has_seen(events: EventService) -> None:
    for _ in range(3):
        events.publish(ALICE, None, STARTED)
    await events.flush()
    assert await taken(await events.subscribe(ALICE, 1)) == [(2, STARTED), (3, STARTED)]
    assert await taken(await events.subscribe(ALICE, 0)) == [(1, STARTED), (2, STARTED), (3, STARTED)]


async def test_it_is_told_when_some_are_no_longer_kept(memory: Memory, events: EventService) -> None:
    for _ in range(5):
        events.publish(ALICE, None, STARTED)
    await events.flush()
    memory.forget(ALICE, 3)
    late = await events.subscribe(ALICE, 1)
    assert await taken(late) == [(3, MISSED)]
    assert await taken(late) == [(4, STARTED), (5, STARTED)]
    in_time = await events.subscribe(ALICE, 3)
    assert await taken(in_time) == [(4, STARTED), (5, STARTED)]


async def test_a_listener_that_is_too_slow_is_told_as_well(memory: Memory, events: EventService) -> None:
    slow = await events.subscribe(ALICE)
    for _ in range(5):
        events.publish(ALICE, None, STARTED)
    await events.flush()
    memory.forget(ALICE, 4)
    assert await taken(slow) == [(4, MISSED)]
    assert await taken(slow) == [(5, STARTED)]


async def test_a_number_that_was_not_given_yet(events: EventService) -> None:
    """Of another database, or of one that was put back to what it was before."""
    events.publish(ALICE, None, STARTED)
    await events.flush()
    subscription = await events.subscribe(ALICE, 10**15)
    assert await taken(subscription) == [(1, MISSED)]
    events.publish(ALICE, None, FINISHED)
    assert await taken(subscription) == [(2, FINISHED)]


async def test_events_of_accounts_that_have_gone_are_passed_over(memory: Memory, events: EventService) -> None:
    subscription = await events.subscribe(ALICE)
    for account_id in (1, 2):
        events.publish(ALICE, account_id, STARTED)
    await events.flush()
    memory.events[ALICE] = []
    assert await taken(subscription, 0.01) == []
    events.publish(ALICE, 3, STARTED)
    assert await taken(subscription) == [(3, STARTED)]


async def test_listeners_are_iterators_that_end(events: EventService) -> None:
    subscription = await events.subscribe(ALICE)

    async def listen() -> list[int]:
        return [event.id async for event in subscription]

    listening = asyncio.create_task(listen())
    for _ in range(3):
        events.publish(ALICE, None, STARTED)
        await events.flush()
        await asyncio.sleep(0.005)
    events.end()
    async with asyncio.timeout(5):
        assert await listening == [1, 2, 3]
    late = await events.subscribe(ALICE)
    assert late.ended
    assert await taken(late) == []


async def test_nobody_is_left_watching(memory: Memory, events: EventService) -> None:
    subscriptions = [await events.subscribe(ALICE) for _ in range(MOST_LISTENERS)]
    with pytest.raises(TooManyRequests):
        await events.subscribe(ALICE)
    other = await events.subscribe(BOB)
    assert len(memory.watching) == MOST_LISTENERS + 1
    for each in (*subscriptions, other, other):
        each.close()
    assert memory.watching == []
    (await events.subscribe(ALICE)).close()


async def test_events_that_cannot_be_written_stop_nobody(memory: Memory) -> None:
    troubles: list[CoinassayError] = []
    events = service(memory, trouble=troubles.append)
    memory.fails = 1
    events.publish(ALICE, None, STARTED)
    await events.flush()
    events.publish(ALICE, None, FINISHED)
    await events.close()
    assert [type(each) for each in troubles] == [StorageError]
    assert [event.kind for event in memory.events[ALICE]] == [FINISHED]


async def test_the_end_writes_what_is_left(memory: Memory) -> None:
    events = EventService(memory, lambda: NOW, gathered=60)
    events.publish(ALICE, None, STARTED)
    await asyncio.sleep(0)
    await events.close()
    assert len(memory.events[ALICE]) == 1


async def test_the_oldest_are_dropped_now_and_then(memory: Memory, events: EventService) -> None:
    for _ in range(2 * TIDIED_EVERY + 1):
        events.publish(ALICE, None, STARTED)
        await events.flush()
    before = NOW - timedelta(hours=24)
    assert memory.drops == [(ALICE, before, number - 10_000, STEP) for number in (TIDIED_EVERY, 2 * TIDIED_EVERY)]


async def test_also_by_processes_that_write_a_few_each(memory: Memory) -> None:
    for _ in range(TIDIED_EVERY):
        command = service(memory)
        for _ in range(3):
            command.publish(ALICE, None, STARTED)
        await command.close()
    assert len(memory.drops) == 3
