"""The Python client listening to events."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import httpx
import pytest

from coinassay_client import Client, NotAuthenticated, NotUnderstood, Unreachable
from coinassay_client.stream import parse

BREAK = b"!"


class Pieces(httpx.SyncByteStream):
    """A body whose connection may break."""

    def __init__(self, text: bytes) -> None:
        self.text = text

    def __iter__(self) -> Iterator[bytes]:
        whole, broken, _ = self.text.partition(BREAK)
        yield whole
        if broken:
            raise httpx.ReadError("gone")


class Server:
    """Gives each connection what it was told to, then refuses the rest."""

    def __init__(self, *bodies: bytes | Exception | httpx.Response) -> None:
        self.bodies = list(bodies)
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.raw_path.decode())
        assert request.headers["Signature"]
        body = self.bodies.pop(0) if self.bodies else httpx.ConnectError("nobody there")
        if isinstance(body, Exception):
            raise body
        if isinstance(body, httpx.Response):
            return body
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Pieces(body))


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)


def event(number: int, kind: str = "total", data: str = '{"account_id":1}') -> bytes:
    return f"id: {number}\nevent: {kind}\ndata: {data}\n\n".encode()


def listened(server: Server, count: int, **options: Any) -> list[tuple[int, str, Any]]:
    client = Client("http://server.example", "key", "secret", transport=httpx.MockTransport(server))
    found = islice(client.events(**options), count)
    return [(each["id"], each["event"], each["account_id"]) for each in found]


def test_events_in_their_order() -> None:
    server = Server(b"retry: 2000\nid: 4\n\n" + event(5) + b":\n\n" + event(7, "load_started"))
    assert listened(server, 2, last_event_id=4) == [(5, "total", 1), (7, "load_started", 1)]
    assert server.asked == ["/api/v1/events?last_event_id=4"]


def test_a_break_loses_and_doubles_nothing() -> None:
    server = Server(
        b"retry: 2000\nid: 4\n\n" + BREAK,
        event(5) + b"id: 6\nevent: total\nda" + BREAK,
        httpx.ConnectError("away for a moment"),
        event(6),
        event(7),
    )
    assert [number for number, _, _ in listened(server, 3)] == [5, 6, 7]
    assert [asked.partition("?")[2] for asked in server.asked] == [
        "",
        "last_event_id=4",
        "last_event_id=5",
        "last_event_id=5",
        "last_event_id=6",
    ]


def test_a_server_that_stays_away() -> None:
    with pytest.raises(Unreachable):
        listened(Server(event(5)), 2, patience=0)


def test_a_refusal_is_told_at_once() -> None:
    body = {"error": "api_key_invalid_or_expired", "error_description": "Unauthorized."}
    server = Server(httpx.Response(401, json=body))
    with pytest.raises(NotAuthenticated):
        listened(server, 1)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "body", ["id: x\nevent: total\ndata: {}\n\n", "id: 1\nevent: total\ndata: {\n\n", "data: 5\n\n"]
)
def test_what_cannot_be_understood(body: str) -> None:
    with pytest.raises(NotUnderstood):
        list(parse(body.split("\n")))


def test_other_calls_beyond_the_interface() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.raw_path.decode()}")
        return httpx.Response(200, json=[] if "loads" in asked[-1] else {})

    client = Client("http://server.example", "key", "secret", transport=httpx.MockTransport(answer))
    client.valuation("summary")
    client.loads(5, limit=3)
    client.profit(5, "2026-02-01")
    assert asked == [
        "GET /api/v1/accounts/summary/valuation",
        "GET /api/v1/accounts/5/loads?limit=3",
        "GET /api/v1/accounts/5/profit?from=2026-02-01",
    ]
