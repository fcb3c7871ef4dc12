"""Password hashes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from argon2 import extract_parameters

from coinassay.errors import TooManyRequests
from coinassay.storage.password_hash import AT_ONCE, MOST_WAITING, Argon2Hasher


@pytest.fixture
def hasher() -> Iterator[Argon2Hasher]:
    hasher = Argon2Hasher(memory_kib=8, rounds=1, lanes=1)
    yield hasher
    hasher.close()


@pytest.fixture
def slow() -> Iterator[Argon2Hasher]:
    """As servers use it."""
    hasher = Argon2Hasher()
    yield hasher
    hasher.close()


async def test_a_password_is_known_again(hasher: Argon2Hasher) -> None:
    encoded = await hasher.hash("correct horse")
    assert "correct horse" not in encoded
    assert encoded != await hasher.hash("correct horse"), "each with a salt of its own"
    assert await hasher.verify(encoded, "correct horse")
    assert not await hasher.verify(encoded, "correct horses")


@pytest.mark.parametrize("encoded", ["", "x", "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA", "$2b$12$" + "a" * 53])
async def test_what_is_no_hash_fits_no_password(hasher: Argon2Hasher, encoded: str) -> None:
    assert not await hasher.verify(encoded, "")
    assert not await hasher.verify(encoded, encoded)


async def test_nobody_has_no_password(hasher: Argon2Hasher) -> None:
    for password in ("", "password", "\0" * 16):
        assert not await hasher.verify(None, password)


async def test_the_parameters_are_those_of_rfc_9106(slow: Argon2Hasher) -> None:
    encoded = await slow.hash("correct horse")
    assert encoded.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert not slow.is_outdated(encoded)


async def test_a_hash_with_other_parameters_is_outdated(hasher: Argon2Hasher, slow: Argon2Hasher) -> None:
    encoded = await hasher.hash("correct horse")
    assert slow.is_outdated(encoded)
    assert await slow.verify(encoded, "correct horse")


async def test_who_is_not_there_is_as_much_work(hasher: Argon2Hasher, slow: Argon2Hasher) -> None:
    for each in (hasher, slow):
        encoded = await each.hash("correct horse")
        assert extract_parameters(encoded) == extract_parameters(each._nobodys)
        assert not await each.verify(None, "correct horse")


async def test_no_more_wait_than_can_be_served_soon(hasher: Argon2Hasher) -> None:
    """Each takes memory and time, so a crowd of them would take all there is."""
    done = await asyncio.gather(*(hasher.verify(None, "x") for _ in range(60)), return_exceptions=True)
    refused = [each for each in done if isinstance(each, TooManyRequests)]
    assert 60 - AT_ONCE - MOST_WAITING == len(refused)
    assert not await hasher.verify(None, "x"), "and afterwards it goes on"


async def test_the_event_loop_goes_on_meanwhile(slow: Argon2Hasher) -> None:
    turns = 0
    work = asyncio.gather(*(slow.hash("correct horse") for _ in range(2)))
    while not work.done():
        await asyncio.sleep(0)
        turns += 1
    await work
    assert turns > 2  # one to start each, and the rest while they were worked on
