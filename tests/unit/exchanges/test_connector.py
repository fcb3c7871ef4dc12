"""An account's wallets side by side, and what their failures make of the reading."""

from __future__ import annotations

import asyncio
import sys
import time
import traceback
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import ccxt.async_support as ccxt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.exchanges.world import connection, connector, nothing, plans, say, serving

from coinassay.domain.balance import Balance
from coinassay.errors import (
    ClockSkew,
    ConfigurationError,
    CredentialsRejected,
    ExchangeError,
    ExchangePermissionMissing,
    ExchangeThrottled,
    ExchangeUnavailable,
    NotSupportedByExchange,
    UnexpectedReply,
)
from coinassay.exchanges.connector import ExchangeConnector, Read, judge
from coinassay.exchanges.errors import to_ours
from coinassay.exchanges.reading import Fetched, Resolve
from coinassay.services.ports import Connection
from coinassay.testing.simulator.exchange import SimulatedExchange

HERE = "http://127.0.0.1:1"
BTC = Fetched((Balance("BTC", "spot", Decimal("0.1"), Decimal("0.1")),))


def failing(error: Exception) -> Any:
    async def fetch(exchange: Any, resolve: Resolve) -> Fetched:
        raise error

    return fetch


async def bitcoin(exchange: Any, resolve: Resolve) -> Fetched:
    return BTC


async def hanging(exchange: Any, resolve: Resolve) -> Fetched:
    await asyncio.sleep(3600)
    return BTC


# --------------------------------------------------------------------------------------------------- end to end


async def test_an_account_is_read_to_the_last_digit() -> None:
    async with await SimulatedExchange.start("binance") as exchange, connector({"binance": exchange.url}) as made:
        user = exchange.add_user(wallets={"spot": {"BTC": ("0.12345678", "0.00000001")}, "funding": {"USDT": "7.1"}})
        reading = await made.fetch_reading(connection("binance", user), 10)
        assert {"spot": ["0.12345679 BTC"], "funding": ["7.1 USDT"], "earn": []} == say(reading)
        (held,) = reading.wallets[0].balances
        assert (Decimal("0.12345678"), Decimal("0.00000001")) == (held.free, held.locked)


async def test_a_warm_reading_makes_only_the_wallets_requests() -> None:
    async with await SimulatedExchange.start("kraken") as exchange, connector({"kraken": exchange.url}) as made:
        user = exchange.add_user(wallets={"spot": {"BTC": "1"}})
        for _ in range(3):
            await made.fetch_reading(connection("kraken", user), 10)
        assert {"/0/private/BalanceEx": 3} == dict(exchange.requests)


async def test_accounts_do_not_see_each_other() -> None:
    async with await SimulatedExchange.start("binance") as exchange, connector({"binance": exchange.url}) as made:
        users = [exchange.add_user(wallets={"spot": {"BTC": str(n)}}) for n in range(1, 31)]
        readings = await asyncio.gather(
            *(made.fetch_reading(connection("binance", user, n), 20) for n, user in enumerate(users))
        )
        assert [f"{n}.0 BTC" for n in range(1, 31)] == [say(each)["spot"][0] for each in readings]


async def test_a_revoked_key_is_rejected_also_on_an_object_that_was_let_in_before() -> None:
    async with await SimulatedExchange.start("binance") as exchange, connector({"binance": exchange.url}) as made:
        user = exchange.add_user(wallets={"spot": {"BTC": "1"}})
        await made.fetch_reading(connection("binance", user), 10)
        exchange.faults.add("ip_refused")  # -2015, which says key, IP address or permission
        with pytest.raises(CredentialsRejected):
            await made.fetch_reading(connection("binance", user), 10)
        exchange.faults.clear()
        await made.fetch_reading(connection("binance", user), 10)  # nobody was paused


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("bad_key", CredentialsRejected),
        ("bad_signature", CredentialsRejected),
        ("clock_skew", ClockSkew),
        ("throttled", ExchangeThrottled),
        ("banned", ExchangeThrottled),
        ("maintenance", ExchangeUnavailable),
        ("server_error", ExchangeUnavailable),
        ("geo_block", ExchangeUnavailable),
        ("reset", ExchangeUnavailable),
        ("broken_off", ExchangeUnavailable),
        ("html", UnexpectedReply),
        ("empty", UnexpectedReply),
        ("cut", UnexpectedReply),
        ("empty_object", UnexpectedReply),
    ],
)
@pytest.mark.parametrize("dialect", ["binance", "kraken"])
async def test_what_goes_wrong_is_told_apart(dialect: str, fault: str, expected: type[ExchangeError]) -> None:
    async with await SimulatedExchange.start(dialect) as exchange, connector({dialect: exchange.url}) as made:
        user = exchange.add_user(wallets={"spot": {"BTC": "1"}})
        exchange.faults.add(fault, retry_after=60)
        with pytest.raises(ExchangeError) as raised:
            await made.fetch_reading(connection(dialect, user), 10)
        assert expected is type(raised.value)
        assert dialect == raised.value.exchange_id
        if expected is ExchangeThrottled and "binance" == dialect:
            assert isinstance(raised.value, ExchangeThrottled)
            assert 60 == raised.value.retry_after


