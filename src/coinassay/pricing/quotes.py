"""Quotes of exchanges, asked for once and shared by all accounts.

An exchange that gives all its quotes at once is asked once in `ttl_seconds`, whatever codes are wanted. One that has to
be asked market by market is asked for the codes that nobody has asked for in that time. The two are told apart by the
answer: all of an exchange's quotes have bid and ask for many currencies that were not asked for.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from coinassay.domain.quotes import Graph
from coinassay.domain.rates import Quote
from coinassay.domain.routing import HUBS
from coinassay.errors import ExchangeError, ExchangeThrottled, ExchangeUnavailable
from coinassay.pricing.shared import PriceList, SharedPrices
from coinassay.services.ports import Clock, PriceListStore, QuoteSource

KEPT = timedelta(minutes=10)
"""How long an answer stands in when the exchange does not answer again."""
LONGEST_PAUSE = timedelta(minutes=5)
"""Between two attempts at an exchange that keeps failing."""
ROUNDS = 3
"""Fetches a caller waits for: the one under way may have ended just before his codes came, the next one has not."""
MOST_CODES = 20
"""Asked for at once: an exchange that is asked market by market takes several requests for each."""
UNASKED = 10
"""Quotes with bid and ask that have nothing to do with the codes asked for: more are all of them."""
GRACE = 1.0
"""Seconds a source may take beyond its own deadline before it is given up."""


@dataclass(slots=True)
class _Entry:
    """What is known of one exchange."""

    graph: Graph | None = None
    asked: dict[str, datetime] = field(default_factory=dict)
    """When each code was last asked for."""
    everything_at: datetime | None = None
    """When all quotes came at once."""
    quotes: dict[tuple[str, str], tuple[datetime, Quote]] = field(default_factory=dict)
    """With the time of asking; only for exchanges that do not give all their quotes at once."""
    wanted: set[str] = field(default_factory=set)
    task: asyncio.Task[None] | None = None
    failures: int = 0
    failure: ExchangeError | None = None
    pause_until: datetime | None = None
    used_at: datetime | None = None

    def missing(self, codes: Iterable[str], now: datetime, age: timedelta) -> set[str]:
        """Those of the codes for which there is no answer of at most this age."""
        if _young(self.everything_at, now, age):
            return set()
        return {code for code in codes if not _young(self.asked.get(code), now, age)}


class QuoteCache:
    def __init__(
        self,
        source: QuoteSource,
        clock: Clock,
        *,
        ttl_seconds: float = 30,
        retry_seconds: float = 5,
        fetch_timeout: float = 15,
        shared: PriceListStore | None = None,
    ) -> None:
        """`retry_seconds` is the pause after a failure; it doubles with each one that follows, up to LONGEST_PAUSE.
        `shared`: where several processes keep what exchanges have answered.
        """
        self._source = source
        self._clock = clock
        self._ttl = timedelta(seconds=ttl_seconds)
        self._retry = timedelta(seconds=retry_seconds)
        self._fetch_timeout = fetch_timeout
        self._entries: dict[str, _Entry] = {}
        self._shared = None if shared is None else SharedPrices(shared, clock, fetch_timeout + 2 * GRACE)

    async def get(self, exchange_id: str, codes: Iterable[str], timeout: float) -> Graph:
        """The quotes of an exchange, at most `ttl_seconds` old; while it does not answer, at most KEPT old.

        Concurrent callers wait for one fetch, each for at most `timeout` seconds. Raises ExchangeError.
        """
        codes = set(codes)
        entry = self._entry(exchange_id)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        for _ in range(ROUNDS):
            missing = entry.missing(codes, self._clock(), self._ttl)
            paused = entry.pause_until is not None and self._clock() < entry.pause_until
            if not missing or paused:
                break
            entry.wanted |= missing
            if entry.task is None:
                entry.task = asyncio.create_task(self._fetch(exchange_id, entry), name=f"quotes of {exchange_id}")
            task = entry.task
            await asyncio.wait({task}, timeout=max(0.0, deadline - loop.time()))
            if not task.done() or task.cancelled():
                break
            task.result()
        if entry.graph is not None and not entry.missing(codes, self._clock(), KEPT):
            return entry.graph
        if entry.failure is not None:
            raise copy.copy(entry.failure) from entry.failure
        raise ExchangeUnavailable(f"{exchange_id} did not send its prices in time.", exchange_id=exchange_id)

    def answers(self, exchange_id: str) -> bool:
        """Whether the last that was heard of the exchange was an answer."""
        entry = self._entries.get(exchange_id)
        return entry is not None and entry.graph is not None and entry.failure is None

    async def close(self) -> None:
        """Ends what is under way."""
        tasks = [entry.task for entry in self._entries.values() if entry.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _entry(self, exchange_id: str) -> _Entry:
        now = self._clock()
        for known, entry in list(self._entries.items()):
            if entry.task is None and not _young(entry.used_at, now, max(KEPT, LONGEST_PAUSE)):
                del self._entries[known]
        entry = self._entries.setdefault(exchange_id, _Entry())
        entry.used_at = now
        return entry

    async def _fetch(self, exchange_id: str, entry: _Entry) -> None:
        """Never raises an ExchangeError: the outcome is in the entry, for all who wait."""
        try:
            while entry.wanted:
                codes = frozenset(sorted(entry.wanted)[:MOST_CODES])
                ask = partial(self._ask, exchange_id, codes)
                if self._shared is None:
                    found = await ask()
                else:
                    found = await self._shared.get(exchange_id, codes, self._ttl, ask)
                entry.wanted -= codes
                self._answered(exchange_id, entry, found)
        except ExchangeError as e:
            self._failed(entry, e)
        except TimeoutError:
            self._failed(
                entry, ExchangeUnavailable(f"{exchange_id} did not send its prices in time.", exchange_id=exchange_id)
            )
        finally:
            entry.wanted.clear()
            entry.task = None

    async def _ask(self, exchange_id: str, codes: frozenset[str]) -> PriceList:
        async with asyncio.timeout(self._fetch_timeout + GRACE):
            quotes = await self._source.fetch_quotes(exchange_id, sorted(codes), self._fetch_timeout)
        known = codes.union(HUBS)
        unasked = sum(_two_sided(each) and each.base not in known and each.quote not in codes for each in quotes)
        return PriceList(self._clock(), codes, unasked > UNASKED, quotes)

    def _failed(self, entry: _Entry, error: ExchangeError) -> None:
        pause = min(self._retry * 2 ** min(entry.failures, 20), LONGEST_PAUSE)
        if isinstance(error, ExchangeThrottled) and error.retry_after is not None:
            pause = max(pause, timedelta(seconds=error.retry_after))
        entry.failures += 1
        entry.failure = error
        entry.pause_until = self._clock() + pause

    def _answered(self, exchange_id: str, entry: _Entry, found: PriceList) -> None:
        now, codes, quotes = found.fetched_at, found.codes, list(found.quotes)
        if found.everything:
            entry.everything_at = now
            entry.wanted.clear()
            entry.asked.clear()
            entry.quotes.clear()
        else:
            entry.everything_at = None
            entry.asked = {code: at for code, at in entry.asked.items() if _young(at, now, KEPT)}
            entry.asked.update(dict.fromkeys(codes, now))
            entry.quotes = {
                pair: kept
                for pair, kept in entry.quotes.items()
                if _young(kept[0], now, self._ttl if kept[1].failure else KEPT)
            }
            for quote in quotes:
                at, before = entry.quotes.get((quote.base, quote.quote), (now, None))
                # Some lists have last prices only, and bid and ask, or a failure, just for the codes asked for.
                worse = before is not None and _weight(quote) < _weight(before)
                if not worse or not (quote.failure or _young(at, now, self._ttl)):
                    entry.quotes[quote.base, quote.quote] = (now, quote)
            quotes = [quote for _, quote in entry.quotes.values()]
        entry.graph = Graph(exchange_id, quotes, now)
        entry.failures = 0
        entry.failure = entry.pause_until = None


def _two_sided(quote: Quote) -> bool:
    return quote.bid is not None and quote.ask is not None


def _weight(quote: Quote) -> int:
    """How much is known: bid and ask, a last price that may count, that nothing could be asked, or nothing."""
    if _two_sided(quote):
        return 3
    if quote.last is not None and quote.volume and quote.at is not None:
        return 2
    return 1 if quote.failure else 0


def _young(at: datetime | None, now: datetime, age: timedelta) -> bool:
    return at is not None and timedelta() <= now - at <= age
