"""The outside ports with answers written down beforehand.

Each answers what it was told to, counts its calls, and may take its time or fail, per account, market or exchange:

    connector = ScriptedConnector()
    connector.script(7, reading_of("2 BTC"), CredentialsRejected())   # account 7: first a reading, then always refused
    connector.script("kraken", reading_of("1 ETH"), delay=0.1)        # every other account of the market kraken
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Generic, TypeVar

from coinassay.domain.account import PAPER, Credentials
from coinassay.domain.balance import Balance, Reading
from coinassay.domain.key_report import Answer, KeyReport, Readable
from coinassay.domain.market import Market
from coinassay.domain.network import CoinNetworks, DepositAddress
from coinassay.domain.pair import Pair
from coinassay.domain.rates import Quote, RateBook
from coinassay.domain.trade import Trade
from coinassay.errors import ExchangeError, ExchangeUnavailable, NotSupportedByExchange
from coinassay.exchanges import paper
from coinassay.services.ports import Connection, NewTrades
from coinassay.testing.text import reading_of

_T = TypeVar("_T")

Key = int | str

EXAMINED_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(slots=True)
class _Script(Generic[_T]):
    """Answers in order; the last is repeated for ever."""

    answers: list[_T | ExchangeError]
    delay: float

    def next(self) -> _T | ExchangeError:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class _Scripts(Generic[_T]):
    def __init__(self, default: _T | ExchangeError | None) -> None:
        self._scripts: dict[Key, _Script[_T]] = {}
        self._default = default

    def set(self, key: Key, answers: Sequence[_T | ExchangeError], delay: float) -> None:
        if not answers:
            raise ValueError("a script needs at least one answer")
        self._scripts[key] = _Script(list(answers), delay)

    def knows(self, keys: Iterable[Key]) -> bool:
        return self._default is not None or any(key in self._scripts for key in keys)

    async def play(self, keys: Iterable[Key], timeout: float, what: str) -> _T:
        """The next answer of the first key that has a script. Takes at most `timeout` seconds."""
        script = next((self._scripts[key] for key in keys if key in self._scripts), None)
        if script is None:
            if self._default is None:
                raise LookupError(f"nothing was scripted for {what}")
            script = _Script([self._default], 0.0)
        answer = script.next()
        if script.delay >= timeout:
            await asyncio.sleep(timeout)
            raise ExchangeUnavailable(f"{what} did not answer in {timeout:g} s")
        if script.delay:
            await asyncio.sleep(script.delay)
        if isinstance(answer, ExchangeError):
            raise answer
        return answer


class ScriptedConnector:
    """Port `Connector`. A script is kept by account id or, for all its other accounts, by market code.

    An account without a script has the `default`; without one a paper account holds what is stored of it, and for any
    other the test asked for something it did not think of, which raises LookupError.
    """

    def __init__(self, default: Reading | ExchangeError | None = None) -> None:
        self._scripts: _Scripts[Reading] = _Scripts(default)
        self.calls: Counter[int] = Counter()
        """Readings asked for, by account id; failed ones too."""
        self.connections: list[Connection] = []
        """What it was called with."""
        self.running = 0
        self.most_at_once = 0
        self.forgotten: list[int] = []
        self.closed = False

    def script(self, key: Key, *answers: Reading | Sequence[Balance | str] | ExchangeError, delay: float = 0.0) -> None:
        """From now on each call for `key` takes the next answer; the last one is repeated. `delay` in seconds.

        A sequence of balances or texts (`bal`) is a reading in which all their wallets were read.
        """
        self._scripts.set(key, [_as_reading(answer) for answer in answers], delay)

    async def fetch_reading(self, connection: Connection, timeout: float) -> Reading:
        self.calls[connection.account_id] += 1
        self.connections.append(connection)
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        try:
            keys: tuple[Key, ...] = (connection.account_id, connection.market.code)
            if connection.market.code == PAPER and not self._scripts.knows(keys):
                return paper.read(connection)
            return await self._scripts.play(keys, timeout, f"account {connection.account_id}")
        finally:
            self.running -= 1

    async def forget(self, account_id: int) -> None:
        self.forgotten.append(account_id)

    async def close(self) -> None:
        self.closed = True


def _as_reading(answer: Reading | Sequence[Balance | str] | ExchangeError) -> Reading | ExchangeError:
    return answer if isinstance(answer, Reading | ExchangeError) else reading_of(*answer)


class ScriptedDoctor:
    """Port `KeyDoctor`. A script is kept by market code; without one a key is found to work and only to read."""

    def __init__(self) -> None:
        self._scripts: dict[str, KeyReport] = {}
        self.examined: list[tuple[str, Credentials, tuple[str, ...]]] = []
        """Market, credentials and other markets of each call."""

    def script(self, report: KeyReport) -> None:
        """From now on what is said of keys of the report's market."""
        self._scripts[report.market_code] = report

    async def examine(
        self, market: Market, credentials: Credentials, timeout: float, others: Sequence[Market] = ()
    ) -> KeyReport:
        self.examined.append((market.code, credentials, tuple(each.code for each in others)))
        found = self._scripts.get(market.code)
        if found is None:
            found = KeyReport(
                market.code,
                EXAMINED_AT,
                works=Answer.YES,
                may_read=Answer.YES,
                may_trade=Answer.NO,
                may_withdraw=Answer.NO,
                ip_bound=Answer.YES,
            )
        known = {each.code: found.others.get(each.code, Readable(found.may_read)) for each in others}
        return replace(found, others=known)


