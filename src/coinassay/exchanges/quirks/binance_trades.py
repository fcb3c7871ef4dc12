"""Trades at Binance: asked for market by market, by their number.

A number asked from on (`fromId`) gives the trades from there in ascending order, back to the account's first, which
asking by time does not (24 hours at once). https://developers.binance.com/docs/binance-spot-api-docs/rest-api
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from coinassay.domain.money import CONTEXT
from coinassay.domain.pair import Pair
from coinassay.domain.trade import Trade
from coinassay.exchanges.fills import MOST_STREAMS, Progress, candidates, moment
from coinassay.exchanges.reading import inside, number, rows_of

PAGE = 1000

METHODS: Mapping[str, str] = {
    "binance": "privateGetMyTrades",
    "binance_us": "privateGetMyTrades",
    "binance_margin": "sapiGetMarginMyTrades",
}
"""By market code."""


async def read(exchange: Any, progress: Progress, market_code: str, pairs: Sequence[Pair], markets: Any) -> None:
    """Every market in which the account may have traded. `markets` are ccxt's, for the exchange's names of them."""
    progress.guessed = True
    by_id = {str(markets[pair.symbol]["id"]): pair for pair in pairs}
    wanted = {str(markets[pair.symbol]["id"]) for pair in candidates(pairs, progress.assets)}
    wanted |= progress.streams.keys() & by_id.keys()
    # Those in which there were trades come first, so that they are not the ones left out.
    ids = sorted(wanted, key=lambda each: (each not in progress.streams, each))
    if len(ids) > MOST_STREAMS:
        ids, progress.complete = ids[:MOST_STREAMS], False
    for market_id in ids:
        if market_id not in progress.done:
            await _read_market(exchange, progress, METHODS[market_code], market_id, by_id[market_id])
            progress.finish(market_id)


async def _read_market(exchange: Any, progress: Progress, method: str, market_id: str, pair: Pair) -> None:
    """The stream's cursor is the number after that of the last trade."""
    while True:
        params = {"symbol": market_id, "fromId": progress.streams.get(market_id, 0), "limit": PAGE}
        rows = rows_of(exchange, await progress.ask(partial(getattr(exchange, method), params)))
        found = [_trade(exchange, row, pair) for row in rows]
        if not found:
            return
        progress.trades += found
        progress.streams[market_id] = max(int(trade.id) for trade in found) + 1
        progress.moved = True
        if len(rows) < PAGE:
            return


def _trade(exchange: Any, row: Mapping[str, Any], pair: Pair) -> Trade:
    """quoteQty is what changed hands; margin trades do not say it: price x qty."""
    amount = number(exchange, inside(exchange, row, "qty"))
    price = number(exchange, inside(exchange, row, "price"))
    cost = row.get("quoteQty")
    return Trade(
        id=str(int(number(exchange, inside(exchange, row, "id")))),
        at=moment(int(number(exchange, inside(exchange, row, "time")))),
        base=pair.base,
        quote=pair.quote,
        amount=amount,
        cost=CONTEXT.multiply(price, amount) if cost is None else number(exchange, cost),
    )
