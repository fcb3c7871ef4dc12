"""What our exchange objects do differently from ccxt's, each shown against ccxt's own."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import ccxt.async_support as ccxt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.exchanges.test_shared_limits import Store
from tests.unit.exchanges.world import FAST, serving

from coinassay.domain.budget import Ledger
from coinassay.errors import CredentialsRejected, ExchangeThrottled, NotSupportedByExchange, UnexpectedReply
from coinassay.exchanges import library
from coinassay.exchanges.budgets import Flow, alike, binance
from coinassay.exchanges.calls import ask
from coinassay.exchanges.exact import AccountExact, retry_after
from coinassay.exchanges.keeper import Shared
from coinassay.exchanges.limiter import Limiter
from coinassay.testing.http import Reply, Request

DIGITS = "123456789012345678901234567890.123456789012345678901234567890"


def unlimited() -> Limiter:
    return Limiter(alike(Flow(FAST, FAST)), asyncio.get_running_loop())


class Made:
    """Objects of the library on one session, without limits unless a limiter is given."""

    def __init__(self, loaded: library.Library, session: Any) -> None:
        self.loaded = loaded
        self.session = session

    def account(self, exchange_id: str, url: str, limiter: Limiter | None = None) -> Any:
        fields = {"apiKey": "public-part", "secret": "c2VjcmV0", "password": "phrase", "uid": "7"}
        exchange = self.loaded.account(exchange_id, self.session, fields, url)
        exchange.limiter = limiter or unlimited()
        return exchange


@pytest.fixture
async def made() -> AsyncIterator[Made]:
    loaded = await library.load()
    session = loaded.open_session()
    yield Made(loaded, session)
    await session.close()


# ------------------------------------------------------------------------------------------------------- digits


async def test_bare_json_numbers_keep_their_digits(made: Made) -> None:
    """Bitfinex sends bare numbers; ccxt makes floats of them before anything else sees them."""
    body = f'[["exchange","BTC",{DIGITS},0,{DIGITS}],["exchange","UST",1e-18,0,null],["exchange","ETH",12345678901234567890,0,1]]'
    async with serving({"/v2/auth/r/wallets": body}) as server:
        balance = await made.account("bitfinex", server.url).fetch_balance()
        assert DIGITS == balance["BTC"]["total"]
        assert "1e-18" == balance["USDT"]["total"]
        assert "12345678901234567890" == balance["ETH"]["total"]
        theirs = ccxt.bitfinex({"number": str})
        assert DIGITS != str(theirs.on_json_response(body)[0][2])


async def test_numbers_in_texts_keep_their_digits(made: Made) -> None:
    body = f'{{"error":[],"result":{{"XXBT":{{"balance":"{DIGITS}","hold_trade":"0.000000000000000001"}}}}}}'
    async with serving({"/0/private/BalanceEx": body}) as server:
        balance = await made.account("kraken", server.url).fetch_balance()
    assert DIGITS == balance["BTC"]["total"]
    assert "0.000000000000000001" == balance["BTC"]["used"]


def test_whole_numbers_of_any_size_stay_whole() -> None:
    parse = AccountExact().on_json_response
    assert {"n": 10**40, "f": "1.50", "e": "1E+5"} == parse(f'{{"n":{10**40},"f":1.50,"e":1E+5}}')


async def test_endless_nesting_is_no_json(made: Made) -> None:
    async with serving({"/0/private/BalanceEx": "[" * 100_000}) as server:
        with pytest.raises(UnexpectedReply):
            await ask("kraken", made.account("kraken", server.url).fetch_balance())


# ------------------------------------------------------------------------------------------------------- requests


@pytest.mark.parametrize("body", ["<html>down for maintenance</html>", "", '{"error":[],"result":{"XXBT":', "null"])
async def test_http_200_without_json_is_refused(made: Made, body: str) -> None:
    """ccxt hands the text on, and its parsers find no balances in it."""
    async with serving({"*": body}) as server:
        with pytest.raises(UnexpectedReply):
            await ask("kraken", made.account("kraken", server.url).fetch_balance())
        with pytest.raises(UnexpectedReply):
            await ask("bitstamp", made.account("bitstamp", server.url).fetch_balance())


async def test_reading_balances_loads_no_catalogue(made: Made) -> None:
    async with serving({"/0/private/BalanceEx": '{"error":[],"result":{}}', "/accounts/balances": "[]"}) as server:
        await made.account("kraken", server.url).fetch_balance()
        await made.account("poloniex", server.url).fetch_balance()  # calls load_markets each time, loaded or not
        assert {"/0/private/BalanceEx": 1, "/accounts/balances": 1} == dict(server.asked)


async def test_an_address_beside_the_base_url_is_refused_before_anything_is_sent(made: Made) -> None:
    async with serving({"*": "{}"}) as server:
        exchange = made.account("kraken", server.url)
        for url in ("https://api.kraken.com/0/private/Balance", f"{server.url}.example.com/", f"{server.url}9/x"):
            with pytest.raises(NotSupportedByExchange):
                await exchange.fetch(url)
        assert not server.requests
        await exchange.fetch(f"{server.url}/0")
        assert 1 == len(server.requests)


async def test_the_key_is_not_taken_to_another_host(made: Made) -> None:
    """aiohttp follows redirects, and takes every header but Authorization along."""
    async with serving({"*": "{}"}) as thief:
        away = Reply(302, b"", headers={"Location": f"{thief.url}/steal"})
        async with serving({"/0/private/BalanceEx": away, "/api/v3/account": away}) as server:
            for exchange_id, call in (("kraken", "fetch_balance"), ("binance", "privateGetAccount")):
                exchange = made.account(exchange_id, server.url)
                with pytest.raises(ccxt.ExchangeError):
                    await getattr(exchange, call)()
        assert not thief.requests


async def test_a_redirect_on_the_same_host_is_followed(made: Made) -> None:
    answers = {
        "/api/v3/account": Reply(307, b"", headers={"Location": "/api/v3/account/"}),
        "/api/v3/account/": '{"balances":[]}',
    }
    async with serving(answers) as server:
        assert {"balances": []} == await made.account("binance", server.url).privateGetAccount()


async def test_a_redirect_after_a_post_asks_for_the_other_address_without_the_body(made: Made) -> None:
    answers = {
        "/sapi/v1/asset/get-funding-asset": Reply(303, b"", headers={"Location": "/elsewhere"}),
        "/elsewhere": "[]",
    }
    async with serving(answers) as server:
        assert [] == await made.account("binance", server.url).sapiPostAssetGetFundingAsset()
        assert [("POST", True), ("GET", False)] == [(each.method, bool(each.body)) for each in server.requests]


async def test_redirects_in_a_circle_come_to_an_end(made: Made) -> None:
    answer = Reply(307, b"", headers={"Location": "/api/v3/account"})
    async with serving({"/api/v3/account": answer}) as server:
        with pytest.raises(ccxt.ExchangeError):
            await made.account("binance", server.url).privateGetAccount()
        assert 11 == len(server.requests)


async def test_an_answer_in_another_encoding(made: Made) -> None:
    body = '{"error":[],"result":{"é":"1"}}'.encode("latin-1")
    answer = Reply(200, body, content_type="application/json; charset=latin-1")
    async with serving({"/0/private/BalanceEx": answer}) as server:
        assert {"error": [], "result": {"é": "1"}} == await made.account("kraken", server.url).privatePostBalanceEx()


def test_no_class_of_ccxt_has_its_own_way_of_sending() -> None:
    """It would be passed over: all are sent by `coinassay.exchanges.sending`."""
    for name in ccxt.exchanges:
        theirs = getattr(ccxt, name)
        assert theirs.fetch is ccxt.Exchange.fetch, name
        assert theirs.fetch2 is ccxt.Exchange.fetch2, name


async def test_a_request_is_what_ccxt_makes_it(made: Made) -> None:
    """The same headers, body and address, but for what is different at each: the time and the signature."""
    async with serving({"/sapi/v1/asset/get-funding-asset": "[]", "*": '{"balances":[]}'}) as server:
        theirs = ccxt.binance({"apiKey": "public-part", "secret": "c2VjcmV0", "nonce": lambda: 1})
        ours = made.account("binance", server.url)
        theirs.urls, ours.nonce = {**theirs.urls, "api": ours.urls["api"]}, lambda: 1
        for exchange in (theirs, ours):
            await exchange.sapiPostAssetGetFundingAsset({"asset": "BTC"})
            await exchange.privateGetAccount({"omitZeroBalances": "true"})
        await theirs.close()
        asked = [(each.method, each.path, each.query, each.body, dict(each.headers)) for each in server.requests]
        assert 4 == len(asked)
        assert asked[:2] == asked[2:]


async def test_cookies_of_one_account_do_not_come_back_with_another(made: Made) -> None:
    answer = Reply(200, b'{"balances":[]}', headers={"Set-Cookie": "session=first; Path=/"})
    async with serving({"/api/v3/account": answer}) as server:
        for _ in range(2):
            await made.account("binance", server.url).privateGetAccount()
        assert not any("cookie" in request.headers for request in server.requests)


async def test_nothing_of_a_request_is_logged(made: Made, caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG ccxt logs the URL, headers and body of every request."""
    caplog.set_level(logging.DEBUG)
    async with serving({"/0/private/BalanceEx": '{"error":[],"result":{}}'}) as server:
        await made.account("kraken", server.url).fetch_balance()
    assert "public-part" not in caplog.text
    assert not [record for record in caplog.records if record.name.startswith("ccxt")]


