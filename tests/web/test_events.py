"""What the page hears while accounts are read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.api.conftest import House
from tests.web.visitor import Visitor

from coinassay.domain.account import Account
from coinassay.errors import CredentialsRejected, ExchangeUnavailable
from coinassay.testing.text import reading_of
from coinassay.web.app import Web

Said = tuple[str, str, dict[str, Any]]
"""Number, kind and data of an event."""


@asynccontextmanager
async def hearing(web: Web, visitor: Visitor, after: str = "") -> AsyncIterator[asyncio.Queue[Said | str]]:
    """What arrives from /events, read as a browser does: events, and whatever else is said as it is."""
    await web.services.events.flush()  # what happened before is not heard from now on
    heard: asyncio.Queue[Said | str] = asyncio.Queue()
    begun = asyncio.Event()

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            assert 200 == message["status"]
            headers = dict(message["headers"])
            assert b"text/event-stream" in headers[b"content-type"]
            assert b"no-store" == headers[b"cache-control"]
            return
        for part in message["body"].decode().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in part.split("\n") if ": " in line and not line.startswith(":"))
            if "data" in lines:
                heard.put_nowait((lines["id"], lines["event"], json.loads(lines["data"])))
            elif part:
                heard.put_nowait(part)
                begun.set()
        if not message.get("more_body"):
            heard.put_nowait("the end")

    async def receive() -> MutableMapping[str, Any]:
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]  # nothing ever comes

    cookie = "; ".join(f"{name}={value}" for name, value in visitor.http.cookies.items())
    headers = [(b"host", b"127.0.0.1:8000"), (b"cookie", cookie.encode())]
    if after:
        headers.append((b"last-event-id", after.encode()))
    scope = {
        "type": "http", "method": "GET", "path": "/events", "raw_path": b"/events", "query_string": b"", "root_path": "",
        "scheme": "http", "http_version": "1.1", "headers": headers, "client": ("192.0.2.7", 1), "server": ("x", 80),
    }  # fmt: skip
    task = asyncio.create_task(web(scope, receive, send))
    try:
        async with asyncio.timeout(5):
            await begun.wait()
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(heard: asyncio.Queue[Said | str], kind: str) -> list[Said]:
    """The events up to one of that kind."""
    said: list[Said] = []
    async with asyncio.timeout(5):
        while not said or said[-1][1] != kind:
            item = await heard.get()
            if not isinstance(item, str):
                said.append(item)
    return said


async def test_each_wallet_is_told_with_advice_for_what_failed(
    web: Web, alice: Visitor, house: House, alices_account: Account
) -> None:
    down = ExchangeUnavailable("The funding wallet did not answer.")
    house.connector.script(alices_account.id, reading_of("1 BTC", failed={"funding": down}))
    async with hearing(web, alice) as heard:
        await house.services.sync.sync_account(alices_account.user_id, alices_account.id)
        said = await until(heard, "total")
    kinds = [kind for _, kind, _ in said]
    assert ("load_started", "load_finished", "total") == (kinds[0], *kinds[-2:])
    assert {alices_account.id} == {data["account_id"] for _, _, data in said}
    failed = next(data for _, kind, data in said if kind == "wallet_done" and data["state"] != "ok")
    assert ("funding", "The funding wallet did not answer.") == (failed["wallet"], failed["reason"])
    assert "The last good balances stay" in failed["advice"]
    finished = said[-2][2]["wallets"]
    assert ["advice" in wallet for wallet in finished] == [wallet["state"] != "ok" for wallet in finished]


async def test_a_load_that_failed_says_what_to_do(
    web: Web, alice: Visitor, house: House, alices_account: Account
) -> None:
    house.connector.script(alices_account.id, CredentialsRejected())
    async with hearing(web, alice) as heard:
        with pytest.raises(CredentialsRejected):
            await house.services.sync.sync_account(alices_account.user_id, alices_account.id)
        *_, (_, _, data) = await until(heard, "load_failed")
    assert "Make a new read-only key" in data["advice"]


async def test_who_was_away_goes_on_after_the_last_event(
    web: Web, alice: Visitor, house: House, alices_account: Account
) -> None:
    async with hearing(web, alice) as heard:
        await house.load(alices_account, "1 BTC")
        seen = await until(heard, "load_finished")
    await house.load(alices_account, "2 BTC")
    async with hearing(web, alice, after=seen[-1][0]) as heard:
        missed = await until(heard, "load_finished")
    assert int(seen[-1][0]) < int(missed[0][0])
    assert "total" == missed[0][1]


async def test_nobody_hears_of_another_users_accounts(
    web: Web, alice: Visitor, bob: Visitor, house: House, alices_account: Account
) -> None:
    async with hearing(web, bob) as heard, hearing(web, alice) as hers:
        await house.load(alices_account, "1 BTC")
        await until(hers, "total")
        assert all(isinstance(item, str) for item in iter_now(heard))


async def test_who_was_signed_out_hears_no_more(
    web: Web, alice: Visitor, house: House, alices_account: Account
) -> None:
    async with hearing(web, alice) as heard:
        await alice.get("/")
        assert 303 == (await alice.post("/logout")).status_code
        await house.load(alices_account, "1 BTC")
        async with asyncio.timeout(5):
            assert ["retry: 3000", "the end"] == [await heard.get(), await heard.get()]


def iter_now(heard: asyncio.Queue[Said | str]) -> list[Said | str]:
    return [heard.get_nowait() for _ in range(heard.qsize())]


async def test_a_stream_that_may_not_be_heard_is_no_page(stranger: Visitor) -> None:
    """An EventSource that is led to a page says so in the console, and tries again."""
    reply = await stranger.get("/events", accept="text/event-stream")
    assert (401, "application/json") == (reply.status_code, reply.headers["content-type"])
