"""Every exchange with a reader of its own: its documented answer, replayed to real ccxt over HTTP.

Each test holds the traps named in the exchange's module under quirks: read by ccxt's own summary it fails.
"""

from __future__ import annotations

import re

import pytest
from tests.unit.exchanges.replay import MARKETS, Replay, equities, exchange, payload, read, read_all, resolve, said, say

from coinassay.domain.money import plain
from coinassay.errors import UnexpectedReply
from coinassay.exchanges.wallets import PLANS, plan


async def wallets(market_code: str, payload_name: str) -> dict[str, list[str]]:
    """Every wallet of the market, its balances each in a line."""
    found = await read_all(market_code, payload(payload_name))
    return {name: [say(balance) for balance in fetched.balances] for name, fetched in found.items()}


# ------------------------------------------------------------------------------------------------------- plans


def test_the_primary_wallet_comes_first_and_no_name_comes_twice() -> None:
    for market in MARKETS.list():
        names = [each.name for each in plan(market)]
        assert len(names) == len(set(names)), market.code
    assert "trade" == plan(MARKETS.find("kucoin"))[0].name  # type: ignore[arg-type]
    assert "trading" == plan(MARKETS.find("okex"))[0].name  # type: ignore[arg-type]


def test_paper_trading_has_no_wallet_at_an_exchange() -> None:
    market = MARKETS.find("paper_trading")
    assert market is not None
    assert () == plan(market)


def test_every_other_market_has_a_wallet_and_a_plan_is_of_a_market_that_is_offered() -> None:
    assert all(plan(market) for market in MARKETS.list() if not market.code.startswith("paper"))
    assert set() == PLANS.keys() - {market.code for market in MARKETS.list()}


# ----------------------------------------------------------------------------------------------------- binance


async def test_binance_reads_spot_funding_and_locked_earn() -> None:
    assert await wallets("binance", "binance") == {
        "spot": [
            "0.62 BTC free 0.6 locked 0.02",
            "12.5 LDO",
            "5000.0 SATS (as 1000SATS) x 1000.0",
            "5.0 SHIB",
            "0.25 ETH (as BETH)",
            "0.00000001 DELISTED",
        ],
        "funding": ["3.75 USDT free 1.5 locked 2.25"],
        "earn": ["122.09202928 AXS", "12.5 DOT"],
    }


async def test_binance_us_has_spot_alone() -> None:
    assert ["spot"] == list(await wallets("binance_us", "binance"))


async def test_binance_margin_takes_the_debt_off_once() -> None:
    assert await wallets("binance_margin", "binance") == {
        "margin": ["1100.0 USDT free 950.0 locked 150.0 owed 1000.12345678", "0.3 BTC"],
        "isolated": ["1.5 ETH free 1.25 locked 0.25 owed 0.501", "20.0 USDT owed 4.5", "0.1 BTC"],
    }
    assert {"USDT": "99.87654322", "BTC": "0.3"} == await equities("binance_margin", "margin", payload("binance"))


@pytest.mark.parametrize(
    ("wallet", "route", "code"),
    [
        ("margin", "GET /sapi/v1/margin/account 400", -3003),
        ("isolated", "GET /sapi/v1/margin/isolated/account 400", -11001),
    ],
)
async def test_a_binance_margin_account_that_was_never_opened_is_empty(wallet: str, route: str, code: int) -> None:
    answer = f'{route}\n{{"code":{code},"msg":"Margin account does not exist."}}'
    assert [] == await said("binance_margin", wallet, answer)


async def test_another_refusal_of_binance_margin_is_not_an_empty_wallet() -> None:
    import ccxt.async_support as ccxt

    answer = 'GET /sapi/v1/margin/account 400\n{"code":-2015,"msg":"Invalid API-key, IP, or permissions, see -3003."}'
    with pytest.raises(ccxt.AuthenticationError):
        await said("binance_margin", "margin", answer)


