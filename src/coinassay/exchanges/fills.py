"""What readers of trades work with, and the reader for exchanges whose trades ccxt reads well enough.

How far a reading has come is in its cursors, a JSON object by stream: a market, or "" where the exchange tells the
trades of all markets together. A reading that runs out of time gives what it has; the next one goes on from there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from coinassay.domain.pair import Pair
from coinassay.domain.trade import EPOCH, Trade
from coinassay.exchanges.reading import number, unexpected

MILLISECOND = timedelta(milliseconds=1)
DAY = 86_400_000
FIRST_DAYS = 730
"""How far back the first reading goes where the exchange sets no end to it: two years."""
OVERLAP = 600_000
"""Milliseconds before the last reading that are read again: exchanges tell a trade some time after it was made."""
UNLIMITED = 10_000
"""Days from which on ccxt's features mean "as far as there is"."""
MOST_STREAMS = 300
"""Markets asked one by one."""

COMMON_QUOTES = frozenset(("USDT", "USDC", "USD", "BTC", "ETH", "BNB", "EUR", "FDUSD", "BUSD", "TUSD"))
"""What coins are mostly bought with. It may all have been spent, so that no snapshot ever showed it."""

Cursors = dict[str, Any]


ROUND = "round"
"""Of the cursors: a reading that was not finished yet, [when it began in milliseconds, [streams that are read]]."""
ASSETS = "assets"
"""Of the cursors: what the account was ever said to hold. Later readings are only told what came since."""
STREAMS = "streams"
"""Of the cursors: how far each stream was read."""


class OutOfTime(Exception):
    """The reading has to stop here: what it has is good."""


class Progress:
    """What a reading has found so far."""

    def __init__(self, cursors: Cursors, assets: Iterable[str], now: int, check: Callable[[], None]) -> None:
        """`now` in milliseconds since 1970; `check` raises OutOfTime when no further request may be made."""
        began, done = cursors.pop(ROUND, (now, ()))
        self.began: int = began
        self.done = set(done)
        self.now = now
        self.assets = sorted({*cursors.get(ASSETS, ()), *assets})
        self.streams: dict[str, Any] = dict(cursors.get(STREAMS, {}))
        self.trades: list[Trade] = []
        self.complete = True
        self.guessed = False
        self.moved = False
        """Whether asking again would not begin where this reading began."""
        self._check = check

    async def ask(self, call: Callable[[], Awaitable[Any]]) -> Any:
        self._check()
        return await call()

    def finish(self, stream: str) -> None:
        """The stream was read to its end: it is not asked again before the round is over."""
        self.done.add(stream)
        self.moved = True

    def cursors(self, *, finished: bool) -> Cursors:
        """What the next reading goes on from."""
        kept: Cursors = {ASSETS: self.assets, STREAMS: self.streams}
        return kept if finished else {**kept, ROUND: (self.began, sorted(self.done))}


def candidates(pairs: Iterable[Pair], assets: Iterable[str]) -> list[Pair]:
    """The markets in which somebody who held `assets` may have traded: between two of them, or for a common quote."""
    known = frozenset(assets)
    quotes = known | COMMON_QUOTES
    return [
        pair
        for pair in pairs
        if (pair.base in known and pair.quote in quotes) or (pair.quote in known and pair.base in quotes)
    ]


def moment(milliseconds: int) -> datetime:
    return EPOCH + milliseconds * MILLISECOND


async def by_ccxt(exchange: Any, progress: Progress, kind: str, symbols: Sequence[str | None]) -> None:
    """All trades of one kind of market ("spot", "swap") by ccxt's fetch_my_trades, stream by stream.

    Exchanges tell the oldest or the newest trades of a span of time, as many as go on a page. So whatever lies between
    the edges of the span and those of the page is asked for again, until nothing new comes.
    """
    feature = feature_of(exchange, kind)
    for symbol in symbols:
        stream = f"{kind} {symbol or ''}".strip()
        if stream not in progress.done:
            await _read_stream(exchange, progress, stream, symbol, feature)
            progress.finish(stream)


