"""Every route there is, walked by people it is not for. A page that is added and forgets to ask who comes fails here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from starlette.routing import Route
from tests.api.conftest import House
from tests.web.visitor import Visitor

from coinassay.domain.account import Account
from coinassay.domain.snapshot import FlowKind
from coinassay.services.flows import NewFlow
from coinassay.web.app import Web

FOR_EVERYBODY = {
    ("GET", "/login"),
    ("POST", "/login"),
    ("POST", "/login/demo"),
    ("POST", "/login/passkey"),
    ("POST", "/login/passkey/options"),
    ("POST", "/logout"),
    ("GET", "/welcome"),
    ("POST", "/welcome"),
    ("POST", "/look"),
    ("GET", "/manifest.webmanifest"),
    ("GET", "/robots.txt"),
}
NO_ID = {"code": "paper_trading", "day": "2026-02-28", "what": "holdings", "kind": "csv"}
"""Parameters that name nobody's."""
FIELDS = {
    "name": "Taken over",
    "every": "1h",
    "kind": "deposit",
    "asset": "BTC",
    "amount": "1",
    "at": "2026-03-01T11:00",
}
"""Together they fill in any form about something that belongs to somebody."""


def walk(web: Web) -> Iterator[tuple[str, Route, list[str]]]:
    """Method, route, and the names of its parameters."""
    for route in web._routes:
        for method in sorted(route.methods or ()):
            yield method, route, re.findall(r"\{(\w+)", route.path)


def address(route: Route, values: dict[str, object]) -> str:
    """Raises KeyError for a parameter that nobody has thought of here."""
    return re.sub(r"\{(\w+)(?::int)?\}", lambda found: str(values[found.group(1)]), route.path)


async def ask(visitor: Visitor, method: str, path: str, fields: dict[str, str] | None = None) -> httpx.Response:
    if method != "POST":
        return await visitor.http.request(method, path)
    # Looked for again each time, as whoever signs out loses what their forms are bound to.
    await visitor.get("/welcome")
    return await visitor.post(path, fields)


async def test_who_is_not_signed_in_sees_nothing(
    stranger: Visitor, alice: Visitor, web: Web, alices_account: Account
) -> None:
    nothing = {**NO_ID, **dict.fromkeys(("account_id", "flow_id", "key_id", "session_id", "passkey_id"), 1)}
    asked = 0
    for method, route, _ in walk(web):
        if ("GET" if method == "HEAD" else method, route.path) in FOR_EVERYBODY:
            continue
        path = address(route, nothing)
        reply = await ask(stranger, method, path)
        assert 303 == reply.status_code, f"{method} {path}"
        assert reply.headers["location"].startswith("/login"), f"{method} {path}"
        asked += 1
    assert asked > 50


@dataclass
class Belongings:
    account_id: int
    flow_id: int
    key_id: int
    session_id: int
    passkey_id: int


@pytest.fixture
async def alices(house: House, alice: Visitor, alices_account: Account) -> Belongings:
    """Something of every kind, of Alice's."""
    services, user_id = house.services, alices_account.user_id
    account = await services.sync.sync_account(user_id, alices_account.id)
    house.clock.advance(hours=3)
    new = NewFlow(FlowKind.DEPOSIT, "BTC", Decimal(1), house.clock() - timedelta(hours=1), Decimal(60000))
    flow = await services.flows.add_flow(user_id, account.id, new)
    issued = await services.api_keys.issue(user_id, "hers", ["ACCOUNTS_READ"])
    await services.sign_in.add_passkey(user_id, "hers", b"credential", b"key", 0)
    (passkey,) = await services.sign_in.list_passkeys(user_id)
    (session, *_) = await services.sign_in.list_sessions(user_id)
    return Belongings(account.id, flow.id, issued.key.id, session.id, passkey.id)


async def everything(house: House, of: Belongings) -> list[object]:
    """What there is of Alice."""
    services = house.services
    user_id = (await services.users.list_users())[0].id
    account = await services.accounts.get_account(user_id, of.account_id)
    return [
        await services.accounts.list_accounts(user_id),
        await services.flows.list_flows(user_id, account.id),
        await services.api_keys.list_keys(user_id),
        {session.id for session in await services.sign_in.list_sessions(user_id)},
        await services.sign_in.list_passkeys(user_id),
        await services.refresh.get_state(user_id, account.id),
    ]


def told(reply: httpx.Response) -> str:
    """A page without what differs each time."""
    return re.sub(r'(name="form-token" content|name="form_token" value)="[^"]+"|<code>\w+</code>', "", reply.text)


async def test_what_is_another_users_might_as_well_not_exist(
    alices: Belongings, bob: Visitor, web: Web, house: House
) -> None:
    hers = {**NO_ID, **vars(alices)}
    none = {**NO_ID, **dict.fromkeys(vars(alices), 999_999)}
    before = await everything(house, alices)
    asked = 0
    for method, route, names in walk(web):
        if not any(name not in NO_ID for name in names):
            continue
        for fields in ({}, FIELDS):
            path, missing = address(route, hers), address(route, none)
            reply, other = await ask(bob, method, path, fields), await ask(bob, method, missing, fields)
            assert told(reply).replace(path, "") == told(other).replace(missing, ""), f"{method} {path}"
            assert reply.status_code == other.status_code, f"{method} {path}"
        assert 404 == reply.status_code, f"{method} {path}"
        asked += 1
    assert asked > 20
    assert before == await everything(house, alices)


async def test_nor_within_an_account_of_ones_own(alices: Belongings, bob: Visitor, house: House) -> None:
    bob_id = (await house.services.users.list_users())[1].id
    own = await house.services.accounts.connect(bob_id, "paper_trading", "Bob's", {})
    before = await everything(house, alices)
    assert 404 == (await bob.post(f"/accounts/{own.id}/flows/{alices.flow_id}/remove")).status_code
    assert before == await everything(house, alices)


@pytest.mark.parametrize(
    "path",
    ["/export/holdings.csv", "/export/history.json", "/export/ledger.csv", "/statement.pdf", "/export/ledger.json"],
)
async def test_nor_in_what_is_taken_along(alices: Belongings, bob: Visitor, house: House, path: str) -> None:
    asked = {"period": "2026-02"}
    assert 404 == (await bob.http.get(path, params={**asked, "account": alices.account_id})).status_code
    reply = await bob.http.get(path, params=asked)
    assert 200 == reply.status_code
    assert "Alice" not in reply.text


async def test_nor_is_the_installation(alices: Belongings, bob: Visitor) -> None:
    assert 403 == (await bob.post("/backup", {"next": "/settings"})).status_code
    assert 403 == (await bob.post("/settings/retention", {"retention": "off"})).status_code
    assert 403 == (await bob.post("/security/users", {"name": "eve"})).status_code
    for path, words in (("/settings", "Backup"), ("/security", "Who may sign in")):
        await bob.get(path)
        assert words not in bob.text