class ScriptedRates:
    """Port `RateSource`. A script is kept by market code; other markets have the `default`."""

    def __init__(self, default: RateBook | ExchangeError | None = None) -> None:
        self._scripts: _Scripts[RateBook] = _Scripts(default)
        self.calls: Counter[str] = Counter()
        """By market code."""
        self.asked: list[tuple[str, ...]] = []
        """The assets of each call."""

    def script(self, market_code: str, *answers: RateBook | ExchangeError, delay: float = 0.0) -> None:
        self._scripts.set(market_code, answers, delay)

    async def fetch_rates(self, market: Market, balances: Sequence[Balance], timeout: float) -> RateBook:
        self.calls[market.code] += 1
        self.asked.append(tuple(balance.asset for balance in balances))
        return await self._scripts.play((market.code,), timeout, f"the rates of {market.code}")

    async def prepare(self, market: Market, timeout: float) -> None:
        """Nothing: what was written down needs no preparation."""


class ScriptedQuotes:
    """Port `QuoteSource`. A script is kept by exchange id; other exchanges have the `default`."""

    def __init__(
        self,
        quotes: Mapping[str, Sequence[Quote]] | None = None,
        default: Sequence[Quote] | ExchangeError | None = None,
    ) -> None:
        self._scripts: _Scripts[Sequence[Quote]] = _Scripts(default)
        self.calls: Counter[str] = Counter()
        """By exchange id."""
        self.asked: list[tuple[str, ...]] = []
        """The codes of each call."""
        for exchange_id, each in (quotes or {}).items():
            self.script(exchange_id, each)

    def script(self, exchange_id: str, *answers: Sequence[Quote] | ExchangeError, delay: float = 0.0) -> None:
        self._scripts.set(exchange_id, answers, delay)

    async def fetch_quotes(self, exchange_id: str, codes: Sequence[str], timeout: float) -> Sequence[Quote]:
        self.calls[exchange_id] += 1
        self.asked.append(tuple(codes))
        return await self._scripts.play((exchange_id,), timeout, f"the quotes of {exchange_id}")


class ScriptedMarketData:
    """Port `MarketData`. Pairs are kept by market code, quotes by market code and the pair's code."""

    def __init__(self) -> None:
        self._pairs: _Scripts[Mapping[str, Pair]] = _Scripts(None)
        self._quotes: dict[str, _Scripts[Quote]] = {}
        self.calls: Counter[str] = Counter()
        """By market code, and by market code, a blank and pair code."""

    def script_pairs(self, market_code: str, *answers: Sequence[Pair] | ExchangeError, delay: float = 0.0) -> None:
        by_code = [each if isinstance(each, ExchangeError) else {pair.code: pair for pair in each} for each in answers]
        self._pairs.set(market_code, by_code, delay)

    def script_quote(self, market_code: str, code: str, *answers: Quote | ExchangeError, delay: float = 0.0) -> None:
        self._quotes.setdefault(market_code, _Scripts(None)).set(code, answers, delay)

    async def fetch_pairs(self, market: Market, timeout: float) -> Mapping[str, Pair]:
        self.calls[market.code] += 1
        return await self._pairs.play((market.code,), timeout, f"the pairs of {market.code}")

    async def fetch_quote(self, market: Market, pair: Pair, timeout: float) -> Quote:
        self.calls[f"{market.code} {pair.code}"] += 1
        scripts = self._quotes.get(market.code, _Scripts(None))
        return await scripts.play((pair.code,), timeout, f"the price of {pair.code} at {market.code}")


class ScriptedTrades:
    """Port `TradeSource`. A script is kept by account id; its answers are counted off by the cursors themselves, so the
    same cursors are always told the same."""

    def __init__(self) -> None:
        self._answers: dict[int, Sequence[Sequence[Trade] | ExchangeError]] = {}
        self.asked: list[tuple[int, str, tuple[str, ...]]] = []
        """Account id, cursors and assets of each call."""
        self.complete = True
        self.guessed = False

    def script(self, account_id: int, *answers: Sequence[Trade] | ExchangeError) -> None:
        """Each answer but the last leaves more to be asked for. After the last there is nothing new."""
        self._answers[account_id] = answers

    async def fetch_trades(
        self, connection: Connection, cursors: str, assets: Sequence[str], now: datetime, timeout: float
    ) -> NewTrades:
        self.asked.append((connection.account_id, cursors, tuple(assets)))
        answers = self._answers.get(connection.account_id, ())
        place = json.loads(cursors).get("place", 0)
        answer = answers[place] if place < len(answers) else ()
        if isinstance(answer, ExchangeError):
            raise answer
        after = json.dumps({"place": min(place + 1, len(answers))})
        return NewTrades(tuple(answer), after, now if place + 1 >= len(answers) else None, self.complete, self.guessed)


class ScriptedWallets:
    """Port `WalletSource`: the same networks and addresses for every account."""

    def __init__(self) -> None:
        self.networks: Sequence[CoinNetworks] | ExchangeError = ()
        self.addresses: dict[tuple[str, str], DepositAddress | ExchangeError] = {}
        """By currency and network."""
        self.calls: Counter[str] = Counter()
        """By market code."""

    async def fetch_networks(self, connection: Connection, timeout: float) -> Sequence[CoinNetworks]:
        self.calls[connection.market.code] += 1
        if isinstance(self.networks, ExchangeError):
            raise self.networks
        return self.networks

    async def fetch_deposit_address(
        self, connection: Connection, currency: str, network: str, timeout: float
    ) -> DepositAddress:
        self.calls[connection.market.code] += 1
        found = self.addresses.get((currency, network), NotSupportedByExchange("There is no such network."))
        if isinstance(found, ExchangeError):
            raise found
        return found
