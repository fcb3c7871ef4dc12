"""API keys on the pages."""

from __future__ import annotations

import re
from html import unescape

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.api.client import Client, hmac_with, rsa_with
from tests.api.conftest import House
from tests.web.visitor import Visitor

from coinassay.domain.account import User


def shown(page: str, name: str) -> str:
    found = re.search(rf'id="{name}">([^<]*)<', page)
    assert found, name
    return unescape(found.group(1))


async def test_a_key_is_made_shown_once_and_works_at_once(alice: Visitor, house: House, alice_user: User) -> None:
    await alice.get("/keys")
    assert "No keys yet" in alice.text
    await alice.get("/keys/new")
    page = await alice.post(
        "/keys/new", {"name": "bot <1>", "permission": ["ACCOUNTS_READ"], "networks": "192.0.2.0/24"}
    )
    assert 200 == page.status_code
    api_key, secret = shown(page.text, "api-key"), shown(page.text, "secret")
    assert secret not in shown(page.text, "curl")
    assert api_key in shown(page.text, "python")
    assert "no-store" in page.headers["cache-control"]
    await alice.get("/keys")
    assert "bot <1>" in alice.text
    assert "192.0.2.0/24" in alice.text
    assert secret not in alice.page.text
    client = Client(house.app(), api_key, hmac_with(secret))
    assert (
        "ip_not_allowed" == (await client.get("/ver1/accounts")).error
        or (await client.get("/ver1/accounts")).status_code
    )


async def test_a_key_with_an_rsa_public_key(alice: Visitor, house: House) -> None:
    private = rsa.generate_private_key(65537, 2048)
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    await alice.get("/keys/new")
    page = await alice.post("/keys/new", {"name": "bot", "permission": "ACCOUNTS_READ", "public_key": pem})
    assert "private key that belongs to the public one" in alice.text
    client = Client(house.app(), shown(page.text, "api-key"), rsa_with(private))
    assert 200 == (await client.get("/ver1/accounts")).status_code


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"name": "", "permission": "ACCOUNTS_READ"}, "is missing"),
        ({"name": "x" * 101, "permission": "ACCOUNTS_READ"}, "too long"),
        ({"name": "bot"}, "at least one"),
        ({"name": "bot", "permission": "EVERYTHING"}, "does not have a valid value"),
        ({"name": "bot", "permission": "ACCOUNTS_READ", "networks": "home"}, "is invalid"),
        ({"name": "bot", "permission": "ACCOUNTS_READ", "public_key": "ssh-rsa AAAA"}, "not a public key"),
    ],
)
async def test_what_is_wrong_is_said(
    alice: Visitor, house: House, alice_user: User, fields: dict[str, str], problem: str
) -> None:
    await alice.get("/keys/new")
    page = await alice.post("/keys/new", fields)
    assert 422 == page.status_code
    assert problem in alice.text
    assert not await house.services.api_keys.list_keys(alice_user.id)


async def test_a_revoked_key_is_refused(alice: Visitor, house: House, alice_user: User) -> None:
    client, key = await house.add_client_and_key(alice_user, house.app(), "ACCOUNTS_READ")
    assert 200 == (await client.get("/ver1/accounts")).status_code
    await alice.get("/keys")
    assert 303 == (await alice.post(f"/keys/{key.id}/revoke")).status_code
    assert 401 == (await client.get("/ver1/accounts")).status_code
    await alice.get("/keys")
    assert "Revoked keys (1)" in alice.text


async def test_nobody_revokes_or_sees_anothers_key(
    alice: Visitor, bob: Visitor, house: House, alice_user: User
) -> None:
    client, key = await house.add_client_and_key(alice_user, house.app(), "ACCOUNTS_READ")
    await bob.get("/keys")
    assert key.api_key[:8] not in bob.page.text
    assert 404 == (await bob.post(f"/keys/{key.id}/revoke")).status_code
    assert 200 == (await client.get("/ver1/accounts")).status_code


async def test_making_a_key_wants_the_password_again_after_a_while(
    alice: Visitor, house: House, alice_user: User
) -> None:
    house.clock.advance(hours=2)
    reply = await alice.get("/keys/new")
    assert 303 == reply.status_code
    assert reply.headers["location"].startswith("/confirm")
    assert 200 == (await alice.get("/keys")).status_code
    late = await alice.post("/keys/new", {"name": "bot", "permission": "ACCOUNTS_READ", "next": "/keys/new"})
    assert 303 == late.status_code
    assert not await house.services.api_keys.list_keys(alice_user.id)


async def test_strangers_get_nowhere(stranger: Visitor, alice: Visitor, house: House, alice_user: User) -> None:
    for path in ("/keys", "/keys/new", "/developers/signature"):
        assert (await stranger.get(path)).headers["location"].startswith("/login")
    await alice.get("/keys/new")
    forged = await alice.post("/keys/new", {"name": "bot", "permission": "ACCOUNTS_READ", "form_token": "0" * 64})
    assert 403 == forged.status_code
    assert not await house.services.api_keys.list_keys(alice_user.id)


async def test_the_explainer_shows_every_step(alice: Visitor) -> None:
    await alice.get("/developers/signature")
    assert "/public/api/ver1/accounts?per_page=10" in alice.text
    request = {
        "method": "POST",
        "target": "https://x.example/public/api/ver1/accounts/1/rename",
        "body": '{"name":\r\n "<b>"}',
    }
    page = await alice.post("/developers/signature", request)
    assert "/public/api/ver1/accounts/1/rename{&#34;name&#34;:\n &#34;&lt;b&gt;&#34;}" in page.text
    await alice.post("/developers/signature", {"method": "GET", "target": "/x", "body": "x"})
    assert "A GET request has no body" in alice.text
    assert "What is signed" not in alice.text
