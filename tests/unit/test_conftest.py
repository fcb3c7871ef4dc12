"""The guards that every other test relies on."""

from __future__ import annotations

import asyncio
import socket
import threading
from decimal import Decimal, FloatOperation, Inexact

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import LeavesThisMachine, _attempts

from coinassay.domain.money import divide, exact

LONG = Decimal("1.0000000000000000000000000000000000000001")


def lose_a_digit() -> Decimal:
    return LONG + Decimal(1)


def test_an_operator_that_loses_a_digit_raises() -> None:
    with pytest.raises(Inexact):
        lose_a_digit()
    with pytest.raises(FloatOperation):
        Decimal("0.1") < 0.2  # noqa: B015


async def test_also_in_a_coroutine_and_in_what_it_starts() -> None:
    with pytest.raises(Inexact):
        lose_a_digit()
    with pytest.raises(Inexact):
        await asyncio.to_thread(lose_a_digit)
    with pytest.raises(Inexact):
        await asyncio.get_running_loop().run_in_executor(None, lose_a_digit)


def test_also_in_a_thread() -> None:
    raised: list[type[BaseException]] = []

    def run() -> None:
        try:
            lose_a_digit()
        except Inexact as e:
            raised.append(type(e))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert [Inexact] == raised


def test_the_products_own_contexts_do_round() -> None:
    with exact():
        assert Decimal("2.0000000000000000000000000000000000000001") == lose_a_digit()
    assert divide(Decimal(1), Decimal(3)) < 1


@given(st.decimals(allow_nan=False, allow_infinity=False, places=20), st.floats())
def test_hypothesis_still_makes_numbers(number: Decimal, binary: float) -> None:
    assert number.is_finite()
    assert isinstance(binary, float)


async def test_another_machine_cannot_be_reached() -> None:
    with socket.socket() as s, pytest.raises(LeavesThisMachine):
        s.connect(("192.0.2.1", 80))
    with pytest.raises(LeavesThisMachine):
        await asyncio.open_connection("exchange.example", 443)
    assert len(_attempts) == 2, "and is remembered in case the refusal is swallowed"
    _attempts.clear()


async def test_this_machine_can_be_reached() -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        assert b"" == await reader.read()
        writer.close()
        await writer.wait_closed()
