"""What was typed is not lost when the session it was typed in has ended."""

from __future__ import annotations

import re
from html import unescape

import pytest
from tests.api.conftest import House
from tests.web.visitor import PASSWORD, Visitor

from coinassay.domain.account import Account
from coinassay.exchanges.markets import MarketTable
from coinassay.web.again import KEPT
from coinassay.web.view.connect import fields


def hidden(page: str) -> dict[str, str]:
    """The fields of the form that can be sent again."""
    form = page[page.index("<main") :]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
    return {name: unescape(value) for name, value in found}


async def end_sessions(house: House) -> None:
    for session in await house.services.sign_in.list_sessions(1):
        await house.services.sign_in.end_session(1, session.id)


@pytest.mark.parametrize("cookie_is_gone", [False, True])
async def test_a_form_outlives_its_session(
    alice: Visitor, house: House, alices_account: Account, cookie_is_gone: bool
) -> None:
    path = f"/accounts/{alices_account.id}/settings"
    await alice.get(path)
    await end_sessions(house)
    if cookie_is_gone:
        alice.http.cookies.clear()
    reply = await alice.post(path, {"name": '"Savings" <b>', "include": "1"})
    assert 401 == reply.status_code
    assert "no longer signed in" in alice.text
    old = hidden(alice.page.text)

    await alice.sign_in("alice")  # in another tab
    reply = await alice.http.post(path, data=old, headers={"sec-fetch-site": "same-origin"})
    assert (403, "Nothing was changed") == (reply.status_code, re.findall("<h1>(.*?)</h1>", reply.text)[0])
    assert "My Binance US" == (await house.services.accounts.get_account(1, alices_account.id)).name

    alice.page = reply
    assert 303 == (await alice.http.post(path, data=hidden(reply.text))).status_code
    assert '"Savings" <b>' == (await house.services.accounts.get_account(1, alices_account.id)).name


async def test_but_no_secret_comes_back(alice: Visitor, house: House) -> None:
    await alice.get("/connect/binance")
    await end_sessions(house)
    reply = await alice.post("/connect/binance", {"name": "Mine", "api_key": "public-half", "secret": "hush-hush"})
    assert 401 == reply.status_code
    assert "hush-hush" not in reply.text
    assert {"name": "Mine", "api_key": "public-half"}.items() <= hidden(reply.text).items()


def test_no_exchanges_secret_is_kept() -> None:
    secrets = {each.name for market in MarketTable().list() for each in fields(market) if each.secret}
    assert len(secrets) > 2
    assert not (secrets | {"password", "former", "again", "code", "public_key"}) & KEPT


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "none"}]
)
async def test_nobody_else_fills_in_what_is_one_click_away(alice: Visitor, headers: dict[str, str]) -> None:
    reply = await alice.http.post("/security/users", data={"name": "mallory"}, headers=headers)
    assert 403 == reply.status_code
    assert "mallory" not in reply.text


async def test_what_holds_nothing_is_refused_as_before(alice: Visitor, house: House) -> None:
    await end_sessions(house)
    own = {"sec-fetch-site": "same-origin"}
    for path, sent in (("/refresh", {}), ("/logout", {}), ("/login", {"name": "alice", "password": PASSWORD})):
        reply = await alice.http.post(path, data={"form_token": "x", **sent}, headers=own)
        assert 403 == reply.status_code
        assert "Send it again" not in reply.text
