"""Sessions and the password, as their user sees and changes them."""

from __future__ import annotations

import re

import pytest
from tests.api.conftest import House
from tests.web.conftest import Open
from tests.web.visitor import PASSWORD, Visitor

from coinassay.web.agents import agent_name

NEW = "another long password"


async def test_sessions_are_listed_with_browser_and_address(alice: Visitor, visit: Open) -> None:
    other = await visit(address="198.51.100.4")
    other.http.headers["user-agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    await other.sign_in("alice")
    await alice.get("/security")
    assert "Firefox on Linux 198.51.100.4 · seen just now" in alice.text
    assert 1 == alice.text.count("this one")


async def test_one_is_ended(alice: Visitor, visit: Open) -> None:
    other = await visit()
    await other.sign_in("alice")
    await alice.get("/security")
    (newest, *_) = re.findall(r"/security/sessions/(\d+)/end", alice.page.text)
    assert 303 == (await alice.post(f"/security/sessions/{newest}/end")).status_code
    assert 303 == (await other.get("/security")).status_code
    assert 200 == (await alice.get("/security")).status_code
    assert "That session has ended." in alice.text
    assert "That session has ended." not in (await alice.get("/security")).text, "said once"


async def test_all_others_are_ended(alice: Visitor, visit: Open) -> None:
    others = [await visit() for _ in range(3)]
    for each in others:
        await each.sign_in("alice")
    await alice.post("/security/sessions/end-others")
    assert [303] * 3 == [(await each.get("/security")).status_code for each in others]
    assert 200 == (await alice.get("/security")).status_code


async def test_another_users_session_does_not_exist(alice: Visitor, bob: Visitor, house: House) -> None:
    (session, *_) = await house.services.sign_in.list_sessions(1)
    assert 404 == (await bob.post(f"/security/sessions/{session.id}/end")).status_code
    await bob.get("/security")
    await bob.post("/security/sessions/end-others")
    assert 200 == (await alice.get("/security")).status_code


@pytest.mark.parametrize("number", ["0", "999999", "9" * 40])
async def test_a_session_that_is_not_there(alice: Visitor, number: str) -> None:
    assert 404 == (await alice.post(f"/security/sessions/{number}/end")).status_code


async def test_changing_the_password_ends_the_others(alice: Visitor, visit: Open) -> None:
    other = await visit()
    await other.sign_in("alice")
    await alice.get("/security")
    reply = await alice.post("/security/password", {"former": PASSWORD, "password": NEW, "again": NEW})
    assert "/security" == reply.headers["location"]
    assert 200 == (await alice.get("/security")).status_code
    assert 303 == (await other.get("/security")).status_code
    assert 401 == (await other.sign_in("alice")).status_code
    assert 303 == (await other.sign_in("alice", NEW)).status_code


async def test_and_forgets_which_browsers_are_known(alice: Visitor, house: House) -> None:
    device = alice.http.cookies["coinassay-8000-device"]
    sessions = house.services.sign_in
    await alice.post("/security/password", {"former": PASSWORD, "password": NEW, "again": NEW})
    from coinassay.services.sign_in import _hashed

    assert not await house.store.knows_device(1, _hashed(device))
    assert 1 == len(await sessions.list_sessions(1))


@pytest.mark.parametrize(
    ("fields", "status", "problem"),
    [
        ({"former": "wrong", "password": NEW, "again": NEW}, 401, "is not your present password"),
        ({"former": PASSWORD, "password": "short", "again": "short"}, 422, "at least 12 characters"),
        ({"former": PASSWORD, "password": NEW, "again": NEW + "!"}, 422, "is not the same password"),
        ({}, 422, "at least 12 characters"),
    ],
)
async def test_it_stays_when_something_is_wrong(
    alice: Visitor, fields: dict[str, str], status: int, problem: str
) -> None:
    assert status == (await alice.post("/security/password", fields)).status_code
    assert problem in alice.text
    assert NEW not in alice.page.text
    assert 303 == (await alice.sign_in("alice")).status_code


async def test_changing_it_is_no_place_to_guess(alice: Visitor) -> None:
    fields = {"former": "wrong", "password": NEW, "again": NEW}
    statuses = [(await alice.post("/security/password", fields)).status_code for _ in range(11)]
    assert [401] * 10 + [429] == statuses


async def test_the_command_line_sets_it_and_ends_all_sessions(alice: Visitor, house: House) -> None:
    await house.services.sign_in.set_password(1, NEW)
    assert 303 == (await alice.get("/security")).status_code
    assert 303 == (await alice.sign_in("alice", NEW)).status_code


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit Version/17.5 Mobile Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/126 Safari/537.36 Edg/126", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit Chrome/126 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5", "curl/8.5"),
        ("", "Unknown browser"),
        ("x" * 100, "x" * 40),
    ],
)
def test_browsers_have_names(agent: str, name: str) -> None:
    assert name == agent_name(agent)


async def test_a_script_as_a_browser_is_text(alice: Visitor, visit: Open) -> None:
    other = await visit()
    other.http.headers["user-agent"] = "<script>alert(1)</script>"
    await other.sign_in("alice")
    await alice.get("/security")
    assert "<script>alert" not in alice.page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in alice.page.text
