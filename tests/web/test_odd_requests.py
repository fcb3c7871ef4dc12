"""Requests that no page of ours leads to: they are refused like any other, and quickly."""

from __future__ import annotations

import time

import pytest
from tests.api.conftest import House
from tests.web.conftest import Open
from tests.web.visitor import PASSWORD, Visitor

from coinassay.domain.account import Account
from coinassay.domain.password import LONGEST_TYPED, normal

NINES = "9" * 5000
"""More digits than Python reads."""
FULL_WIDTH = "\uff12\uff10\uff12\uff16"
"""2026, in digits of another script."""


@pytest.mark.parametrize("path", [f"/accounts/{NINES}", f"/accounts/1/past/{NINES}", f"/connect/{'x' * 5000}"])
async def test_a_path_without_an_end(stranger: Visitor, alice: Visitor, path: str) -> None:
    for visitor in (stranger, alice):
        assert 404 == (await visitor.get(path)).status_code


@pytest.mark.parametrize("account", [NINES, "9" * 20, "-1", "1.0", "x", FULL_WIDTH])
async def test_an_account_that_is_no_number(alice: Visitor, alices_account: Account, account: str) -> None:
    for path in ("/export/holdings.csv", "/statement.pdf"):
        reply = await alice.http.get(path, params={"account": account, "period": "2026-02"})
        assert 404 == reply.status_code


@pytest.mark.parametrize("period", [FULL_WIDTH, NINES, "9999", "0000", "2026-13", "2026-02-30", "\r\nx: y", ""])
async def test_a_period_that_is_none(alice: Visitor, alices_account: Account, period: str) -> None:
    reply = await alice.http.get("/statement.pdf", params={"period": period})
    assert 422 == reply.status_code


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_moment_outside_the_calendar(alice: Visitor, alices_account: Account, at: str) -> None:
    fields = {"kind": "deposit", "asset": "BTC", "amount": "1", "at": at}
    assert 422 == (await alice.post(f"/accounts/{alices_account.id}/flows", fields)).status_code


async def test_a_password_that_would_take_minutes(visit: Open, alice: Visitor, house: House) -> None:
    """Marks that follow marks are sorted, in time with the square of their number, and everybody would wait for it."""
    marks = "a" + "\u0315\u0300" * 40_000
    code = await house.services.sign_in.issue_code(1)
    visitor = await visit(address="192.0.2.99")
    began = time.perf_counter()
    await visitor.get("/login")
    assert 401 == (await visitor.post("/login", {"name": "alice", "password": marks})).status_code
    await visitor.get("/welcome")
    assert 422 == (await visitor.post("/welcome", {"code": code, "password": marks, "again": marks})).status_code
    fields = {"former": marks, "password": PASSWORD, "again": PASSWORD}
    assert 401 == (await alice.post("/security/password", fields)).status_code
    assert time.perf_counter() - began < 5, "it takes four times as long where nothing is done about it"


def test_passwords_of_a_length_people_use_are_brought_into_one_form() -> None:
    assert normal("e\u0301" * (LONGEST_TYPED // 2)) == "\u00e9" * (LONGEST_TYPED // 2)


async def test_no_amount_stays_in_the_browser(alice: Visitor, alices_account: Account) -> None:
    """Who uses the browser next finds nothing in its cache: neither pages nor what their charts are drawn from."""
    for path in (
        "/",
        "/history.json",
        f"/accounts/{alices_account.id}",
        f"/accounts/{alices_account.id}/history.json",
        "/export/holdings.csv",
        "/statement.pdf?period=2026-02",
        "/ledger",
    ):
        reply = await alice.http.get(path)
        assert (200, "no-store") == (reply.status_code, reply.headers["cache-control"]), path
