"""What every connector keeps to: the scripted one, and the one through ccxt before simulated exchanges."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from coinassay.domain.account import Credentials
from coinassay.domain.balance import Balance, Reading, WalletReading
from coinassay.domain.market import Market
from coinassay.errors import CredentialsRejected, ExchangeError, ExchangeUnavailable
from coinassay.exchanges.connector import ExchangeConnector
from coinassay.exchanges.markets import MarketTable
from coinassay.pricing.catalogue import BundledCatalogue
from coinassay.services.ports import Connection, Connector
from coinassay.testing.scripted import ScriptedConnector
from coinassay.testing.simulator.exchange import SimulatedExchange
from coinassay.testing.text import bal

HELD = "0.123456789"


@dataclass
class Case:
    """A connector, and an account with 0.123456789 BTC in its spot wallet, and nothing else anywhere."""

    connector: Connector
    connection: Connection
    reject: Callable[[], object]
    """From now on the account's keys are wrong."""
    hang: Callable[[], object]
    """From now on nothing answers."""
    fail_a_wallet: Callable[[], object] | None = None
    """From now on one wallet of several fails, which is not the spot wallet."""


def market(code: str) -> Market:
    found = MarketTable().find(code)
    assert found is not None
    return found


@pytest.fixture
async def scripted() -> AsyncIterator[Case]:
    connector = ScriptedConnector()
    connector.script(7, [bal(f"{HELD} BTC")])
    yield Case(
        connector,
        Connection(7, market("kraken"), Credentials({"api_key": "key", "secret": "c2VjcmV0"})),
        reject=lambda: connector.script(7, CredentialsRejected()),
        hang=lambda: connector.script(7, [bal("1 BTC")], delay=3600),
        fail_a_wallet=lambda: connector.script(
            7,
            Reading(
                (
                    WalletReading("spot", (bal(f"{HELD} BTC"),)),
                    WalletReading("funding", failure=ExchangeUnavailable.code, reason="It did not answer."),
                )
            ),
        ),
    )
    await connector.close()


async def through_ccxt(dialect: str) -> AsyncIterator[Case]:
    async with await SimulatedExchange.start(dialect) as exchange:
        user = exchange.add_user(wallets={"spot": {"BTC": HELD}})
        connector = ExchangeConnector(
            BundledCatalogue(),
            base_urls={dialect: exchange.url},
            limits={dialect: Decimal(1000)},
            clock=lambda: datetime.now(UTC),
        )
        yield Case(
            connector,
            Connection(7, market(dialect), Credentials({"api_key": user.api_key, "secret": user.secret})),
            reject=lambda: exchange.faults.add("bad_key"),
            hang=lambda: exchange.faults.add("hang"),
            fail_a_wallet=(
                (lambda: exchange.faults.add("server_error", wallet="funding")) if "binance" == dialect else None
            ),
        )
        await connector.close()


@pytest.fixture
async def binance() -> AsyncIterator[Case]:
    async for case in through_ccxt("binance"):
        yield case


@pytest.fixture
async def kraken() -> AsyncIterator[Case]:
    async for case in through_ccxt("kraken"):
        yield case


@pytest.fixture(params=["scripted", "binance", "kraken"])
def case(request: pytest.FixtureRequest) -> Case:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Case)
    return found


def balances(reading: Reading) -> list[Balance]:
    return [balance for wallet in reading.wallets for balance in wallet.balances]


async def test_a_reading_has_every_wallet_and_exact_amounts(case: Case) -> None:
    reading = await case.connector.fetch_reading(case.connection, 10)
    assert reading.complete
    (held,) = balances(reading)
    assert ("BTC", "spot", Decimal(HELD)) == (held.asset, held.wallet, held.total)
    assert {wallet.wallet for wallet in reading.wallets} >= {"spot"}
    assert all(balance.wallet == wallet.wallet for wallet in reading.wallets for balance in wallet.balances)


async def test_readings_do_not_wear_out(case: Case) -> None:
    first = await case.connector.fetch_reading(case.connection, 10)
    assert first == await case.connector.fetch_reading(case.connection, 10)


async def test_readings_at_the_same_time(case: Case) -> None:
    found = await asyncio.gather(*(case.connector.fetch_reading(case.connection, 10) for _ in range(5)))
    assert 5 == len(found)
    assert all(each == found[0] for each in found)


async def test_rejected_credentials_are_raised_as_such(case: Case) -> None:
    case.reject()
    with pytest.raises(CredentialsRejected):
        await case.connector.fetch_reading(case.connection, 10)


async def test_a_wallet_that_fails_says_so_and_hides_nothing_else(case: Case) -> None:
    if case.fail_a_wallet is None:
        assert "kraken" == case.connection.market.code  # has one wallet only
        return
    case.fail_a_wallet()
    reading = await case.connector.fetch_reading(case.connection, 10)
    assert not reading.complete
    assert [Decimal(HELD)] == [balance.total for balance in balances(reading)]
    (failed,) = [wallet for wallet in reading.wallets if not wallet.ok]
    assert ExchangeUnavailable.code == failed.failure
    assert failed.reason


async def test_the_deadline_is_kept_and_told(case: Case) -> None:
    await case.connector.fetch_reading(case.connection, 10)
    case.hang()
    begin = time.monotonic()
    with pytest.raises(ExchangeError) as raised:
        await case.connector.fetch_reading(case.connection, 0.3)
    assert time.monotonic() - begin < 10  # it would hang for ever
    assert raised.value.retryable


async def test_a_caller_who_goes_away_ends_it(case: Case) -> None:
    case.hang()
    task = asyncio.create_task(case.connector.fetch_reading(case.connection, 30))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 1)


async def test_forgetting_an_account_takes_nothing_from_it(case: Case) -> None:
    await case.connector.forget(case.connection.account_id)
    first = await case.connector.fetch_reading(case.connection, 10)
    await case.connector.forget(case.connection.account_id)
    await case.connector.forget(12345)
    assert first == await case.connector.fetch_reading(case.connection, 10)


async def test_closing_twice_is_closing_once(case: Case) -> None:
    await case.connector.fetch_reading(case.connection, 10)
    await case.connector.close()
    await case.connector.close()
