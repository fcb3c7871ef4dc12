"""What a real HTTP server makes of the requests clients send: bytes written to a socket, bytes read from it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import uvicorn
from tests.api.client import BASE, Client
from tests.api.conftest import House

from coinassay.domain.account import Account, User


@dataclass
class Wire:
    """A server, and somebody who signs requests to it."""

    port: int
    signer: Client

    async def send(self, *pieces: bytes) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the answer to what is written, piece by piece, on a connection of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.01 if len(pieces) > 1 else 0)
            head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).decode("latin-1")
            if head.startswith("HTTP/1.1 100"):
                head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).decode("latin-1")
            status, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            length = 0 if pieces[0].startswith(b"HEAD") else int(headers["content-length"])
            return int(status.split()[1]), headers, await asyncio.wait_for(reader.readexactly(length), 5)
        finally:
            writer.close()
            await writer.wait_closed()

    def request(
        self, method: str, target: bytes, body: bytes = b"", signed: bytes | None = None, more: str = ""
    ) -> bytes:
        signature = self.signer.sign(target + body if signed is None else signed)
        length = f"Content-Length: {len(body)}\r\n" if body or method == "POST" else ""
        head = f" HTTP/1.1\r\nHost: x\r\nAPIKEY: {self.signer.api_key}\r\nSignature: {signature}\r\n{length}{more}\r\n"
        return method.encode() + b" " + target + head.encode() + body


@pytest.fixture
async def wire(house: House, alice_user: User) -> AsyncIterator[Wire]:
    app = house.app()
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False, proxy_headers=False
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    yield Wire(listener.getsockname()[1], await house.add_client(alice_user, app))  # it queues until the server is up
    server.should_exit = True
    await task


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
