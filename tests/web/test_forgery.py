"""A form that no page of ours sent gets nowhere, and changes nothing."""

from __future__ import annotations

import pytest
from tests.api.conftest import House
from tests.web.conftest import Open
from tests.web.visitor import PASSWORD, Visitor

from coinassay.web.app import Web, create_web
from coinassay.web.options import WebOptions
from coinassay.web.session import TOKEN_FIELD

SAME = {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"}


def forms(web: Web) -> list[str]:
    return sorted({route.path for route in web._routes if "POST" in (route.methods or ())})


async def others(house: House) -> int:
    return len(await house.services.sign_in.list_sessions(1))


async def test_every_form_is_checked(alice: Visitor, web: Web) -> None:
    """Also those of pages to come: what is signed in is not enough for any of them."""
    paths = forms(web)
    assert len(paths) > 10
    for path in paths:
        target = path.replace("{", "").replace("}", "").replace(":int", "")
        target = "/".join("1" if part.endswith("_id") else part for part in target.split("/"))
        reply = await alice.http.post(target, data={"name": "x"}, headers=SAME)
        assert 403 == reply.status_code, path
        assert "Nothing was changed" in reply.text
    assert 200 == (await alice.get("/security")).status_code, "still signed in"


@pytest.mark.parametrize(
    "token", ["", "x", "é" * 88, "A" * 88, "=" * 88, "AAAA" * 1000], ids=["none", "x", "odd", "zeros", "pad", "long"]
)
async def test_a_wrong_token(alice: Visitor, house: House, token: str) -> None:
    before = await others(house)
    data = {TOKEN_FIELD: token}
    assert 403 == (await alice.http.post("/security/sessions/end-others", data=data, headers=SAME)).status_code
    assert before == await others(house)


async def test_another_users_token(alice: Visitor, bob: Visitor) -> None:
    data = {TOKEN_FIELD: bob.token}
    assert 403 == (await alice.http.post("/security/sessions/end-others", data=data, headers=SAME)).status_code


async def test_a_token_of_before_signing_in(alice: Visitor, visit: Open) -> None:
    visitor = await visit()
    await visitor.get("/login")
    token = visitor.token
    await visitor.post("/login", {"name": "alice", "password": PASSWORD})
    data = {TOKEN_FIELD: token}
    assert 403 == (await visitor.http.post("/security/sessions/end-others", data=data, headers=SAME)).status_code


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8001"},
        {"origin": "http://127.0.0.1"},
        {"origin": "http://127.0.0.1:8000.evil.example"},
        {"origin": "http://[", "sec-fetch-site": "none"},
    ],
)
async def test_another_site_even_with_the_right_token(alice: Visitor, house: House, headers: dict[str, str]) -> None:
    before = await others(house)
    data = {TOKEN_FIELD: alice.token}
    assert 403 == (await alice.http.post("/security/sessions/end-others", data=data, headers=headers)).status_code
    assert before == await others(house)


async def test_nobody_is_signed_in_by_another_site(visit: Open, alice: Visitor) -> None:
    """Signing a victim in to the attacker's account would make them connect their exchange there."""
    victim = await visit()
    reply = await victim.http.post("/login", data={"name": "alice", "password": PASSWORD}, headers=SAME)
    assert 403 == reply.status_code
    assert "coinassay-8000-session" not in victim.http.cookies


async def test_a_browser_without_those_headers_is_judged_by_the_token(alice: Visitor) -> None:
    data = {TOKEN_FIELD: alice.token}
    assert 303 == (await alice.http.post("/security/sessions/end-others", data=data)).status_code


async def test_scripts_send_it_as_a_header(alice: Visitor) -> None:
    assert 200 == (await alice.post_json("/security/passkeys/options", {}, host="localhost:8000")).status_code
    reply = await alice.http.post("/security/passkeys/options", json={}, headers={"accept": "application/json"})
    assert (403, "forged") == (reply.status_code, reply.json()["error"])


async def test_the_token_looks_different_each_time(alice: Visitor) -> None:
    first = alice.token
    await alice.get("/security")
    assert first != alice.token


async def test_asking_changes_nothing(alice: Visitor, web: Web) -> None:
    for path in ("/logout", "/security/sessions/end-others", "/login/demo", "/security/users"):
        assert 405 == (await alice.get(path)).status_code
    assert 200 == (await alice.get("/security")).status_code


async def test_who_comes_around_https_is_told_where_to_sign_in(house: House, visit: Open, alice: Visitor) -> None:
    web = create_web(house.services, WebOptions(public_url="https://coins.example"))
    visitor = await visit(web)
    await visitor.get("/login")
    reply = await visitor.post("/login", {"name": "alice", "password": PASSWORD})
    assert 403 == reply.status_code, "the browser has not kept a Secure cookie"
    assert "sign in there" in visitor.text
