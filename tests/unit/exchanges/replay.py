"""Recorded and documented answers of exchanges, replayed to real ccxt over real HTTP on loopback.

A payload is text: the request line of each answer, the answer's body below it exactly as the exchange sends it (bare
numbers keep their digits), blank lines between them. "GET /path?type=main" wants these parameters in the query or the
form; "GET /path 400" answers with that status.
"""

from __future__ import annotations

import base64
import json
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import ccxt.async_support as ccxt
from aiohttp import web

from coinassay.domain.balance import Balance
from coinassay.domain.currency import Resolved
from coinassay.domain.money import ONE, decimal_of, plain
from coinassay.exchanges.markets import MarketTable
from coinassay.exchanges.wallets import Fetched, plan

PAYLOADS = Path(__file__).parent.parent.parent / "payloads"

MARKETS = MarketTable()

SECRETS: Mapping[str, str] = {
    "coinbase": base64.b64encode(bytes(range(64))).decode(),
    "backpack": base64.b64encode(bytes(range(32))).decode(),
}


def payload(name: str) -> str:
    return (PAYLOADS / "wallets" / f"{name}.http").read_text("utf-8")


class Route:
    def __init__(self, line: str, body: str) -> None:
        self.method, target, *status = line.split()
        self.path, _, query = target.partition("?")
        self.wanted = dict(parse_qsl(query))
        self.status = int(status[0]) if status else 200
        self.body = body

    def fits(self, method: str, path: str, params: Mapping[str, str]) -> bool:
        return (method, path) == (self.method, self.path) and self.wanted.items() <= params.items()


class Replay:
    """Answers of one exchange, and the requests that were made."""

    def __init__(self, text: str) -> None:
        self.routes: list[Route] = []
        self.requests: list[str] = []
        self.otherwise: str | None = None
        """What else is asked is answered with this and HTTP 200; None: 404."""
        for block in filter(None, re.split(r"\n{2,}", text.strip())):
            line, _, body = block.partition("\n")
            self.routes.append(Route(line, body))
        # The more a route wants, the earlier it is asked.
        self.routes.sort(key=lambda route: -len(route.wanted))

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.text()
        params = dict(request.query)
        if body.startswith("{"):
            params |= {name: str(value) for name, value in json.loads(body).items()}
        else:
            params |= dict(parse_qsl(body))
        self.requests.append(f"{request.method} {request.path}")
        for route in self.routes:
            if route.fits(request.method, request.path, params):
                return web.Response(status=route.status, text=route.body, content_type="application/json")
        status = 404 if self.otherwise is None else 200
        return web.Response(status=status, text=self.otherwise or "", content_type="application/json")


def _redirected(urls: Any, url: str) -> Any:
    if isinstance(urls, dict):
        return {name: _redirected(each, url) for name, each in urls.items()}
    return url + urlsplit(urls).path if isinstance(urls, str) else urls


@asynccontextmanager
async def exchange(exchange_id: str, replay: Replay) -> AsyncIterator[Any]:
    """A ccxt exchange as the connector makes it, that talks to the replay."""
    runner = web.AppRunner(_app(replay))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    kind = getattr(ccxt, exchange_id)
    exact = type(kind.__name__, (kind,), {"on_json_response": lambda self, text: json.loads(text, parse_float=str)})
    made = exact(
        {
            "apiKey": "account-test-key",  # Gemini wants the first word
            "secret": SECRETS.get(exchange_id, base64.b64encode(b"test-secret").decode()),
            "password": "test-passphrase",
            "uid": "7",
            "login": "test-login",
            "number": str,
            "enableRateLimit": False,
            "timeout_on_exit": 0,
        }
    )
    made.ssl_context = _NO_TLS
    made.urls["api"] = _redirected(made.urls["api"], f"http://{host}:{port}")
    made.markets, made.markets_by_id, made.currencies, made.currencies_by_id = {}, {}, {}, {}
    try:
        yield made
    finally:
        await made.close()
        await runner.cleanup()


_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Given to every exchange object, which would load the certificates of the world otherwise (15 ms)."""


def _app(replay: Replay) -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", replay.answer)
    return app


ALIASES: Mapping[str, tuple[str, str]] = {
    "LDBTC": ("BTC", "1"),
    "LDSHIB2": ("SHIB", "1"),
    "LD1000SATS": ("SATS", "1000"),
    "BETH": ("ETH", "1"),
    "1000SATS": ("SATS", "1000"),
    "BTC.F": ("BTC", "1"),
    "DOT.S": ("DOT", "1"),
    "DOT28.S": ("DOT", "1"),
    "ETH2.S": ("ETH", "1"),
    "ETH2": ("ETH", "1"),
    "EUR.HOLD": ("EUR", "1"),
}


def resolve(code: str) -> Resolved:
    """A small catalogue of codes."""
    stands_for, times = ALIASES.get(code, (code, "1"))
    return Resolved(stands_for, decimal_of(times))


async def read_all(market_code: str, text: str) -> dict[str, Fetched]:
    """Every wallet of the market as read from the payload `text`."""
    market = MARKETS.find(market_code)
    assert market is not None
    async with exchange(market.exchange_id, Replay(text)) as made:
        found = {each.name: await each.fetch(made, resolve) for each in plan(market)}
    for name, fetched in found.items():
        assert {each.wallet for each in fetched.balances} <= {name}
    return found


async def read(market_code: str, wallet: str, text: str) -> Fetched:
    """One of its wallets."""
    market = MARKETS.find(market_code)
    assert market is not None
    (found,) = (each for each in plan(market) if each.name == wallet)
    async with exchange(market.exchange_id, Replay(text)) as made:
        return await found.fetch(made, resolve)


def say(balance: Balance) -> str:
    """A balance in a line: "1.5 BTC (as LDBTC) free 1.0 locked 0.5 owed 0.1 profit -0.2"."""
    words = [plain(balance.total), balance.asset]
    if balance.exchange_code != balance.asset:
        words.append(f"(as {balance.exchange_code})")
    for name, amount in (("free", balance.free), ("locked", balance.locked)):
        if amount and amount != balance.total:
            words += [name, plain(amount)]
    for name, amount in (("owed", balance.borrowed), ("profit", balance.unrealised)):
        if amount:
            words += [name, plain(amount)]
    if balance.multiplier != ONE:
        words.append(f"x {plain(balance.multiplier)}")
    return " ".join(words)


async def said(market_code: str, wallet: str, text: str) -> list[str]:
    """The balances of a wallet, each in a line."""
    return [say(balance) for balance in (await read(market_code, wallet, text)).balances]


async def equities(market_code: str, wallet: str, text: str) -> dict[str, str]:
    """What each asset comes to."""
    return {balance.asset: plain(balance.equity) for balance in (await read(market_code, wallet, text)).balances}
