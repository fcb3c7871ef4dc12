"""Domain values from short texts, so that a test reads like the case it is about.

>>> bal("2 BTC, 0.5 locked").free
Decimal('1.5')
>>> bal("1 ETH, 0.2 borrowed in margin").equity
Decimal('0.8')
>>> rates_of({"BTC": "63722.1"}, datetime(2024, 9, 4, tzinfo=UTC)).rates["BTC"].price
Decimal('63722.1')
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from coinassay.domain.balance import Balance, Reading, WalletReading
from coinassay.domain.money import CONTEXT, ONE, ZERO, decimal_of
from coinassay.domain.rates import USD, Leg, Quote, Rate, RateBook
from coinassay.errors import ExchangeError

_BALANCE = re.compile(
    r"(?P<total>\S+) (?P<asset>[^\s,]+)(?P<parts>(?:, \S+ \w+)*)"
    r"(?: in (?P<wallet>\S+))?(?: as (?P<code>\S+)(?: x (?P<multiplier>\S+))?)?\Z"
)
_PARTS = ("free", "locked", "borrowed", "unrealised")


def bal(text: str) -> Balance:
    """A balance from "TOTAL ASSET[, AMOUNT free|locked|borrowed|unrealised]… [in WALLET] [as CODE [x MULTIPLIER]]".

    Free is total - locked where it is not given, the wallet "spot". CODE is the exchange's own code, MULTIPLIER the
    units of ASSET in one of CODE; the amounts are in units of ASSET. Raises ValueError for any other text.
    """
    match = _BALANCE.match(text)
    if match is None:
        raise ValueError(f"not a balance: {text!r}")
    total = decimal_of(match["total"])
    parts: dict[str, Decimal] = {}
    for part in filter(None, match["parts"].split(", ")):
        amount, _, name = part.partition(" ")
        if name not in _PARTS or name in parts:
            raise ValueError(f"not a part of a balance: {part!r} in {text!r}")
        parts[name] = decimal_of(amount)
    locked = parts.get("locked", ZERO)
    return Balance(
        asset=match["asset"],
        wallet=match["wallet"] or "spot",
        total=total,
        free=parts.get("free", CONTEXT.subtract(total, locked)),
        locked=locked,
        borrowed=parts.get("borrowed", ZERO),
        unrealised=parts.get("unrealised", ZERO),
        exchange_code=match["code"] or "",
        multiplier=decimal_of(match["multiplier"]) if match["multiplier"] else ONE,
    )


def reading_of(
    *balances: str | Balance, empty: tuple[str, ...] = (), failed: Mapping[str, ExchangeError] | None = None
) -> Reading:
    """What an exchange answered: wallets in order of appearance, then the `empty` ones, then those that `failed`."""
    wallets: dict[str, list[Balance]] = {}
    for each in balances:
        balance = bal(each) if isinstance(each, str) else each
        wallets.setdefault(balance.wallet, []).append(balance)
    for wallet in empty:
        wallets.setdefault(wallet, [])
    readings = [WalletReading(wallet, tuple(held)) for wallet, held in wallets.items()]
    for wallet, error in (failed or {}).items():
        if wallet in wallets:
            raise ValueError(f"the wallet {wallet} is both read and failed")
        readings.append(WalletReading(wallet, failure=error.code, reason=error.message))
    return Reading(tuple(readings))


def rates_of(
    prices: Mapping[str, str | Decimal],
    at: datetime | None = None,
    *,
    source: str = "scripted",
    refusals: Mapping[str, str] | None = None,
) -> RateBook:
    """USD rates by asset, each with one leg from `source`. USD itself is always in the book, at 1.

    `at` is an aware datetime, the start of 2024 where it is not given: tests do not depend on the present.
    """
    moment = at or datetime(2024, 1, 1, tzinfo=UTC)
    rates = {USD: Rate(USD, USD, ONE)}
    for asset, price in prices.items():
        number = decimal_of(price)
        if asset != USD:
            rates[asset] = Rate(asset, USD, number, (Leg(asset, USD, number, source, moment),))
    return RateBook(moment, rates, dict(refusals or {}))


_QUOTE_PARTS = ("bid", "ask", "last", "volume", "open")


def quotes_of(quotes: Mapping[str, str], at: datetime | None = None, *, source: str = "scripted") -> tuple[Quote, ...]:
    """Quotes from {"BTC/USDT": "bid 63700, ask 63701, last 63700.5, volume 12, open 63000"}; each part may be missing.

    `at` is the time of each, None where the exchange does not say it.
    """
    made = []
    for symbol, text in quotes.items():
        base, slash, quote = symbol.partition("/")
        parts: dict[str, Decimal] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, _, number = part.partition(" ")
            if name not in _QUOTE_PARTS or name in parts:
                raise ValueError(f"not a part of a quote: {part!r} in {text!r}")
            parts[name] = decimal_of(number)
        if not slash:
            raise ValueError(f"not a symbol: {symbol!r}")
        made.append(
            Quote(
                base,
                quote,
                source,
                at,
                bid=parts.get("bid"),
                ask=parts.get("ask"),
                last=parts.get("last"),
                volume=parts.get("volume"),
                open=parts.get("open"),
            )
        )
    return tuple(made)
