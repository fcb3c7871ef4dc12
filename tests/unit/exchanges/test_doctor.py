"""Examining keys at simulated exchanges and at replayed answers, over HTTP."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.exchanges.replay import PAYLOADS
from tests.unit.exchanges.world import MARKETS, NOW, PlainCatalogue, connector, market, serving

from coinassay.domain.account import Credentials
from coinassay.domain.key_report import Answer, KeyReport, Readable
from coinassay.exchanges.doctor import ExchangeDoctor
from coinassay.exchanges.doctor.clock import difference
from coinassay.testing.http import Reply
from coinassay.testing.simulator.exchange import SimulatedExchange
from coinassay.testing.simulator.users import FUTURES, READ, TRADE, WITHDRAW, SimulatedUser

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
KEY = {"api_key": "account-test-key", "secret": "c2VjcmV0LXBhcnQtb2YtdGhlLWtleQ==", "passphrase": "a-passphrase"}
TIMEOUT = 10.0


@dataclass
class Doctor:
    """Examines keys of one market."""

    doctor: ExchangeDoctor
    code: str

    async def examine(
        self, key: SimulatedUser | Mapping[str, str] | None = None, timeout: float = TIMEOUT, others: bool = False
    ) -> KeyReport:
        fields = {"api_key": key.api_key, "secret": key.secret} if isinstance(key, SimulatedUser) else key or KEY
        asked = market(self.code)
        family = MARKETS.sharing_keys(asked)[1:] if others else ()
        return await self.doctor.examine(asked, Credentials(fields), timeout, family)


@asynccontextmanager
async def doctor_of(code: str, url: str, **options: Any) -> AsyncIterator[Doctor]:
    urls = {each.code: url for each in MARKETS.sharing_keys(market(code))}
    async with connector(urls, **options) as made:
        yield Doctor(ExchangeDoctor(made, PlainCatalogue(), lambda: NOW), code)


@asynccontextmanager
async def at_simulated(code: str) -> AsyncIterator[tuple[Doctor, SimulatedExchange]]:
    async with await SimulatedExchange.start(code) as exchange, doctor_of(code, exchange.url) as doctor:
        yield doctor, exchange


def say(report: KeyReport) -> str:
    """works, read trade withdraw, ip expires, in a line."""
    answers = (report.works, report.may_read, report.may_trade, report.may_withdraw, report.ip_bound, report.expires)
    return " ".join({YES: "y", NO: "n", UNKNOWN: "?"}[each] for each in answers)


def told(readable: Mapping[str, Readable]) -> dict[str, str]:
    return {name: each.answer.value for name, each in readable.items()}


# ---------------------------------------------------------------------------------------- simulated exchanges


@pytest.mark.parametrize(
    ("permissions", "networks", "said"),
    [
        ({READ}, ("127.0.0.1",), "y y n n y ?"),
        ({READ, TRADE}, (), "y y y n n ?"),
        ({READ, TRADE, WITHDRAW}, ("127.0.0.0/8",), "y y y y y ?"),
        ({READ, FUTURES}, (), "y y y n n ?"),
    ],
)
async def test_binance(permissions: set[str], networks: tuple[str, ...], said: str) -> None:
    async with at_simulated("binance") as (doctor, exchange):
        user = exchange.add_user(permissions=permissions, ip_allowlist=networks, wallets={"spot": {"BTC": "1"}})
        report = await doctor.examine(user)
        assert (said, "", "binance", NOW) == (say(report), report.failure, report.market_code, report.examined_at)
        assert {"spot": "yes", "funding": "yes", "earn": "yes"} == told(report.wallets)
        assert report.clock_skew == 0.0
        assert {} == report.others


@pytest.mark.parametrize(
    ("permissions", "said"),
    [({READ}, "y y n n n n"), ({READ, TRADE}, "y y y n n n"), ({READ, WITHDRAW}, "y y n y n n")],
)
async def test_kraken(permissions: set[str], said: str) -> None:
    async with at_simulated("kraken") as (doctor, exchange):
        report = await doctor.examine(exchange.add_user(permissions=permissions))
        assert (said, {"spot": "yes"}, 0.0) == (say(report), told(report.wallets), report.clock_skew)


async def test_a_key_of_kraken_that_may_not_query_funds() -> None:
    async with at_simulated("kraken") as (doctor, exchange):
        report = await doctor.examine(exchange.add_user(permissions={"query-ledger"}))
        assert ("y n n n n n", "exchange_permission_missing") == (say(report), report.failure)
        assert {"spot": "no"} == told(report.wallets)


@pytest.mark.parametrize("code", ["binance", "kraken"])
@pytest.mark.parametrize("wrong", ["api_key", "secret"])
async def test_a_wrong_key_or_secret(code: str, wrong: str) -> None:
    """Binance's -2008 is a plain ExchangeError at another base URL, and its -1022 an AuthenticationError."""
    async with at_simulated(code) as (doctor, exchange):
        user, gone = exchange.add_user(), exchange.add_user()
        exchange.remove_user(gone)
        fields = {"api_key": user.api_key, "secret": user.secret, wrong: getattr(gone, wrong)}
        report = await doctor.examine(fields)
        assert ("n n ? ? ? ?", "invalid_api_key") == (say(report), report.failure)
        assert all(each.answer is NO for each in report.wallets.values())
        assert user.secret not in repr(report)