async def test_answers_are_not_kept(made: Made) -> None:
    async with serving({"/0/private/BalanceEx": '{"error":[],"result":{}}'}) as server:
        exchange = made.account("kraken", server.url)
        await exchange.fetch_balance()
    assert (None, None, None) == (
        exchange.last_http_response,
        exchange.last_json_response,
        exchange.last_response_headers,
    )


# ------------------------------------------------------------------------------------------------------- in order


class Slowest:
    """Answers the first request last, and remembers the order in which numbers arrived."""

    def __init__(self) -> None:
        self.at_once = 0
        self.most = 0

    async def __call__(self, request: Request) -> str:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0.02)
        self.at_once -= 1
        return '{"error":[],"result":{}}'


@pytest.mark.parametrize(("exchange_id", "most"), [("kraken", 1), ("binance", 3)])
async def test_requests_that_carry_ascending_numbers_go_one_by_one(made: Made, exchange_id: str, most: int) -> None:
    """Of two under way the later may arrive first, and Kraken refuses the other: EAPI:Invalid nonce."""
    slowest = Slowest()
    async with serving({"*": slowest}) as server:
        exchange = made.account(exchange_id, server.url)
        call = exchange.privatePostBalanceEx if exchange_id == "kraken" else exchange.privateGetAccount
        await asyncio.gather(*(call() for _ in range(3)))
        assert most == slowest.most
        if exchange_id == "kraken":
            nonces = [int(request.params["nonce"]) for request in server.requests]
            assert sorted(set(nonces)) == nonces


