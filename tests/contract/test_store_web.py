"""The port WebStore."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.contract.conftest import OpenStore
from tests.contract.records import NOW

from coinassay.domain.account import User
from coinassay.errors import Conflict, NotFound
from coinassay.services.ports.web import Allowance, Caller, CodeKind, Method, NewSession, WebStore
from coinassay.storage.store import Store

CALLER = Caller("192.0.2.1", "Browser/1.0")
LATER = NOW + timedelta(hours=1)
THREE = Allowance(3, timedelta(seconds=10))


def new(user: User, token: str = "token hash") -> NewSession:
    return NewSession(user.id, token, CALLER, Method.PASSWORD)


# ------------------------------------------------------------------------------------------------- passwords


async def test_a_password_is_kept(store: Store, open_store: OpenStore, alice: User, bob: User) -> None:
    port: WebStore = store
    assert await port.find_password(alice.id) is None
    await port.set_password(alice.id, "first", NOW)
    await port.set_password(alice.id, "second", NOW)
    other = await open_store()
    assert "second" == await other.find_password(alice.id)
    assert await other.find_password(bob.id) is None


async def test_nobody_has_no_password_to_set(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.set_password(1, "hash", NOW)


async def test_a_hash_is_renewed_unless_the_password_was_changed_meanwhile(store: Store, alice: User) -> None:
    await store.set_password(alice.id, "first", NOW)
    await store.renew_hash(alice.id, "first", "first under other parameters")
    assert "first under other parameters" == await store.find_password(alice.id)
    await store.renew_hash(alice.id, "first", "lost")
    assert "first under other parameters" == await store.find_password(alice.id)


async def test_a_new_password_ends_what_there_was(store: Store, alice: User, bob: User) -> None:
    kept = await store.add_session(new(alice, "kept"), NOW, "device")
    await store.add_session(new(alice, "ended"), NOW)
    bobs = await store.add_session(new(bob, "bob's"), NOW, "bob's device")
    await store.add_code("code", CodeKind.PASSWORD, alice.id, NOW, LATER)
    await store.add_code("bob's code", CodeKind.PASSWORD, bob.id, NOW, LATER)
    await store.set_password(alice.id, "hash", NOW, keep=kept.id)
    assert [kept] == await store.list_sessions(alice.id)
    assert [bobs] == await store.list_sessions(bob.id)
    assert not await store.knows_device(alice.id, "device")
    assert await store.knows_device(bob.id, "bob's device")
    with pytest.raises(NotFound):
        await store.find_code("code", CodeKind.PASSWORD, NOW)
    assert bob.id == await store.find_code("bob's code", CodeKind.PASSWORD, NOW)
    await store.set_password(alice.id, "hash", NOW)
    assert [] == await store.list_sessions(alice.id)


# -------------------------------------------------------------------------------------------------- sessions


async def test_a_session_is_given_back_as_it_began(store: Store, open_store: OpenStore, alice: User) -> None:
    session = await store.add_session(new(alice), NOW)
    other = await open_store()
    assert session == await other.find_session("token hash")
    assert [session] == await other.list_sessions(alice.id)
    assert (alice.id, NOW, NOW, NOW) == (session.user_id, session.created_at, session.seen_at, session.confirmed_at)
    assert (CALLER.address, CALLER.agent, Method.PASSWORD) == (session.address, session.agent, session.method)
    assert await other.find_session("another") is None


async def test_a_session_is_seen_and_confirmed(store: Store, alice: User) -> None:
    session = await store.add_session(new(alice), NOW)
    await store.touch_session(session.id, LATER)
    await store.touch_session(session.id, NOW)
    await store.confirm_session(session.id, LATER)
    assert replace(session, seen_at=LATER, confirmed_at=LATER) == await store.find_session("token hash")


async def test_the_one_seen_last_comes_first(store: Store, alice: User) -> None:
    sessions = [await store.add_session(new(alice, f"{n}"), NOW + timedelta(minutes=n % 3)) for n in range(5)]
    found = await store.list_sessions(alice.id)
    assert [sessions[n].id for n in (2, 4, 1, 3, 0)] == [each.id for each in found]


async def test_a_session_is_ended_by_its_user(store: Store, alice: User, bob: User) -> None:
    session = await store.add_session(new(alice), NOW)
    with pytest.raises(NotFound):
        await store.end_session(bob.id, session.id)
    await store.end_other_sessions(bob.id, 0)
    assert await store.find_session("token hash") is not None
    await store.end_session(alice.id, session.id)
    assert await store.find_session("token hash") is None
    with pytest.raises(NotFound):
        await store.end_session(alice.id, session.id)


async def test_what_is_stale_is_dropped(store: Store, alice: User) -> None:
    unused = await store.add_session(new(alice, "unused"), NOW)
    old = await store.add_session(new(alice, "old"), NOW - timedelta(days=30))
    good = await store.add_session(new(alice, "good"), NOW)
    for session in (old, good):
        await store.touch_session(session.id, LATER)
    await store.add_code("gone", CodeKind.CHALLENGE, None, NOW, LATER)
    await store.add_code("good", CodeKind.CHALLENGE, None, NOW, LATER + timedelta(seconds=1))
    await store.take_attempt("somebody", THREE, NOW)
    await store.drop_stale(LATER, NOW + timedelta(minutes=1), NOW - timedelta(days=1))
    assert [good.id] == [each.id for each in await store.list_sessions(alice.id)]
    assert unused.id != good.id
    assert await store.take_code("good", CodeKind.CHALLENGE, LATER) is None
    with pytest.raises(NotFound):
        await store.take_code("gone", CodeKind.CHALLENGE, NOW)


async def test_a_browser_is_known_to_whom_signed_in_there_last(store: Store, alice: User, bob: User) -> None:
    await store.add_session(new(alice, "1"), NOW, "device")
    assert await store.knows_device(alice.id, "device")
    await store.add_session(new(bob, "2"), NOW, "device")
    assert not await store.knows_device(alice.id, "device")
    assert await store.knows_device(bob.id, "device")


# ----------------------------------------------------------------------------------------------------- codes


async def test_a_code_is_good_for_one_thing_until_it_expires(store: Store, alice: User) -> None:
    await store.add_code("code", CodeKind.PASSWORD, alice.id, NOW, LATER)
    for code, kind, at in (
        ("code", CodeKind.CHALLENGE, NOW),
        ("code", CodeKind.PASSWORD, LATER),
        ("CODE", CodeKind.PASSWORD, NOW),
    ):
        with pytest.raises(NotFound):
            await store.find_code(code, kind, at)
        with pytest.raises(NotFound):
            await store.take_code(code, kind, at)
    assert alice.id == await store.find_code("code", CodeKind.PASSWORD, NOW)
    assert alice.id == await store.take_code("code", CodeKind.PASSWORD, NOW)
    with pytest.raises(NotFound):
        await store.take_code("code", CodeKind.PASSWORD, NOW)


async def test_of_several_who_take_a_code_one_gets_it(open_store: OpenStore, alice: User) -> None:
    stores = [await open_store() for _ in range(3)]
    await stores[0].add_code("code", CodeKind.CHALLENGE, alice.id, NOW, LATER)
    taken = await asyncio.gather(
        *(each.take_code("code", CodeKind.CHALLENGE, NOW) for each in stores), return_exceptions=True
    )
    assert [alice.id] == [each for each in taken if not isinstance(each, NotFound)]


async def test_a_code_sets_a_password_once(open_store: OpenStore, alice: User) -> None:
    stores = [await open_store() for _ in range(2)]
    await stores[0].add_code("code", CodeKind.PASSWORD, alice.id, NOW, LATER)
    done = await asyncio.gather(
        *(each.redeem_password_code("code", alice.id, f"hash {n}", NOW) for n, each in enumerate(stores)),
        return_exceptions=True,
    )
    assert 1 == sum(isinstance(each, NotFound) for each in done)
    winner = done.index(None)
    assert f"hash {winner}" == await stores[0].find_password(alice.id)


async def test_nobody_gets_no_code(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.add_code("code", CodeKind.PASSWORD, 1, NOW, LATER)


# -------------------------------------------------------------------------------------------------- passkeys


async def test_a_passkey_is_given_back_as_it_was_added(store: Store, open_store: OpenStore, alice: User) -> None:
    await store.add_passkey(alice.id, "phone", b"\0id", b"\xffkey", 2**32 - 1, NOW)
    other = await open_store()
    (found,) = await other.list_passkeys(alice.id)
    assert found == await other.find_passkey(b"\0id")
    assert (alice.id, "phone", b"\0id", b"\xffkey") == (
        found.user_id,
        found.name,
        found.credential_id,
        found.public_key,
    )
    assert (2**32 - 1, NOW, None) == (found.sign_count, found.created_at, found.last_used_at)
    assert await other.find_passkey(b"\0") is None


async def test_a_credential_is_stored_once(store: Store, alice: User, bob: User) -> None:
    await store.add_passkey(alice.id, "phone", b"id", b"key", 0, NOW)
    with pytest.raises(Conflict):
        await store.add_passkey(bob.id, "phone", b"id", b"key", 0, NOW)


async def test_passkeys_are_renamed_and_removed_by_their_user(store: Store, alice: User, bob: User) -> None:
    for name in ("phone", "laptop"):
        await store.add_passkey(alice.id, name, name.encode(), b"key", 0, NOW)
    phone, laptop = await store.list_passkeys(alice.id)
    with pytest.raises(NotFound):
        await store.rename_passkey(bob.id, phone.id, "mine")
    with pytest.raises(NotFound):
        await store.remove_passkey(bob.id, phone.id)
    await store.rename_passkey(alice.id, phone.id, "old phone")
    await store.remove_passkey(alice.id, laptop.id)
    assert [replace(phone, name="old phone")] == await store.list_passkeys(alice.id)


async def test_of_two_uses_at_once_one_counts(open_store: OpenStore, alice: User) -> None:
    stores = [await open_store() for _ in range(2)]
    await stores[0].add_passkey(alice.id, "phone", b"id", b"key", 7, NOW)
    (passkey,) = await stores[0].list_passkeys(alice.id)
    done = await asyncio.gather(
        *(each.record_passkey_use(passkey.id, 7, 8, LATER) for each in stores), return_exceptions=True
    )
    assert 1 == sum(isinstance(each, Conflict) for each in done)
    assert replace(passkey, sign_count=8, last_used_at=LATER) == await stores[1].find_passkey(b"id")


# ---------------------------------------------------------------------------------------- counters of failures


async def test_attempts_are_counted(store: Store) -> None:
    port: WebStore = store
    assert [timedelta()] * 3 == [await port.take_attempt("one", THREE, NOW) for _ in range(3)]
    assert [timedelta(seconds=10)] * 2 == [await port.take_attempt("one", THREE, NOW) for _ in range(2)]
    assert timedelta() == await port.take_attempt("another", THREE, NOW)
    assert timedelta(seconds=4) == await port.take_attempt("one", THREE, NOW + timedelta(seconds=6))
    after = NOW + timedelta(seconds=10)
    assert [timedelta(), timedelta(seconds=10)] == [await port.take_attempt("one", THREE, after) for _ in range(2)]
    long_after = NOW + timedelta(days=1)
    assert [timedelta()] * 3 == [await port.take_attempt("one", THREE, long_after) for _ in range(3)]
    assert timedelta() != await port.take_attempt("one", THREE, long_after), "no more than that however long it was"


async def test_what_was_no_failure_is_given_back(store: Store) -> None:
    for _ in range(3):
        await store.take_attempt("one", THREE, NOW)
    await store.give_attempt_back("one", THREE)
    assert timedelta() == await store.take_attempt("one", THREE, NOW)
    assert timedelta() != await store.take_attempt("one", THREE, NOW)
    await store.forget_attempts("one")
    assert timedelta() == await store.take_attempt("one", THREE, NOW)


async def test_several_servers_count_together(open_store: OpenStore) -> None:
    stores = [await open_store() for _ in range(3)]
    waits = await asyncio.gather(*(stores[n % 3].take_attempt("one", THREE, NOW) for n in range(12)))
    assert 3 == waits.count(timedelta())
