"""Key, address, signature, permission: what every signed endpoint asks for, shown at two of them."""

from __future__ import annotations

import json
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.api.client import BASE, Client, rsa_with
from tests.api.conftest import START, House

from coinassay.api.asgi import Application
from coinassay.domain.account import Account, User
from coinassay.domain.api_key import KeyKind, Permission
from coinassay.services.ports import NewKey

UNAUTHORIZED = {
    "error": "api_key_invalid_or_expired",
    "error_description": "Unauthorized. Invalid or expired api key.",
}
DENIED = {"error": "access_denied", "error_description": "Api key doesn't have enough permissions"}
VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "signing.json").read_text())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"signature": "00" * 32},
        {"apikey": ""},
        {"apikey": "nobody", "signature": "00" * 32},
        {"apikey": "x" * 100_000, "signature": "x" * 100_000},
        {"apikey": "\x00' or 1=1 --"},
        {"apikey": "\xff\xfe"},
    ],
    ids=["nothing", "no key", "empty key", "unknown", "long", "quotes", "bytes"],
)
async def test_without_a_known_key_nobody_gets_in(app: Application, alice: Client, headers: dict[str, str]) -> None:
    reply = await alice.send_unsigned("GET", b"/public/api/ver1/accounts", b"", headers)
    assert (reply.status_code, reply.json()) == (401, UNAUTHORIZED)


async def test_a_key_is_case_sensitive(alice: Client) -> None:
    reply = await Client(alice.app, alice.api_key.upper(), alice.sign).get("/ver1/validate")
    assert (reply.status_code, reply.json()) == (401, UNAUTHORIZED)


@pytest.mark.parametrize("signature", ["", "0", "00" * 32, "é" * 32])
async def test_without_a_signature_nobody_gets_in(alice: Client, signature: str) -> None:
    reply = await alice.send("GET", BASE + "/ver1/accounts", signature=signature)
    assert (reply.status_code, reply.error) == (401, "signature_invalid")
    reply = await alice.send_unsigned("GET", b"/public/api/ver1/accounts", b"", {"apikey": alice.api_key})
    assert (reply.status_code, reply.error) == (401, "signature_invalid")


async def test_a_revoked_key_is_unknown_at_once(house: House, alice_user: User, app: Application) -> None:
    client, key = await house.add_client_and_key(alice_user, app)
    assert (await client.get("/ver1/validate")).status_code == 200
    await house.services.api_keys.revoke(alice_user.id, key.id)
    reply = await client.get("/ver1/validate")
    assert (reply.status_code, reply.json()) == (401, UNAUTHORIZED)


async def test_the_signature_is_over_the_prefix_too(alice: Client) -> None:
    reply = await alice.send("GET", BASE + "/ver1/accounts", signed=b"/ver1/accounts")
    assert (reply.status_code, reply.error) == (401, "signature_invalid")


@pytest.mark.parametrize(
    ("permissions", "path", "status"),
    [
        ("", "pie_chart_data", 403),
        ("BOTS_READ BOTS_WRITE SMART_TRADES_READ SMART_TRADES_WRITE", "pie_chart_data", 403),
        ("ACCOUNTS_WRITE", "pie_chart_data", 403),
        ("ACCOUNTS_READ", "pie_chart_data", 201),
        ("ACCOUNTS_READ", "load_balances", 403),
        ("ACCOUNTS_WRITE", "load_balances", 201),
        ("ACCOUNTS_READ", "remove", 403),
        ("ACCOUNTS_WRITE", "remove", 201),
    ],
)
async def test_a_permission_is_needed(
    house: House,
    app: Application,
    alice_user: User,
    alices_account: Account,
    permissions: str,
    path: str,
    status: int,
) -> None:
    client = await house.add_client(alice_user, app, permissions)
    reply = await client.post(f"/ver1/accounts/{alices_account.id}/{path}")
    assert reply.status_code == status
    if status == 403:
        assert reply.json() == DENIED
        assert await house.services.accounts.get_account(alice_user.id, alices_account.id) == alices_account


async def test_a_permission_is_asked_for_before_the_account(house: House, app: Application, alice_user: User) -> None:
    client = await house.add_client(alice_user, app, "ACCOUNTS_READ")
    reply = await client.post("/ver1/accounts/4711/load_balances")
    assert (reply.status_code, reply.json()) == (403, DENIED)


# ----------------------------------------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("192.0.2.1", 200),
        ("::ffff:192.0.2.1", 200),
        ("2001:db8::17", 200),
        ("198.51.100.7", 401),
        ("2001:db9::17", 401),
        ("", 401),
        ("not an address", 401),
    ],
)
async def test_a_key_is_bound_to_its_addresses(
    house: House, app: Application, alice_user: User, address: str, status: int
) -> None:
    client = await house.add_client(alice_user, app, networks=("192.0.2.0/24", "2001:db8::/32"))
    reply = await client.at(address).get("/ver1/validate")
    assert reply.status_code == status
    assert status == 200 or reply.json() == UNAUTHORIZED