async def test_which_exchanges_want_that_is_read_from_ccxt(made: Made) -> None:
    in_order = {each for each in ccxt.exchanges if made.loaded.account(each, made.session, {}).in_order}
    assert {"kraken", "bitfinex", "gemini", "bitso", "whitebit"} <= in_order
    assert not in_order & {"binance", "okx", "bybit", "coinbase", "kucoin"}


# ---------------------------------------------------------------------------------------------------- one limiter


async def test_every_request_waits_at_the_limiter_with_its_cost(made: Made) -> None:
    limiter = Limiter(alike(Flow(100, 5)), asyncio.get_running_loop())
    async with serving({"*": '{"balances":[]}'}) as server:
        exchanges = [made.account("binance", server.url, limiter) for _ in range(4)]
        begin = time.monotonic()
        await asyncio.gather(*(exchange.privateGetAccount() for exchange in exchanges))
    assert time.monotonic() - begin >= 0.1  # 4 x cost 4 = 16 units: 5 at once, the rest at 100 a second


@pytest.mark.parametrize(("status", "header", "pause"), [(429, "7", 7), (418, "30", 30), (503, "9", 9), (429, "", 5)])
async def test_when_one_account_is_refused_all_pause(made: Made, status: int, header: str, pause: float) -> None:
    limiter = unlimited()
    refusal = Reply(status, b'{"code":-1003,"msg":"Too many"}', headers={"Retry-After": header} if header else {})
    async with serving({"*": refusal}) as server:
        with pytest.raises(ccxt.BaseError):
            await made.account("binance", server.url, limiter).privateGetAccount()
    assert pause - 1 < limiter.pause_left() <= pause


