"""GET /api/v1/events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from tests.api.client import Client
from tests.api.conftest import House

from coinassay.api.asgi import Application, Message
from coinassay.domain.account import Account, User
from coinassay.domain.balance import Reading, WalletReading
from coinassay.domain.event import EventKind
from coinassay.errors import CredentialsRejected
from coinassay.services.events import MOST_LISTENERS
from coinassay.testing.text import bal

EVENTS = "/api/v1/events"
BTC = "0.000327067448126748162331129950629416884902592410598578312965693"


def parsed(body: bytes) -> list[tuple[int, str, Any]]:
    """Id, kind and data of each event."""
    found = []
    for block in body.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if "event" in fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return found


async def listed(client: Client, after: int, **headers: str) -> list[tuple[int, str, Any]]:
    """The events after `after`; the client leaves when it has seen them."""
    return parsed((await client.get(f"{EVENTS}?last_event_id={after}", **headers)).body)


@dataclass
class Listener:
    """A connection that stays: what was sent on it, and its end."""

    sent: list[Message] = field(default_factory=list)
    leaves: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    aborted: bool = False
    stuck: bool = False
    task: asyncio.Task[None] | None = None

    async def receive(self) -> Message:
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if self.stuck:
            await asyncio.Event().wait()
        self.sent.append(message)
        self.came.set()

    def abort(self) -> None:
        self.aborted = True

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent[1:])

    @property
    def events(self) -> list[tuple[int, str, Any]]:
        return parsed(self.body)

    async def until(self, count: int) -> Sequence[str]:
        """The kinds of the first `count` events."""
        async with asyncio.timeout(5):
            while len(self.events) < count:
                self.came.clear()
                await self.came.wait()
        return [kind for _, kind, _ in self.events]

    async def ended(self) -> None:
        """Waits until the answer is over."""
        assert self.task is not None
        async with asyncio.timeout(5):
            await self.task


@asynccontextmanager
async def listening(app: Application, client: Client, path: str = EVENTS) -> AsyncIterator[Listener]:
    listener = Listener()
    raw, _, query = path.encode().partition(b"?")
    scope = {
        "type": "http",
        "method": "GET",
        "path": raw.decode(),
        "raw_path": raw,
        "query_string": query,
        "headers": [(b"apikey", client.api_key.encode()), (b"signature", client.sign(path.encode()).encode())],
        "client": (client.address, 4711),
        "extensions": {"coinassay.abort": {"call": listener.abort}},
    }
    listener.task = asyncio.create_task(app(scope, listener.receive, listener.send))  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        while not listener.sent:
            await listener.came.wait()
    yield listener
    listener.leaves.set()
    await listener.ended()


# ---------------------------------------------------------------------------------------------- what is told


async def test_a_load_is_told(house: House, alice: Client, alices_account: Account) -> None:
    await house.services.events.flush()
    at = {"account_id": alices_account.id, "at": "2026-03-01T12:00:00.123Z"}
    assert await listed(alice, 0) == [
        (1, "load_started", at),
        (2, "wallet_done", {**at, "wallet": "spot", "state": "ok"}),
        (3, "load_finished", {**at, "complete": True, "wallets": [{"wallet": "spot", "state": "ok"}]}),
        (4, "total", {**at, "usd_amount": "20.846742752984", "btc_amount": BTC}),
    ]


async def test_wallets_that_fail_are_named(house: House, alice: Client, alices_account: Account) -> None:
    failing = WalletReading("futures", failure="exchange_unavailable", reason="It is down.")
    house.connector.script(alices_account.id, Reading((WalletReading("spot", (bal("1 BTC"),)), failing)))
    await house.services.sync.sync_account(alices_account.user_id, alices_account.id)
    await house.services.events.flush()
    _, done, failed, finished, _ = [data for _, _, data in await listed(alice, 4)]
    assert (done["wallet"], done["state"]) == ("spot", "ok")
    why = {"failure": "exchange_unavailable", "reason": "It is down."}
    assert failed.items() >= {"wallet": "futures", "state": "failed", **why}.items()
    assert finished["complete"] is False
    assert finished["wallets"] == [{"wallet": "spot", "state": "ok"}, {"wallet": "futures", "state": "unknown", **why}]


async def test_a_load_that_fails_is_told(house: House, alice: Client, alices_account: Account) -> None:
    house.connector.script(alices_account.id, CredentialsRejected("The key is wrong."))
    with pytest.raises(CredentialsRejected):
        await house.services.sync.sync_account(alices_account.user_id, alices_account.id)
    await house.services.events.flush()
    found = await listed(alice, 4)
    assert [kind for _, kind, _ in found] == ["load_started", "load_failed"]
    assert found[-1][2].items() >= {"failure": "invalid_api_key", "reason": "The key is wrong."}.items()


async def test_nobody_hears_of_others(house: House, bob: Client, alices_account: Account) -> None:
    await house.services.events.flush()
    assert await listed(bob, 0) == []


# ----------------------------------------------------------------------------------------------- listening


async def test_events_come_as_they_happen(
    house: House, app: Application, alice: Client, alices_account: Account
) -> None:
    await house.services.events.flush()
    async with listening(app, alice) as listener:
        headers = dict(listener.sent[0]["headers"])
        assert headers[b"content-type"] == b"text/event-stream"
        assert headers[b"cache-control"] == b"no-store"
        assert b"content-length" not in headers
        await house.load(alices_account, "1 BTC")
        assert await listener.until(4) == ["load_started", "wallet_done", "load_finished", "total"]
        assert [number for number, _, _ in listener.events] == [5, 6, 7, 8]
    assert not listener.sent[-1].get("more_body", False)
    assert (house.lines[-1].route, house.lines[-1].status, house.lines[-1].error) == ("/v1/events", 200, "")


async def test_a_header_goes_before_the_parameter(alice: Client, house: House, alices_account: Account) -> None:
    await house.services.events.flush()
    assert [number for number, _, _ in await listed(alice, 0, last_event_id="2")] == [3, 4]


async def test_a_broken_connection_loses_and_doubles_nothing(
    house: House, app: Application, alice: Client, alice_user: User
) -> None:
    """Events are published all the time; the listener breaks off after every few and comes again."""
    numbers: list[int] = []
    total = 300

    async def publish() -> None:
        for n in range(total):
            house.services.events.publish(alice_user.id, None, EventKind.TOTAL, {"n": n})
            await asyncio.sleep(0.0005)

    publishing = asyncio.create_task(publish())
    breaks = 0
    async with asyncio.timeout(20):
        while len(numbers) < total:
            after = numbers[-1] if numbers else 0
            async with listening(app, alice, f"{EVENTS}?last_event_id={after}") as listener:
                await listener.until(1)
                breaks += 1
            numbers += [number for number, _, _ in listener.events]
    await publishing
    assert numbers == list(range(1, total + 1))
    assert breaks > 2


async def test_what_is_no_longer_kept_is_said(house: House, alice: Client, alices_account: Account) -> None:
    await house.services.events.flush()
    await house.store.drop_events(alices_account.user_id, house.clock(), 3, 100)
    assert [(number, kind, data["account_id"]) for number, kind, data in await listed(alice, 1)] == [
        (3, "missed", None),
        (4, "total", alices_account.id),
    ]


async def test_quiet_connections_show_that_they_live(house: House, alice: Client) -> None:
    async with listening(house.app(heartbeat=0.01), alice) as listener:
        async with asyncio.timeout(5):
            while listener.body.count(b"\n:\n\n") < 3:
                listener.came.clear()
                await listener.came.wait()
    assert listener.events == []


# ------------------------------------------------------------------------------------------------ the ends


async def test_a_revoked_key_hears_no_more(house: House, alice_user: User) -> None:
    app = house.app(heartbeat=0.01)
    client, key = await house.add_client_and_key(alice_user, app, "ACCOUNTS_READ")
    async with listening(app, client) as listener:
        await house.services.api_keys.revoke(alice_user.id, key.id)
        house.services.events.publish(alice_user.id, None, EventKind.TOTAL)
        await listener.ended()
        assert not listener.sent[-1]["more_body"]
    assert listener.events == []


async def test_a_client_that_does_not_read_is_dropped(house: House, alice: Client, alice_user: User) -> None:
    async with listening(house.app(patience=0.01), alice) as listener:
        listener.stuck = True
        house.services.events.publish(alice_user.id, None, EventKind.TOTAL)
        await listener.ended()
    assert listener.aborted
    assert house.lines[-1].error == "client_too_slow"
    assert listener.events == []
    house.services.events.publish(alice_user.id, None, EventKind.TOTAL)
    await house.services.events.flush()
    assert len(await listed(alice, 0)) == 2, "nothing is lost for a client that comes again"


async def test_the_servers_end_is_in_order(house: House, app: Application, alice: Client) -> None:
    async with listening(app, alice) as listener:
        house.services.events.end()
        await listener.ended()
    assert listener.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_a_failing_database_ends_it(house: House, alice: Client, alice_user: User) -> None:
    async with listening(house.app(heartbeat=0.01), alice) as listener:
        await house.store.close()
        await listener.ended()
    assert house.lines[-1].error == "storage"
    assert house.crashes[-1].error == "StorageError"


# ------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "9" * 30, "²"])
async def test_a_number_that_is_none(alice: Client, text: str) -> None:
    for reply in (
        await alice.get(f"{EVENTS}?last_event_id={quote(text)}"),
        await alice.get(EVENTS, last_event_id=text),
    ):
        assert (reply.status_code, reply.error) == (400, "record_invalid")
        assert reply.json()["error_attributes"] == {"last_event_id": ["is invalid"]}


async def test_who_may_listen(house: House, app: Application, alice: Client, alice_user: User) -> None:
    assert (await alice.send_unsigned("GET", EVENTS.encode())).status_code == 401
    assert (await alice.send("GET", EVENTS, signature="00" * 32)).error == "signature_invalid"
    nothing = await house.add_client(alice_user, app, permissions="BOTS_READ")
    assert (await nothing.get(EVENTS)).error == "access_denied"
    assert (await alice.post(EVENTS)).status_code == 405


async def test_only_so_many_listen(house: House, alice: Client, bob: Client, alice_user: User) -> None:
    subscriptions = [await house.services.events.subscribe(alice_user.id) for _ in range(MOST_LISTENERS)]
    reply = await alice.get(EVENTS)
    assert (reply.status_code, reply.error, reply.headers["retry-after"]) == (429, "too_many_requests", "5")
    assert (await bob.get(EVENTS)).status_code == 200
    subscriptions.pop().close()
    assert (await alice.get(EVENTS)).status_code == 200


async def test_head_has_no_body(alice: Client, house: House, alice_user: User) -> None:
    reply = await alice.send("HEAD", EVENTS)
    assert (reply.status_code, reply.body, reply.headers["content-type"]) == (200, b"", "text/event-stream")
    (await house.services.events.subscribe(alice_user.id)).close()
