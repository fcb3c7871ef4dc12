"""Requests that no page of ours leads to: they are refused like any other, and quickly."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import json
import time

import cbor2
import pytest
from tests.api.conftest import House
from tests.web.conftest import Open
from tests.web.visitor import PASSWORD, Visitor

from coinassay.domain.account import Account
from coinassay.domain.password import LONGEST_TYPED, normal
from coinassay.web.errors import BadForm
from coinassay.web.webauthn import Party

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


@pytest.mark.parametrize("hosts", [("127.0.0.1:8000", "evil.example"), ("evil.example", "127.0.0.1:8000")])
async def test_two_names_at_once(alice: Visitor, hosts: tuple[str, str]) -> None:
    reply = await alice.http.get("/security", headers=[("host", each) for each in hosts])
    assert 421 == reply.status_code


@pytest.mark.parametrize(
    "host", ["evil.example@127.0.0.1", "127.0.0.1/evil", "127.0.0.1?x", "127.0.0.1#x", "a\\127.0.0.1"]
)
async def test_a_name_with_more_in_it(alice: Visitor, host: str) -> None:
    assert 421 == (await alice.get("/security", host=host)).status_code


async def test_who_asks_for_no_body_is_not_told_events_for_ever(alice: Visitor) -> None:
    async with asyncio.timeout(5):
        reply = await alice.http.head("/events")
    assert (200, "text/event-stream") == (reply.status_code, reply.headers["content-type"].partition(";")[0])


BAD_NAMES = ["a\0b", "a\x7fb", "a\x85b", "a\u202eb", "\u2066ab", "a\u2028b", "\u200b\u200b", "\u2060\ufeff"]


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
async def test_names_that_are_not_there_or_turn_the_text_around(
    alice: Visitor, alices_account: Account, name: str
) -> None:
    for path, more in (
        (f"/accounts/{alices_account.id}/settings", {}),
        ("/connect/paper_trading", {}),
        ("/keys/new", {"permission": "ACCOUNTS_READ"}),
    ):
        assert 422 == (await alice.post(path, {"name": name, **more})).status_code, path


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "תיק", "👩‍💻 ledger", 'O\'Neill & "Co"', "数字"], ids=ascii
)
async def test_names_that_people_have(alice: Visitor, alices_account: Account, name: str) -> None:
    path = f"/accounts/{alices_account.id}/settings"
    assert 303 == (await alice.post(path, {"name": name})).status_code
    assert 200 == (await alice.post("/keys/new", {"name": name, "permission": "ACCOUNTS_READ"})).status_code
    for page in ("/", path, "/keys", f"/accounts/{alices_account.id}/past/2026-03-01", "/settings"):
        await alice.get(page)
        assert name in alice.text, page
        assert "<script>alert" not in alice.page.text


@pytest.mark.parametrize("line", ["\0 1", "A\u202eB 1", f"{'X' * 21} 1", "BTC 1e999", "BTC x", "BTC"], ids=ascii)
async def test_coins_on_paper_that_are_none(alice: Visitor, line: str) -> None:
    assert 422 == (await alice.post("/connect/paper_trading", {"name": "Paper", "balances": line})).status_code


async def test_more_coins_on_paper_than_anybody_types(alice: Visitor) -> None:
    lines = "\n".join(f"C{number} 1" for number in range(1001))
    assert 422 == (await alice.post("/connect/paper_trading", {"name": "Paper", "balances": lines})).status_code
    assert "more than 1000" in alice.text
    lines = "\n".join("x" for _ in range(1000))
    assert 422 == (await alice.post("/connect/paper_trading", {"name": "Paper", "balances": lines})).status_code
    assert 5 == alice.text.count("has a line")


def test_what_no_authenticator_says() -> None:
    """Whatever a client makes of it, a passkey's answer that cannot be read is refused."""
    challenge = b"c" * 32
    client = {"type": "webauthn.create", "challenge": encoded(challenge), "origin": "http://localhost:8000"}
    data = hashlib.sha256(b"localhost").digest() + b"\x45\0\0\0\1" + bytes(16) + b"\0\x10" + b"i" * 16
    party, refused = Party("localhost", "http://localhost:8000"), 0
    key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32})
    statements: tuple[object, ...] = (
        {},
        {"sig": b"x", "alg": -7},
        {"x5c": []},
        {"x5c": [b"0"], "sig": b"x", "alg": -7},
        [],
        None,
    )
    for form, statement, public_key in itertools.product(
        ("none", "packed", "fido-u2f", "tpm", "apple", "android-key", "android-safetynet", "other", 5, None),
        statements,
        (key, b"", b"\xa1\x01\x02", b"\x81" * 2000, cbor2.dumps([1])),
    ):
        attestation = cbor2.dumps({"fmt": form, "attStmt": statement, "authData": data + public_key})
        response = {"clientDataJSON": encoded(json.dumps(client).encode()), "attestationObject": encoded(attestation)}
        credential = {"id": encoded(b"i" * 16), "rawId": encoded(b"i" * 16), "type": "public-key", "response": response}
        try:
            party.created(credential, challenge)
        except BadForm:
            refused += 1
    assert refused > 250


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
