"""Each fault does what it says, and ccxt makes of it what it would make of the real thing."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import ccxt.async_support as ccxt
import httpx
import pytest

from coinassay.testing import FaultKind, FaultPlan, SimulatedExchange

HELD = {"spot": {"BTC": "1.5"}}
SPOT = {"binance": "/api/v3/account", "kraken": "/0/private/BalanceEx"}

RAISED = [
    ("binance", "bad_key", ccxt.ExchangeError, "-2008"),
    ("binance", "bad_signature", ccxt.AuthenticationError, "-1022"),
    ("binance", "ip_refused", ccxt.AuthenticationError, "-2015"),
    ("binance", "scope_missing", ccxt.AuthenticationError, "-2015"),
    ("binance", "clock_skew", ccxt.InvalidNonce, "-1021"),
    ("binance", "throttled", ccxt.DDoSProtection, "429 Too Many Requests.*-1003"),
    ("binance", "banned", ccxt.DDoSProtection, "418 I'm a Teapot.*-1003.*IP banned until [0-9]{13}"),
    ("binance", "maintenance", ccxt.OnMaintenance, "under maintenance"),
    ("kraken", "bad_key", ccxt.AuthenticationError, "EAPI:Invalid key"),
    ("kraken", "bad_signature", ccxt.ExchangeError, "EAPI:Invalid signature"),
    ("kraken", "ip_refused", ccxt.PermissionDenied, "EGeneral:Permission denied"),
    ("kraken", "scope_missing", ccxt.PermissionDenied, "EGeneral:Permission denied"),
    ("kraken", "clock_skew", ccxt.InvalidNonce, "EAPI:Invalid nonce"),
    ("kraken", "throttled", ccxt.DDoSProtection, "EAPI:Rate limit exceeded"),
    ("kraken", "banned", ccxt.DDoSProtection, "EGeneral:Temporary lockout"),
    ("kraken", "maintenance", ccxt.ExchangeNotAvailable, "EService:Unavailable"),
    *(
        (dialect, kind, error, text)
        for dialect in ("binance", "kraken")
        for kind, error, text in (
            ("server_error", ccxt.ExchangeNotAvailable, "502 Bad Gateway"),
            ("geo_block", ccxt.ExchangeNotAvailable, "403 Forbidden"),
            ("hang", ccxt.RequestTimeout, "GET|POST"),
            ("reset", ccxt.ExchangeNotAvailable, "GET|POST"),
            ("broken_off", ccxt.ExchangeError, "GET|POST"),
        )
    ),
]


@pytest.fixture(params=["binance", "kraken"])
def exchange(request: pytest.FixtureRequest) -> Any:
    with SimulatedExchange.running(request.param) as exchange:
        yield exchange


@pytest.mark.parametrize(("dialect", "kind", "error", "text"), RAISED, ids=[f"{row[0]}-{row[1]}" for row in RAISED])
async def test_ccxt_raises(dialect: str, kind: str, error: type[Exception], text: str, connect: Any) -> None:
    async with await SimulatedExchange.start(dialect) as exchange:
        client = connect(exchange, exchange.add_user(wallets=HELD), catalogue=False)
        client.timeout = 150 if kind == "hang" else 10_000
        client.options["maxRetriesOnFailure"] = 0
        fault = exchange.faults.add(kind)

        with pytest.raises(error, match=text) as caught:
            await client.fetch_balance()

        assert error is caught.type
        # aiohttp repeats a GET whose connection broke before anything was said
        assert fault.hits == (2 if (dialect, kind) == ("binance", "reset") else 1)
        exchange.faults.clear()
        client.timeout = 10_000
        assert "1.5" == (await client.fetch_balance())["total"]["BTC"].rstrip("0")


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [("empty", 200, ""), ("empty_object", 200, "{}"), ("empty_list", 200, "[]"), ("html", 200, "<!DOCTYPE html>")],
)
def test_rubbish_is_sent_as_a_success(
    exchange: SimulatedExchange, http: httpx.Client, kind: str, status: int, body: str
) -> None:
    exchange.faults.add(kind)
    reply = http.get(exchange.url + SPOT[exchange.dialect])

    assert (status, body) == (reply.status_code, reply.text[: max(len(body), 1)])


@pytest.mark.parametrize("kind", ["html", "empty", "cut", "empty_object"])
async def test_ccxt_takes_rubbish_for_an_empty_balance(kind: str, connect: Any) -> None:
    """Why the connector has to look at the answer itself."""
    async with await SimulatedExchange.start("kraken") as exchange:
        client = connect(exchange, exchange.add_user(wallets=HELD), catalogue=False)
        exchange.faults.add(kind)

        assert {} == (await client.fetch_balance())["total"]


def test_a_cut_body_has_a_length_that_fits(exchange: SimulatedExchange, http: httpx.Client) -> None:
    path = {"binance": "/api/v3/exchangeInfo", "kraken": "/0/public/AssetPairs"}[exchange.dialect]
    whole = http.get(exchange.url + path)
    exchange.faults.add("cut")
    half = http.get(exchange.url + path)

    assert 200 == half.status_code
    assert whole.content[: len(whole.content) // 2] == half.content
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        half.json()


def test_statuses_can_be_chosen_and_waits_are_told(exchange: SimulatedExchange, http: httpx.Client) -> None:
    for kind, status in (("server_error", 503), ("geo_block", 451)):
        exchange.faults.add(kind, status=status, times=1)
        assert status == http.get(exchange.url).status_code
    if exchange.dialect == "binance":
        for kind, status in (("throttled", 429), ("banned", 418)):
            exchange.faults.add(kind, retry_after=30, times=1)
            reply = http.get(f"{exchange.url}/api/v3/ping")
            assert (status, "30", -1003) == (reply.status_code, reply.headers["Retry-After"], reply.json()["code"])


def test_a_public_path_of_kraken_has_its_own_words_for_too_many_requests(
    simulated_kraken: SimulatedExchange, http: httpx.Client
) -> None:
    simulated_kraken.faults.add("throttled")

    reply = http.get(f"{simulated_kraken.url}/0/public/Time")

    assert (200, {"error": ["EGeneral:Too many requests"]}) == (reply.status_code, reply.json())


@pytest.mark.parametrize("kind", ["latency", "drip"])
def test_a_slow_answer_is_the_true_one(exchange: SimulatedExchange, http: httpx.Client, kind: str) -> None:
    path = {"binance": "/api/v3/ping", "kraken": "/0/public/SystemStatus"}[exchange.dialect]
    prompt = http.get(exchange.url + path)
    exchange.faults.add(kind, seconds=0.2)

    began = time.monotonic()
    slow = http.get(exchange.url + path)

    assert time.monotonic() - began >= 0.19
    assert (200, len(prompt.content)) == (slow.status_code, len(slow.content))


def test_a_drip_sends_its_first_bytes_at_once(simulated_binance: SimulatedExchange, http: httpx.Client) -> None:
    simulated_binance.faults.add("drip", seconds=0.6)
    began = time.monotonic()
    with http.stream("GET", f"{simulated_binance.url}/api/v3/exchangeInfo") as reply:
        assert time.monotonic() - began < 0.5
        pieces = list(reply.iter_raw())
    assert len(pieces) > 5
    assert time.monotonic() - began >= 0.55


async def test_one_wallet_fails_and_the_others_do_not(binance: SimulatedExchange, connect: Any) -> None:
    user = binance.add_user(wallets={"spot": {"BTC": "1"}, "funding": {"ETH": "2"}, "margin": {"XRP": "3"}})
    client = connect(binance, user, catalogue=False)
    binance.faults.add("server_error", wallet="funding")

    assert whole_units(await client.fetch_balance(), "BTC") == 1
    assert whole_units(await client.fetch_balance({"type": "margin"}), "XRP") == 3
    with pytest.raises(ccxt.ExchangeNotAvailable):
        await client.fetch_balance({"type": "funding"})


def whole_units(balance: Any, code: str) -> int:
    return int(balance["total"][code].partition(".")[0])


async def test_a_reset_is_told_from_an_orderly_end(binance: SimulatedExchange) -> None:
    binance.faults.add("reset")
    reader, writer = await asyncio.open_connection("127.0.0.1", int(binance.url.rpartition(":")[2]))
    writer.write(b"GET /api/v3/ping HTTP/1.1\r\nHost: h\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()


async def test_one_user_is_hit_and_the_others_are_not(binance: SimulatedExchange, connect: Any) -> None:
    alice, bob = binance.add_user("alice", wallets=HELD), binance.add_user("bob", wallets=HELD)
    binance.faults.add("bad_key", user=alice)

    await connect(binance, bob, catalogue=False).fetch_balance()
    with pytest.raises(ccxt.ExchangeError, match="-2008"):
        await connect(binance, alice, catalogue=False).fetch_balance()


def test_a_fault_lasts_for_a_number_of_requests_or_until_it_is_cleared(
    exchange: SimulatedExchange, http: httpx.Client
) -> None:
    def statuses(count: int) -> list[int]:
        return [http.get(exchange.url + "/api/v3/ping").status_code for _ in range(count)]

    good = statuses(1)[0]
    twice = exchange.faults.add("server_error", status=503, times=2)
    assert [503, 503, good, good] == statuses(4)
    assert (2, ()) == (twice.hits, exchange.faults.list())

    first = exchange.faults.add("server_error", status=500)
    exchange.faults.add("server_error", status=501)
    assert [500, 500] == statuses(2)
    exchange.faults.clear(first)
    assert [501] == statuses(1)
    exchange.faults.clear()
    exchange.faults.clear(first)
    assert [good] == statuses(1)


def test_faults_are_matched_by_path_or_its_end() -> None:
    plan = FaultPlan({"spot": ("/api/v3/account",)})
    plan.add("throttled", endpoint="account")

    kinds = [
        plan.take(None, path).fault is not None
        for path in ("/api/v3/account", "/sapi/v1/margin/account", "/sapi/v1/subaccount", "/account/x")
    ]

    assert [True, True, False, False] == kinds


def test_delays_add_up_and_the_oldest_other_fault_decides() -> None:
    plan = FaultPlan()
    plan.add("latency", seconds=0.1)
    first = plan.add("html", times=1)
    second = plan.add("empty", times=1)
    plan.add("latency", seconds=0.2)

    effects = [plan.take(None, "/x") for _ in range(3)]

    assert [first, second, None] == [each.fault for each in effects]
    assert [pytest.approx(0.3)] * 3 == [each.delay for each in effects]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"kind": "gremlins"}, "not a valid FaultKind"),
        ({"kind": "html", "wallet": "pocket"}, "no such wallet here: pocket; there are spot"),
        ({"kind": "html", "wallet": "spot", "endpoint": "x"}, "not both"),
        ({"kind": "html", "times": 0}, "at least once"),
        ({"kind": "latency", "seconds": -1}, "between 0 and 3600"),
        ({"kind": "latency", "seconds": float("nan")}, "between 0 and 3600"),
        ({"kind": "server_error", "status": 200}, "between 400 and 599"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(given: dict[str, Any], text: str) -> None:
    plan = FaultPlan({"spot": ("/api/v3/account",)})

    with pytest.raises(ValueError, match=text):
        plan.add(given.pop("kind"), **given)

    assert () == plan.list()


def test_every_kind_of_fault_is_tried_here() -> None:
    tried = {kind for _, kind, _, _ in RAISED}
    tried |= {"html", "empty", "cut", "empty_object", "empty_list", "latency", "drip"}

    assert {kind.value for kind in FaultKind} == tried


async def test_a_caller_who_hangs_up_is_no_longer_waited_for(binance: SimulatedExchange) -> None:
    binance.faults.add("hang")
    async with httpx.AsyncClient(trust_env=False, timeout=0.1) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(f"{binance.url}/api/v3/ping")
    for _ in range(1000):
        if not binance.in_flight:
            break
        await asyncio.sleep(0.005)
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        binance.faults.clear()
        await client.get(f"{binance.url}/api/v3/ping")

    assert (0, 1) == (binance.in_flight, binance.most_in_flight)
