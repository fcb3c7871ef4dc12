"""What is set on the pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.api.conftest import House
from tests.web.visitor import Visitor

from coinassay.domain.account import Account, User


async def test_the_currency(alice: Visitor, house: House, alice_user: User) -> None:
    await alice.get("/settings")
    assert 303 == (await alice.post("/settings/currency", {"currency": " eth "})).status_code
    assert "ETH" == (await house.store.get_user(alice_user.id)).display_currency
    await alice.get("/settings")
    assert "Amounts are shown in ETH." in alice.text
    page = await alice.post("/settings/currency", {"currency": "<b>"})
    assert 422 == page.status_code
    assert "is not the code of a currency" in alice.text
    assert "ETH" == (await house.store.get_user(alice_user.id)).display_currency


async def test_the_dust_limit(alice: Visitor, house: House, alice_user: User) -> None:
    await alice.get("/settings")
    assert 303 == (await alice.post("/settings/dust", {"dust": "2.50"})).status_code
    assert "2.50" == str(await house.services.preferences.dust(alice_user.id)) + "0"
    assert 422 == (await alice.post("/settings/dust", {"dust": "lots"})).status_code
    assert "is not an amount" in alice.text


async def test_how_often_all_accounts_refresh(
    alice: Visitor, bob: Visitor, house: House, alices_account: Account, bob_user: User
) -> None:
    bobs = await house.connect(bob_user)
    await alice.get("/settings")
    assert 303 == (await alice.post("/settings/refresh", {"every": "1h"})).status_code
    state = await house.services.refresh.get_state(alices_account.user_id, alices_account.id)
    assert (timedelta(hours=1), True) == (state.interval, state.own)
    assert not (await house.services.refresh.get_state(bob_user.id, bobs.id)).own
    await alice.get("/settings")
    assert '<option value="1h" selected>' in alice.page.text
    assert 422 == (await alice.post("/settings/refresh", {"every": "1s"})).status_code
    assert 303 == (await alice.post("/settings/refresh", {"every": ""})).status_code
    assert not (await house.services.refresh.get_state(alices_account.user_id, alices_account.id)).own


async def test_only_the_owner_sets_for_everybody(alice: Visitor, bob: Visitor, house: House) -> None:
    await alice.get("/settings")
    assert "Keep every snapshot" in alice.text
    assert 303 == (await alice.post("/settings/retention", {"retention": "14d/180d"})).status_code
    assert timedelta(days=14) == (await house.services.preferences.retention()).full
    assert 422 == (await alice.post("/settings/retention", {"retention": "soon"})).status_code
    await bob.get("/settings")
    assert "Keep every snapshot" not in bob.text
    assert "Download a copy" not in bob.text
    assert 403 == (await bob.post("/settings/retention", {"retention": "1d/1d"})).status_code
    assert timedelta(days=14) == (await house.services.preferences.retention()).full


@pytest.mark.parametrize("what", ["currency", "dust", "refresh", "retention"])
async def test_strangers_and_forged_forms_get_nowhere(stranger: Visitor, alice: Visitor, what: str) -> None:
    await stranger.get("/login")
    reply = await stranger.post(f"/settings/{what}")
    assert reply.headers["location"].startswith("/login")
    assert 401 == (await stranger.post(f"/settings/{what}", {"currency": "EUR"})).status_code
    await alice.get("/settings")
    assert 'name="currency" value="EUR"' not in alice.page.text
    await alice.get("/settings")
    assert 403 == (await alice.post(f"/settings/{what}", {"form_token": "0" * 64})).status_code
