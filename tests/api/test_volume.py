"""GET /accounts/{id}/volume/daily, /monthly and /total"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.api.client import Client
from tests.api.conftest import START, House

from coinassay.api.asgi import Application
from coinassay.domain.account import PAPER, Account, User
from coinassay.domain.trade import Trade
from coinassay.errors import ExchangeUnavailable, NotSupportedByExchange
from coinassay.testing.text import rates_of

KINDS = ("daily", "monthly", "total")
FORBIDDEN = {"error": "Forbidden. Unavailable for this account."}
NO_DAY = {"error": "Volume data not found", "error_description": "No data available for the requested date"}
NO_MONTH = {"error": "Volume data not found", "error_description": "No data available for the requested month"}

TODAY = START.date().isoformat()


def trade(number: int, amount: str, cost: str, symbol: str = "BTC/USD", at: datetime = START) -> Trade:
    base, _, quote = symbol.partition("/")
    return Trade(str(number), at, base, quote, Decimal(amount), Decimal(cost))


def path_of(account: Account, kind: str, query: str = "") -> str:
    return f"/ver1/accounts/{account.id}/volume/{kind}{query}"


# ---------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize("kind", KINDS)
async def test_an_unknown_account_is_not_found(alice: Client, kind: str) -> None:
    reply = await alice.get(f"/ver1/accounts/4711/volume/{kind}")
    assert (404, "not_found") == (reply.status_code, reply.error)


@pytest.mark.parametrize("kind", KINDS)
async def test_another_users_account_does_not_exist(
    house: House, bob: Client, alices_account: Account, kind: str
) -> None:
    house.trades.script(alices_account.id, [trade(1, "1", "50000")])
    reply = await bob.get(path_of(alices_account, kind))
    assert (404, "not_found") == (reply.status_code, reply.error)
    assert [] == house.trades.asked


@pytest.mark.parametrize("kind", KINDS)
async def test_permission_to_read_is_needed(
    house: House, app: Application, alice_user: User, alices_account: Account, kind: str
) -> None:
    writer = await house.add_client(alice_user, app, "ACCOUNTS_WRITE")
    assert 403 == (await writer.get(path_of(alices_account, kind))).status_code


@pytest.mark.parametrize(
    ("query", "problems"),
    [
        ("daily?date=2026-02-30", {"date": ["is invalid"]}),
        ("daily?date=2026-3-1", {"date": ["is invalid"]}),
        ("daily?date=20260301", {"date": ["is invalid"]}),
        ("daily?date=0001-01-01", {"date": ["is invalid"]}),
        ("daily?date=9999-12-31", {"date": ["is invalid"]}),
        ("daily?date[]=2026-03-01", {"date": ["is invalid"]}),
        ("monthly?month=2026-13", {"month": ["is invalid"]}),
        ("monthly?month=2026-03-01", {"month": ["is invalid"]}),
        ("monthly?month=march", {"month": ["is invalid"]}),
    ],
)
async def test_what_is_no_date_is_named(alice: Client, alices_account: Account, query: str, problems: Any) -> None:
    reply = await alice.get(path_of(alices_account, query))
    assert (400, problems) == (reply.status_code, reply.json()["error_attributes"])


@pytest.mark.parametrize("kind", KINDS)
async def test_where_the_exchange_tells_nobody_his_trades_it_is_forbidden(
    house: House, alice: Client, alices_account: Account, kind: str
) -> None:
    house.trades.script(alices_account.id, NotSupportedByExchange())
    reply = await alice.get(path_of(alices_account, kind))
    assert (403, FORBIDDEN) == (reply.status_code, reply.json())


async def test_the_exchanges_error_is_passed_on(house: House, alice: Client, alices_account: Account) -> None:
    house.trades.script(alices_account.id, ExchangeUnavailable("binanceus did not answer in 20 s."))
    reply = await alice.get(path_of(alices_account, "daily"))
    assert (503, "unknown_market_api_error") == (reply.status_code, reply.error)


# ---------------------------------------------------------------------------------------------------- volumes


async def test_the_trades_of_a_day_are_added_up(house: House, alice: Client, alices_account: Account) -> None:
    late = datetime(2026, 2, 28, 23, 59, 59, 999_000, UTC)
    house.trades.script(
        alices_account.id,
        [trade(1, "0.5", "25000"), trade(2, "0.1", "5000.00000001"), trade(3, "2", "90000", at=late)],
    )
    reply = await alice.get(path_of(alices_account, "daily"))
    assert 200 == reply.status_code
    assert {"utc_date": TODAY, "volume_btc": "0.6", "volume_usd": "30000.00000001"} == reply.json()
    before = await alice.get(path_of(alices_account, "daily", "?date=2026-02-28"))
    assert {"utc_date": "2026-02-28", "volume_btc": "2.0", "volume_usd": "90000.0"} == before.json()


async def test_the_days_of_a_month_and_all_days_are_added_up(
    house: House, alice: Client, alices_account: Account
) -> None:
    february = datetime(2026, 2, 1, tzinfo=UTC)
    house.trades.script(
        alices_account.id,
        [
            trade(1, "1", "50000"),
            trade(2, "2", "90000", at=february),
            trade(3, "3", "80000", at=february + timedelta(days=27, hours=23)),
            trade(4, "4", "70000", at=february - timedelta(microseconds=1)),
        ],
    )
    assert {"utc_month": "2026-03", "volume_btc": "1.0", "volume_usd": "50000.0"} == (
        await alice.get(path_of(alices_account, "monthly"))
    ).json()
    assert {"utc_month": "2026-02", "volume_btc": "5.0", "volume_usd": "170000.0"} == (
        await alice.get(path_of(alices_account, "monthly", "?month=2026-02"))
    ).json()
    assert {"volume_btc": "10.0", "volume_usd": "290000.0"} == (
        await alice.get(path_of(alices_account, "total"))
    ).json()


async def test_where_nothing_was_traded_there_is_no_data(alice: Client, alices_account: Account) -> None:
    for query, body in (
        ("daily", NO_DAY),
        ("daily?date=2030-01-01", NO_DAY),
        ("monthly?month=2020-01", NO_MONTH),
    ):
        reply = await alice.get(path_of(alices_account, query))
        assert (404, body) == (reply.status_code, reply.json())
    assert {"volume_btc": "0.0", "volume_usd": "0.0"} == (await alice.get(path_of(alices_account, "total"))).json()


async def test_other_currencies_are_valued_at_the_prices_of_the_day(
    house: House, alice: Client, alices_account: Account
) -> None:
    house.rates.script("binance_us", rates_of({"BTC": "50000", "USDT": "0.99", "ETH": "2500"}, START))
    house.trades.script(
        alices_account.id,
        [trade(1, "2", "5000", "ETH/USDT"), trade(2, "10", "0.5", "ETH/BTC"), trade(3, "100", "3400", "USD/TRY")],
    )
    reply = await alice.get(path_of(alices_account, "daily"))
    # 5000 x 0.99, 0.5 x 50000, 100
    assert "30050.0" == reply.json()["volume_usd"]
    assert "0.601" == reply.json()["volume_btc"]
    assert "approximate" not in reply.json()


async def test_closes_value_older_trades(house: House, alice: Client, alices_account: Account) -> None:
    """The close of 2020-01-01 as it is shipped, not the price of today."""
    then = datetime(2020, 1, 1, 15, tzinfo=UTC)
    house.trades.script(alices_account.id, [trade(1, "2", "0.5", "ETH/BTC", then)])
    reply = await alice.get(path_of(alices_account, "daily", "?date=2020-01-01"))
    assert "0.5" == reply.json()["volume_btc"]
    assert 3500 < Decimal(reply.json()["volume_usd"]) < 3700
    assert "approximate" not in reply.json()


async def test_what_can_only_be_valued_at_other_prices_is_called_approximate(
    house: House, alice: Client, alices_account: Account
) -> None:
    long_ago = datetime(2013, 1, 1, tzinfo=UTC)
    house.rates.script("binance_us", rates_of({"BTC": "50000", "EUR": "1.1"}, START))
    house.trades.script(
        alices_account.id,
        [trade(1, "2", "100", "LTC/EUR", long_ago), trade(2, "5", "7", "LTC/XYZ"), trade(3, "1", "9")],
    )
    old = (await alice.get(path_of(alices_account, "daily", "?date=2013-01-01"))).json()
    assert ("110.0", True) == (old["volume_usd"], old["approximate"])
    today = (await alice.get(path_of(alices_account, "daily"))).json()
    assert ("9.0", True) == (today["volume_usd"], today["approximate"]), "a trade without any price counts nothing"
    assert (await alice.get(path_of(alices_account, "total"))).json()["approximate"] is True


async def test_a_total_without_the_oldest_trades_is_called_approximate(
    house: House, alice: Client, alices_account: Account
) -> None:
    house.trades.complete = False
    house.trades.script(alices_account.id, [trade(1, "1", "50000")])
    assert "approximate" not in (await alice.get(path_of(alices_account, "daily"))).json()
    assert (await alice.get(path_of(alices_account, "total"))).json()["approximate"] is True


async def test_where_the_markets_were_guessed_everything_is_called_approximate(
    house: House, alice: Client, alices_account: Account
) -> None:
    house.trades.guessed = True
    house.trades.script(alices_account.id, [trade(1, "1", "50000")])
    for kind in KINDS:
        assert (await alice.get(path_of(alices_account, kind))).json()["approximate"] is True


# ----------------------------------------------------------------------------------------------------- reading


async def test_trades_are_read_once_and_counted_once(house: House, alice: Client, alices_account: Account) -> None:
    first, second = [trade(1, "1", "50000")], [trade(2, "1", "50000")]
    house.trades.script(alices_account.id, first, second)
    for _ in range(2):
        assert "100000.0" == (await alice.get(path_of(alices_account, "daily"))).json()["volume_usd"]
    assert ["{}", '{"place": 1}'] == [cursors for _, cursors, _ in house.trades.asked]
    house.clock.advance(seconds=61)
    house.trades.script(alices_account.id, first, second, [trade(3, "2", "100000")])
    assert "200000.0" == (await alice.get(path_of(alices_account, "daily"))).json()["volume_usd"]
    assert '{"place": 2}' == house.trades.asked[-1][1]


async def test_a_day_that_is_over_is_not_asked_for_again(house: House, alice: Client, alices_account: Account) -> None:
    house.trades.script(alices_account.id, [trade(1, "1", "50000")])
    house.clock.advance(days=1)
    for _ in range(2):
        reply = await alice.get(path_of(alices_account, "daily", f"?date={TODAY}"))
        assert "50000.0" == reply.json()["volume_usd"]
        house.clock.advance(days=1)
    assert 1 == len(house.trades.asked)


async def test_questions_of_one_moment_are_one_reading(house: House, alice: Client, alices_account: Account) -> None:
    house.trades.script(alices_account.id, [trade(1, "1", "50000")])
    replies = await asyncio.gather(*(alice.get(path_of(alices_account, "daily")) for _ in range(5)))
    assert ["50000.0"] * 5 == [reply.json()["volume_usd"] for reply in replies]
    assert 1 == len(house.trades.asked)


async def test_the_reader_is_told_what_was_ever_held(house: House, alice: Client, alices_account: Account) -> None:
    house.clock.advance(hours=1)
    await house.load(alices_account, "1 ADA", "5 SATS as 1000SATS x 1000")
    await alice.get(path_of(alices_account, "daily"))
    assert ("1000SATS", "ADA", "BTC", "ETH", "SATS", "USDT") == house.trades.asked[0][2]


async def test_paper_accounts_trade_by_selling_on_paper(house: House, alice: Client, alice_user: User) -> None:
    house.rates.script(PAPER, rates_of({"BTC": "50000", "USDT": "1"}, START))
    account = await house.services.accounts.connect(alice_user.id, PAPER, "paper", {}, {"BTC": Decimal(1)})
    assert 404 == (await alice.get(path_of(account, "daily"))).status_code
    await alice.post(f"/ver1/accounts/{account.id}/sell_all_to_usd")
    await alice.post(f"/ver1/accounts/{account.id}/sell_all_to_btc")
    assert {"utc_date": TODAY, "volume_btc": "1.999", "volume_usd": "99950.0"} == (
        await alice.get(path_of(account, "daily"))
    ).json()
    assert [] == house.trades.asked
