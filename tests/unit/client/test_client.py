"""The Python client: what it sends, what it makes of answers, and that it signs as the vectors say."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from coinassay_client import (
    ApiError,
    Client,
    CredentialsRejected,
    ExchangeFailed,
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    NotUnderstood,
    PermissionDenied,
    SignatureAuth,
    TooManyRequests,
    Unreachable,
    sign,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "signing.json").read_text())
PLAIN = [
    each for each in VECTORS["accept"] if each["key"] == "hmac" and each["signed"] == each["target"] + each["body"]
]


@pytest.mark.parametrize("vector", PLAIN, ids=lambda vector: vector["id"])
def test_it_signs_as_the_vectors_say(vector: Any) -> None:
    secret = VECTORS["keys"]["hmac"]["secret"]
    assert vector["signature"] == sign(secret, vector["target"].encode(), vector["body"].encode())


def test_there_are_vectors_with_and_without_a_body() -> None:
    assert {True, False} == {bool(vector["body"]) for vector in PLAIN}


class Server:
    """Answers what it is told, and keeps what it was asked."""

    def __init__(self, answer: Any = None, status: int = 200) -> None:
        self.answers: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(status, json=answer)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answers(request)

    def client(self, **options: Any) -> Client:
        return Client("http://server.example", "key", "secret", transport=httpx.MockTransport(self), **options)


def test_every_byte_that_is_sent_is_signed() -> None:
    server = Server({"id": 1})
    with server.client() as client:
        client.connect("kraken", "Größe", api_key="a+b", secret="c/d")
    (request,) = server.requests
    target = b"/public/api/ver1/accounts/new"
    assert ("POST", target) == (request.method, request.url.raw_path)
    assert sign("secret", target, request.content) == request.headers["Signature"]
    assert "key" == request.headers["Apikey"]
    assert {"type": "kraken", "name": "Größe", "api_key": "a+b", "secret": "c/d"} == json.loads(request.content)


def test_a_function_may_sign_instead() -> None:
    server = Server({"valid": True})
    signed: list[bytes] = []

    def signer(string: bytes) -> str:
        signed.append(string)
        return "base64"

    client = Client("http://server.example", "key", signer, transport=httpx.MockTransport(server))
    assert client.validate()
    assert [b"/public/api/ver1/validate"] == signed
    assert "base64" == server.requests[0].headers["Signature"]


async def test_the_signature_serves_an_asynchronous_client() -> None:
    server = Server([])
    auth = SignatureAuth("key", "secret")
    async with httpx.AsyncClient(auth=auth, transport=httpx.MockTransport(server)) as client:
        await client.post("http://server.example/public/api/ver1/accounts/1/pie_chart_data?x=%20y")
    assert (
        sign("secret", b"/public/api/ver1/accounts/1/pie_chart_data?x=%20y") == server.requests[0].headers["Signature"]
    )


def test_numbers_arrive_exact() -> None:
    server = Server()
    server.answers = lambda _: httpx.Response(201, content=b'[{"amount": 0.1000000000000000000000001}]')
    (row,) = server.client().pie_chart_data("summary")
    assert Decimal("0.1000000000000000000000001") == row["amount"]
    assert "/public/api/ver1/accounts/summary/pie_chart_data" == server.requests[0].url.path


def test_accounts_are_fetched_page_by_page() -> None:
    server = Server()
    sizes = {"1": 100, "2": 3}
    server.answers = lambda request: httpx.Response(200, json=[{"id": 1}] * sizes[request.url.params["page"]])
    assert 103 == len(list(server.client().accounts()))
    assert ["1", "2"] == [request.url.params["page"] for request in server.requests]


def test_the_mode_goes_with_every_call() -> None:
    server = Server({"pong": "pong"})
    assert server.client(mode="paper").ping()
    assert "paper" == server.requests[0].headers["Forced-Mode"]
    assert server.client().ping()
    assert "Forced-Mode" not in server.requests[1].headers


def test_time_load_and_remove() -> None:
    assert 1592769067 == Server({"server_time": 1592769067}).client().time()
    server = Server({"id": 5}, 201)
    assert {"id": 5} == server.client().load_balances(5)
    assert {"id": 5} == server.client().account(5)
    server.answers = lambda _: httpx.Response(201, json=True)
    server.client().remove(5)
    assert "/public/api/ver1/accounts/5/remove" == server.requests[-1].url.path


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (400, "record_invalid", InvalidRequest),
        (401, "signature_invalid", NotAuthenticated),
        (403, "access_denied", PermissionDenied),
        (404, "not_found", NotFound),
        (422, "invalid_api_key", CredentialsRejected),
        (422, "unknown_market_api_error", ExchangeFailed),
        (503, "unknown_market_api_error", ExchangeFailed),
        (418, "banned", TooManyRequests),
        (429, "too_many_requests", TooManyRequests),
        (500, "internal_error", ApiError),
    ],
)
def test_refusals_are_exceptions(status: int, error: str, expected: type[ApiError]) -> None:
    body = {"error": error, "error_description": "why", "error_attributes": {"x": ["is missing"]}, "retry_after": 7}
    with pytest.raises(expected) as caught:
        Server(body, status).client().account(1)
    assert type(caught.value) is expected
    assert (status, error, "why", 7) == (
        caught.value.status,
        caught.value.error,
        caught.value.description,
        caught.value.retry_after,
    )
    assert {"x": ["is missing"]} == caught.value.attributes
    assert f"{status} {error}: why" == str(caught.value)


@pytest.mark.parametrize("content", [b"<html>", b"", b"[1]", b'{"error": {"x": 1}}'])
def test_an_error_of_another_shape_is_not_taken_for_one(content: bytes) -> None:
    server = Server()
    server.answers = lambda _: httpx.Response(502, content=content)
    with pytest.raises(NotUnderstood):
        server.client().account(1)


def test_a_good_answer_of_another_shape() -> None:
    with pytest.raises(NotUnderstood):
        Server([1]).client().account(1)


def test_a_server_that_is_not_there() -> None:
    def fails(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    server = Server()
    server.answers = fails
    with pytest.raises(Unreachable, match=r"server\.example"):
        server.client().ping()


def test_the_secret_is_in_no_repr() -> None:
    assert "hush" not in repr(SignatureAuth("key", "hush"))
