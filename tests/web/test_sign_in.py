"""Signing in and out, refusals first."""

from __future__ import annotations

import pytest
from tests.api.conftest import House
from tests.web.conftest import Open, give_password
from tests.web.visitor import PASSWORD, Visitor

from coinassay.domain.account import User
from coinassay.services.sign_in import PER_ADDRESS, PER_USER
from coinassay.web.app import create_web
from coinassay.web.options import WebOptions

WRONG = "The name or the password is not right."


@pytest.fixture
async def password(house: House, alice_user: User) -> str:
    """Alice has one; Bob, who may be there, has none."""
    await give_password(house, alice_user)
    return PASSWORD


@pytest.mark.parametrize("path", ["/", "/security", "/start", "/confirm", "/security?x=1"])
async def test_who_is_not_signed_in_is_led_to_the_page_for_it(stranger: Visitor, password: str, path: str) -> None:
    reply = await stranger.get(path)
    assert 303 == reply.status_code
    assert reply.headers["location"].startswith("/login")
    assert "no-store" == reply.headers["cache-control"]


async def test_and_from_there_to_where_they_wanted(stranger: Visitor, password: str) -> None:
    reply = await stranger.get("/security?x=1")
    await stranger.get(reply.headers["location"])
    reply = await stranger.post("/login", {"name": "alice", "password": password, "next": "/security?x=1"})
    assert (303, "/security?x=1") == (reply.status_code, reply.headers["location"])


async def test_a_script_is_told_so(stranger: Visitor, password: str) -> None:
    reply = await stranger.get("/security", accept="application/json")
    assert (401, "not_signed_in") == (reply.status_code, reply.json()["error"])


@pytest.mark.parametrize(
    ("name", "entered"),
    [("alice", "wrong"), ("alice", ""), ("alice", PASSWORD.upper()), ("nobody", PASSWORD), ("bob", PASSWORD), ("", "")],
)
async def test_whatever_is_wrong_the_answer_is_the_same(
    stranger: Visitor, password: str, bob_user: User, name: str, entered: str
) -> None:
    await stranger.get("/login")
    reply = await stranger.post("/login", {"name": name, "password": entered})
    assert 401 == reply.status_code
    assert WRONG in stranger.text
    assert entered == "" or entered not in stranger.page.text
    assert 303 == (await stranger.get("/security")).status_code


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/%09/evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/ok\r\nset-cookie: a=b",
    ],
)
async def test_nobody_is_led_to_another_server(stranger: Visitor, password: str, target: str) -> None:
    await stranger.get("/login")
    reply = await stranger.post("/login", {"name": "alice", "password": password, "next": target})
    assert 303 == reply.status_code
    location = reply.headers["location"]
    assert location == "/" or (location.startswith("/%09/") and target.startswith("/%09"))
    assert "a" not in stranger.http.cookies


