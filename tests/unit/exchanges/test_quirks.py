"""Readers that go through ccxt's fetch_balance for its signing in, and the parts all readers share."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.unit.exchanges.replay import payload, resolve, say

from coinassay.domain.currency import Resolved
from coinassay.domain.money import decimal_of, plain
from coinassay.errors import UnexpectedReply
from coinassay.exchanges.quirks import bullish, hyperliquid, lighter, ndax
from coinassay.exchanges.reading import Purse, is_missing, number, refused_with, remembered, rows_of, table_of


class Ccxt:
    """A ccxt exchange whose fetch_balance has just answered with `info`."""

    id = "scripted"
    name = "Scripted"

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.now = 1_000_000

    async def fetch_balance(self, params: Any = None) -> dict[str, Any]:
        info = self.answers[(params or {}).get("type", "info")]
        total = {row["coin"]: row["total"] for row in info.get("balances", ())} if isinstance(info, dict) else {}
        accounts = {code: {"total": amount, "free": None, "used": None} for code, amount in total.items()}
        return {"info": info, "total": total, **accounts}

    def safe_currency_code(self, currency: str) -> str:
        return currency.upper()

    def milliseconds(self) -> int:
        return self.now


async def held(plan: Any, exchange: Any) -> list[str]:
    return [say(balance) for balance in (await plan.fetch(exchange, resolve)).balances]


async def test_lighter_gives_what_ccxt_adds_up_to_none() -> None:
    import json

    info = json.loads(payload("lighter").partition("\n")[2], parse_float=str)
    spot, futures = lighter.PLANS["lighter"]
    exchange = Ccxt(spot=info, swap=info)
    assert ["3.0 ETH free 2.0 locked 1.0", "1000.0 USDC"] == await held(spot, exchange)
    assert ["9000.0 USDC free 7996.489834 locked 1003.510166 profit -12.5"] == await held(futures, exchange)


async def test_hyperliquid_reads_two_accounts_and_a_unified_one_once() -> None:
    spot, futures = hyperliquid.PLANS["hyperliquid"]
    state = {"balances": [{"coin": "USDC", "total": "1481.844", "hold": "1.5"}]}
    perpetuals = {"marginSummary": {"accountValue": "100.25", "totalMarginUsed": "40.0"}}
    assert ["1481.844 USDC"] == await held(spot, Ccxt(spot=state))
    assert ["100.25 USDC free 60.25 locked 40.0"] == await held(futures, Ccxt(swap=perpetuals))
    assert [] == await held(futures, Ccxt(swap=state)), "unified: the spot wallet holds it all"


async def test_bullish_counts_what_is_locked_and_owed() -> None:
    row = {"assetSymbol": "USDC", "availableQuantity": "100", "lockedQuantity": "5", "loanedQuantity": "1"}
    (plan,) = bullish.PLANS["bullish"]
    assert ["106.0 USDC free 100.0 locked 6.0 owed 7.5"] == await held(
        plan, Ccxt(info=[{**row, "borrowedQuantity": "7.5"}])
    )


async def test_ndax_names_products_itself() -> None:
    (plan,) = ndax.PLANS["ndax"]
    rows = [{"ProductSymbol": "BTC", "ProductId": 1, "Amount": "10.000000000000000000000000000", "Hold": "0.5"}]
    assert ["10.0 BTC free 9.5 locked 0.5"] == await held(plan, Ccxt(info=rows))


# ------------------------------------------------------------------------------------------------------ shared


@pytest.mark.parametrize("value", [0.1, True, None, "", "abc", "NaN", "Infinity", "1e999", [], {}])
def test_only_exact_numbers_are_read(value: object) -> None:
    with pytest.raises(UnexpectedReply):
        number(Ccxt(), value)


@pytest.mark.parametrize(("value", "exact"), [("0.10", "0.1"), (7, "7.0"), ("-1E-8", "-0.00000001"), ("0E-18", "0.0")])
def test_all_forms_of_exact_numbers_are_read(value: object, exact: str) -> None:
    assert exact == plain(number(Ccxt(), value))


@pytest.mark.parametrize("reply", [None, "text", [], {}, {"data": {}}, {"data": [1]}, {"data": None}, {"data": "x"}])
def test_a_list_is_believed_only_in_its_place(reply: object) -> None:
    with pytest.raises(UnexpectedReply):
        rows_of(Ccxt(), reply, "data")
    assert [] == rows_of(Ccxt(), {"data": []}, "data")


def test_an_object_is_believed_only_in_its_place() -> None:
    replies: list[object] = [None, [], {"data": []}]
    for reply in replies:
        with pytest.raises(UnexpectedReply):
            table_of(Ccxt(), reply, "data")


def test_an_unexpected_answer_is_told_without_its_content() -> None:
    with pytest.raises(UnexpectedReply) as caught:
        rows_of(Ccxt(), {"data": "secret-thing"}, "data")
    assert "secret-thing" not in str(caught.value)
    assert "scripted" == caught.value.exchange_id


def test_a_row_without_its_currency_or_amount_is_unexpected() -> None:
    purse = Purse(Ccxt(), resolve, "spot")
    for currency in (None, "", 7):
        with pytest.raises(UnexpectedReply):
            purse.add(currency, decimal_of("1"))
    with pytest.raises(UnexpectedReply):
        purse.get({"free": ""}, "free", "available")


def test_rows_of_one_asset_are_added_and_zeros_left_out() -> None:
    purse = Purse(Ccxt(), resolve, "spot")
    for amount in ("1.5", "0.25", "0"):
        purse.add("btc", decimal_of(amount))
    purse.add("eth", decimal_of("0"))
    purse.add("xrp", decimal_of("5"))
    purse.add("xrp", decimal_of("-5"))
    assert ["1.75 BTC"] == [say(balance) for balance in purse.fetched().balances]


def test_all_quantities_are_multiplied() -> None:
    purse = Purse(Ccxt(), lambda code: Resolved("SATS", decimal_of("1000")), "futures")
    one, two = decimal_of("1"), decimal_of("2")
    purse.add("1000SATS", decimal_of("3"), free=one, locked=two, borrowed=one, unrealised=decimal_of("-0.5"))
    assert ["3000.0 SATS (as 1000SATS) free 1000.0 locked 2000.0 owed 1000.0 profit -500.0 x 1000.0"] == [
        say(balance) for balance in purse.fetched().balances
    ]


def test_a_code_of_a_refusal_is_read_from_the_answer_alone() -> None:
    error = Exception('binance {"code":-3003,"msg":"Margin account does not exist."}')
    assert refused_with(error, "-3003")
    assert not refused_with(error, "-300", "3003")
    assert not refused_with(Exception('binance {"code":-2015,"msg":"-3003"}'), "-3003")
    assert refused_with(Exception('gate {"label":"USER_NOT_FOUND","message":"x"}'), "USER_NOT_FOUND")


def test_a_missing_address_is_told_from_an_exchange_that_is_down() -> None:
    assert is_missing(Exception("gate GET https://api.gateio.ws/api/v4/x?a=503 404 Not Found {}"))
    assert not is_missing(Exception("gate GET https://api.gateio.ws/api/v4/404 503 Unavailable 404"))
    assert not is_missing(Exception('gate {"label":"NOT_FOUND","message":"404"}'))


async def test_what_all_wallets_of_a_load_need_is_asked_once_and_then_again() -> None:
    exchange, asked = Ccxt(), []

    async def ask() -> int:
        await asyncio.sleep(0)
        asked.append(1)
        return len(asked)

    assert [1, 1, 1] == await asyncio.gather(*(remembered(exchange, "mode", ask) for _ in range(3)))
    assert 2 == await remembered(exchange, "other", ask)
    assert 3 == await remembered(Ccxt(), "mode", ask), "another account"
    exchange.now += 30_000
    assert 4 == await remembered(exchange, "mode", ask)


async def test_a_question_that_failed_is_asked_again() -> None:
    exchange, asked = Ccxt(), []

    async def ask() -> str:
        asked.append(1)
        if len(asked) == 1:
            raise TimeoutError
        return "answer"

    with pytest.raises(TimeoutError):
        await remembered(exchange, "mode", ask)
    assert "answer" == await remembered(exchange, "mode", ask)
