"""What a real HTTP server makes of the requests clients send: bytes written to a socket, bytes read from it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from tests.api.client import BASE, Client
from tests.api.conftest import House

from coinassay.api.protocol import LARGEST_HEAD, Protocol
from coinassay.domain.account import Account, User
from coinassay.domain.event import EventKind


class HastyProtocol(Protocol):
    patience = 0.1


@dataclass
class Wire:
    """A server, and somebody who signs requests to it."""

    port: int
    signer: Client

    server: uvicorn.Server

    async def send(self, *pieces: bytes) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the answer to what is written, piece by piece, on a connection of its own."""
        async with self.connection(*pieces) as reader:
            return await answer(reader, has_body=not pieces[0].startswith(b"HEAD"))

    async def answers(self, *pieces: bytes) -> list[tuple[int, bytes]]:
        """Status and body of all the answers there are until the server closes the connection."""
        answers = []
        async with self.connection(*pieces) as reader:
            while not reader.at_eof():
                status, headers, body = await answer(reader)
                assert headers["content-type"] == "application/json"
                answers.append((status, body))
                if headers.get("connection") == "close":
                    assert await asyncio.wait_for(reader.read(), 5) == b""
        return answers

    @asynccontextmanager
    async def connection(self, *pieces: bytes) -> AsyncIterator[asyncio.StreamReader]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.01 if len(pieces) > 1 else 0)
            yield reader
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def request(
        self, method: str, target: bytes, body: bytes = b"", signed: bytes | None = None, more: str = ""
    ) -> bytes:
        signature = self.signer.sign(target + body if signed is None else signed)
        length = f"Content-Length: {len(body)}\r\n" if body or method == "POST" else ""
        head = f" HTTP/1.1\r\nHost: x\r\nAPIKEY: {self.signer.api_key}\r\nSignature: {signature}\r\n{length}{more}\r\n"
        return method.encode() + b" " + target + head.encode() + body


async def answer(reader: asyncio.StreamReader, has_body: bool = True) -> tuple[int, dict[str, str], bytes]:
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).decode("latin-1")
    if head.startswith("HTTP/1.1 100"):
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).decode("latin-1")
    status, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers["content-length"]) if has_body else 0
    return int(status.split()[1]), headers, await asyncio.wait_for(reader.readexactly(length), 5)


@asynccontextmanager
async def serving(house: House, user: User, protocol: type[Protocol] = Protocol, **options: Any) -> AsyncIterator[Wire]:
    app = house.app(**options)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, http=protocol, ws="none", lifespan="off", log_config=None, access_log=False, proxy_headers=False
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    port = listener.getsockname()[1]  # it queues until the server is up
    yield Wire(port, await house.add_client(user, app), server)
    server.should_exit = True
    await task


@pytest.fixture
async def wire(house: House, alice_user: User) -> AsyncIterator[Wire]:
    async with serving(house, alice_user) as wire:
        yield wire


TARGET = f"{BASE}/ver1/accounts".encode()


async def test_the_signed_bytes_arrive(wire: Wire) -> None:
    for target, signed in (
        (TARGET, TARGET),
        (TARGET + b"?", TARGET + b"?"),
        (TARGET, TARGET + b"?"),
        (TARGET + b"?page=1&per_page=100", None),
        (TARGET + b"?per_page=100&page=1", TARGET + b"?page=1&per_page=100"),
        (TARGET + b"?api_key=a%2fb%20c+d:e", None),
        (TARGET + b"?api_key=%C3%A9", None),
    ):
        status, _, body = await wire.send(wire.request("GET", target, signed=signed))
        assert (status, body) == (200, b"[]"), target


async def test_escapes_in_a_path_stay_as_they_are(wire: Wire) -> None:
    target = f"{BASE}/ver1/%61ccounts".encode()
    status, _, body = await wire.send(wire.request("GET", target))
    assert (status, json.loads(body)["error"]) == (404, "not_found")


async def test_a_post_without_a_body(wire: Wire, alices_account: Account) -> None:
    target = f"{BASE}/ver1/accounts/{alices_account.id}/pie_chart_data".encode()
    for more in ("", "Content-Type: application/json\r\n", "Content-Type: application/x-www-form-urlencoded\r\n"):
        status, headers, body = await wire.send(wire.request("POST", target, more=more))
        assert (status, len(json.loads(body))) == (201, 3)
        assert headers["content-type"] == "application/json"


async def test_a_body_in_pieces(wire: Wire) -> None:
    body = b'{"type":"paper_trading","name":"Pieces"}'
    whole = wire.request("POST", TARGET + b"/new", body, more="Content-Type: application/json\r\n")
    status, _, answer = await wire.send(whole[:-30], whole[-30:-10], whole[-10:])
    assert (status, json.loads(answer)["name"]) == (201, "Pieces")


async def test_a_body_in_chunks_after_100_continue(wire: Wire) -> None:
    body = b'{"type":"paper_trading","name":"Chunks"}'
    head = wire.request("POST", TARGET + b"/new", signed=TARGET + b"/new" + body).replace(
        b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n"
    )
    chunks = b"10\r\n" + body[:16] + b"\r\n" + b"%x\r\n" % len(body[16:]) + body[16:] + b"\r\n0\r\n\r\n"
    status, _, answer = await wire.send(head, chunks)
    assert (status, json.loads(answer)["name"]) == (201, "Chunks")