async def test_a_session_is_a_random_token_of_which_only_a_hash_is_kept(
    alice: Visitor, house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    token = alice.http.cookies["coinassay-8000-session"]
    assert len(token) >= 43
    reply = await alice.http.get("/security")
    assert token not in reply.text
    assert await house.services.sign_in.find_session(token) is not None
    assert await house.services.sign_in.find_session(token[:-1]) is None
    sessions = await house.store.list_sessions(1)
    assert token not in repr(sessions)


async def test_the_cookies_are_out_of_reach(house: House, visit: Open, stranger: Visitor, password: str) -> None:
    await stranger.get("/login")
    reply = await stranger.post("/login", {"name": "alice", "password": password})
    cookies = {each.partition("=")[0]: each.lower() for each in reply.headers.get_list("set-cookie")}
    session, device = cookies["coinassay-8000-session"], cookies["coinassay-8000-device"]
    for each in (session, device):
        assert "httponly" in each
        assert "path=/" in each
        assert "domain=" not in each
        assert "secure" not in each, "over http browsers would drop it"
    assert "samesite=lax" in session
    assert "samesite=strict" in device


async def test_over_https_they_are_bound_to_the_host_and_to_tls(house: House, visit: Open, password: str) -> None:
    web = create_web(house.services, WebOptions(public_url="https://coins.example"))
    visitor = await visit(web, base="https://coins.example")
    await visitor.get("/login")
    reply = await visitor.post("/login", {"name": "alice", "password": password})
    kept = [each for each in reply.headers.get_list("set-cookie") if "max-age=0" not in each.lower()]
    assert 2 == len(kept)
    assert all(each.startswith("__Host-coinassay-") and "Secure" in each and "Path=/" in each for each in kept)


async def test_signing_in_begins_a_new_session(alice: Visitor, house: House) -> None:
    before = alice.http.cookies["coinassay-8000-session"]
    await alice.get("/security")
    await alice.post("/logout")
    await alice.sign_in("alice")
    assert before != alice.http.cookies["coinassay-8000-session"]
    assert await house.services.sign_in.find_session(before) is None


async def test_signing_out_ends_the_session_itself(alice: Visitor, visit: Open) -> None:
    token = alice.http.cookies["coinassay-8000-session"]
    reply = await alice.post("/logout")
    assert "/login" == reply.headers["location"]
    assert "coinassay-8000-session" not in alice.http.cookies
    assert "You are signed out." in (await alice.get("/login")).text
    thief = await visit()
    thief.http.cookies.set("coinassay-8000-session", token)
    assert 303 == (await thief.get("/security")).status_code


async def test_a_session_ends_when_nobody_uses_it(alice: Visitor, house: House) -> None:
    house.clock.advance(days=6, hours=23)
    assert 200 == (await alice.get("/security")).status_code
    house.clock.advance(days=6, hours=23)
    assert 200 == (await alice.get("/security")).status_code, "seen meanwhile"
    house.clock.advance(days=7)
    assert 303 == (await alice.get("/security")).status_code


async def test_a_session_ends_however_much_it_is_used(alice: Visitor, house: House) -> None:
    for _ in range(29):
        house.clock.advance(days=1)
        assert 200 == (await alice.get("/security")).status_code
    house.clock.advance(days=1)
    assert 303 == (await alice.get("/security")).status_code


async def test_ended_sessions_are_dropped(alice: Visitor, house: House) -> None:
    house.clock.advance(days=31)
    await alice.sign_in("alice")
    assert 1 == len(await house.store.list_sessions(1))


# --------------------------------------------------------------------------------------------------- guessing


async def guess(visitor: Visitor, name: str = "alice") -> int:
    return (await visitor.post("/login", {"name": name, "password": "a guess at the password"})).status_code


@pytest.mark.parametrize("name", ["alice", "nobody"])
async def test_who_guesses_has_to_wait(stranger: Visitor, house: House, password: str, name: str) -> None:
    await stranger.get("/login")
    assert [401] * PER_ADDRESS.burst == [await guess(stranger, name) for _ in range(PER_ADDRESS.burst)]
    reply = await stranger.post("/login", {"name": name, "password": password})
    assert 429 == reply.status_code, "also with the right one"
    assert "Please wait 30 seconds" in stranger.text
    house.clock.advance(seconds=30)
    assert 401 == await guess(stranger, name)
    assert 429 == await guess(stranger, name)


async def test_servers_over_one_database_count_together(
    stranger: Visitor, house: House, visit: Open, password: str
) -> None:
    await stranger.get("/login")
    for _ in range(PER_ADDRESS.burst):
        await guess(stranger)
    elsewhere = await visit(create_web(house.services, WebOptions()), address="203.0.113.66")
    await elsewhere.get("/login")
    assert 429 == await guess(elsewhere)


async def test_changing_the_address_does_not_help_for_long(house: House, visit: Open, password: str) -> None:
    statuses = []
    for number in range(PER_USER.burst + 1):
        visitor = await visit(address=f"203.0.113.{number}")
        await visitor.get("/login")
        statuses.append(await guess(visitor))
    assert [401] * PER_USER.burst + [429] == statuses


async def test_a_subscriber_has_one_ipv6_network(visit: Open, password: str) -> None:
    statuses = []
    for number in range(PER_ADDRESS.burst + 1):
        visitor = await visit(address=f"2001:db8::{number + 1:x}")
        await visitor.get("/login")
        statuses.append(await guess(visitor))
    assert 429 == statuses[-1]


async def test_a_stranger_keeps_nobody_out_of_a_browser_of_theirs(alice: Visitor, visit: Open) -> None:
    await alice.post("/logout")
    for number in range(4):
        stranger = await visit(address=f"203.0.113.{number}")
        await stranger.get("/login")
        for _ in range(PER_ADDRESS.burst):
            await guess(stranger)
    beside = await visit()  # from Alice's own address, as behind one proxy
    await beside.get("/login")
    for _ in range(PER_ADDRESS.burst):
        await guess(beside)
    assert 429 == await guess(beside)
    assert 303 == (await alice.sign_in("alice")).status_code


async def test_a_known_browser_is_no_way_around_it(alice: Visitor) -> None:
    await alice.post("/logout")
    await alice.get("/login")
    statuses = [await guess(alice) for _ in range(PER_ADDRESS.burst + 1)]
    assert [401] * PER_ADDRESS.burst + [429] == statuses


async def test_a_browser_known_to_one_user_counts_as_a_strangers_for_another(alice: Visitor, bob: Visitor) -> None:
    await bob.post("/logout")
    await bob.get("/login")
    statuses = [await guess(bob, "alice") for _ in range(PER_ADDRESS.burst + 1)]
    assert 429 == statuses[-1]


async def test_signing_in_forgets_the_failures_of_that_name(visit: Open, password: str) -> None:
    for round_ in range(2):
        for number in range(PER_USER.burst - 1):
            stranger = await visit(address=f"203.0.{round_}.{number}")
            await stranger.get("/login")
            assert 401 == await guess(stranger)
        someone = await visit(address=f"198.51.{round_}.1")
        assert 303 == (await someone.sign_in("alice")).status_code


# ------------------------------------------------------------------------------------------------- once more


async def test_what_lets_people_in_needs_the_password_again_after_a_while(alice: Visitor, house: House) -> None:
    house.clock.advance(minutes=16)
    reply = await alice.post("/security/users", {"name": "carol", "next": "/security"})
    assert (303, "/confirm?next=/security") == (reply.status_code, reply.headers["location"])
    assert await house.services.users.find_user("carol") is None
    await alice.get(reply.headers["location"])
    assert 401 == (await alice.post("/confirm", {"password": "wrong", "next": "/security"})).status_code
    assert "That is not your password." in alice.text
    reply = await alice.post("/confirm", {"password": PASSWORD, "next": "/security"})
    assert "/security" == reply.headers["location"]
    assert 200 == (await alice.post("/security/users", {"name": "carol"})).status_code


async def test_confirming_is_no_place_to_guess(alice: Visitor) -> None:
    await alice.get("/confirm")
    statuses = [(await alice.post("/confirm", {"password": "wrong"})).status_code for _ in range(11)]
    assert [401] * 10 + [429] == statuses


# ------------------------------------------------------------------------------------------------- the demo


async def test_without_a_demo_nobody_gets_in_without_a_password(stranger: Visitor, password: str) -> None:
    await stranger.get("/login")
    reply = await stranger.post("/login/demo")
    assert "/login" == reply.headers["location"]
    assert 303 == (await stranger.get("/security")).status_code


async def test_a_demo_opens_with_one_click(house: House, visit: Open, alice_user: User) -> None:
    visitor = await visit(create_web(house.services, WebOptions(demo_user=alice_user.id)))
    await visitor.get("/login")
    assert "/" == (await visitor.post("/login/demo")).headers["location"]
    assert 200 == (await visitor.get("/security")).status_code


async def test_nobody_in_the_demo_is_asked_for_a_password_they_do_not_have(
    house: House, visit: Open, alice_user: User
) -> None:
    visitor = await visit(create_web(house.services, WebOptions(demo_user=alice_user.id)))
    await visitor.get("/login")
    await visitor.post("/login/demo")
    house.clock.advance(hours=1)
    assert 200 == (await visitor.get("/keys/new")).status_code