@pytest.mark.parametrize(
    ("address", "forwarded", "status"),
    [
        ("10.0.0.1", "192.0.2.1", 200),
        ("10.0.0.1", "198.51.100.7, 192.0.2.1", 200),
        ("10.0.0.1", "192.0.2.1, 198.51.100.7", 401),
        ("10.0.0.1", "192.0.2.1, 10.0.0.2", 200),
        ("10.0.0.1", "", 401),
        ("198.51.100.7", "192.0.2.1", 401),
        ("192.0.2.1", "198.51.100.7", 200),
    ],
)
async def test_only_a_trusted_proxy_is_believed(
    house: House, alice_user: User, address: str, forwarded: str, status: int
) -> None:
    app = house.app(trusted_proxies=(ip_network("10.0.0.0/8"),))
    client = await house.add_client(alice_user, app, networks=("192.0.2.0/24",))
    reply = await client.at(address).get("/ver1/validate", x_forwarded_for=forwarded)
    assert reply.status_code == status


async def test_without_a_trusted_proxy_nobody_is_believed(house: House, app: Application, alice_user: User) -> None:
    client = await house.add_client(alice_user, app, networks=("192.0.2.0/24",))
    reply = await client.get(
        "/ver1/validate", x_forwarded_for="192.0.2.1", x_real_ip="192.0.2.1", forwarded="for=192.0.2.1"
    )
    assert (reply.status_code, reply.json()) == (401, UNAUTHORIZED)


# ------------------------------------------------------------------------------------------ forms of signatures


async def store_vector_key(house: House, user: User, key: dict[str, str]) -> None:
    kind = KeyKind(key["kind"])
    verifier = key["public_key"] if kind is KeyKind.RSA else key["secret"]
    new = NewKey("vectors", key["api_key"], kind, verifier.encode(), frozenset(Permission))
    await house.store.add_key(user.id, new, START)


KNOWN_PATHS = {"/public/api/ver1/accounts", "/public/api/ver1/validate", "/public/api/ver1/accounts/new"}


@pytest.mark.parametrize(
    "vector",
    [
        each
        for each in (*VECTORS["accept"], *VECTORS["reject"])
        if each["target"].partition("?")[0] in {*KNOWN_PATHS, "/public/api/ver1/accounts/12345678/load_balances"}
        or each["id"] == "X3"
    ],
    ids=lambda each: each["id"],
)
async def test_the_vectors_through_the_application(
    house: House, app: Application, alice_user: User, vector: dict[str, str]
) -> None:
    key = VECTORS["keys"][vector["key"]]
    await store_vector_key(house, alice_user, key)
    headers = {"apikey": key["api_key"], "signature": vector["signature"]}
    if "content_type" in vector:
        headers["content-type"] = vector["content_type"]
    client = Client(app, "", lambda _: "")
    reply = await client.send_unsigned(vector["method"], vector["target"].encode(), vector["body"].encode(), headers)
    assert (reply.status_code == 401) == (vector in VECTORS["reject"])


async def test_an_rsa_key_signs(house: House, app: Application, alice_user: User, alices_account: Account) -> None:
    private = rsa.generate_private_key(65537, 2048)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    issued = await house.services.api_keys.issue(alice_user.id, "bot", ["ACCOUNTS_READ"], public_key=public)
    client = Client(app, issued.key.api_key, rsa_with(private))

    assert (await client.get("/ver1/accounts?page=1")).status_code == 200
    assert (await client.post(f"/ver1/accounts/{alices_account.id}/pie_chart_data")).status_code == 201
    other = Client(app, issued.key.api_key, rsa_with(rsa.generate_private_key(65537, 2048)))
    assert (await other.get("/ver1/accounts?page=1")).error == "signature_invalid"


@pytest.mark.parametrize(
    ("target", "signed"),
    [
        ("/ver1/accounts", "/ver1/accounts?"),
        ("/ver1/accounts?", "/ver1/accounts?"),
        ("/ver1/accounts?", "/ver1/accounts"),
        ("/ver1/accounts?per_page=5&page=1", "/ver1/accounts?page=1&per_page=5"),
        ("/ver1/accounts?api_key=a%20b", "/ver1/accounts?api_key=a b"),
    ],
)
async def test_a_request_target_is_taken_as_it_came(alice: Client, target: str, signed: str) -> None:
    reply = await alice.send("GET", BASE + target, signed=(BASE + signed).encode())
    assert reply.status_code == 200


async def test_the_last_use_of_a_key_is_noted_when_it_gets_in(house: House, app: Application, alice_user: User) -> None:
    client, key = await house.add_client_and_key(alice_user, app)
    await client.send("GET", BASE + "/ver1/validate", signature="00" * 32)
    await house.services.api_keys.flush()
    assert (await house.services.api_keys.list_keys(alice_user.id))[-1].last_used_at is None

    house.clock.advance(minutes=5)
    await client.get("/ver1/validate")
    await house.services.api_keys.flush()
    assert (await house.services.api_keys.list_keys(alice_user.id))[-1].last_used_at == START + timedelta(minutes=5)
    assert key.last_used_at is None
