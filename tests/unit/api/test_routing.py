"""Raw paths to routes."""

from __future__ import annotations

import pytest

from coinassay.api.call import Call
from coinassay.api.errors import MethodNotAllowed
from coinassay.api.routing import OWN, Route, Router
from coinassay.errors import NotFound

BASE = b"/public/api/ver1"


async def nothing(_: Call) -> bytes:
    return b"{}"


LIST = Route("GET", "/ver1/accounts", nothing)
NEW = Route("POST", "/ver1/accounts/new", nothing)
ONE = Route("GET", "/ver1/accounts/{account_id}", nothing)
PIE = Route("POST", "/ver1/accounts/{account_id}/pie_chart_data", nothing)
DAILY = Route("GET", "/ver1/accounts/{account_id}/volume/daily", nothing)
VALUATION = Route("GET", "/v1/accounts/{account_id}/valuation", nothing, prefix=OWN)
ROUTER = Router([LIST, NEW, ONE, PIE, DAILY, VALUATION])


@pytest.mark.parametrize(
    ("method", "path", "route", "segment"),
    [
        ("GET", b"/accounts", LIST, b""),
        ("POST", b"/accounts/new", NEW, b""),
        ("GET", b"/accounts/17", ONE, b"17"),
        ("GET", b"/accounts/%7Baccount_id%7D", ONE, b"%7Baccount_id%7D"),
        ("GET", b"/accounts/", ONE, b""),
        ("POST", b"/accounts/17/pie_chart_data", PIE, b"17"),
        ("GET", b"/accounts/17/volume/daily", DAILY, b"17"),
    ],
)
def test_a_route_is_found(method: str, path: bytes, route: Route, segment: bytes) -> None:
    assert ROUTER.find(method, BASE + path) == (route, segment)


def test_our_own_have_a_prefix_of_their_own() -> None:
    assert ROUTER.find("GET", b"/api/v1/accounts/17/valuation") == (VALUATION, b"17")
    for path in (b"/public/api/v1/accounts/17/valuation", b"/api/ver1/accounts", b"/v1/accounts/17/valuation"):
        with pytest.raises(NotFound):
            ROUTER.find("GET", path)


@pytest.mark.parametrize(
    "path",
    [
        b"",
        b"/",
        b"/public/api",
        b"/public/api/ver1",
        b"/public/api/ver1/",
        b"/public/api/ver2/accounts",
        b"//public/api/ver1/accounts",
        b"/public//api/ver1/accounts",
        b"/public/api/ver1/accounts/17/",
        b"/public/api/ver1/accounts/17/pie_chart_data/",
        b"/public/api/ver1/accounts/17/volume",
        b"/public/api/ver1/accounts/new/pie_chart_data",
        b"/public/api/ver1/Accounts",
        b"/public/api/ver1/acc%6Funts",
        b"/public/api/ver1/../ver1/accounts",
        b"/public/api/ver1/accounts\x00",
        b"/public/api/ver1/accounts/17\xff/pie",
    ],
)
def test_nothing_is_normalised(path: bytes) -> None:
    with pytest.raises(NotFound):
        ROUTER.find("GET", path)
    with pytest.raises(NotFound):
        ROUTER.methods(path)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", b"/accounts", ("GET", "HEAD", "OPTIONS")),
        ("GET", b"/accounts/new", ("POST", "OPTIONS")),
        ("DELETE", b"/accounts/17", ("GET", "HEAD", "OPTIONS")),
        ("get", b"/accounts", ("GET", "HEAD", "OPTIONS")),
    ],
)
def test_another_method_is_told_what_is_allowed(method: str, path: bytes, allowed: tuple[str, ...]) -> None:
    with pytest.raises(MethodNotAllowed) as caught:
        ROUTER.find(method, BASE + path)
    assert caught.value.allowed == allowed == ROUTER.methods(BASE + path)


def test_one_route_for_one_path() -> None:
    with pytest.raises(ValueError, match="routed twice"):
        Router([LIST, LIST])


def test_a_get_answers_200_and_a_post_201() -> None:
    assert (LIST.status, PIE.status) == (200, 201)


@pytest.mark.parametrize("segment", [b"1", b"17", b"2147483647"])
def test_an_id_is_a_positive_int32(segment: bytes) -> None:
    call = Call("r", "GET", b"/", b"", {})
    call.segment = segment
    assert call.take_account_id() == int(segment) == call.account_id


@pytest.mark.parametrize(
    "segment",
    [
        b"",
        b"0",
        b"01",
        b"-1",
        b"+1",
        b"1.0",
        b"1e3",
        b" 1",
        b"1_0",
        b"2147483648",
        b"9" * 5000,
        b"%31",
        b"\xb2",
        b"summary",
    ],
)
def test_anything_else_is_no_account(segment: bytes) -> None:
    call = Call("r", "GET", b"/", b"", {})
    call.segment = segment
    with pytest.raises(NotFound):
        call.take_account_id()
    assert call.account_id is None