async def test_binance_futures_add_the_unrealised_profit_of_each_asset() -> None:
    """BTC's row was never updated and its availableBalance is what USDT would buy: neither changes what is held."""
    assert await wallets("binance_futures", "binance") == {
        "futures": ["1000.0 USDT free 729.5 locked 270.5 profit -20.5", "0.01 BTC"]
    }
    assert await wallets("binance_futures_eea", "binance") == await wallets("binance_futures", "binance")
    fetched = await read("binance_futures", "futures", payload("binance"))
    assert [
        ("BTC/USDT:USDT", "short", "0.05", "50000.0", "-20.5"),
        ("ETH/USDT:USDT-260925", "long", "2.0", "2500.0", "0.0"),
    ] == [
        (each.symbol, each.side, plain(each.size), plain(each.mark_price), plain(each.unrealised))
        for each in fetched.positions
        if each.mark_price is not None
    ]


async def test_binance_coin_futures() -> None:
    assert {"futures": ["0.00241969 BTC profit 0.0001"]} == await wallets("binance_futures_coin", "binance")
    (position,) = (await read("binance_futures_coin", "futures", payload("binance"))).positions
    assert ("BTC/USD:BTC", "long", "0.00208") == (position.symbol, position.side, plain(position.size))


async def test_binance_portfolio_margin_adds_the_profit_of_both_futures() -> None:
    row = '"asset":"BTC","totalWalletBalance":"1.5","crossMarginLocked":"0.5","negativeBalance":"0"'
    profits = '"umUnrealizedPNL":"0.25","cmUnrealizedPNL":"-0.5"'
    assert ["1.5 BTC free 1.0 locked 0.5 profit -0.25"] == await said(
        "binance_portfolio_margin", "portfolio", f"GET /papi/v1/balance\n[{{{row},{profits}}}]"
    )


async def test_binance_earn_without_an_end_is_not_believed() -> None:
    page = '{"rows":[{"asset":"AXS","amount":"1"}],"total":1000000}'
    with pytest.raises(UnexpectedReply):
        await said("binance", "earn", f"GET /sapi/v1/simple-earn/locked/position\n{page}")


# ------------------------------------------------------------------------------------------------------- bybit


async def test_bybit_unified_is_one_wallet_under_all_its_market_codes() -> None:
    """USDT is owed: its balance is negative already. USDC's equity holds an option that no other field shows."""
    trading = [
        "0.0 USDT owed 250.05 profit -5.5",
        "0.80599401 BTC free 0.45599401 locked 0.35",
        "10.0 USDC profit 2.5",
    ]
    for market_code in ("bybit_spot", "bybit_usdt_perpetual", "bybit", "bybiteu", "bybitid"):
        found = await wallets(market_code, "bybit-unified")
        assert {"trading": trading, "funding": ["1010.0 USDT free 1000.0 locked 10.0"]} == found
    assert "-255.55" == (await equities("bybit_spot", "trading", payload("bybit-unified")))["USDT"]


async def test_bybit_without_equity_adds_the_unrealised_profit() -> None:
    text = payload("bybit-unified").replace('"equity":"-255.55",', "")
    assert "-255.55" == (await equities("bybit_spot", "trading", text))["USDT"]


async def test_bybit_uta_1_keeps_inverse_contracts_apart() -> None:
    text = payload("bybit-unified").replace('"unifiedMarginStatus":6', '"unifiedMarginStatus":4')
    assert "1.0 ETH free 0.9 profit 0.1" in [
        re.sub(" locked [0-9.]+", "", s) for s in await said("bybit", "trading", text)
    ]
    assert "ETH" not in await equities("bybit_usdt_perpetual", "trading", text)


async def test_bybit_classic_accounts_have_a_wallet_for_each_market() -> None:
    text = payload("bybit-unified").replace('"uta":1', '"uta":0')
    assert {"BTC": "0.15"} == await equities("bybit_spot", "trading", text)
    assert {"ETH": "1.1"} == await equities("bybit_usdt_perpetual", "trading", text)
    assert {"BTC": "0.15", "ETH": "1.1"} == await equities("bybit", "trading", text)


async def test_bybit_is_asked_again_for_its_account_type_after_a_while() -> None:
    """ccxt keeps the answer for ever; a user may upgrade the account meanwhile."""
    market = MARKETS.find("bybit_spot")
    assert market is not None
    replay = Replay(payload("bybit-unified").replace('"uta":1', '"uta":0'))
    trading = plan(market)[0]
    async with exchange("bybit", replay) as made:
        now = made.milliseconds()
        made.milliseconds = lambda: now
        assert {"BTC"} == {balance.asset for balance in (await trading.fetch(made, resolve)).balances}
        replay.routes = Replay(payload("bybit-unified")).routes
        assert {"BTC"} == {balance.asset for balance in (await trading.fetch(made, resolve)).balances}
        now += 60_000
        assert {"USDT", "BTC", "USDC"} == {each.asset for each in (await trading.fetch(made, resolve)).balances}
    assert 2 == replay.requests.count("GET /v5/user/query-api")


