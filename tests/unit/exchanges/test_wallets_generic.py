"""Exchanges that are read by ccxt's own summary, and what that summary must not be believed in."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.exchanges.replay import MARKETS, Replay, exchange, resolve, said, say

from coinassay.domain.money import plain
from coinassay.errors import UnexpectedReply
from coinassay.exchanges import generic
from coinassay.exchanges.wallets import PLANS, plan

DOCUMENTED = {
    "bitbank": (
        (
            'GET /v1/user/assets\n{"success":1,"data":{"assets":[{"asset":"btc","free_amount":"0.1","amount_precision":8,'
            '"onhand_amount":"0.15","locked_amount":"0.05"}]}}'
        ),
        ["0.15 BTC free 0.1 locked 0.05"],
    ),
    "bitflyer": (
        'GET /v1/me/getbalance\n[{"currency_code":"JPY","amount":1024078.5,"available":508000.25}]',
        ["1024078.5 JPY free 508000.25 locked 516078.25"],
    ),
    "bitso": (
        (
            'GET /api/v3/balance\n{"success":true,"payload":{"balances":[{"currency":"mxn","total":"100.1234",'
            '"locked":"25.1234","available":"75.0000"}]}}'
        ),
        ["100.1234 MXN free 75.0 locked 25.1234"],
    ),
    "bitvavo": (
        'GET /v2/balance\n[{"symbol":"BTC","available":"1.57593193","inOrder":"0.74832374"}]',
        ["2.32425567 BTC free 1.57593193 locked 0.74832374"],
    ),
    "btcmarkets": (
        'GET /v3/accounts/me/balances\n[{"assetName":"LTC","balance":"5","available":"4.5","locked":"0.5"}]',
        ["5.0 LTC free 4.5 locked 0.5"],
    ),
    "btcturk": (
        (
            'GET /api/v1/users/balances\n{"data":[{"asset":"TRY","assetname":"Türk Lirası","balance":"0.1","locked":"0",'
            '"free":"0.1"}],"success":true,"message":"SUCCESS","code":0}'
        ),
        ["0.1 TRY"],
    ),
    "luno": (
        (
            'GET /api/1/balance\n{"balance":[{"account_id":"1","asset":"XBT","balance":"0.1","reserved":"0.02",'
            '"unconfirmed":"0.003"},{"account_id":"2","asset":"XBT","balance":"1","reserved":"0","unconfirmed":"0"}]}'
        ),
        ["1.103 BTC free 1.08 locked 0.023"],
    ),
    "mexc": (
        (
            'GET /api/v3/account\n{"makerCommission":20,"canTrade":true,"accountType":"SPOT","balances":[{"asset":"MX",'
            '"free":"3","locked":"1"}]}'
        ),
        ["4.0 MX free 3.0 locked 1.0"],
    ),
    "upbit": (
        (
            'GET /v1/accounts\n[{"currency":"KRW","balance":"1000000.0","locked":"2.5","avg_buy_price":"0",'
            '"avg_buy_price_modified":false,"unit_currency":"KRW"}]'
        ),
        ["1000002.5 KRW free 1000000.0 locked 2.5"],
    ),
    "zaif": (
        (
            'POST /tapi\n{"success":1,"return":{"funds":{"jpy":15320,"btc":1.389},"deposit":{"jpy":20440,"btc":1.479},'
            '"rights":{"info":1},"open_orders":3,"server_time":1401950833}}'
        ),
        ["20440.0 JPY free 15320.0 locked 5120.0", "1.479 BTC free 1.389 locked 0.09"],
    ),
}


@pytest.mark.parametrize("market_code", DOCUMENTED)
async def test_documented_answers(market_code: str) -> None:
    text, held = DOCUMENTED[market_code]
    assert held == await said(market_code, "spot", text)


async def test_a_futures_exchange_has_a_futures_wallet() -> None:
    text = (
        'GET /api/v1/account/balance\n{"code":"0","msg":"success","data":{"ts":"1697021343571","totalEquity":"10011254.'
        '077985990315787910","details":[{"currency":"USDT","equity":"10014042.988958415234430699548","available":"999.5"'
        ',"ts":"1697021343571"}]}}\n\nGET /api/v1/asset/balances?accountType=funding\n{"code":"0","msg":"success",'
        '"data":[{"currency":"USDC","balance":"10.5","available":"9","frozen":"1.5","bonus":"0"}]}'
    )
    assert ["10014042.988958415234430699548 USDT free 999.5 locked 10013043.488958415234430699548"] == (
        await said("blofin", "futures", text)
    )
    assert ["10.5 USDC free 9.0 locked 1.5"] == await said("blofin", "funding", text)


RUBBISH = ("<html>Just a moment…</html>", "", "{}", "[", "null", '"ok"', "[1]", '{"success":true}')


@pytest.mark.parametrize("market_code", ["bitvavo", "bitbank", *PLANS])
async def test_rubbish_with_http_200_is_never_an_empty_account(market_code: str) -> None:
    """It ends in an error of some kind: ccxt's own, one of Python's from inside ccxt, or ours."""
    import ccxt.async_support as ccxt

    market = MARKETS.find(market_code)
    assert market is not None
    replay = Replay("")
    async with exchange(market.exchange_id, replay) as made:
        for body in RUBBISH:
            replay.otherwise = body
            for wallet in plan(market):
                with pytest.raises((ccxt.BaseError, UnexpectedReply, TypeError, LookupError, ValueError)):
                    pytest.fail(f"{wallet.name} of {body!r}: {await wallet.fetch(made, resolve)}")


class _Ccxt:
    """The little of a ccxt exchange that a summary is read with."""

    id = "bitvavo"
    name = "Bitvavo"


def _read(balance: dict[str, Any]) -> list[str]:
    fetched = generic.read(_Ccxt(), resolve, "spot", {"info": [{"symbol": "BTC"}], **balance})
    return [say(each) for each in fetched.balances]


def test_a_summary_without_any_amount_is_not_nothing() -> None:
    """ccxt adds with None where a part is absent, and gives None for all: 0 would be a guess."""
    with pytest.raises(UnexpectedReply):
        _read({"total": {"BTC": None}, "BTC": {"free": None, "used": None, "total": None}})


def test_a_summary_with_a_part_is_that_part() -> None:
    assert ["1.5 BTC"] == _read({"total": {"BTC": None}, "BTC": {"free": "1.5", "used": None, "total": None}})


def test_debt_dust_and_negative_amounts_survive_and_zeros_do_not() -> None:
    accounts = {
        "BTC": {"free": "1", "used": "0", "total": "1", "debt": "0.25"},
        "SHIB": {"free": "0.00000001", "used": "0", "total": "0.00000001"},
        "EUR": {"free": "-3", "used": "0", "total": "-3"},
        "ETH": {"free": "0", "used": "0", "total": "0.000"},
        "XRP": {"free": "0", "used": "0", "total": "0", "debt": "7"},
    }
    found = _read({"total": dict.fromkeys(accounts), **accounts})
    assert ["1.0 BTC owed 0.25", "0.00000001 SHIB", "-3.0 EUR", "0.0 XRP owed 7.0"] == found


def test_amounts_that_have_lost_digits_are_refused() -> None:
    with pytest.raises(UnexpectedReply):
        _read({"total": {"BTC": 0.1}, "BTC": {"free": 0.1, "used": 0.0, "total": 0.1}})


def test_equity_of_a_summary() -> None:
    fetched = generic.read(
        _Ccxt(), resolve, "spot", {"info": [{}], "total": {"BTC": "1"}, "BTC": {"total": "1", "debt": "0.4"}}
    )
    assert ["0.6"] == [plain(balance.equity) for balance in fetched.balances]
