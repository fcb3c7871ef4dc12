"""A connector of ours before servers of this machine."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from coinassay.domain.account import Credentials
from coinassay.domain.balance import Reading, WalletReading
from coinassay.domain.currency import Currency, Resolved
from coinassay.domain.market import Market
from coinassay.domain.money import ONE, plain
from coinassay.exchanges.connector import ExchangeConnector
from coinassay.exchanges.markets import MarketTable
from coinassay.exchanges.reading import Fetched, Resolve, WalletPlan
from coinassay.services.ports import Connection
from coinassay.testing.http import HttpServer, Reply, Request
from coinassay.testing.simulator.users import SimulatedUser

MARKETS = MarketTable()
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

FAST = 1e6
"""Units a second: what a test waits for is not the limiter, unless it says so."""


class PlainCatalogue:
    """Every code is what it says."""

    def find(self, code: str, exchange_id: str = "") -> Currency:
        return Currency(code, code)

    def resolve(self, exchange_id: str, code: str) -> Resolved:
        return Resolved(code, ONE)


def market(code: str) -> Market:
    found = MARKETS.find(code)
    assert found is not None, code
    return found


def connection(code: str, user: SimulatedUser | Mapping[str, str] | None = None, account_id: int = 1) -> Connection:
    if isinstance(user, SimulatedUser):
        fields: Mapping[str, str] = {"api_key": user.api_key, "secret": user.secret}
    else:
        fields = user or {"api_key": "public-part", "secret": "c2VjcmV0LXBhcnQ="}
    return Connection(account_id, market(code), Credentials(fields))


@asynccontextmanager
async def connector(
    base_urls: Mapping[str, str], *, limits: Mapping[str, float] | None = None, **options: Any
) -> AsyncIterator[ExchangeConnector]:
    """Without limits but those given; `base_urls` by market code or ccxt id."""
    unlimited = {each.exchange_id: FAST for each in MARKETS.list()}
    options.setdefault("clock", lambda: NOW)
    made = ExchangeConnector(PlainCatalogue(), base_urls=base_urls, limits={**unlimited, **(limits or {})}, **options)
    try:
        yield made
    finally:
        await made.close()


def say(reading: Reading) -> dict[str, list[str] | str]:
    """Each wallet: what is in it, or the failure's code."""
    return {each.wallet: each.failure or held(each) for each in reading.wallets}


def held(wallet: WalletReading) -> list[str]:
    return [f"{plain(each.total)} {each.asset}" for each in wallet.balances]


# ------------------------------------------------------------------------------------------------------- servers


@dataclass
class Scripted:
    """A server that answers each path as it was told; `asked` counts the requests by path."""

    answers: dict[str, Any] = field(default_factory=dict)
    """By path: text, a JSON value, a Reply or a function of the request; "*" for all others."""
    asked: Counter[str] = field(default_factory=Counter)
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: Request) -> Reply:
        self.asked[request.path] += 1
        self.requests.append(request)
        found = self.answers.get(request.path, self.answers.get("*"))
        if callable(found):
            found = found(request)
            if hasattr(found, "__await__"):
                found = await found
        if isinstance(found, Reply):
            return found
        if found is None:
            return Reply(404, b'{"error": "nothing here"}')
        return Reply(200, found.encode() if isinstance(found, str) else json.dumps(found).encode())


@asynccontextmanager
async def serving(answers: Mapping[str, Any]) -> AsyncIterator[Scripted]:
    scripted = Scripted(dict(answers))
    server = HttpServer(scripted.answer)
    await server.start()
    scripted.url = server.url
    try:
        yield scripted
    finally:
        await server.stop()


def plans(*fetches: tuple[str, Callable[[Any, Resolve], Any]]) -> Callable[[Market], Sequence[WalletPlan]]:
    """A plan for every market, from names and readers."""
    made = tuple(WalletPlan(name, fetch) for name, fetch in fetches)
    return lambda market: made


async def nothing(exchange: Any, resolve: Resolve) -> Fetched:
    return Fetched()


def d(text: str) -> Decimal:
    return Decimal(text)
