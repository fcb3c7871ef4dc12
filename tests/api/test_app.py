"""What holds for every request: JSON whatever happens, nothing that was not asked for in the log."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import pytest
from tests.api.client import BASE, Client, call
from tests.api.conftest import EXCHANGE_SECRET, House

from coinassay.api.asgi import Application, Message, Scope
from coinassay.api.options import Crash, RequestLine
from coinassay.domain.account import Account, User
from coinassay.services.portfolio import PortfolioService

NOT_FOUND = {"error": "not_found", "error_description": "Not Found"}


def scope_of(method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> Scope:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": ("198.51.100.7", 4711),
        **more,
    }


# --------------------------------------------------------------------------------------------------- paths


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/favicon.ico",
        "/public/api",
        "/public/api/ver1",
        "/public/api/ver1/accounts/17/",
        "/public/api/ver1//accounts",
        "/public/api/ver1/bots",
        "/public/api/v2/accounts",
        "/public/api/ver1/accounts/17/pie_chart_data/x",
    ],
)
async def test_what_is_not_there_is_said_in_json(app: Application, method: str, path: str) -> None:
    reply = await call(app, scope_of(method, path))
    assert reply.status_code == 404
    assert method == "HEAD" or reply.json() == NOT_FOUND


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/ver1/ping", "GET, HEAD, OPTIONS"),
        ("DELETE", "/ver1/accounts", "GET, HEAD, OPTIONS"),
        ("GET", "/ver1/accounts/new", "POST, OPTIONS"),
        ("GET", "/ver1/accounts/17/pie_chart_data", "POST, OPTIONS"),
        ("TRACE", "/ver1/accounts/17", "GET, HEAD, OPTIONS"),
    ],
)
async def test_another_method_is_said_in_json(app: Application, method: str, path: str, allow: str) -> None:
    reply = await call(app, scope_of(method, BASE + path))
    assert (reply.status_code, reply.error) == (405, "method_not_allowed")
    assert reply.headers["allow"] == allow


async def test_the_decoded_path_stands_in_where_a_server_has_no_raw_one(app: Application) -> None:
    assert (await call(app, scope_of("GET", "/public/api/ver1/ping", raw_path=None))).status_code == 200


@pytest.mark.parametrize(
    "segment",
    ["0", "-1", "01", "abc", "1.0", "2147483648", "99999999999999999999", "%31", "%00", "%7Baccount_id%7D", "", "'"],
)
async def test_what_cannot_be_an_id_is_not_found(alice: Client, segment: str) -> None:
    for reply in (
        await alice.get(f"/ver1/accounts/{segment}"),
        await alice.post(f"/ver1/accounts/{segment}/pie_chart_data"),
        await alice.post(f"/ver1/accounts/{segment}/load_balances"),
        await alice.post(f"/ver1/accounts/{segment}/remove"),
    ):
        assert (reply.status_code, reply.json()) == (404, NOT_FOUND)


# ------------------------------------------------------------------------------------------------- bodies


async def test_a_body_on_get_is_refused(alice: Client) -> None:
    for signed in (None, b"/public/api/ver1/accounts"):
        reply = await alice.send("GET", BASE + "/ver1/accounts", b'{"page":1}', signed)
        assert (reply.status_code, reply.error) == (400, "record_invalid")
        assert reply.json()["error_attributes"] == {"body": ["must be empty in a GET request"]}


@pytest.mark.parametrize(
    ("body", "content_type", "status", "says"),
    [
        (b'{"name": ', "application/json", 400, "is not valid JSON"),
        (b'{"name": "x", "name": "y"}', "application/json", 400, "has a key twice"),
        (b'{"name": "\xff"}', "application/json", 400, "is not valid UTF-8"),
        (b'{"name": "a\x00b"}', "application/json", 400, "is not valid JSON"),
        (b"{" * 50_000, "application/json", 400, "is not valid JSON"),
        (b"{}", "text/xml", 415, ""),
    ],
)
async def test_a_broken_body_is_refused_also_where_there_are_no_parameters(
    house: House,
    alice: Client,
    alices_account: Account,
    body: bytes,
    content_type: str,
    status: int,
    says: str,
) -> None:
    for path in (f"/ver1/accounts/{alices_account.id}/remove", "/ver1/accounts/new"):
        reply = await alice.post(path, body, content_type=content_type)
        assert reply.status_code == status
        if status == 400:
            assert (reply.error, reply.json()["error_attributes"]) == ("record_invalid", {"body": [says]})
        else:
            assert reply.error == "unsupported_content_type"
    assert await house.services.accounts.list_accounts(alices_account.user_id) == [alices_account]


@pytest.mark.parametrize("body", [b"[1]", b'"x"', b"7"])
async def test_json_that_is_no_object_is_refused(alice: Client, body: bytes) -> None:
    target = f"{BASE}/ver1/accounts/new"
    alice = alice.with_headers(content_type="application/json")
    reply = await alice.send("POST", target, body, signed=target.encode() + b"?" + body)
    assert (reply.status_code, reply.json()["error_attributes"]) == (400, {"body": ["is not a JSON object"]})


async def test_a_broken_query_is_refused(alice: Client) -> None:
    reply = await alice.get("/ver1/accounts?page=%FF")
    assert (reply.status_code, reply.json()["error_attributes"]) == (400, {"query": ["is not valid UTF-8"]})


@pytest.mark.parametrize("content_type", ["", "application/json", "application/x-www-form-urlencoded", "text/xml"])
async def test_an_empty_body_of_any_type_is_no_parameters(
    alice: Client, alices_account: Account, content_type: str
) -> None:
    reply = await alice.post(f"/ver1/accounts/{alices_account.id}/pie_chart_data", b"", content_type=content_type)
    assert reply.status_code == 201


async def test_unknown_parameters_are_ignored(alice: Client, alices_account: Account) -> None:
    path = f"/ver1/accounts/{alices_account.id}/pie_chart_data"
    assert (await alice.post(path, {"account_id": 1, "secret": [{}]})).status_code == 201
    assert (await alice.post(f"{path}?account_id={alices_account.id}&a[b]=1")).status_code == 201
    assert (await alice.post(path, {})).status_code == 201


async def test_a_body_comes_in_pieces(alice: Client) -> None:
    target = f"{BASE}/ver1/accounts/new"
    body = b'{"type":"paper_trading","name":"Pieces"}'
    headers = {"apikey": alice.api_key, "signature": alice.sign(target.encode() + body), "transfer-encoding": "chunked"}
    reply = await call(alice.app, scope_of("POST", target, headers), body[:10], b"", body[10:])
    assert (reply.status_code, reply.json()["name"]) == (201, "Pieces")


async def test_an_announced_body_beyond_the_limit_is_not_read(house: House) -> None:
    app = house.app(max_body=100)
    headers = {"content-length": "101"}

    async def receive() -> Message:
        raise AssertionError("was read")

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope_of("POST", f"{BASE}/ver1/accounts/new", headers), receive, send)
    assert sent[0]["status"] == 413
    assert json.loads(sent[1]["body"])["error"] == "payload_too_large"


@pytest.mark.parametrize("announced", ["9" * 13, "9" * 400])
async def test_an_absurd_length_is_too_large(app: Application, announced: str) -> None:
    reply = await call(app, scope_of("POST", f"{BASE}/ver1/accounts/new", {"content-length": announced}))
    assert (reply.status_code, reply.error) == (413, "payload_too_large")


async def test_an_unannounced_body_is_read_up_to_the_limit(house: House) -> None:
    app = house.app(max_body=100)
    target, headers = f"{BASE}/ver1/accounts/new", {"transfer-encoding": "chunked"}
    assert (await call(app, scope_of("POST", target, headers), b"x" * 60, b"x" * 41)).status_code == 413
    assert (await call(app, scope_of("POST", target, headers), b"x" * 60, b"x" * 40)).status_code == 401


async def test_one_megabyte_is_the_limit_by_default(app: Application) -> None:
    target = f"{BASE}/ver1/accounts/new"
    assert (await call(app, scope_of("POST", target, {"content-length": "1048577"}))).status_code == 413


async def test_a_client_that_goes_away_is_not_answered(house: House, app: Application) -> None:
    headers = {"content-length": "10"}
    reply = await call(app, scope_of("POST", f"{BASE}/ver1/accounts/new", headers), b"{", disconnect=True)
    assert reply.status_code == 0
    assert (house.lines[-1].status, house.lines[-1].error) == (499, "client_gone")


# ------------------------------------------------------------------------------------------------ headers


async def test_browsers_may_ask(app: Application) -> None:
    reply = await call(app, scope_of("OPTIONS", f"{BASE}/ver1/accounts/17/pie_chart_data"))
    assert (reply.status_code, reply.body) == (200, b"{}")
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["access-control-allow-methods"] == "GET, PUT, POST, DELETE, PATCH, OPTIONS"
    assert {"Signature", "Apikey", "Forced-Mode", "Content-Type"} <= set(
        reply.headers["access-control-allow-headers"].split(",")
    )
    assert reply.headers["access-control-max-age"] == "1728000"


@pytest.mark.parametrize("path", ["/ver1/ping", "/ver1/accounts", "/ver1/nothing"])
async def test_every_answer_has_its_headers(app: Application, path: str) -> None:
    first, second = [await call(app, scope_of("GET", BASE + path)) for _ in range(2)]
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert 0 <= json.loads(first.headers["x-runtime"]) < 5
    assert first.headers["access-control-allow-origin"] == "*"
    assert first.headers["cache-control"] == "no-store"


async def test_head_is_get_without_a_body(alice: Client, alices_account: Account) -> None:
    target = f"{BASE}/ver1/accounts/{alices_account.id}"
    whole, head = await alice.send("GET", target), await alice.send("HEAD", target)
    assert (head.status_code, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.body))
    assert (await alice.send("HEAD", target, signature="00" * 32)).status_code == 401


# ---------------------------------------------------------------------------------------------------- log


async def test_a_line_for_each_request(house: House, alice: Client, alices_account: Account) -> None:
    reply = await alice.post(f"/ver1/accounts/{alices_account.id}/pie_chart_data?secret=abc")
    line = house.lines[-1]
    assert line == RequestLine(
        request_id=reply.headers["x-request-id"],
        method="POST",
        route="/ver1/accounts/{account_id}/pie_chart_data",
        key_id=1,
        account_id=alices_account.id,
        status=201,
        error="",
        milliseconds=line.milliseconds,
    )
    assert 0 <= line.milliseconds < 5000


async def test_a_refused_request_is_logged_too(house: House, alice: Client, app: Application) -> None:
    await Client(app, alice.api_key, lambda _: "00" * 32).get("/ver1/accounts/17")
    await alice.get("/ver1/accounts/17")
    await alice.get("/ver1/nothing?here")
    assert [line[1:7] for line in house.lines] == [
        ("GET", "/ver1/accounts/{account_id}", None, None, 401, "signature_invalid"),
        ("GET", "/ver1/accounts/{account_id}", 1, 17, 404, "not_found"),
        ("GET", "", None, None, 404, "not_found"),
    ]


async def test_no_secret_is_logged_or_answered(house: House, alice: Client, alice_user: User) -> None:
    fields = {"type": "binance_us", "name": "My account", "api_key": "my-exchange-api-key", "secret": EXCHANGE_SECRET}
    query = "&".join(f"{name}={value}" for name, value in fields.items()).replace(" ", "+")
    replies = [
        await alice.post("/ver1/accounts/new", fields),
        await alice.post("/ver1/accounts/new", {**fields, "type": "nothing"}),
        await alice.post(f"/ver1/accounts/new?{query}", apikey="nobody"),
        await alice.post(f"/ver1/accounts/new?{query}"),
        await alice.send("POST", f"{BASE}/ver1/accounts/new?{query}", signature="00" * 32),
        await alice.get("/ver1/accounts"),
        await alice.get("/ver1/accounts/1"),
    ]
    assert 201 in [reply.status_code for reply in replies]
    written = repr((house.lines, house.crashes)) + "".join(reply.body.decode() for reply in replies)
    assert EXCHANGE_SECRET not in written
    assert alice.api_key not in written
    assert "my-exchange-api-key" not in repr(house.lines)


# ------------------------------------------------------------------------------------------------- crashes


async def test_an_error_nobody_foresaw_tells_strangers_nothing(
    house: House, alice: Client, alices_account: Account
) -> None:
    class Broken:
        async def shown_allocation(self, _: Account) -> None:
            raise RuntimeError(f"the secret is {EXCHANGE_SECRET}")

    house.services = replace(house.services, portfolio=cast(PortfolioService, Broken()))
    client = Client(house.app(), alice.api_key, alice.sign)
    reply = await client.post(f"/ver1/accounts/{alices_account.id}/pie_chart_data")

    assert (reply.status_code, reply.error) == (500, "internal_error")
    assert reply.headers["x-request-id"] in reply.json()["error_description"]
    assert (house.lines[-1].status, house.lines[-1].error) == (500, "crash")
    crash = house.crashes[-1]
    assert crash[:3] == (reply.headers["x-request-id"], "RuntimeError", "")
    assert crash.frames[-1].endswith(" shown_allocation")
    assert EXCHANGE_SECRET not in repr(crash) + reply.body.decode()


async def test_a_database_that_fails_is_our_trouble(house: House, alice: Client) -> None:
    await house.store.close()
    reply = await alice.get("/ver1/accounts")
    assert reply.status_code == 503
    assert reply.json() == {"error": "storage", "error_description": "The database could not be read or written."}
    assert isinstance(house.crashes[-1], Crash)
    assert (house.crashes[-1].error, bool(house.crashes[-1].message)) == ("StorageError", True)


async def test_what_is_the_callers_or_the_exchanges_is_not(house: House, alice: Client) -> None:
    await alice.get("/ver1/accounts/17")
    assert house.crashes == []


# -------------------------------------------------------------------------------------------- other scopes


async def test_the_server_starts_and_ends(app: Application) -> None:
    messages: list[Message] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await app({"type": "lifespan"}, receive, send)
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_there_are_no_streams(app: Application) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app({"type": "websocket", "path": "/websocket"}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1000}]
