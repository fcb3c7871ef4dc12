"""Changing a simulated exchange over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from coinassay.testing import SimulatedExchange


@pytest.fixture
def control(simulated_binance: SimulatedExchange, http: httpx.Client) -> Any:
    def call(verb: str, what: str, given: object = None) -> httpx.Response:
        return http.request(verb, f"{simulated_binance.url}/__control__/{what}", json=given)

    return call


def test_faults_are_set_listed_and_cleared(
    simulated_binance: SimulatedExchange, control: Any, http: httpx.Client
) -> None:
    made = control("POST", "faults", {"kind": "throttled", "endpoint": "ping", "times": 2, "retry_after": 7}).json()
    assert ("throttled", ["ping"], 2, 7) == tuple(made[name] for name in ("kind", "endpoints", "times", "retry_after"))

    reply = http.get(f"{simulated_binance.url}/api/v3/ping")
    assert (429, "7") == (reply.status_code, reply.headers["Retry-After"])
    [shown] = control("GET", "faults").json()
    assert (made["id"], 1, 1) == (shown["id"], shown["times"], shown["hits"])
    assert 200 == control("DELETE", f"faults?id={made['id']}").status_code
    assert 200 == http.get(f"{simulated_binance.url}/api/v3/ping").status_code
    control("POST", "faults", {"kind": "html"})
    control("DELETE", "faults")
    assert [] == control("GET", "faults").json()


def test_the_state_is_changed(simulated_binance: SimulatedExchange, control: Any) -> None:
    keys = control("POST", "users", {"name": "carol", "wallets": {"spot": {"BTC": ["1", "0.5"]}}}).json()
    user = simulated_binance.user(keys["api_key"])
    assert ("carol", user.secret) == (keys["name"], keys["secret"])
    key = {"api_key": user.api_key}

    control("POST", "balances", {**key, "wallet": "funding", "code": "ETH", "amount": "3"})
    control("POST", "deposits", {**key, "code": "BTC", "amount": "0.25", "at": "2024-01-02T03:04:05+00:00"})
    control("POST", "withdrawals", {**key, "code": "BTC", "amount": "0.1", "fee": "0.01"})
    control("POST", "prices", {"symbol": "BTC/USDT", "last": "63722.1"})

    assert "1.64" == str(user.held("spot")["BTC"].total)
    assert "3" == str(user.held("funding")["ETH"].total)
    assert [1_704_164_645_000] == [each.at for each in user.movements if each.kind == "deposit"]
    assert "63722.1" == str(simulated_binance.price("BTC/USDT"))


def test_requests_are_counted_but_not_those_of_the_control(
    simulated_binance: SimulatedExchange, control: Any, http: httpx.Client
) -> None:
    http.get(f"{simulated_binance.url}/api/v3/ping")
    simulated_binance.faults.add("html")

    assert {"/api/v3/ping": 1} == control("GET", "requests").json()
    control("DELETE", "requests")
    assert {} == control("GET", "requests").json()


@pytest.mark.parametrize(
    ("verb", "what", "given", "status"),
    [
        ("POST", "faults", {"kind": "gremlins"}, 400),
        ("POST", "faults", {"kind": "html", "colour": "red"}, 400),
        ("POST", "faults", {}, 404),
        ("POST", "faults", ["html"], 400),
        ("POST", "deposits", {"api_key": "nobody", "code": "BTC", "amount": "1"}, 404),
        ("POST", "prices", {"symbol": "BTC/USDT", "last": 63722.1}, 400),
        ("DELETE", "faults?id=one", None, 400),
        ("POST", "orders", {}, 404),
        ("PUT", "faults", {}, 404),
    ],
)
def test_what_makes_no_sense_is_said_to(control: Any, verb: str, what: str, given: object, status: int) -> None:
    reply = control(verb, what, given)

    assert status == reply.status_code
    assert reply.json()["error"]


def test_a_page_in_a_browser_cannot_change_anything(simulated_binance: SimulatedExchange, http: httpx.Client) -> None:
    """Without a question beforehand, which is not answered, it can only send simple content types."""
    url = f"{simulated_binance.url}/__control__/faults"

    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        reply = http.post(url, content=b'{"kind": "html"}', headers={"Content-Type": kind})
        assert 415 == reply.status_code
    assert 404 == http.options(url).status_code
    assert 400 == http.post(url, content=b"{", headers={"Content-Type": "application/json"}).status_code
    assert () == simulated_binance.faults.list()
