"""The server under the simulated exchanges."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from coinassay.testing.http import LARGEST_BODY, HttpServer, Reply, Request, is_loopback, json_reply

Handler = Callable[[Request], Awaitable[Reply]]


async def echo(request: Request) -> Reply:
    return json_reply({"path": request.path, "query": request.query, "body": request.text, "peer": request.peer})


async def talk(server: HttpServer, sent: bytes, *, answers: int = 1) -> bytes:
    """What the server says to the very bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    try:
        writer.write(sent)
        await writer.drain()
        said = b""
        while said.count(b"HTTP/1.1") < answers or not said.endswith(b"}"):
            piece = await asyncio.wait_for(reader.read(65536), 5)
            if not piece:
                break
            said += piece
        return said
    finally:
        writer.close()


@pytest.fixture
async def server() -> Any:
    served = HttpServer(echo)
    await served.start()
    yield served
    await served.stop()


async def test_the_request_arrives_as_it_was_sent(server: HttpServer) -> None:
    body = b"a=%20&b=\xff"
    said = await talk(server, b"POST /x%2Fy?q=a+b&q=%C3%A9 HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n" + body)

    assert said.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'"path":"/x%2Fy","query":"q=a+b&q=%C3%A9","body":"a=%20&b=\\ufffd","peer":"127.0.0.1"' in said


async def test_requests_on_one_connection_are_answered_in_order(server: HttpServer) -> None:
    three = b"".join(b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % number for number in range(3))

    said = await talk(server, three, answers=3)

    assert [b"0", b"1", b"2"] == re.findall(rb'"path":"/([0-9])"', said)


async def test_a_connection_is_kept_or_closed_as_asked(server: HttpServer) -> None:
    kept = await talk(server, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    closed = await talk(server, b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")

    assert b"Connection: keep-alive" in kept
    assert b"Connection: close" in closed


@pytest.mark.parametrize(
    "sent",
    [
        b"rubbish\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % (LARGEST_BODY + 1) + b"x" * (LARGEST_BODY + 1),
        b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ],
    ids=["no HTTP", "too large", "upgrade"],
)
async def test_what_it_does_not_speak_ends_the_connection(server: HttpServer, sent: bytes) -> None:
    try:
        said = await talk(server, sent)
    except ConnectionError:
        said = b""

    assert b"" == said
    assert (await talk(server, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")).startswith(b"HTTP/1.1 200")


async def test_a_handler_that_fails_closes_the_connection_and_is_reported() -> None:
    async def fail(request: Request) -> Reply:
        raise ZeroDivisionError("a mistake in the double")

    server = HttpServer(fail)
    await server.start()
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    try:
        assert b"" == await talk(server, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    finally:
        await server.stop()

    assert ["a mistake in the double"] == [str(context["exception"]) for context in reported]


async def test_stopping_ends_what_is_still_being_answered() -> None:
    began = asyncio.Event()

    async def never(request: Request) -> Reply:
        began.set()
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    server = HttpServer(never)
    await server.start()
    asked = asyncio.create_task(talk(server, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
    await began.wait()

    await asyncio.wait_for(server.stop(), 2)
    assert b"" == await asked
    assert set() == server.connections
    await server.stop()


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("127.8.9.1", True),
        ("0.0.0.0", False),
        ("example.org", False),
        ("::", False),
    ],
)
def test_loopback_addresses_are_told_from_others(host: str, loopback: bool) -> None:
    assert loopback is is_loopback(host)