# --------------------------------------------------------------------------------------------------------- okx


async def test_okx_equity_stays_the_equity_to_the_last_digit() -> None:
    found = await wallets("okex", "okx")
    assert found == {
        "trading": [
            "28.21006347 USDT free 28.21 locked 1.5 profit 2.0",
            "0.0 ETH owed 0.50300001 profit -0.12",
            "0.049 BTC",
        ],
        "funding": ["0.0000542600000000012345678901 BTC free 0.00005426", "7.5 USDT free 5.0 locked 2.5"],
        "earn": ["11.0010737388791526 USDT"],
    }
    assert {"USDT": "30.21006347", "ETH": "-0.62300001", "BTC": "0.049"} == await equities(
        "okex", "trading", payload("okx")
    )
    assert found == await wallets("okex_futures", "okx")


async def test_okx_houses_without_simple_earn() -> None:
    for market_code in ("myokx", "okxus"):
        assert ["trading", "funding"] == list(await wallets(market_code, "okx"))


# ------------------------------------------------------------------------------------------------------ kucoin


async def test_kucoin_reads_all_its_wallets_and_the_debt_ccxt_loses() -> None:
    assert await wallets("kucoin", "kucoin") == {
        "trade": ["40.12618754 USDT"],
        "main": ["100.5 USDT free 90.5 locked 10.0"],
        "trade_hf": ["0.01 BTC"],
        "margin": ["15.0 USDT free 12.0 locked 3.0 owed 5.00000123"],
        "isolated": ["1.0 LTC owed 0.26", "7.0 USDT free 6.0 locked 1.0"],
    }
    assert {"USDT": "9.99999877"} == await equities("kucoin", "margin", payload("kucoin"))


async def test_kucoin_unified_account() -> None:
    assert await wallets("kucoin", "kucoin-unified") == {
        "trade": ["97.9936711985 USDT owed 100.0", "0.0000216 BTC free 0.00002 locked 0.0000016"],
        "main": ["6.0 USDT"],
        "trade_hf": [],
        "margin": [],
        "isolated": ["7.0 USDT"],
    }


async def test_a_kucoin_key_without_margin_permission_is_not_an_empty_wallet() -> None:
    import ccxt.async_support as ccxt

    mode = payload("kucoin").split("\n\n")[0]
    denied = '{"code":"400007","msg":"Access denied --> Require more permission."}'
    with pytest.raises(ccxt.AuthenticationError):
        await said("kucoin", "margin", f"{mode}\n\nGET /api/v1/margin/account\n{denied}")


async def test_kucoin_futures_reads_every_settlement_currency() -> None:
    assert await wallets("kucoinfutures", "kucoin") == {
        "futures": ["100.0 USDT free 90.5 locked 9.5 profit -0.1000694719", "0.00005 BTC"]
    }


# ------------------------------------------------------------------------------------------------ bitget, gate


async def test_bitget_classic() -> None:
    found = await wallets("bitget", "bitget")
    assert {"spot": ["11.75 USDT free 10.0 locked 1.75"], "funding": []} == found
    assert {"futures": ["100.0 USDT free 80.0 locked 20.0 profit 4.25", "0.5 BTC"]} == await wallets(
        "bitget_futures", "bitget"
    )


async def test_bitget_unified_has_its_debt_in_the_equity_already() -> None:
    unified = ["6.19300826 USDT owed 100.0", "0.01 BTC free 0.006 locked 0.004"]
    found = await wallets("bitget", "bitget-unified")
    assert {"spot": unified, "funding": ["0.03 BGB free 0.01 locked 0.02"]} == found
    assert {"futures": unified} == await wallets("bitget_futures", "bitget-unified")