async def test_a_body_beyond_the_limit_is_answered_in_json(wire: Wire) -> None:
    body = b'{"name":"' + b"x" * 1_100_000 + b'"}'
    status, headers, answer = await wire.send(wire.request("POST", TARGET + b"/new", body))
    assert (status, json.loads(answer)["error"]) == (413, "payload_too_large")
    assert headers["content-type"] == "application/json"


async def test_head_has_no_body(wire: Wire) -> None:
    status, headers, _ = await wire.send(wire.request("HEAD", TARGET))
    assert (status, headers["content-length"]) == (200, "2")


PING = f"GET {BASE}/ver1/ping HTTP/1.1\r\n".encode()
CLOSE = b"Connection: close\r\n"
PONG = (200, b'{"pong":"pong"}')
MALFORMED = (400, "malformed_request")


def errors(answers: list[tuple[int, bytes]]) -> list[tuple[int, str]]:
    return [(status, json.loads(body)["error"]) for status, body in answers]


@pytest.mark.parametrize(
    "sent",
    [
        f"GET {BASE}/ver1/accounts/é HTTP/1.1\r\n\r\n".encode(),
        f"GET {BASE}/ver1/accounts?a=\x01 HTTP/1.1\r\n\r\n".encode(),
        b"GET " + TARGET + b"?" + b"a" * 66_000 + b" HTTP/1.1\r\n\r\n",
        b"FETCH / HTTP/1.1\r\n\r\n",
        b"GET ping HTTP/1.1\r\n\r\n",
        PING + b"X: a\0b\r\n\r\n",
        b"CONNECT example.com:443 HTTP/1.1\r\n\r\n",
        b"POST " + TARGET + b"/new HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST " + TARGET + b"/new HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        b"POST " + TARGET + b"/new HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # https to a port that speaks http
    ],
)
async def test_what_is_not_http_is_refused_in_json(wire: Wire, sent: bytes) -> None:
    assert [MALFORMED] == errors(await wire.answers(sent))


async def test_after_a_good_request_what_is_not_http_is_refused(wire: Wire) -> None:
    async with wire.connection(PING + b"\r\n") as reader:
        assert PONG == (await answer(reader))[::2]
    answers = await wire.answers(PING + b"\r\n", b"\0\0\r\n")
    assert PONG == answers[0]
    assert [MALFORMED] == errors(answers[1:])


async def test_a_request_is_answered_before_what_follows_it(wire: Wire, alices_account: Account) -> None:
    """Nobody is told that a load was refused which is being carried out."""
    load = TARGET + f"/{alices_account.id}/load_balances".encode()
    ((status, body),) = await wire.answers(wire.request("POST", load) + b"\0\0\r\n")
    assert (201, alices_account.id) == (status, json.loads(body)["id"])