async def test_a_scope_that_is_missing_is_no_wrong_key() -> None:
    async with await SimulatedExchange.start("kraken") as exchange, connector({"kraken": exchange.url}) as made:
        user = exchange.add_user(permissions=[])
        with pytest.raises(ExchangePermissionMissing):
            await made.fetch_reading(connection("kraken", user), 10)


async def test_one_wallet_fails_and_the_others_are_read() -> None:
    async with await SimulatedExchange.start("binance") as exchange, connector({"binance": exchange.url}) as made:
        user = exchange.add_user(wallets={"spot": {"BTC": "1"}, "funding": {"USDT": "5"}})
        exchange.faults.add("server_error", wallet="funding")
        reading = await made.fetch_reading(connection("binance", user), 10)
        assert {"spot": ["1.0 BTC"], "funding": "exchange_unavailable", "earn": []} == say(reading)
        assert not reading.complete
        assert "HTTP 502" in reading.wallets[1].reason


async def test_a_wallet_that_hangs_takes_nothing_from_the_others() -> None:
    async with await SimulatedExchange.start("binance") as exchange, connector({"binance": exchange.url}) as made:
        user = exchange.add_user(wallets={"spot": {"BTC": "1"}})
        await made.fetch_reading(connection("binance", user), 10)
        exchange.faults.add("hang", wallet="funding")
        exchange.faults.add("drip", wallet="earn", seconds=30)
        begin = time.monotonic()
        reading = await made.fetch_reading(connection("binance", user), 0.5)
        assert time.monotonic() - begin < 10  # they would take half a minute and for ever
        assert {"spot": ["1.0 BTC"], "funding": "exchange_unavailable", "earn": "exchange_unavailable"} == say(reading)
        assert "did not answer in 0.5 s" in reading.wallets[1].reason


async def test_a_pause_the_exchange_asked_for_is_kept_by_all_and_told_at_once() -> None:
    async with await SimulatedExchange.start("binance") as exchange, connector({"binance": exchange.url}) as made:
        users = [exchange.add_user(), exchange.add_user()]
        exchange.faults.add("throttled", retry_after=60)
        with pytest.raises(ExchangeThrottled):
            await made.fetch_reading(connection("binance", users[0], 1), 10)
        exchange.faults.clear()
        exchange.forget_requests()
        begin = time.monotonic()
        with pytest.raises(ExchangeThrottled) as raised:
            await made.fetch_reading(connection("binance", users[1], 2), 10)
        assert time.monotonic() - begin < 5
        assert raised.value.retry_after in (59, 60)
        assert not exchange.requests


async def test_a_slow_exchange_does_not_hold_up_another() -> None:
    async with (
        await SimulatedExchange.start("binance") as slow,
        await SimulatedExchange.start("kraken") as quick,
        connector({"binance": slow.url, "kraken": quick.url}) as made,
    ):
        slow.faults.add("hang")
        user = quick.add_user(wallets={"spot": {"BTC": "1"}})
        waiting = [
            asyncio.create_task(made.fetch_reading(connection("binance", slow.add_user(), n), 30)) for n in range(150)
        ]
        await asyncio.sleep(0.05)
        begin = time.monotonic()
        assert {"spot": ["1.0 BTC"]} == say(await made.fetch_reading(connection("kraken", user, 999), 10))
        assert time.monotonic() - begin < 10
        for task in waiting:
            task.cancel()
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(each, asyncio.CancelledError) for each in ended)


async def test_a_caller_who_goes_away_ends_the_requests() -> None:
    async with await SimulatedExchange.start("binance") as exchange, connector({"binance": exchange.url}) as made:
        exchange.faults.add("hang")
        task = asyncio.create_task(made.fetch_reading(connection("binance", exchange.add_user()), 30))
        for _ in range(400):
            if exchange.in_flight == 3:
                break
            await asyncio.sleep(0.005)
        assert 3 == exchange.in_flight
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        for _ in range(200):
            if not exchange.in_flight:
                break
            await asyncio.sleep(0.01)
        assert 0 == exchange.in_flight