@pytest.mark.parametrize(
    ("market_code", "name", "route"),
    [("bitget", "bitget", "/api/v3/account/settings"), ("gate_io", "gate", "/api/v4/account/detail")],
)
async def test_an_account_mode_that_could_not_be_asked_is_not_taken_for_classic(
    market_code: str, name: str, route: str
) -> None:
    """ccxt swallows every failure of that question. The wallets of the other mode would be read as empty."""
    import ccxt.async_support as ccxt

    others = [block for block in payload(name).split("\n\n") if route not in block]
    with pytest.raises(ccxt.NetworkError):
        await said(market_code, "spot", "\n\n".join([*others, f"GET {route} 503\n"]))


@pytest.mark.parametrize(
    ("market_code", "name", "route"),
    [("bitget", "bitget", "/api/v3/account/settings"), ("gate_io", "gate", "/api/v4/account/detail")],
)
@pytest.mark.parametrize(
    "answer", ["401\n<html>log in</html>", "404\n<html>gone</html>", "418\n{}", "200\n[]", "200\n{}"]
)
async def test_an_account_mode_that_was_not_told_is_not_taken_for_one(
    market_code: str, name: str, route: str, answer: str
) -> None:
    """Also what is no NetworkError of ccxt: a broken body is an ExchangeError, a page an AuthenticationError."""
    import ccxt.async_support as ccxt

    others = [block for block in payload(name).split("\n\n") if route not in block]
    with pytest.raises((ccxt.BaseError, UnexpectedReply)):
        await said(market_code, "spot", "\n\n".join([*others, f"GET {route} {answer}"]))


@pytest.mark.parametrize(
    ("market_code", "name", "route"),
    [("bitget", "bitget", "/api/v3/account/settings"), ("gate_io", "gate", "/api/v4/account/detail")],
)
async def test_an_exchange_without_account_modes_has_classic_accounts(market_code: str, name: str, route: str) -> None:
    others = [block for block in payload(name).split("\n\n") if route not in block]
    assert await said(market_code, "spot", "\n\n".join(others)) == await said(market_code, "spot", payload(name))


async def test_gate_spot_and_isolated_margin() -> None:
    assert await wallets("gate_io", "gate") == {
        "spot": ["970.0 ETH free 968.8 locked 1.2"],
        "isolated": ["105.0 DOGE free 100.0 locked 5.0 owed 10.5", "1.73402 USDT"],
    }
    assert await wallets("gateeu", "gate") == await wallets("gate_io", "gate")


async def test_gate_perpetuals() -> None:
    assert {"futures": ["12.51345151332 USDT free 2.5 locked 10.01345151332 profit 13.315100000006"]} == await wallets(
        "gate_io_usdt_perpetual", "gate"
    )
    assert {"futures": []} == await wallets("gate_io_btc_perpetual", "gate"), "never opened"


async def test_gate_unified() -> None:
    text = payload("gate").replace('"mode":1', '"mode":2')
    assert {"ETH": "-0.075393666654", "USDT": "130.5"} == await equities("gate_io", "spot", text)
    assert {"ETH": "-0.075393666654", "USDT": "130.5"} == await equities("gate_io_usdt_perpetual", "futures", text)


# --------------------------------------------------------------------------------------------------------- htx


async def test_htx_counts_locked_coins_and_debts_and_no_limits() -> None:
    assert await wallets("huobi", "htx") == {
        "spot": ["11.5 USDT free 10.5 locked 1.0", "112.0 TRX free 5.0 locked 107.0"],
        "margin": ["4.533 BTC owed 2.433533", "0.0 USDT owed 5.0"],
        "funding": ["33.0 USDT"],
        "earn": [],
    }


async def test_htx_wallets_that_are_not_there_cost_no_request() -> None:
    market = MARKETS.find("huobi")
    assert market is not None
    replay = Replay(payload("htx-empty"))
    async with exchange("htx", replay) as made:
        assert [()] * 4 == [(await each.fetch(made, resolve)).balances for each in plan(market)]
    assert ["GET /v1/account/accounts"] == replay.requests


# ------------------------------------------------------------------------------------------------------ others


async def test_coinbase_reads_all_pages_and_vaults() -> None:
    assert {"spot": ["2.623456789012345678 ETH", "12.34 EUR"]} == await wallets("coinbase_advanced", "coinbase")


