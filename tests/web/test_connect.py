"""Connecting an account on the pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.api.conftest import START, House
from tests.web.visitor import Visitor

from coinassay.domain.account import Mode, User
from coinassay.domain.key_report import Answer, KeyReport, Readable
from coinassay.errors import CredentialsRejected, ExchangeUnavailable

KEY = {"name": "Main", "api_key": "open-half-of-the-key", "secret": "closed-half-of-the-key"}
GOOD = KeyReport(
    "binance", START, works=Answer.YES, may_read=Answer.YES, may_trade=Answer.NO, may_withdraw=Answer.NO,
    ip_bound=Answer.YES, expires=Answer.NO, wallets={"spot": Readable(Answer.YES)},
)  # fmt: skip


async def names_of(house: House, user: User) -> list[str]:
    return [account.name for account in await house.store.list_accounts(user.id, mode=Mode.ALL)]


async def test_every_exchange_is_there(alice: Visitor) -> None:
    page = await alice.get("/connect")
    assert 200 == page.status_code
    assert "Often used" in alice.text
    for name in ("Binance US", "Kraken", "Paper account", "Bitvavo"):
        assert name in alice.text


async def test_a_search_works_without_scripts(alice: Visitor) -> None:
    await alice.get("/connect?q=kraken+fut")
    assert "Kraken Futures" in alice.text
    assert "Binance US" not in alice.text
    await alice.get("/connect?q=<script>alert(1)</script>")
    assert "No exchange goes by that name" in alice.text
    assert "<script>alert" not in alice.page.text


async def test_the_form_says_how_to_make_the_key(alice: Visitor) -> None:
    await alice.get("/connect/kucoin")
    for text in ("API management", "General", "Passphrase", "Check the key"):
        assert text in alice.text
    assert 'type="password"' in alice.page.text


@pytest.mark.parametrize("path", ["/connect/ftx", "/connect/nothing", "/connect/%00"])
async def test_there_is_no_such_exchange(alice: Visitor, path: str) -> None:
    assert 404 == (await alice.get(path)).status_code


async def test_a_good_key_is_found_good_and_nothing_is_stored(alice: Visitor, house: House, alice_user: User) -> None:
    house.doctor.script(GOOD)
    await alice.get("/connect/binance")
    page = await alice.post("/connect/binance/check", KEY)
    assert 200 == page.status_code
    assert "This key reads and does nothing else" in alice.text
    assert "Enter the secret once more" in alice.text
    assert KEY["api_key"] in page.text
    assert KEY["secret"] not in page.text
    assert [] == await names_of(house, alice_user)


async def test_scripts_are_told_the_findings_alone(alice: Visitor, house: House) -> None:
    house.doctor.script(GOOD)
    await alice.get("/connect/binance")
    reply = await alice.post("/connect/binance/check", KEY, x_fragment="findings")
    assert "This key reads and does nothing else" in reply.text
    assert "<html" not in reply.text
    assert KEY["secret"] not in reply.text


async def test_a_key_that_may_withdraw_is_refused(alice: Visitor, house: House, alice_user: User) -> None:
    house.doctor.script(KeyReport("binance", START, works=Answer.YES, may_withdraw=Answer.YES))
    await alice.get("/connect/binance")
    await alice.post("/connect/binance/check", KEY)
    assert "The key may withdraw, which is not needed here" in alice.text
    assert "It may withdraw yes" in alice.text
    page = await alice.post("/connect/binance", KEY)
    assert 422 == page.status_code
    assert "may withdraw" in alice.text
    assert KEY["secret"] not in page.text
    assert [] == await names_of(house, alice_user)


async def test_a_key_the_exchange_rejects_is_said_to_be_wrong(alice: Visitor, house: House) -> None:
    report = KeyReport(
        "binance", START, works=Answer.NO, failure=CredentialsRejected.code, reason="The exchange rejects the key."
    )
    house.doctor.script(report)
    await alice.get("/connect/binance")
    await alice.post("/connect/binance/check", KEY)
    assert "The account could not be read. The exchange rejects the key." in alice.text


async def test_connecting_reads_the_balances(alice: Visitor, house: House, alice_user: User) -> None:
    house.connector.script("binance", ["1 BTC"])
    await alice.get("/connect/binance")
    reply = await alice.post("/connect/binance", KEY | {"api_key": " open-half-of-the-key\r\n"})
    assert 303 == reply.status_code
    (account,) = await house.store.list_accounts(alice_user.id)
    assert f"/accounts/{account.id}" == reply.headers["location"]
    assert "open-half-of-the-key" == account.api_key
    assert account.loaded_at is not None
    assert account.total.usd > 0
    await alice.get(f"/accounts/{account.id}")
    assert "Main is connected, and its balances were read." in alice.text


async def test_a_first_load_that_fails_is_said_and_the_account_stays(
    alice: Visitor, house: House, alice_user: User
) -> None:
    house.connector.script("binance", ExchangeUnavailable(exchange_id="binance"))
    await alice.get("/connect/binance")
    reply = await alice.post("/connect/binance", KEY)
    assert 303 == reply.status_code
    await alice.get(reply.headers["location"])
    assert "is connected, but its balances could not be read" in alice.text
    assert ["Main"] == await names_of(house, alice_user)


async def test_what_is_missing_is_said_at_its_field(alice: Visitor, house: House, alice_user: User) -> None:
    await alice.get("/connect/binance")
    page = await alice.post("/connect/binance", {"name": "<b>x</b>", "api_key": "open-half", "secret": ""})
    assert 422 == page.status_code
    assert "is missing" in alice.text
    assert "&lt;b&gt;x&lt;/b&gt;" in page.text
    assert "open-half" in page.text
    await alice.get("/connect/binance")
    await alice.post("/connect/binance/check", {"api_key": "open-half"})
    assert "the form has to be right first" in alice.text or "is missing" in alice.text
    assert [] == await names_of(house, alice_user)


async def test_the_same_key_twice_is_refused(alice: Visitor, house: House, alice_user: User) -> None:
    house.connector.script("binance", ["1 BTC"])
    await alice.get("/connect/binance")
    await alice.post("/connect/binance", KEY)
    await alice.get("/connect/binance")
    page = await alice.post("/connect/binance", KEY)
    assert 422 == page.status_code
    assert "already connected" in alice.text
    assert ["Main"] == await names_of(house, alice_user)


async def test_a_paper_account(alice: Visitor, house: House, alice_user: User) -> None:
    await alice.get("/connect/paper_trading")
    assert "Paper" in alice.text
    page = await alice.post("/connect/paper_trading", {"name": "Play", "balances": "USDT much\nBTC 1"})
    assert 422 == page.status_code
    assert "not a coin and an amount" in alice.text
    reply = await alice.post("/connect/paper_trading", {"name": "Play", "balances": "usdt 2,500\r\nBTC 0.5\r\n\r\n"})
    assert 303 == reply.status_code
    (account,) = await house.store.list_accounts(alice_user.id)
    assert {"USDT": 2500, "BTC": "0.5"}.keys() == (await house.store.get_paper_balances(account.id)).keys()


async def test_strangers_and_forged_forms_get_nowhere(
    stranger: Visitor, alice: Visitor, house: House, alice_user: User
) -> None:
    for path in ("/connect", "/connect/binance"):
        reply = await stranger.get(path)
        assert 303 == reply.status_code
        assert reply.headers["location"].startswith("/login")
    await alice.get("/connect/binance")
    forged = await alice.post("/connect/binance", KEY | {"form_token": "0" * 64})
    assert 403 == forged.status_code
    await alice.get("/connect/binance")
    elsewhere = await alice.post("/connect/binance", KEY, origin="https://evil.example", sec_fetch_site="cross-site")
    assert 403 == elsewhere.status_code
    assert [] == await names_of(house, alice_user)
    house.clock.advance(seconds=timedelta(days=400).total_seconds())
    assert 303 == (await alice.get("/connect")).status_code