async def test_nothing_secret_is_in_what_is_raised_or_in_its_traceback() -> None:
    """The body repeats what it was asked with; ccxt's messages hold the URL with its signature."""
    secret, key = "hunter22", "short1"

    def repeat(request: Any) -> Any:
        from coinassay.testing.http import Reply

        return Reply(400, f'{{"code":-9999,"msg":"{key} {secret} {request.query}"}}'.encode())

    async with serving({"*": repeat}) as server, connector({"binance": server.url}) as made:
        with pytest.raises(ExchangeError) as raised:
            await made.fetch_reading(connection("binance", {"api_key": key, "secret": secret}), 5)
        text = "".join(traceback.format_exception(raised.value))
        for hidden in (secret, key, "signature="):
            assert hidden not in text
        server.answers["*"] = "<html>"
        with pytest.raises(UnexpectedReply):
            await made.fetch_reading(connection("binance", {"api_key": key, "secret": secret}), 5)


async def test_forgetting_makes_the_next_reading_start_anew() -> None:
    async with await SimulatedExchange.start("kraken") as exchange, connector({"kraken": exchange.url}) as made:
        user = exchange.add_user(wallets={"spot": {"BTC": "1"}})
        await made.fetch_reading(connection("kraken", user), 10)
        assert 1 == len(made._instances)
        await made.forget(1)
        await made.forget(1)
        assert 0 == len(made._instances)
        assert {"spot": ["1.0 BTC"]} == say(await made.fetch_reading(connection("kraken", user), 10))


async def test_a_market_code_of_its_own_url_reaches_futures() -> None:
    async with (
        await SimulatedExchange.start("binance") as exchange,
        connector({"binance_futures": exchange.url}) as made,
    ):
        user = exchange.add_user(wallets={"futures": {"USDT": "12.5"}})
        assert {"futures": ["12.5 USDT"]} == say(await made.fetch_reading(connection("binance_futures", user), 10))


async def test_a_wrong_base_url_stops_the_start() -> None:
    with pytest.raises(ConfigurationError):
        async with connector({"binance": "http://exchange.example.com"}):
            pass


# ---------------------------------------------------------------------------------------------------- paper


async def test_a_paper_account_needs_no_exchange() -> None:
    async with connector({}) as made:
        account = connection("paper_trading", {})
        paper = Connection(
            1, account.market, account.credentials, {"USDT": Decimal("1E+4"), "BTC": Decimal("0.1"), "X": Decimal(0)}
        )
        reading = await made.fetch_reading(paper, 1)
        assert {"paper": ["10000.0 USDT", "0.1 BTC"]} == say(reading)
        assert reading.complete
        assert Decimal("0.1") == reading.wallets[0].balances[1].free