def feature_of(exchange: Any, kind: str) -> Mapping[str, Any]:
    """What ccxt says of fetch_my_trades for that kind of market: limit, daysBack, untilDays, symbolRequired."""
    found = (exchange.features or {}).get(kind) or {}
    if kind != "spot" and "linear" in found:
        found = found["linear"] or {}
    return found.get("fetchMyTrades") or {}


async def _read_stream(
    exchange: Any, progress: Progress, stream: str, symbol: str | None, feature: Mapping[str, Any]
) -> None:
    """Window by window, where the exchange answers for some days at once."""
    until_days, limit = feature.get("untilDays"), feature.get("limit")
    window = None if until_days is None or until_days >= UNLIMITED else int(until_days) * DAY
    state = progress.streams.get(stream)
    if state is None:
        back = feature.get("daysBack")
        days = FIRST_DAYS if back is None or back > FIRST_DAYS else int(back)
        state = {"since": progress.now - days * DAY, "ids": {}}
        progress.complete = False  # what is older is not asked for
    while True:
        # "spans" are those of a window that was not finished, "end" is where it ends.
        if not state.get("spans"):
            since = state["since"]
            end = progress.now if window is None else min(since + window, progress.now)
            state |= {"end": end, "spans": [[since, end]]}
        while state["spans"]:
            state = await _read_span(exchange, progress, symbol, stream, state, limit)
            progress.streams[stream] = state
            progress.moved = True
        end = state["end"]
        state = progress.streams[stream] = {"since": max(state["since"], end - OVERLAP), "ids": state["ids"]}
        if end >= progress.now:
            return
        state["since"] = end


async def _read_span(
    exchange: Any, progress: Progress, symbol: str | None, stream: str, state: Mapping[str, Any], limit: int | None
) -> dict[str, Any]:
    """Asks for the last of the spans. The state afterwards, with what is left of it among the spans."""
    *others, (low, high) = state["spans"]
    params = {"until": high, "type": stream.partition(" ")[0]}
    rows = await progress.ask(partial(exchange.fetch_my_trades, symbol, low, limit, params))
    if not isinstance(rows, list):
        raise unexpected(exchange, "a list of trades")
    told: dict[str, int] = dict(state["ids"])
    timed = [(_time(exchange, row), row) for row in rows]
    new = [(at, row) for at, row in timed if low <= at <= high and str(row.get("id")) not in told]
    found = [to_trade(exchange, row) for _, row in new]
    told.update((trade.id, at) for trade, (at, _) in zip(found, new, strict=True))
    progress.trades += found
    spans = list(others)
    if new and (limit is None or len(rows) >= limit):
        times = [at for at, _ in timed]
        spans += [[start, end] for start, end in ((low, min(times)), (max(times), high)) if start < end]
    # Only what may be told again has to be known by its id.
    recent = state["end"] - OVERLAP
    ids = {each: at for each, at in told.items() if at >= recent or any(start <= at <= end for start, end in spans)}
    return {**state, "spans": spans, "ids": ids}


def _time(exchange: Any, row: Mapping[str, Any]) -> int:
    at = row.get("timestamp")
    if not isinstance(at, int):
        raise unexpected(exchange, "the time of a trade")
    return at


def to_trade(exchange: Any, row: Mapping[str, Any]) -> Trade:
    """From ccxt's trade. Raises UnexpectedReply where it says no id, market, amount or cost."""
    market = exchange.markets.get(row.get("symbol"))
    if market is None:
        # A market that was closed since: its symbol still says what it traded.
        base, slash, rest = str(row.get("symbol")).partition("/")
        quote, _, settle = rest.partition(":")
        if not slash:
            raise unexpected(exchange, "the market of a trade")
        market = {"base": base, "quote": quote, "settle": settle or None}
    if row.get("id") is None:
        raise unexpected(exchange, "the id of a trade")
    currency = market.get("settle") or market["quote"]
    cost = number(exchange, row.get("cost"))
    amount = number(exchange, row.get("amount"))
    at = moment(_time(exchange, row))
    return Trade(str(row["id"]), at, str(market["base"]), str(currency), amount, cost.copy_abs())