async def test_a_refused_address_may_as_well_be_a_wrong_key() -> None:
    """Binance says -2015 for a wrong key, a refused address and a missing permission."""
    async with at_simulated("binance") as (doctor, exchange):
        report = await doctor.examine(exchange.add_user(ip_allowlist=("203.0.113.7",)))
        assert ("? n ? ? ? ?", "invalid_api_key") == (say(report), report.failure)
        assert "does not allow this server's IP address" in report.reason


async def test_a_wallet_that_cannot_be_read() -> None:
    async with at_simulated("binance") as (doctor, exchange):
        user = exchange.add_user()
        exchange.faults.add("scope_missing", wallet="funding")
        exchange.faults.add("server_error", wallet="earn")
        report = await doctor.examine(user)
        assert "y y n n n ?" == say(report)
        assert {"spot": "yes", "funding": "no", "earn": "unknown"} == told(report.wallets)
        assert report.wallets["funding"].reason
        assert report.wallets["earn"].reason


async def test_what_else_the_key_could_be_connected_as() -> None:
    async with at_simulated("binance") as (doctor, exchange):
        spot_only = await doctor.examine(exchange.add_user(), others=True)
        both = await doctor.examine(exchange.add_user("b", permissions={READ, FUTURES}), others=True)
        assert ["binance_margin", "binance_portfolio_margin", "binance_futures", "binance_futures_coin"] == list(
            both.others
        )
        assert ("no", "yes") == tuple(each.others["binance_futures"].answer.value for each in (spot_only, both))
        assert ("yes", "yes") == tuple(each.others["binance_margin"].answer.value for each in (spot_only, both))
        assert "yes" == told(both.wallets)["spot"]


@pytest.mark.parametrize("minutes", [-2, 2])
async def test_a_clock_that_is_off(minutes: int) -> None:
    async with at_simulated("binance") as (doctor, exchange):
        exchange.shift_clock(timedelta(minutes=minutes))
        report = await doctor.examine(exchange.add_user())
        assert ("? ? ? ? ? ?", "clock_skew") == (say(report), report.failure)
        assert report.clock_skew is not None
        assert -minutes * 60 == round(report.clock_skew)


def test_how_far_off_a_clock_is() -> None:
    assert 0.0 == difference(1_000_500, 1_000_600, 1_000_900)
    assert 0.25 == difference(1_000_500, 1_000_250, 1_000_900)
    assert -0.75 == difference(1_000_500, 1_001_650, 1_000_900)
    assert 0.0 == difference(1_000_500, 1_000_000, 1_000_900), "told in whole seconds, cut off"
    assert 1.501 == difference(1_002_500, 1_000_000, 1_002_900)


@pytest.mark.parametrize("fault", ["hang", "server_error", "reset", "html", "empty_object", "maintenance", "throttled"])
async def test_an_exchange_in_trouble_makes_nothing_known(fault: str) -> None:
    async with at_simulated("binance") as (doctor, exchange):
        user = exchange.add_user()
        exchange.faults.add(fault)
        started = time.monotonic()
        report = await doctor.examine(user, timeout=1.0)
        assert time.monotonic() - started < 10
        assert "? ? ? ? ? ?" == say(report)
        assert (None, True) == (report.clock_skew, bool(report.failure and report.reason))
        assert {UNKNOWN} == {each.answer for each in report.wallets.values()}