async def test_a_head_of_any_size_is_not_kept(wire: Wire) -> None:
    for line in (b"X: a\r\n", b"a" * 1000):
        head = PING + b"X: "
        pieces = [head, *[line * (LARGEST_HEAD // len(line))] * 8]
        assert [(431, "head_too_large")] == errors(await wire.answers(*pieces))


async def test_a_large_head_is_read(wire: Wire) -> None:
    assert [PONG] == await wire.answers(PING, CLOSE + b"X: " + b"a" * 30_000, b"a" * 30_000 + b"\r\n\r\n")


async def test_a_body_in_tiny_chunks_is_read(wire: Wire) -> None:
    body = b'{"type":"paper_trading","name":"' + b"T" * 100 + b'","more":"' + b"x" * 40_000 + b'"}'
    head = wire.request("POST", TARGET + b"/new", signed=TARGET + b"/new" + body, more="Connection: close\r\n")
    head = head.replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    chunks = b"".join(b"1\r\n%c\r\n" % each for each in body) + b"0\r\n\r\n"
    ((status, _),) = await wire.answers(head, chunks[:100_000], chunks[100_000:])
    assert 201 == status


async def test_what_surrounds_the_chunks_of_a_body_is_not_kept(wire: Wire) -> None:
    head = b"POST " + TARGET + b"/new HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    for start in (b"1;", b"0\r\nX: "):
        pieces = [start, *[b"a" * LARGEST_HEAD] * 8]
        assert [(431, "head_too_large")] == errors(await wire.answers(head, *pieces))


async def test_what_follows_a_body_is_no_header(wire: Wire) -> None:
    """A proxy that puts the caller's address into the head does not look there."""
    body = b'{"type":"paper_trading","name":"Trailer"}'
    signature = wire.signer.sign(TARGET + b"/new" + body)
    whole = wire.request("POST", TARGET + b"/new", more="Connection: close\r\n").replace(
        b"Content-Length: 0", b"Transfer-Encoding: chunked"
    )
    trailer = b"%x\r\n" % len(body) + body + b"\r\n0\r\nSignature: " + signature.encode() + b"\r\n\r\n"
    assert [(401, "signature_invalid")] == errors(await wire.answers(whole + trailer))


@pytest.mark.parametrize("offered", ["h2c", "websocket"])
async def test_the_offer_of_another_protocol_is_declined(wire: Wire, offered: str) -> None:
    """Java's HttpClient offers h2c in the first request over http."""
    offer = f"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: {offered}\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
    body = b'{"type":"paper_trading","name":"Offer"}'
    post = wire.request("POST", TARGET + b"/new", body, more=offer)
    in_chunks = (
        wire.request("POST", TARGET + b"/new", signed=TARGET + b"/new" + body, more=offer).replace(
            b"Content-Length: 0", b"Transfer-Encoding: chunked"
        )
        + b"%x\r\n" % len(body)
        + body
        + b"\r\n0\r\n\r\n"
    )
    get = wire.request("GET", TARGET + b"?api_key=nobody", more=offer)
    end = PING + CLOSE + b"\r\n"
    for pieces in ((post, in_chunks, get, end), (post + in_chunks + get + end,), (post[:-20], post[-20:] + end)):
        answers = await wire.answers(*pieces)
        assert PONG == answers[-1]
        assert {201} == {status for status, _ in answers if status != 200}
        assert pieces[0] != post or (200, b"[]") == answers[2]


async def test_a_broken_body_behind_such_an_offer_is_refused(wire: Wire) -> None:
    head = b"POST " + TARGET + b"/new HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
    sent = head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"
    assert [MALFORMED] == errors(await wire.answers(sent))


@pytest.mark.parametrize(
    "sent", [b"", PING[:20], PING + b"X: a", b"POST " + TARGET + b"/new HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"]
)
async def test_a_request_that_does_not_arrive_is_not_waited_for(house: House, alice_user: User, sent: bytes) -> None:
    async with serving(house, alice_user, HastyProtocol) as wire:
        assert [(408, "request_too_slow")] == errors(await wire.answers(sent))
        assert [] == house.crashes


async def test_a_request_may_take_its_time_to_be_answered(
    house: House, alice_user: User, alices_account: Account
) -> None:
    house.connector.script(alices_account.id, ["1 BTC"], delay=0.5)
    async with serving(house, alice_user, HastyProtocol) as wire:
        load = TARGET + f"/{alices_account.id}/load_balances".encode()
        assert 201 == (await wire.send(wire.request("POST", load)))[0]


async def test_the_end_does_not_wait_for_half_a_request(house: House, alice_user: User) -> None:
    async with serving(house, alice_user) as wire:
        half = b"POST " + TARGET + b"/new HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"
        async with wire.connection(half, b"{") as reader:
            wire.server.should_exit = True
            assert b"" == await asyncio.wait_for(reader.read(), 5)


# ------------------------------------------------------------------------------------------------- streams


async def test_events_arrive_and_the_connection_goes_on(house: House, alice_user: User) -> None:
    """In chunks, with an end; the next request is answered on the same connection."""
    async with serving(house, alice_user) as wire:
        reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
        writer.write(wire.request("GET", b"/api/v1/events"))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        assert b"transfer-encoding: chunked" in head
        assert b"content-type: text/event-stream" in head
        await asyncio.wait_for(reader.readuntil(b"id: 0\n\n"), 5)
        house.services.events.publish(alice_user.id, None, EventKind.TOTAL, {"usd_amount": "1.5"})
        await asyncio.wait_for(reader.readuntil(b"event: total\n"), 5)
        house.services.events.end()
        await asyncio.wait_for(reader.readuntil(b"0\r\n\r\n"), 5)
        writer.write(wire.request("GET", TARGET))
        assert (await answer(reader))[0] == 200
        writer.close()


async def test_a_client_that_does_not_read_is_cut_off(house: House, alice_user: User) -> None:
    async with serving(house, alice_user, patience=0.2) as wire:
        reader, writer = await asyncio.open_connection("127.0.0.1", wire.port, limit=1024)
        writer.write(wire.request("GET", b"/api/v1/events"))
        await asyncio.wait_for(reader.readuntil(b"id: 0\n\n"), 5)
        async with asyncio.timeout(20):
            while not [line for line in house.lines if line.error == "client_too_slow"]:
                house.services.events.publish(alice_user.id, None, EventKind.TOTAL, {"padding": "x" * 500_000})
                await asyncio.sleep(0.01)
        with suppress(ConnectionError):
            rest = await asyncio.wait_for(reader.read(), 5)
            assert not rest.endswith(b"0\r\n\r\n"), "it was ended in order: what was not read is waited for"
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_who_leaves_is_no_longer_listened_for(house: House, alice_user: User) -> None:
    async with serving(house, alice_user) as wire:
        reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
        writer.write(wire.request("GET", b"/api/v1/events"))
        await asyncio.wait_for(reader.readuntil(b"id: 0\n\n"), 5)
        writer.close()
        await writer.wait_closed()
        async with asyncio.timeout(5):
            while not [line for line in house.lines if line.route == "/v1/events"]:  # noqa: ASYNC110  a list of lines tells nobody
                await asyncio.sleep(0.01)
