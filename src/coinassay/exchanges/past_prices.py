"""What a coin cost at a past moment, from candles of its exchange, asked without keys (port PastPrices)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from coinassay.domain.market import Market
from coinassay.domain.money import CONTEXT, ONE, NotANumber, decimal_of
from coinassay.domain.rates import ASSUMED_PEG, BTC, USD
from coinassay.exchanges.addresses import Addresses
from coinassay.exchanges.background import Background
from coinassay.exchanges.calls import ask
from coinassay.exchanges.fills import moment
from coinassay.exchanges.public import Catalogues, Key
from coinassay.exchanges.told import milliseconds
from coinassay.services.ports.flows import PastPrice

QUOTES = (USD, "USDT", "USDC", "FDUSD", "EUR", BTC)
"""In which a coin's candles are looked for, the best first."""
PEGGED = frozenset(("USDT", "USDC", "FDUSD"))
"""Taken for a dollar where the exchange has no market of theirs with dollars."""
FRAMES: Mapping[str, int] = {"1m": 60_000, "1h": 3_600_000, "1d": 86_400_000}
"""Milliseconds. Some exchanges keep the short candles for hours only (Kraken: the last 720)."""
CANDLES = 5
"""Asked for at once; some exchanges begin a little before or after what was asked for."""


class PastCandles:
    """Runs in the thread of the catalogues."""

    def __init__(self, catalogues: Catalogues, background: Background, addresses: Addresses) -> None:
        self._catalogues = catalogues
        self._background = background
        self._addresses = addresses

    async def fetch(self, market: Market, code: str, at: datetime) -> PastPrice | None:
        """What PastPrices.fetch_past_price says, without a limit of time."""
        return await self._background.run(lambda: self._fetch(market, code, milliseconds(at)))

    async def _fetch(self, market: Market, code: str, at: int) -> PastPrice | None:
        key = Key(market.exchange_id, self._addresses.of_market(market))
        exchange = (await self._catalogues.loaded(key)).exchange
        if not exchange.has.get("fetchOHLCV"):
            return None
        for quote in QUOTES:
            symbol = f"{code}/{quote}"
            if quote == code or symbol not in exchange.markets:
                continue
            found = await self._candle(exchange, symbol, at)
            if found is None:
                continue
            close, begin, frame = found
            rate = ONE
            source = f"{exchange.id} {frame} {symbol}"
            if quote != USD:
                dollars = await self._dollars(exchange, quote, at)
                if dollars is None:
                    continue
                rate, step = dollars
                source = f"{source}, {step}"
            return PastPrice(CONTEXT.multiply(close, rate), moment(begin), source)
        return None

    async def _dollars(self, exchange: Any, quote: str, at: int) -> tuple[Decimal, str] | None:
        """US dollars for one `quote`, and where from."""
        for symbol in (f"{quote}/{USD}", f"{quote}/USDT"):
            if symbol in exchange.markets and symbol != f"{quote}/{quote}":
                found = await self._candle(exchange, symbol, at)
                if found is not None:
                    return found[0], symbol
        return (ONE, ASSUMED_PEG) if quote in PEGGED else None

    async def _candle(self, exchange: Any, symbol: str, at: int) -> tuple[Decimal, int, str] | None:
        """Close, beginning and length of the shortest candle that the moment lies in."""
        for frame, length in FRAMES.items():
            if frame not in (exchange.timeframes or {}):
                continue
            begin = at - at % length
            rows = await ask(exchange.id, exchange.fetch_ohlcv(symbol, frame, begin, CANDLES))
            for row in rows if isinstance(rows, list) else ():
                if isinstance(row, list) and len(row) > 4 and isinstance(row[0], int) and 0 <= at - row[0] < length:
                    close = _price(row[4])
                    if close is not None:
                        return close, row[0], frame
        return None


def _price(value: object) -> Decimal | None:
    """ccxt makes numbers of a catalogue's object floats; their shortest digits are what was written."""
    try:
        price = decimal_of(repr(value) if isinstance(value, float) else value)  # type: ignore[arg-type]  # refused there
    except NotANumber:
        return None
    return price if price > 0 else None