async def test_what_was_answered_counts_although_the_rest_is_late() -> None:
    async with at_simulated("binance") as (doctor, exchange):
        user = exchange.add_user(permissions={READ, WITHDRAW})
        exchange.faults.add("hang", wallet="spot")
        exchange.faults.add("hang", wallet="funding")
        report = await doctor.examine(user, timeout=1.0)
        assert "y y n y n ?" == say(report)
        assert {"spot": "unknown", "funding": "unknown", "earn": "yes"} == told(report.wallets)


async def test_credentials_that_nothing_can_be_signed_with() -> None:
    async with serving({}) as server, doctor_of("kraken", server.url) as doctor:
        report = await doctor.examine({"api_key": "a-key", "secret": "not base64!"})
        assert ("n n ? ? ? ?", "invalid_api_key") == (say(report), report.failure)
        assert not any("private" in each.path for each in server.requests)


async def test_a_paper_account_has_no_key_to_examine() -> None:
    async with doctor_of("paper_trading", "http://127.0.0.1:1") as doctor:
        assert "y y n n ? ?" == say(await doctor.examine({}))


async def test_nothing_is_kept_and_no_other_address_is_asked() -> None:
    async with await SimulatedExchange.start("binance") as exchange, connector({"binance": exchange.url}) as made:
        doctor = ExchangeDoctor(made, PlainCatalogue(), lambda: NOW)
        user = exchange.add_user()
        credentials = Credentials({"api_key": user.api_key, "secret": user.secret})
        for _ in range(3):
            assert "y y n n n ?" == say(await doctor.examine(market("binance"), credentials, TIMEOUT))
        assert 0 == len(made._instances)
        assert 6 == sum(user.requests.values()) / 2


async def test_a_key_for_a_simulated_exchange_never_goes_to_the_real_one() -> None:
    """Only the asked market is pointed at it; the others of the same key have no address of their own."""
    async with (
        await SimulatedExchange.start("binance") as exchange,
        connector({"binance": exchange.url}) as made,
        connector({"binance": exchange.url}, isolated=True) as isolated,
    ):
        user = exchange.add_user(permissions={READ, FUTURES})
        credentials = Credentials({"api_key": user.api_key, "secret": user.secret})
        others = MARKETS.sharing_keys(market("binance"))[1:]
        for each in (made, isolated):
            doctor = ExchangeDoctor(each, PlainCatalogue(), lambda: NOW)
            report = await doctor.examine(market("binance"), credentials, TIMEOUT, others)
            assert "yes" == told(report.others)["binance_futures"]
            assert "y y y n n ?" == say(report)
        report = await doctor.examine(market("kraken"), Credentials(KEY), TIMEOUT)
        assert ("? ? ? ? ? ?", "not_supported_by_exchange") == (say(report), report.failure)


# -------------------------------------------------------------------------------------------- replayed answers


def answers(name: str) -> dict[str, Any]:
    """By path, from a payload."""
    found: dict[str, Any] = {}
    for block in (PAYLOADS / "doctor" / f"{name}.http").read_text("utf-8").strip().split("\n\n"):
        line, _, body = block.partition("\n")
        _, path, *status = line.split()
        found[path] = Reply(int(status[0]) if status else 200, body.encode())
    return found


def now() -> int:
    return int(time.time() * 1000)


