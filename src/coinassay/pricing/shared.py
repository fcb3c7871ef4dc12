"""Public prices that several processes share: each exchange is asked once for all of them, whatever number there are.

Whoever finds the stored list too old claims it, asks the exchange, and stores the answer; the others wait for that, and
ask for themselves only where it does not come. The database is asked when a process's own list is too old, never
before: as long as that is fresh this costs nothing.
"""

from __future__ import annotations

import asyncio
import secrets
import zlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from coinassay.domain.rates import Quote
from coinassay.errors import StorageError
from coinassay.services.ports import Clock, PriceListStore

POLL = 0.1
"""Seconds between two looks at a list that another process fetches."""

MOST_BYTES = 4_000_000
"""Of a list as it is stored. Binance's 3,000 markets take 150,000; a longer one is everybody's own."""

KEPT = timedelta(minutes=10)
"""Lists that nobody has renewed for so long are dropped."""


class PriceList(NamedTuple):
    """What an exchange answered."""

    fetched_at: datetime
    """When the answer had come."""
    codes: frozenset[str]
    """It was asked for these. An exchange that gives all its prices at once gives them whatever it is asked for."""
    everything: bool
    quotes: Sequence[Quote]

    def covers(self, codes: Iterable[str]) -> bool:
        return self.everything or self.codes.issuperset(codes)


class _Body(msgspec.Struct, array_like=True):
    codes: list[str]
    everything: bool
    quotes: list[Quote]


_decode = msgspec.json.Decoder(_Body).decode


class SharedPrices:
    def __init__(self, store: PriceListStore, clock: Clock, lease: float, poll: float = POLL) -> None:
        """`lease`: the seconds after which nobody waits for another process's answer any more."""
        self._store = store
        self._clock = clock
        self._lease = lease
        self._poll = poll
        self._holder = secrets.token_hex(8)

    async def get(
        self,
        source: str,
        codes: frozenset[str],
        age: timedelta,
        fetch: Callable[[], Awaitable[PriceList]],
    ) -> PriceList:
        """A list of at most that age that covers `codes`: the stored one, or what `fetch` gives, for all processes.

        Raises what `fetch` raises. A database that fails only makes everybody ask for himself.
        """
        deadline = asyncio.get_running_loop().time() + self._lease
        claimed = False
        with suppress(StorageError):
            while not claimed:
                found = await self._find(source, codes, age)
                if found is not None:
                    return found
                claimed = await self._store.claim_price_list(source, self._holder, self._lease)
                if claimed:
                    found = await self._find(source, codes, age)  # it may have come between the two looks
                    if found is not None:
                        await self._store.release_price_list(source, self._holder)
                        return found
                else:
                    if asyncio.get_running_loop().time() >= deadline:
                        break
                    await asyncio.sleep(self._poll)
        if not claimed:
            return await fetch()
        try:
            fetched = await fetch()
        except BaseException:
            with suppress(StorageError):
                await self._store.release_price_list(source, self._holder)
            raise
        with suppress(StorageError):
            await self._publish(source, fetched)
        return fetched

    async def _find(self, source: str, codes: frozenset[str], age: timedelta) -> PriceList | None:
        stored = await self._store.find_price_list(source, age)
        if stored is None:
            return None
        found = await asyncio.to_thread(_read, stored.body, self._clock() - stored.age)
        return found if found is not None and found.covers(codes) else None

    async def _publish(self, source: str, fetched: PriceList) -> None:
        body = await asyncio.to_thread(_write, fetched)
        if len(body) > MOST_BYTES:
            await self._store.release_price_list(source, self._holder)
            return
        age = max(timedelta(), self._clock() - fetched.fetched_at)
        await self._store.publish_price_list(source, self._holder, body, age, KEPT)


def _write(fetched: PriceList) -> bytes:
    body = _Body(sorted(fetched.codes), fetched.everything, list(fetched.quotes))
    return zlib.compress(msgspec.json.encode(body), 1)


def _read(body: bytes, fetched_at: datetime) -> PriceList | None:
    """None for what another version wrote in its own way."""
    try:
        found = _decode(zlib.decompress(body))
    except (zlib.error, msgspec.DecodeError):
        return None
    return PriceList(fetched_at, frozenset(found.codes), found.everything, found.quotes)
