"""What exchanges call their coins and wallets, and what they say when something fails, is theirs to choose."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.api.conftest import House
from tests.web.visitor import Visitor

from coinassay.domain.account import Account
from coinassay.errors import CredentialsRejected, ExchangeUnavailable
from coinassay.testing.text import reading_of

SCRIPT = "<script>alert(1)</script>"
CODES = (
    SCRIPT,
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</script><b>",
    "{{ 7*7 }}",
    "%",
    "__proto__",
    "Other",
)
WALLET = '<i>"spot"'
FORBIDDEN = ("<script>alert", "<img src=x", "</script><b>", "<i>")
MONTH = "2026-03"


async def test_nothing_of_it_becomes_markup(alice: Visitor, house: House, alices_account: Account) -> None:
    account = alices_account
    reading = reading_of("1 BTC", failed={"funding": ExchangeUnavailable(f"{SCRIPT} says <i>no</i>")})
    wallet, *others = reading.wallets
    balances = [replace(wallet.balances[0], asset=code, wallet=WALLET) for code in ("BTC", *CODES)]
    reading = replace(reading, wallets=(replace(wallet, wallet=WALLET, balances=tuple(balances)), *others))
    house.connector.script(account.id, reading)
    await house.services.sync.sync_account(account.user_id, account.id)
    pages = (
        "/",
        "/?by=account",
        "/?by=kind",
        f"/accounts/{account.id}",
        f"/accounts/{account.id}?wallet=each&dust=show",
        f"/accounts/{account.id}/loads",
        f"/accounts/{account.id}/flows",
        "/past/2026-03-01",
    )
    for page in pages:
        text = (await alice.get(page)).text
        assert not [each for each in FORBIDDEN if each in text], page
    await alice.get(f"/accounts/{account.id}?wallet=each&dust=show")
    assert all(code in alice.text for code in CODES), "all of them are shown as they are"
    assert 200 == (await alice.get(f"/statement.pdf?period={MONTH}")).status_code


async def test_nor_of_a_refusal(alice: Visitor, house: House, alices_account: Account) -> None:
    house.connector.script(alices_account.id, CredentialsRejected(SCRIPT))
    await alice.get("/")
    await alice.post("/refresh")
    for page in ("/", f"/accounts/{alices_account.id}", f"/accounts/{alices_account.id}/loads"):
        await alice.get(page)
        assert SCRIPT in alice.text, page
        assert SCRIPT not in alice.page.text, page


@pytest.mark.parametrize("currency", ["USD", "EUR", "BTC"])
@pytest.mark.parametrize("language", ["de-DE", "fr-FR", "tr-TR"])
async def test_amounts_that_are_absurd(
    alice: Visitor, house: House, alices_account: Account, currency: str, language: str
) -> None:
    await house.load(alices_account, f"{10**39}.5 BTC", "0.000000000000000000000000000001 ETH", "1 USDT")
    await alice.get("/settings")
    assert 303 == (await alice.post("/settings/currency", {"currency": currency})).status_code
    headers = {"accept-language": language}
    for page in (
        "/",
        f"/accounts/{alices_account.id}",
        "/ledger",
        "/past/2026-03-01",
        "/history.json",
        "/export/holdings.csv",
        f"/statement.pdf?period={MONTH}",
    ):
        assert 200 == (await alice.get(page, **headers)).status_code, page