WALLETS: Mapping[str, dict[str, Any]] = {
    "bybit": {
        "/v5/account/info": {"retCode": 0, "retMsg": "OK", "result": {"unifiedMarginStatus": 6}},
        "/v5/account/wallet-balance": {"retCode": 0, "result": {"list": [{"coin": []}]}},
        "/v5/asset/transfer/query-account-coins-balance": {"retCode": 0, "result": {"balance": []}},
        "/v5/market/time": lambda _: {"retCode": 0, "result": {}, "time": now()},
    },
    "okx": {
        "/api/v5/account/balance": {"code": "0", "data": [{"details": []}]},
        "/api/v5/asset/balances": {"code": "0", "data": []},
        "/api/v5/finance/savings/balance": {"code": "0", "data": []},
        "/api/v5/public/time": lambda _: {"code": "0", "data": [{"ts": str(now() - 90_000)}]},
    },
    "kucoin": {
        "/api/ua/v1/account/mode": {"code": "200000", "data": {"selfAccountMode": "CLASSIC"}},
        "/api/v1/accounts": {"code": "200000", "data": []},
        "/api/v1/margin/account": {"code": "400007", "msg": "Access denied--require more permission."},
        "/api/v3/isolated/accounts": {"code": "200000", "data": {"assets": []}},
        "/api/v1/timestamp": lambda _: {"code": "200000", "data": now() + 90_000},
    },
    "bitget": {
        "/api/v3/account/settings": Reply(400, b'{"code":"40084","msg":"You are in Classic Account mode","data":null}'),
        "/api/v2/spot/account/assets": {"code": "00000", "data": []},
        "/api/v2/public/time": lambda _: {"code": "00000", "data": {"serverTime": str(now())}},
    },
    "gate": {
        "/api/v4/spot/accounts": [],
        "/api/v4/margin/accounts": [],
        "/api/v4/spot/time": lambda _: {"server_time": now()},
    },
}


@pytest.mark.parametrize(
    ("code", "name", "said", "wallets", "unified", "skew"),
    [
        ("bybit", "bybit", "y y n n n y", {"trading": "yes", "funding": "yes"}, YES, 0),
        ("okex", "okx", "y y n n y ?", {"trading": "yes", "funding": "yes", "earn": "yes"}, YES, 90),
        (
            "kucoin",
            "kucoin",
            "y y n n y ?",
            {"trade": "yes", "main": "yes", "trade_hf": "yes", "margin": "no", "isolated": "yes"},
            UNKNOWN,
            -90,
        ),
        ("bitget", "bitget", "y y n n y ?", {"spot": "yes", "funding": "yes"}, NO, 0),
        ("gate_io", "gate", "y y n ? y ?", {"spot": "yes", "isolated": "yes"}, NO, 0),
    ],
)
async def test_a_good_key(code: str, name: str, said: str, wallets: dict[str, str], unified: Answer, skew: int) -> None:
    async with serving({**answers(name), **WALLETS[name]}) as server, doctor_of(code, server.url) as doctor:
        report = await doctor.examine()
        assert (said, wallets, unified) == (say(report), told(report.wallets), report.unified)
        assert report.clock_skew is not None
        assert skew == round(report.clock_skew)


@pytest.mark.parametrize(
    ("code", "name", "refusal"),
    [
        ("bybit", "bybit", Reply(200, b'{"retCode":10003,"retMsg":"API key is invalid.","result":{}}')),
        ("okex", "okx", Reply(401, b'{"msg":"Invalid OK-ACCESS-KEY","code":"50111"}')),
        ("kucoin", "kucoin", Reply(401, b'{"code":"400003","msg":"KC-API-KEY not exists"}')),
        ("bitget", "bitget", Reply(400, b'{"code":"40006","msg":"Invalid ACCESS_KEY","data":null}')),
        ("gate_io", "gate", Reply(401, b'{"message":"Invalid key provided","label":"INVALID_KEY"}')),
    ],
)
async def test_a_rejected_key(code: str, name: str, refusal: Reply) -> None:
    paths = {**answers(name), **WALLETS[name]}
    refused = {path: refusal for path in paths if "time" not in path}
    async with serving({**WALLETS[name], **refused}) as server, doctor_of(code, server.url) as doctor:
        report = await doctor.examine()
        assert ("n n ? ? ? ?", "invalid_api_key") == (say(report), report.failure)


async def test_what_an_exchange_tells_nothing_about_is_unknown() -> None:
    balances = [{"currency": "btc", "total": "1", "available": "1", "reserved": "0"}]
    async with serving({"/api/v2/account_balances/": balances}) as server, doctor_of("bitstamp", server.url) as doctor:
        report = await doctor.examine({**KEY, "customer_id": "7"})
        assert ("y y ? ? ? ?", {"spot": "yes"}) == (say(report), told(report.wallets))
        assert report.clock_skew is None
