"""Every exchange of ccxt before a server that answers HTTP 200 with rubbish: none of them may come out empty.

ccxt takes most of it for an empty account, an empty catalogue or no prices at all.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from tests.unit.exchanges.world import MARKETS, Scripted, connection, connector, market, serving

from coinassay.domain.market import Market
from coinassay.errors import CredentialsRejected, ExchangeError, ExchangeUnavailable, UnexpectedReply
from coinassay.exchanges.connector import ExchangeConnector
from coinassay.testing.http import Reply

CODES = [each.code for each in MARKETS.list() if "paper" != each.exchange_id]

_TEXT = {
    "api_key": "k" * 36,
    "secret": base64.b64encode(bytes(range(32))).decode(),
    "passphrase": "phrase",
    "customer_id": "123",
    "login": "login",
    "account_id": "12",
    "wallet_address": "0x" + "a" * 40,
    "private_key": "0x" + "1" * 64,
    "token": "token",
    "twofa": "JBSWY3DPEHPK3PXP",
}


def pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def special() -> Mapping[str, Mapping[str, str]]:
    """Credentials of the form an exchange signs with, where it is not the usual one. Made up here."""
    curve = pem(ec.generate_private_key(ec.SECP256R1()))
    edwards = pem(ed25519.Ed25519PrivateKey.generate())
    return {
        "coinbase": {"secret": curve},
        "coinbaseinternational": {"secret": curve},
        "gemini": {"api_key": "account-made-up"},
        "lbank": {"secret": "s" * 32},
        "revolutx": {"private_key": edwards},
        "modetrade": {"secret": "ed25519:" + "3" * 44},
        "woofipro": {"secret": "ed25519:" + "3" * 44},
        "pacifica": {"private_key": "3" * 88},
    }


SPECIAL = special()


def credentials(of: Market) -> dict[str, str]:
    return {name: SPECIAL.get(of.exchange_id, {}).get(name, _TEXT[name]) for name in of.required}


async def reading(made: ExchangeConnector, code: str, account_id: int) -> str:
    """What became of an account: the error's code, or "empty" or "read"."""
    try:
        found = await made.fetch_reading(connection(code, credentials(market(code)), account_id), 5)
    except ExchangeError as e:
        return e.code
    if any(wallet.balances for wallet in found.wallets):
        return "read"
    return "empty" if any(wallet.ok for wallet in found.wallets) else "failed"


async def prices(made: ExchangeConnector, code: str) -> str:
    try:
        return "prices" if await made.fetch_quotes(market(code).exchange_id, ["BTC", "ETH"], 5) else "nothing to ask"
    except ExchangeError as e:
        return e.code


NO_ACCOUNT_IS_SPOT = {"pacifica"}
"""ccxt wants a wallet address that it does not list among the credentials."""

REFUSED = {UnexpectedReply.code, ExchangeUnavailable.code}
"""htx's class says "operation failed" of an empty catalogue."""


TALKED_INTO_A_CATALOGUE = {"independentreserve", "mercado"}
"""ccxt makes markets of the keys of any object. What is asked for is not among them."""


async def sweep(body: str) -> dict[str, tuple[str, str, int]]:
    """By market code: the account's outcome, the prices', and how many requests were made for them."""
    found: dict[str, tuple[str, str, int]] = {}
    rubbish = Reply(200, body.encode())
    async with serving({"*": rubbish}) as server, connector(dict.fromkeys(CODES, server.url)) as made:
        for account_id, code in enumerate(CODES):
            account = await reading(made, code, account_id)
            before = len(server.requests)
            found[code] = (account, await prices(made, code), len(server.requests) - before)
    return found


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("{}", id="empty object"),
        pytest.param("<html><body>down</body></html>", marks=pytest.mark.slow, id="html"),
        pytest.param("", marks=pytest.mark.slow, id="empty"),
        pytest.param('{"data":[{"curr', marks=pytest.mark.slow, id="cut"),
        pytest.param('{"message":"hello"}', marks=pytest.mark.slow, id="small talk"),
    ],
)
async def test_rubbish_is_never_an_empty_account(body: str) -> None:
    found = await sweep(body)
    assert set(CODES) == set(found)
    accounts = {code: account for code, (account, _, _) in found.items() if account not in REFUSED}
    assert {} == {code: account for code, account in accounts.items() if code not in NO_ACCOUNT_IS_SPOT}
    asked = {code: outcome for code, (_, outcome, requests) in found.items() if requests and outcome not in REFUSED}
    assert set(asked) <= TALKED_INTO_A_CATALOGUE
    assert "prices" not in asked.values()


async def test_an_empty_list_is_an_empty_account_only_where_that_is_the_exchanges_shape() -> None:
    found = await sweep("[]")
    empty = {market(code).exchange_id for code, (account, _, _) in found.items() if "empty" == account}
    assert {"bitstamp", "bitvavo", "coinbaseexchange", "upbit", "hitbtc"} <= empty
    assert not empty & {
        "kraken",
        "okx",
        "bybit",
        "kucoin",
        "bitget",
        "coinbase",
        "htx",
        "mexc",
        "cryptocom",
        "whitebit",
    }


async def test_a_hundred_exchanges_at_once() -> None:
    async with serving({"*": Reply(401, b"{}")}) as server, connector(dict.fromkeys(CODES, server.url)) as made:
        outcomes = await asyncio.gather(*(reading(made, code, n) for n, code in enumerate(CODES)))
        assert len(CODES) == len(outcomes)
        assert outcomes.count(CredentialsRejected.code) > len(CODES) / 2
        assert "empty" not in outcomes
        assert isinstance(server, Scripted)