def test_a_paper_account_loads_no_ccxt() -> None:
    import subprocess

    code = """
import asyncio, sys
from datetime import datetime, UTC
from decimal import Decimal
from coinassay.exchanges.connector import ExchangeConnector
from coinassay.exchanges.markets import MarketTable
from coinassay.domain.account import Credentials
from coinassay.services.ports import Connection

async def main():
    made = ExchangeConnector(None, clock=lambda: datetime.now(UTC))
    market = MarketTable().find("paper_trading")
    await made.fetch_reading(Connection(1, market, Credentials({}), {"BTC": Decimal(1)}), 1)
    await made.close()

asyncio.run(main())
print([name for name in ("ccxt", "aiohttp") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()


# ------------------------------------------------------------------------------------------------- the judgement


REFUSALS: dict[str, Callable[[], Exception]] = {
    "rejected": lambda: ccxt.AuthenticationError('binance {"code":-2008,"msg":"Invalid Api-Key ID."}'),
    "maybe": lambda: ccxt.AuthenticationError('binance {"code":-2015,"msg":"Invalid API-key, IP, or permissions"}'),
    "down": lambda: ccxt.ExchangeNotAvailable("binance 502"),
    "not opened": lambda: ccxt.AccountNotEnabled("binance not opened"),
    "unknown": lambda: ccxt.NotSupported("binance fetchBalance() does not support funding accounts"),
    "rubbish": lambda: TypeError("of an answer"),
}


async def read(*fetches: Any) -> Any:
    named = [
        (f"wallet {n}", failing(REFUSALS[fetch]()) if isinstance(fetch, str) else fetch)
        for n, fetch in enumerate(fetches)
    ]
    async with connector({"binance": HERE}, plan=plans(*named)) as made:
        return say(await made.fetch_reading(connection("binance"), 5))


async def test_a_key_that_reads_one_wallet_is_not_wrong() -> None:
    found = await read(bitcoin, "maybe", "rejected", "down")
    assert ["0.1 BTC"] == found["wallet 0"]
    assert ["exchange_permission_missing"] * 2 == [found["wallet 1"], found["wallet 2"]]
    assert "exchange_unavailable" == found["wallet 3"]


async def test_a_wallet_that_was_never_opened_is_empty() -> None:
    assert {"wallet 0": ["0.1 BTC"], "wallet 1": [], "wallet 2": []} == await read(bitcoin, "not opened", "unknown")


async def test_a_primary_wallet_that_is_not_there_is_a_failure() -> None:
    found = await read("not opened", bitcoin)
    assert {"wallet 0": "not_supported_by_exchange", "wallet 1": ["0.1 BTC"]} == found


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        (["down", "maybe"], ExchangeUnavailable),
        (["down", "rejected"], CredentialsRejected),
        (["maybe", "down"], CredentialsRejected),
        (["maybe", "rejected"], CredentialsRejected),
        (["down", "not opened"], ExchangeUnavailable),
        (["unknown", "down"], NotSupportedByExchange),
        (["rubbish", "down"], UnexpectedReply),
    ],
)
async def test_the_most_telling_error_is_raised_when_nothing_was_read(
    errors: list[str], expected: type[ExchangeError]
) -> None:
    """Certainly wrong keys first; -2015 of another wallet may be a missing permission, and says nothing of the key."""
    with pytest.raises(ExchangeError) as raised:
        await read(*errors)
    assert expected is type(raised.value)


async def test_a_wallet_that_was_never_asked_for_proves_no_key() -> None:
    """bitget: its funding wallet belongs to unified accounts, and is empty for the others without a question."""
    with pytest.raises(CredentialsRejected):
        await read("rejected", nothing)
    assert {"wallet 0": [], "wallet 1": []} == await read(nothing, nothing)


outcomes = st.lists(
    st.sampled_from(
        [Read(BTC), Read(Fetched()), Read(Fetched(), proved=False)]
        + [to_ours(refusal(), "binance") for refusal in REFUSALS.values()]
    ),
    min_size=1,
    max_size=5,
)


@given(outcomes)
def test_no_wallet_gets_lost(found: list[Any]) -> None:
    names = [str(n) for n in range(len(found))]
    failed = any(isinstance(each, ExchangeError) for each in found)
    if failed and not any(isinstance(each, Read) and each.proved for each in found):
        with pytest.raises(ExchangeError):
            judge(names, found)
        return
    reading = judge(names, found)
    assert names == [each.wallet for each in reading.wallets]
    for outcome, wallet in zip(found, reading.wallets, strict=True):
        assert wallet.failure != CredentialsRejected.code
        if isinstance(outcome, Read):
            assert outcome.fetched.balances == wallet.balances
            assert wallet.ok


async def test_no_plan_is_no_such_thing() -> None:
    async with connector({"binance": HERE}, plan=plans()) as made:
        with pytest.raises(NotSupportedByExchange):
            await made.fetch_reading(connection("binance"), 5)


async def test_the_deadline_counts_for_what_never_asks_anybody() -> None:
    async with connector({"binance": HERE}, plan=plans(("spot", hanging))) as made:
        begin = time.monotonic()
        with pytest.raises(ExchangeUnavailable):
            await made.fetch_reading(connection("binance"), 0.3)
        assert time.monotonic() - begin < 5


async def test_a_mistake_of_ours_in_the_catalogue_is_heard() -> None:
    """Only what exchanges make of themselves is an ExchangeError: the port `Catalogue` never raises."""

    async def resolving(exchange: Any, resolve: Resolve) -> Fetched:
        assert "BTC" == resolve("BTC").code
        return BTC

    assert {"wallet 0": ["0.1 BTC"]} == await read(resolving)


def test_it_is_what_the_use_cases_want() -> None:
    from coinassay.services.ports import Connector, QuoteSource

    def connects(it: Connector) -> None: ...
    def quotes(it: QuoteSource) -> None: ...

    def checked_by_mypy(it: ExchangeConnector) -> None:
        connects(it)
        quotes(it)

    assert callable(checked_by_mypy)