async def test_coinbase_brokerage_accounts_where_the_old_list_is_gone() -> None:
    assert {"spot": ["1.0000000000000001 USDC", "0.75 BTC free 0.5 locked 0.25"]} == await wallets(
        "coinbase_advanced", "coinbase-brokerage"
    )


@pytest.mark.parametrize(
    "text",
    [
        'GET /v2/accounts\n{"data":[],"pagination":{"next_starting_after":"x"}}',
        'GET /api/v3/brokerage/accounts\n{"accounts":[],"has_next":true,"cursor":"x"}',
    ],
)
async def test_coinbase_pages_that_go_round_in_circles_are_not_believed(text: str) -> None:
    market = MARKETS.find("coinbase_advanced")
    assert market is not None
    replay = Replay(text)
    async with exchange("coinbase", replay) as made:
        with pytest.raises(UnexpectedReply):
            await plan(market)[0].fetch(made, resolve)
    assert len(replay.requests) <= 3, "noticed, not given up"


async def test_gdax_keeps_sixteen_decimals() -> None:
    assert {"spot": ["0.0000000000000001 BTC", "80.230137306693 USD free 79.226634806693 locked 1.0035025"]} == (
        await wallets("gdax", "gdax")
    )


async def test_crypto_com_has_negative_cash_and_one_sum_of_profit() -> None:
    assert {"spot": ["0.0002119875 BTC free 0.0001119875 locked 0.0001", "-3.5 USD profit -1.25"]} == await wallets(
        "crypto_com", "cryptocom"
    )


async def test_kraken_adds_both_names_of_a_coin_and_what_is_staked() -> None:
    assert await wallets("kraken", "kraken") == {
        "spot": [
            "25435.21 USD free 17185.45 locked 8249.76",
            "1.8435000001 BTC free 1.0012000001 locked 0.8423",
            "13.5 DOT",
            "0.75 ETH",
            "100.0 EUR",
            "7.0 DOGE",
        ]
    }


async def test_kraken_futures_reads_cash_margin_and_flex() -> None:
    assert await wallets("krakenfutures", "krakenfutures") == {
        "futures": [
            "100.141 BTC free 90.391 locked 9.75 profit 0.5",
            "5.5 EUR",
            "50.1234567890123 USDT free 40.0 locked 10.1234567890123",
            "0.0 USD profit -4.75",
        ]
    }


async def test_bitfinex_reads_three_wallets_with_all_digits() -> None:
    assert await wallets("bitfinex", "bitfinex") == {
        "spot": [
            "19788.6529257000000123456789 USDT free 19788.6529257 locked 0.0000000000000123456789",
            "0.1 BTC",
        ],
        "margin": ["30.5 USDT free 25.5 locked 5.0", "0.25 BTC", "-100.5 USD owed 0.0123"],
        "funding": ["15451.76 USD free 2452.75 locked 12999.01"],
    }


async def test_bitstamp_and_gemini() -> None:
    assert {"spot": ["7.0 USDT free 5.0 locked 2.0"]} == await wallets("bitstamp", "bitstamp")
    assert {"spot": ["1154.62034001 BTC free 1129.10517279 locked 25.51516722", "0.01 USD"]} == await wallets(
        "gemini", "gemini"
    )


async def test_deribit_reads_all_currencies_and_keeps_the_profit_apart() -> None:
    assert await wallets("deribit", "deribit") == {
        "trading": ["1.00062359 BTC free 0.9 locked 0.1 profit 0.25", "50.0 USDC free 49.5 profit -0.5"]
    }


async def test_poloniex_adds_a_coin_on_several_chains_and_needs_no_catalogue() -> None:
    market = MARKETS.find("poloniex")
    assert market is not None
    replay = Replay(payload("poloniex"))
    async with exchange("poloniex", replay) as made:
        await plan(market)[0].fetch(made, resolve)
    assert ["GET /accounts/balances"] == replay.requests
    assert {"spot": ["42.5 USDT free 42.0 locked 0.5", "3.0 XLM"]} == await wallets("poloniex", "poloniex")


async def test_hitbtc_family() -> None:
    for market_code in ("hitbtc", "bequant", "fmfwio"):
        assert {"spot": ["1.75 PAXG free 1.0 locked 0.75"], "funding": ["7.0 USDT"]} == await wallets(
            market_code, "hitbtc"
        )


