"""ccxt itself, pointed at a simulated exchange."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import ccxt.async_support as ccxt
import httpx
import pytest

from coinassay.testing import SimulatedExchange, SimulatedUser


def redirect(urls: Any, url: str) -> Any:
    """`urls` with scheme and host of every string in it replaced by those of `url`."""
    if isinstance(urls, dict):
        return {name: redirect(each, url) for name, each in urls.items()}
    return url + urlsplit(urls).path if isinstance(urls, str) else urls


@pytest.fixture
async def connect() -> AsyncIterator[Any]:
    """`connect(exchange, user)` gives a ccxt instance that talks to the simulated exchange; it is closed afterwards.

    With `catalogue=False` it never asks for the catalogue: balances do not need it.
    """
    made = []

    def connect(
        exchange: Any,
        user: SimulatedUser | None = None,
        *,
        exchange_id: str = "",
        catalogue: bool = True,
        **options: Any,
    ) -> Any:
        keys = {} if user is None else {"apiKey": user.api_key, "secret": user.secret}
        kind = getattr(ccxt, exchange_id or exchange.dialect)
        client = kind({"number": str, "enableRateLimit": False, "timeout_on_exit": 0, **keys, **options})
        client.urls["api"] = redirect(client.urls["api"], exchange.url)
        if not catalogue:
            client.markets, client.markets_by_id, client.currencies, client.currencies_by_id = {}, {}, {}, {}
        made.append(client)
        return client

    yield connect
    for client in made:
        await client.close()


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=5) as client:
        yield client


@pytest.fixture
async def binance() -> AsyncIterator[SimulatedExchange]:
    async with await SimulatedExchange.start("binance") as exchange:
        yield exchange


@pytest.fixture
async def kraken() -> AsyncIterator[SimulatedExchange]:
    async with await SimulatedExchange.start("kraken") as exchange:
        yield exchange
