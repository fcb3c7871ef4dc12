"""Telling users what happens to their accounts, whichever process it happens in.

Events are written down and read from there: a listener that was away goes on after the last one it has seen, and one
that is slow keeps nobody waiting and nothing in memory. What is published within a few milliseconds is written at once.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from coinassay.domain.event import Event, EventKind, NewEvent
from coinassay.errors import CoinassayError, TooManyRequests
from coinassay.services.ports import Clock
from coinassay.services.ports.events import EventStore

KEPT = timedelta(hours=24)
MOST = 10_000
"""Events of a user that are kept."""
STEP = 500
"""Dropped at once, and read at once."""
TIDIED_EVERY = 200
"""Events of a user written by this process, after which the oldest are dropped."""
GATHERED = 0.02
"""Seconds for which events are gathered before they are written."""
MOST_WAITING = 20_000
"""Events to be written. While the database does not take them, the oldest are given up."""
MOST_LISTENERS = 50
"""Of one user in one process."""
PAUSE = 5
"""Seconds after which another attempt at listening may succeed."""


class EventService:
    """The port Publisher, and listening."""

    def __init__(
        self,
        store: EventStore,
        clock: Clock,
        *,
        kept: timedelta = KEPT,
        most: int = MOST,
        gathered: float = GATHERED,
        trouble: Callable[[CoinassayError], None] | None = None,
    ) -> None:
        """`trouble` is told when events could not be written."""
        self._store = store
        self._clock = clock
        self._kept = kept
        self._most = most
        self._gathered = gathered
        self._trouble = trouble
        self._waiting: deque[NewEvent] = deque(maxlen=MOST_WAITING)
        self._writing: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()
        self._untidied: dict[int, int] = {}
        self._listeners: dict[int, set[Subscription]] = {}
        self._ended = False

    def publish(
        self, user_id: int, account_id: int | None, kind: EventKind, data: Mapping[str, object] | None = None
    ) -> None:
        """Tells who listens, soon. Neither waits nor raises."""
        self._waiting.append(NewEvent(user_id, account_id, kind, self._clock(), data or {}))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon(), name="write events")

    async def flush(self) -> None:
        """Writes what was published so far."""
        async with self._lock:
            while self._waiting:
                events = [self._waiting.popleft() for _ in range(min(STEP, len(self._waiting)))]
                try:
                    await self._store.add_events(events)
                    await self._tidy(events)
                except (
                    CoinassayError
                ) as e:  # whoever listens reads the accounts anew sooner or later; a load must go on
                    if self._trouble is not None:
                        self._trouble(e)

    async def _write_soon(self) -> None:
        while self._waiting:
            await asyncio.sleep(self._gathered)
            await self.flush()

    async def _tidy(self, events: Sequence[NewEvent]) -> None:
        """Drops the oldest events of each user of whom another TIDIED_EVERY were written. A process that writes only a
        few in its life, as a command does, goes by their numbers."""
        for user_id, number in Counter(event.user_id for event in events).items():
            known = self._untidied.get(user_id)
            if known is None:
                last = (await self._store.event_numbers(user_id)).last
                known = TIDIED_EVERY if last % TIDIED_EVERY < number else last % TIDIED_EVERY
            else:
                known += number
            if known >= TIDIED_EVERY:
                last = (await self._store.event_numbers(user_id)).last
                await self._store.drop_events(user_id, self._clock() - self._kept, last - self._most, STEP)
                known = 0
            self._untidied[user_id] = known

    # --------------------------------------------------------------------------------------------- listening

    async def subscribe(self, user_id: int, after: int | None = None) -> Subscription:
        """The user's events from now on, or those after the number `after`: an asynchronous iterator, to be closed.

        Where some after `after` are no longer kept, the first event is of the kind MISSED. Raises TooManyRequests when
        too many listen already.
        """
        listeners = self._listeners.setdefault(user_id, set())
        if len(listeners) >= MOST_LISTENERS:
            raise TooManyRequests(PAUSE)
        subscription = Subscription(self._store, self._clock, user_id, self._left)
        listeners.add(subscription)
        try:
            await subscription.begin(after)
        except BaseException:
            subscription.close()
            raise
        if self._ended:
            subscription.close()
        return subscription

    def _left(self, subscription: Subscription) -> None:
        listeners = self._listeners.get(subscription.user_id, set())
        listeners.discard(subscription)
        if not listeners:
            self._listeners.pop(subscription.user_id, None)

    def end(self) -> None:
        """Ends every subscription, also those to come: the process is about to stop."""
        self._ended = True
        for subscription in [each for listeners in self._listeners.values() for each in listeners]:
            subscription.close()

    async def close(self) -> None:
        """Writes what was published and ends every subscription."""
        self.end()
        await self.flush()
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)


class Subscription:
    """One listener. For one task at a time."""

    def __init__(self, store: EventStore, clock: Clock, user_id: int, left: Callable[[Subscription], None]) -> None:
        self._store = store
        self._clock = clock
        self._left = left
        self.user_id = user_id
        self._after = 0
        self._woken = asyncio.Event()
        self._stop: Callable[[], None] | None = None
        self._ready: deque[Event] = deque()
        self.ended = False

    async def begin(self, after: int | None) -> None:
        """Called once, by EventService."""
        self._stop = self._store.watch_events(self.user_id, self._woken.set)
        self._after = (await self._store.event_numbers(self.user_id)).last if after is None else after

    @property
    def after(self) -> int:
        """The number of the last event that was read: whoever comes again goes on after it."""
        return self._after

    async def take(self, timeout: float | None = None) -> Sequence[Event]:
        """What has come meanwhile, in order; waits at most `timeout` seconds for something. Empty for nothing, and when
        the subscription has ended."""
        if self._ready:
            ready, self._ready = self._ready, deque()
            return tuple(ready)
        try:
            async with asyncio.timeout(timeout):
                while not self.ended:
                    self._woken.clear()
                    found = await self._read()
                    if found:
                        return found
                    await self._woken.wait()
        except TimeoutError:
            pass
        return ()

    async def _read(self) -> Sequence[Event]:
        numbers = await self._store.event_numbers(self.user_id)
        if self._after > numbers.last:  # it is of another database, or of one that was put back to an older state
            self._after = numbers.last
            return (self._missed(),)
        if self._after < numbers.dropped:
            self._after = numbers.dropped
            return (self._missed(),)
        if self._after == numbers.last:
            return ()
        found = await self._store.list_events(self.user_id, self._after, STEP)
        self._after = found[-1].id if found else numbers.last  # the others went with their accounts
        return found

    def _missed(self) -> Event:
        return Event(self._after, None, EventKind.MISSED, self._clock())

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Event:
        while not self._ready:
            if self.ended:
                raise StopAsyncIteration
            self._ready.extend(await self.take())
        return self._ready.popleft()

    def close(self) -> None:
        """Ends it, also for a task that is waiting. May be called twice."""
        self.ended = True
        self._woken.set()
        if self._stop is not None:
            self._stop()
            self._stop = None
        self._left(self)
