"""The first password, and every one that a one-time code sets."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.api.conftest import House
from tests.web.conftest import Open, give_password
from tests.web.visitor import PASSWORD, Visitor

from coinassay.domain.account import User
from coinassay.domain.password import LONGEST_PASSWORD
from coinassay.services.sign_in import PER_ADDRESS


@pytest.fixture
async def code(house: House, alice_user: User) -> str:
    return await house.services.sign_in.issue_code(alice_user.id)


async def enter(visitor: Visitor, code: str, password: str = PASSWORD, again: str | None = None) -> int:
    await visitor.get("/welcome")
    fields = {"code": code, "password": password, "again": password if again is None else again}
    return (await visitor.post("/welcome", fields)).status_code


async def is_unset(house: House) -> bool:
    return await house.services.sign_in.is_new()


async def test_a_new_server_leads_to_it(stranger: Visitor, alice_user: User) -> None:
    assert "/login" == (await stranger.get("/")).headers["location"]
    assert "/welcome" == (await stranger.get("/login")).headers["location"]
    await stranger.get("/welcome")
    assert "one-time code it printed" in stranger.text


async def test_the_code_sets_the_password_and_signs_in(stranger: Visitor, house: House, code: str) -> None:
    await stranger.get("/welcome")
    reply = await stranger.post("/welcome", {"code": code, "password": PASSWORD, "again": PASSWORD})
    assert (303, "/start") == (reply.status_code, reply.headers["location"])
    assert 200 == (await stranger.get("/start")).status_code
    assert not await is_unset(house)
    assert 303 == (await stranger.sign_in("alice")).status_code


@pytest.mark.parametrize("write", [str.lower, lambda code: code.replace("-", " "), lambda code: f"  {code}\t"])
async def test_however_it_is_typed(stranger: Visitor, house: House, code: str, write: object) -> None:
    assert callable(write)
    assert 303 == await enter(stranger, write(code))


@pytest.mark.parametrize("wrong", ["", "AAAA-AAAA-AAAA-AAAA", "é\ud7ff", "x" * 10_000])
async def test_a_wrong_code(stranger: Visitor, house: House, code: str, wrong: str) -> None:
    assert 401 == await enter(stranger, wrong)
    assert "This code is not right, was used already, or has expired." in stranger.text
    assert await is_unset(house)


async def test_a_code_works_once(stranger: Visitor, house: House, code: str) -> None:
    assert 303 == await enter(stranger, code)
    assert 401 == await enter(stranger, code, "another long password")
    assert 303 == (await stranger.sign_in("alice")).status_code


async def test_a_code_expires(stranger: Visitor, house: House, code: str) -> None:
    house.clock.advance(minutes=60)
    assert 401 == await enter(stranger, code)
    assert await is_unset(house)


async def test_setting_a_password_makes_all_codes_of_the_user_void(
    stranger: Visitor, house: House, alice_user: User, code: str
) -> None:
    other = await house.services.sign_in.issue_code(alice_user.id)
    assert 303 == await enter(stranger, other)
    assert 401 == await enter(stranger, code)


@pytest.mark.parametrize(
    ("password", "again", "problem"),
    [
        ("short", None, "must have at least 12 characters"),
        ("x" * (LONGEST_PASSWORD + 1), None, "must have at most 256 characters"),
        (PASSWORD, "something else", "is not the same password"),
    ],
)
async def test_a_password_that_does_not_do_leaves_the_code_good(
    stranger: Visitor, house: House, code: str, password: str, again: str | None, problem: str
) -> None:
    assert 422 == await enter(stranger, code, password, again)
    assert problem in stranger.text
    assert code in stranger.page.text, "it need not be typed again"
    assert 303 == await enter(stranger, code)


async def test_one_password_however_the_keyboard_writes_it(stranger: Visitor, code: str) -> None:
    assert 303 == await enter(stranger, code, "pässwörd auf Deutsch")  # ä as one sign
    assert 303 == (await stranger.sign_in("alice", "pa\u0308sswo\u0308rd auf Deutsch")).status_code


async def test_codes_are_not_to_be_guessed(stranger: Visitor, code: str) -> None:
    statuses = [await enter(stranger, "AAAA-AAAA-AAAA-AAAA") for _ in range(PER_ADDRESS.burst)]
    assert [401] * PER_ADDRESS.burst == statuses
    assert 429 == await enter(stranger, code)


def test_only_a_hash_of_it_is_kept(tmp_path: Path, code: str) -> None:
    plain = code.replace("-", "")
    for path in tmp_path.glob("*.db*"):
        content = path.read_bytes()
        assert plain.encode() not in content
        assert code.encode() not in content


async def test_who_forgot_the_password_is_signed_out_everywhere(
    alice: Visitor, visit: Open, house: House, alice_user: User
) -> None:
    code = await house.services.sign_in.issue_code(alice_user.id)
    elsewhere = await visit()
    await elsewhere.get("/welcome")
    assert "Set a password" in elsewhere.text
    reply = await elsewhere.post(
        "/welcome", {"code": code, "password": "a new long password", "again": "a new long password"}
    )
    assert "/" == reply.headers["location"], "and not to the choice of the first time"
    assert 303 == (await alice.get("/security")).status_code
    assert 401 == (await alice.sign_in("alice")).status_code


async def test_the_owner_invites_somebody(alice: Visitor, visit: Open, house: House) -> None:
    reply = await alice.post("/security/users", {"name": "carol"})
    assert 200 == reply.status_code
    code = reply.text.partition('id="invitation">')[2].partition("<")[0]
    house.clock.advance(days=2, hours=23)
    carol = await visit(address="192.0.2.40")
    assert 303 == await enter(carol, code)
    await carol.get("/security")
    assert "Who may sign in" not in carol.text, "that is the owner's"


async def test_an_invitation_ends(alice: Visitor, visit: Open, house: House) -> None:
    user, code = await house.services.sign_in.invite("carol")
    house.clock.advance(days=3)
    assert 401 == await enter(await visit(), code)
    assert not await house.services.sign_in.has_password(user.id)


async def test_nobody_else_invites(bob: Visitor, house: House, alice_user: User) -> None:
    await give_password(house, alice_user)
    assert 403 == (await bob.post("/security/users", {"name": "carol"})).status_code
    assert await house.services.users.find_user("carol") is None


@pytest.mark.parametrize(
    ("name", "problem"), [("alice", "has already been taken"), (" ", "1 to 60"), ("a\nb", "1 to 60")]
)
async def test_a_name_nobody_can_have(alice: Visitor, house: House, name: str, problem: str) -> None:
    reply = await alice.post("/security/users", {"name": name})
    assert 422 == reply.status_code
    assert problem in alice.text
    assert 1 == len(await house.services.users.list_users())