async def test_what_the_exchange_says_it_has_counted_is_written_down_for_all(made: Made) -> None:
    store = Store(latency=0)
    limiter = Limiter(binance, asyncio.get_running_loop(), exchange="binance", shared=Shared.of(store, "here"))
    reply = Reply(200, b'{"balances":[]}', headers={"x-mbx-used-weight-1m": "5000"})
    async with serving({"*": reply}) as server:
        await made.account("binance", server.url, limiter).privateGetAccount()
    await limiter.close()
    pool = Ledger.decode(store.ledger).pools["/api"]
    assert 1000 == round(pool.used()), "weight 5000, in ccxt's units"


async def test_a_throttling_said_with_http_200_pauses_too(made: Made) -> None:
    limiter = unlimited()
    async with serving({"*": '{"error":["EAPI:Rate limit exceeded"]}'}) as server:
        with pytest.raises(ExchangeThrottled):
            await ask("kraken", made.account("kraken", server.url, limiter).fetch_balance())
    assert limiter.pause_left() > 0


async def test_a_rejected_key_pauses_nobody(made: Made) -> None:
    """ccxt calls -2015 a ban (DDoSProtection) on an object that was let in before."""
    limiter = unlimited()
    refusal = Reply(401, b'{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}')
    async with serving({"*": refusal}) as server:
        exchange = made.account("binance", server.url, limiter)
        exchange.options["hasAlreadyAuthenticatedSuccessfully"] = True
        with pytest.raises(ccxt.DDoSProtection):
            await exchange.privateGetAccount()
    assert not limiter.pause_left()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 5 ", 5),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        *((value, None) for value in ("soon", "", "-3", "1.5", "٣")),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    now = 1772366400.0  # 2026-03-01 12:00:00 UTC
    assert seconds == retry_after({"retry-after": value}, now)
    assert retry_after({"Other": "1"}, now) is None


# ------------------------------------------------------------------------------------------------ malformed keys


@pytest.mark.parametrize(
    ("exchange_id", "fields"),
    [
        ("kraken", {"apiKey": "key", "secret": "not base64!"}),
        ("coinbase", {"apiKey": "key", "secret": "-----BEGIN EC PRIVATE KEY-----\nnot a key"}),
        ("coinbase", {"apiKey": "key", "secret": ""}),
        ("binance", {"apiKey": "a\nb", "secret": "secret"}),
        ("bitstamp", {"apiKey": "", "secret": "s", "uid": "1"}),
    ],
)
async def test_malformed_credentials_are_called_so(made: Made, exchange_id: str, fields: dict[str, str]) -> None:
    """What ccxt raises is no error of its own: binascii.Error, ValueError, TypeError."""
    async with serving({"*": "{}"}) as server:
        exchange = made.loaded.account(exchange_id, made.session, fields, server.url)
        exchange.limiter = unlimited()
        with pytest.raises(CredentialsRejected) as raised:
            await ask(exchange_id, exchange.fetch_balance(), fields.values())
        assert not server.requests
    for value in fields.values():
        assert len(value) < 4 or value not in str(raised.value)


async def test_an_exchange_whose_requests_ccxt_cannot_make_is_mended(made: Made) -> None:
    """coinbaseinternational of ccxt 4.5.90 merges its headers with None, which is a TypeError in Python only."""
    async with serving({"*": '{"result":{"access_token":"t","expires_in":900}}'}) as server:
        exchange = made.account("coinbaseinternational", server.url)
        assert isinstance(exchange.sign("get_account_summaries", ["public", "v2"], "POST", {}), dict)
    with pytest.raises(TypeError):
        ccxt.coinbaseinternational().sign("get_account_summaries", ["public", "v2"], "POST", {})


# ------------------------------------------------------------------------------------------------------- addresses

TEXTS = st.text(max_size=8) | st.from_regex(r"\A[A-Za-z0-9_.~-]{0,8}\Z")
VALUES = TEXTS | st.integers() | st.booleans() | st.none()


@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_parameters_are_written_as_ccxt_writes_them(params: dict[str, Any]) -> None:
    assert ccxt.Exchange.urlencode(params) == AccountExact.urlencode(params)


@given(st.dictionaries(TEXTS, st.lists(VALUES, max_size=3), max_size=3))
def test_so_are_lists(params: dict[str, Any]) -> None:
    assert ccxt.Exchange.urlencode(params, True) == AccountExact.urlencode(params, True)
