"""From ccxt's tickers to quotes, and which tickers to ask for where an exchange has no list of them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from coinassay.domain.money import NotANumber, decimal_of
from coinassay.domain.rates import MAX_LEGS, USD, Quote

DOLLARS = (USD, "USDT", "USDC", "FDUSD", "USD1", "TUSD", "DAI", "USDE", "PYUSD", "GUSD", "BUSD", "USDP")
"""The dollar and what is held for one, best first."""

HUBS = ("BTC", "ETH", "EUR", "GBP", "JPY", "KRW", "TRY", "BRL", "AUD", "CAD", "CHF", "INR", "IDR", "MXN", "ZAR", "BNB")
"""Through what else a route may lead, best first."""

ROUTES = 2
"""Markets asked for each code: a second one stands in where the first is dead."""

MOST_PAIRS = 60

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OLDEST = datetime(2009, 1, 3, tzinfo=UTC)
_AHEAD = timedelta(days=1)


def quotes_of(tickers: Iterable[Any], markets: Mapping[str, Any], source: str, now: datetime) -> list[Quote]:
    """The spot quotes among ccxt's tickers. Junk is left out, a field that is junk is None: nothing raises."""
    quotes = (quote_of(ticker, markets, source, now) for ticker in tickers)
    return [quote for quote in quotes if quote is not None]


def quote_of(ticker: Any, markets: Mapping[str, Any], source: str, now: datetime) -> Quote | None:
    """None for what is no spot market: a symbol without a slash is an id that the catalogue does not have."""
    symbol = ticker.get("symbol") if isinstance(ticker, Mapping) else None
    if not isinstance(symbol, str) or ":" in symbol:
        return None
    market = markets.get(symbol)
    if market is None:
        base, slash, quote = symbol.partition("/")
        if not slash or not base or not quote:
            return None
    elif market.get("contract") or market.get("option") or not market.get("base") or not market.get("quote"):
        return None
    else:
        base, quote = market["base"], market["quote"]
    return priced(ticker, base, quote, source, now)


def priced(ticker: Mapping[str, Any], base: str, quote: str, source: str, now: datetime) -> Quote:
    """The numbers of a ticker of ccxt's. A field that is junk is None."""
    return Quote(
        base=base,
        quote=quote,
        source=source,
        at=_time(ticker.get("timestamp"), now),
        bid=_positive(ticker.get("bid")),
        ask=_positive(ticker.get("ask")),
        last=_positive(ticker.get("last")),
        volume=_volume(ticker.get("baseVolume"), ticker.get("quoteVolume")),
        open=_positive(ticker.get("open")),
    )


def best(offers: Any, choose: Callable[[Iterable[Decimal]], Decimal]) -> Decimal | None:
    """The best price of one side of ccxt's order book: `max` of the bids, `min` of the asks.

    Not the first: with numbers kept as text ccxt sorts them as text.
    """
    rows = offers if isinstance(offers, list) else ()
    prices = [price for row in rows if isinstance(row, list) and row and (price := _positive(row[0])) is not None]
    return choose(prices) if prices else None


def _number(value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        return decimal_of(value)
    except NotANumber:
        return None


def _positive(value: Any) -> Decimal | None:
    """No price is zero or less: exchanges send 0 for "nobody bids"."""
    number = _number(value)
    return number if number is not None and number > 0 else None


def _volume(base: Any, quote: Any) -> Decimal | None:
    """The volume in base units, or in quote units where only that is above zero."""
    numbers = [number for value in (base, quote) if (number := _number(value)) is not None and number >= 0]
    return max(numbers, key=bool) if numbers else None


def _time(milliseconds: Any, now: datetime) -> datetime | None:
    number = _number(milliseconds)
    if number is None or number <= 0 or number.adjusted() > 14:
        return None
    at = _EPOCH + timedelta(milliseconds=int(number))
    return at if _OLDEST <= at <= now + _AHEAD else None


# ----------------------------------------------------------------------------------------------- single tickers


def pairs_for(codes: Sequence[str], markets: Mapping[str, Any], most: int = MOST_PAIRS) -> list[str]:
    """The symbols of the spot markets that may lead from `codes` to a dollar in MAX_LEGS steps, `most` of them: first
    those from where a dollar is reached in the legs that are left."""
    reach: dict[str, list[tuple[int, str, str]]] = {}
    for symbol, market in markets.items():
        base, quote = market.get("base"), market.get("quote")
        if market.get("contract") or market.get("active") is False or not base or not quote or "/" not in symbol:
            continue
        reach.setdefault(base, []).append((_rank(quote), symbol, quote))
        reach.setdefault(quote, []).append((_rank(base), symbol, base))
    legs = _legs_to_a_dollar(reach)
    found: dict[str, None] = {}
    seen = set(codes)
    nodes = list(dict.fromkeys(codes))
    for left in reversed(range(MAX_LEGS)):
        following: list[str] = []
        for code in nodes:
            if code == USD:
                continue
            ways = sorted((legs.get(way[2], MAX_LEGS) > left, way) for way in reach.get(code, ()))
            for _, (_, symbol, other) in ways[:ROUTES]:
                if len(found) >= most:
                    return list(found)
                found[symbol] = None
                if other not in seen:
                    seen.add(other)
                    following.append(other)
        nodes = following
    return list(found)


def _legs_to_a_dollar(reach: Mapping[str, Sequence[tuple[int, str, str]]]) -> dict[str, int]:
    """How many markets lie between each code and USD, of those from where it takes fewer than MAX_LEGS."""
    legs = {USD: 0}
    nodes = [USD]
    for number in range(1, MAX_LEGS):
        nodes = [other for code in nodes for _, _, other in reach.get(code, ()) if other not in legs]
        legs |= dict.fromkeys(nodes, number)
    return legs


_RANKS = {code: rank for rank, code in enumerate((*DOLLARS, *HUBS))}


def _rank(code: str) -> int:
    return _RANKS.get(code, len(_RANKS))


def is_usable(quote: Quote) -> bool:
    """Whether the quote has what a price can be made of (domain/rates.py judges it)."""
    if quote.bid is not None and quote.ask is not None:
        return True
    return quote.last is not None and bool(quote.volume) and quote.at is not None
