"""What the use cases need to turn balances into money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from coinassay.domain.balance import Balance
from coinassay.domain.currency import Currency, Resolved
from coinassay.domain.market import Market
from coinassay.domain.rates import RateBook


class RateSource(Protocol):
    """USD rates for what an account holds."""

    async def fetch_rates(self, market: Market, balances: Sequence[Balance], timeout: float) -> RateBook:
        """Rates by `Balance.asset` for all `balances` and BTC: the account's own exchange first, then the fallback
        sources. Raises ExchangeError where the own exchange could not be asked and no fresh answer of it is kept.
        """
        ...

    async def prepare(self, market: Market, timeout: float) -> None:
        """Asks the account's own exchange for what will be needed whatever the account holds, so that whoever asks for
        rates afterwards waits less. Raises no ExchangeError: it comes again where it matters.
        """
        ...


class Catalogue(Protocol):
    """What codes stand for. Never raises: an unknown code is an answer."""

    def find(self, code: str, exchange_id: str = "") -> Currency:
        """`exchange_id` lets a code that means another coin there stay unresolved."""
        ...

    def resolve(self, exchange_id: str, code: str) -> Resolved:
        """What the code that ccxt gives for a balance of this exchange means: LDBTC -> BTC at binance, DOT.S -> DOT at
        kraken, 1000SATS -> SATS x 1000. What ccxt itself has already translated is not translated twice."""
        ...
