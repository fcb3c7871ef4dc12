"""Who is to be woken by what is announced on PostgreSQL: LISTEN on a connection of its own, once somebody watches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from coinassay.errors import CoinassayError
from coinassay.storage.postgres_connection import Connection
from coinassay.storage.postgres_errors import failures
from coinassay.storage.watching import Watchers

CHANNEL = "coinassay"
AGAIN_AFTER = 1.0
"""Seconds between two attempts to listen again."""
ALIVE_EVERY = 30.0
"""Seconds between two questions whether the server is still there: a connection on which nothing is sent does not
notice that the other side has gone."""


class Listener:
    """For use on one event loop."""

    def __init__(
        self,
        make: Callable[[], Awaitable[Connection]],
        again_after: float = AGAIN_AFTER,
        alive_every: float = ALIVE_EVERY,
    ) -> None:
        """`again_after` and `alive_every` in seconds."""
        self._make = make
        self._again_after = again_after
        self._alive_every = alive_every
        self._watchers = Watchers()
        self._listening: asyncio.Task[None] | None = None

    def watch(self, topic: str, wake: Callable[[], None]) -> Callable[[], None]:
        """As `Database.watch` says."""
        if self._listening is None:
            self._listening = asyncio.get_running_loop().create_task(self._keep_listening(), name="listen for writes")
        return self._watchers.add(topic, wake)

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait([self._listening])
            self._listening = None

    async def _keep_listening(self) -> None:
        while True:
            try:
                connection = await self._make()
            except CoinassayError:  # whoever reads or writes is told
                await asyncio.sleep(self._again_after)
                continue
            try:
                await self._listen(connection)
            except failures():
                await asyncio.sleep(self._again_after)
            finally:
                connection.drop()

    async def _listen(self, connection: Connection) -> None:
        """Until the connection is lost."""
        lost = asyncio.Event()
        connection.raw.add_termination_listener(lambda _: lost.set())
        await connection.raw.add_listener(CHANNEL, lambda _, _pid, _channel, topic: self._watchers.wake(topic))
        self._watchers.wake_all()  # what was announced before is not told again
        while not lost.is_set():
            try:
                async with asyncio.timeout(self._alive_every):
                    await lost.wait()
            except TimeoutError:
                await connection.run("SELECT 1")
