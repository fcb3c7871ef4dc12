"""Who is to be woken by what is announced, where the database itself tells nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from coinassay.errors import StorageError

LOOK_EVERY = 0.5
"""Seconds between two looks whether another process wrote something."""


class Watchers:
    """Callables by topic. For use on one thread."""

    def __init__(self) -> None:
        self._of: dict[str, list[Callable[[], None]]] = {}

    def __bool__(self) -> bool:
        return bool(self._of)

    def add(self, topic: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Gives what takes it away again; that may be called twice."""
        mine = [wake]  # two that are equal are still two

        def call() -> None:
            for each in mine:
                each()

        self._of.setdefault(topic, []).append(call)

        def remove() -> None:
            if mine:
                mine.clear()
                self._of[topic].remove(call)
                if not self._of[topic]:
                    del self._of[topic]

        return remove

    def wake(self, topic: str) -> None:
        for each in list(self._of.get(topic, ())):
            each()

    def wake_all(self) -> None:
        for topic in list(self._of):
            self.wake(topic)


class Watching:
    """Watchers of a database that only tells that something was written, and only to those who look."""

    def __init__(self, version: Callable[[], int], every: float = LOOK_EVERY) -> None:
        """`version` changes when another process wrote something; `every` in seconds."""
        self._version = version
        self._every = every
        self._watchers = Watchers()
        self._looking: asyncio.Task[None] | None = None

    def watch(self, topic: str, wake: Callable[[], None]) -> Callable[[], None]:
        """As `Database.watch` says."""
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look(), name="look for writes")
        remove = self._watchers.add(topic, wake)

        def end() -> None:
            remove()
            if not self._watchers:
                self.close()

        return end

    def wake(self, topic: str) -> None:
        """At once: this process announced it."""
        self._watchers.wake(topic)

    def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    async def _look(self) -> None:
        seen: int | None = self._now()
        while True:
            await asyncio.sleep(self._every)
            if (now := self._now()) != seen:
                seen = now
                self._watchers.wake_all()

    def _now(self) -> int | None:
        try:
            return self._version()
        except StorageError:  # who reads or writes is told; here it is only not known whether something was written
            return None