async def test_whitebit_and_backpack_whose_answers_ccxt_drops() -> None:
    assert {"spot": ["1.123 BTC free 0.123 locked 1.0"], "main": ["0.0013929494020316 BTC"]} == await wallets(
        "whitebit", "whitebit"
    )
    assert {"spot": ["4.0 SOL free 1.5 locked 2.5", "14.0 USDC free 10.0 locked 4.0"]} == await wallets(
        "backpack", "backpack"
    )


async def test_latoken_looks_up_what_its_uuids_stand_for() -> None:
    assert {"spot": ["5.0 USDT"], "funding": ["101.5 USDT free 100.0 locked 1.5"]} == await wallets(
        "latoken", "latoken"
    )


async def test_phemex_amounts_are_scaled_by_currency() -> None:
    assert {"spot": ["1.50000001 BTC free 1.00000001 locked 0.5", "123.4567 USD free 120.0 locked 3.4567"]} == (
        await wallets("phemex", "phemex")
    )


async def test_phemex_does_not_guess_a_scale() -> None:
    with pytest.raises(UnexpectedReply):
        await said("phemex", "spot", payload("phemex").replace('"currency":"USD","name"', '"currency":"EUR","name"'))


async def test_delta_names_assets_by_number() -> None:
    assert {"futures": ["100.25 USDT free 90.5 locked 9.75", "1.0 USD"]} == await wallets("delta", "delta")


async def test_flat_answers_need_no_catalogue() -> None:
    assert {"spot": ["12.5 NIS free 10.5 locked 2.0", "0.1 BTC"]} == await wallets("bit2c", "bit2c")
    assert {"spot": ["4235.0 BTC free 4234.5 locked 0.5", "3213444.0 JPY free 2344581.519 locked 868862.481"]} == (
        await wallets("btcbox", "btcbox")
    )
    assert await wallets("coincheck", "coincheck") == {
        "spot": [
            "13000.8401 JPY free 0.8401 locked 13000.0",
            "13.18106654 BTC free 7.75052654 locked 5.43054 owed 0.5",
        ]
    }
    assert {"spot": ["0.15 BTC free 0.1 locked 0.05"]} == await wallets("hollaex", "hollaex")
    assert {"spot": ["0.57 BTC free 0.52 locked 0.05", "1860.5 EUR"]} == await wallets("paymium", "paymium")


async def test_bigone_has_a_funding_account() -> None:
    assert {"spot": ["1.0 BTC free 0.75 locked 0.25"], "funding": ["2.0 ETH"]} == await wallets("bigone", "bigone")


# ------------------------------------------------------------------------------------------------- nothing is lost


LAST_EARN = (
    '{"positionId":"123125","projectId":"Dot*60","asset":"DOT","amount":"2.5","duration":"60",'
    '"rewardAsset":"DOT","rewardAmt":"0.1","status":"HOLDING"}'
)
"""The only row of the second page; the first one says how many there are."""


@pytest.mark.parametrize(
    ("market_code", "wallet", "name", "told", "left_out"),
    [
        ("bybit", "trading", "bybit-unified", '"unified":0,"uta":1,', ""),
        ("bybit", "trading", "bybit-unified", '"uta":1', '"uta":null'),
        ("binance", "earn", "binance", LAST_EARN, ""),
        ("kucoin", "main", "kucoin", '"type":"main",', ""),
        ("huobi", "spot", "htx", '"type":"spot","subtype":"",', ""),
        ("huobi", "spot", "htx", '"currency":"usdt",', ""),
        ("huobi", "spot", "htx", '"type":"frozen",', ""),
        ("bitfinex", "spot", "bitfinex", '"exchange"', "null"),
        ("krakenfutures", "futures", "krakenfutures", ',"type":"marginAccount"', ""),
    ],
)
async def test_a_row_that_does_not_say_what_it_is_of_is_not_passed_over(
    market_code: str, wallet: str, name: str, told: str, left_out: str
) -> None:
    """What is looked for among many would be missing from the total as if it had never been there."""
    text = payload(name)
    assert told in text
    with pytest.raises(UnexpectedReply):
        await said(market_code, wallet, text.replace(told, left_out))
