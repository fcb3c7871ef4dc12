"""The ports with answers written down beforehand."""

from __future__ import annotations

import asyncio
import time

import pytest

from coinassay.domain.account import Credentials
from coinassay.domain.market import Market
from coinassay.errors import CredentialsRejected, ExchangeUnavailable
from coinassay.services.ports import Connection, Connector, QuoteSource, RateSource
from coinassay.testing import ScriptedConnector, ScriptedQuotes, ScriptedRates, bal, quotes_of, rates_of, reading_of

MARKET = Market("kraken", "kraken", "Kraken", "Kraken", "kraken", ("spot",), ("secret", "api_key"))


def account(account_id: int) -> Connection:
    return Connection(account_id, MARKET, Credentials({}))


async def test_answers_come_in_order_and_the_last_is_repeated() -> None:
    connector = ScriptedConnector()
    connector.script(7, reading_of("2 BTC"), CredentialsRejected())

    assert reading_of("2 BTC") == await connector.fetch_reading(account(7), 1)
    for _ in range(2):
        with pytest.raises(CredentialsRejected):
            await connector.fetch_reading(account(7), 1)
    assert {7: 3} == connector.calls


async def test_an_account_has_its_own_answers_others_those_of_their_market() -> None:
    connector = ScriptedConnector(default=reading_of())
    connector.script("kraken", ["1 ETH"])
    connector.script(7, ["2 BTC", bal("3 DOT in earn")])

    assert reading_of("2 BTC", "3 DOT in earn") == await connector.fetch_reading(account(7), 1)
    assert reading_of("1 ETH") == await connector.fetch_reading(account(8), 1)
    other = Connection(9, Market("x", "x", "X", "X", "x", ("spot",), ()), Credentials({}))
    assert reading_of() == await connector.fetch_reading(other, 1)


async def test_what_was_not_scripted_is_not_answered() -> None:
    with pytest.raises(LookupError, match="nothing was scripted for account 7"):
        await ScriptedConnector().fetch_reading(account(7), 1)
    with pytest.raises(ValueError, match="at least one answer"):
        ScriptedConnector().script(7)


async def test_an_answer_takes_its_time_but_no_longer_than_the_caller_gives_it() -> None:
    connector = ScriptedConnector()
    connector.script(7, ["2 BTC"], delay=0.05)
    connector.script(8, ["2 BTC"], delay=60)

    began = time.monotonic()
    await asyncio.gather(connector.fetch_reading(account(7), 1), connector.fetch_reading(account(7), 1))
    assert time.monotonic() - began >= 0.05
    assert (2, 0) == (connector.most_at_once, connector.running)

    with pytest.raises(ExchangeUnavailable, match=r"did not answer in 0\.05 s"):
        await connector.fetch_reading(account(8), 0.05)


async def test_forgetting_and_closing_are_noted() -> None:
    connector = ScriptedConnector()

    await connector.forget(7)
    await connector.close()

    assert ([7], True) == (connector.forgotten, connector.closed)


async def test_rates_and_quotes_are_scripted_by_market_and_exchange() -> None:
    book, quotes = rates_of({"BTC": "60000"}), quotes_of({"BTC/USD": "bid 1, ask 2"})
    rates = ScriptedRates(default=book)
    rates.script("kraken", ExchangeUnavailable(), book)
    source = ScriptedQuotes({"kraken": quotes})

    with pytest.raises(ExchangeUnavailable):
        await rates.fetch_rates(MARKET, [bal("1 BTC")], 1)
    assert book is await rates.fetch_rates(MARKET, [bal("1 BTC"), bal("2 ETH")], 1)
    assert quotes == await source.fetch_quotes("kraken", ["BTC"], 1)
    with pytest.raises(LookupError):
        await source.fetch_quotes("binance", ["BTC"], 1)
    assert {"kraken": 2} == rates.calls
    assert [("BTC",), ("BTC", "ETH")] == rates.asked
    assert [("BTC",), ("BTC",)] == source.asked


def test_they_are_what_the_use_cases_ask_for() -> None:
    """Checked by mypy: each fits its port."""
    connector: Connector = ScriptedConnector()
    rates: RateSource = ScriptedRates()
    quotes: QuoteSource = ScriptedQuotes()

    assert all((connector, rates, quotes))
