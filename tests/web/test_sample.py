"""Sample data to look around in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.api.conftest import House
from tests.web.visitor import Visitor

from coinassay.domain.sample import BALANCES, DAYS, past_of
from coinassay.domain.series import day_of
from coinassay.domain.snapshot import FlowKind, FlowSource
from coinassay.errors import ExchangeUnavailable
from coinassay.pricing.closes import Closes
from coinassay.services.sample import NAME


async def test_one_click_adds_it(alice: Visitor, house: House) -> None:
    await alice.get("/start")
    assert "/" == (await alice.post("/start/sample")).headers["location"]
    await alice.get("/security")
    assert "Sample data." in alice.text, "on every page"
    (account,) = await house.services.accounts.list_accounts(1)
    assert (NAME, True) == (account.name, account.is_paper)
    assert account.total.usd > 0


async def test_its_past_leads_up_to_the_present(alice: Visitor, house: House) -> None:
    await house.services.sample.add(1)
    (account,) = await house.services.accounts.list_accounts(1)
    days = await house.store.list_imported(account.id)
    assert DAYS == len(days)
    assert 1 == (day_of(house.clock.now) - day_of(days[-1].taken_at)).days
    yesterday = days[-1].total.usd
    assert Decimal("0.8") * account.total.usd < yesterday < Decimal("1.25") * account.total.usd, "without a jump"
    flows = (await house.store.list_flows([account.id], days[0].taken_at.replace(year=2000)))[account.id]
    kinds = [flow.kind for flow in flows if flow.source is FlowSource.IMPORT]
    assert {FlowKind.OPENING, FlowKind.DEPOSIT, FlowKind.WITHDRAWAL} == set(kinds)
    report = await house.services.portfolio.report([account])
    assert report


async def test_it_is_there_once(alice: Visitor, house: House) -> None:
    await alice.post("/start/sample")
    await alice.get("/start")
    assert "Remove the sample account" in alice.text
    await alice.post("/start/sample")
    assert 1 == len(await house.services.accounts.list_accounts(1))


async def test_one_click_removes_it_and_nothing_else(alice: Visitor, house: House, alices_account: object) -> None:
    await alice.post("/start/sample")
    await alice.get("/security")
    assert "/start" == (await alice.post("/start/sample/remove")).headers["location"]
    assert [alices_account] == list(await house.services.accounts.list_accounts(1))
    await alice.get("/start")
    assert "Sample data." not in alice.text
    await alice.post("/start/sample/remove")
    assert [alices_account] == list(await house.services.accounts.list_accounts(1))


async def test_another_users_is_theirs(alice: Visitor, bob: Visitor, house: House) -> None:
    await house.services.sample.add(1)
    await bob.get("/start")
    assert "Sample data." not in bob.text
    await bob.post("/start/sample/remove")
    assert 1 == len(await house.services.sample.list_accounts(1))


async def test_without_prices_there_is_none(alice: Visitor, house: House) -> None:
    house.rates.script("paper_trading", ExchangeUnavailable("No prices today."))
    await alice.get("/start")
    assert "/start" == (await alice.post("/start/sample")).headers["location"]
    await alice.get("/start")
    assert "No prices today." in alice.text
    assert [] == list(await house.services.accounts.list_accounts(1))


def test_every_coin_of_it_has_closes() -> None:
    closes = Closes()
    values = {code: Decimal(1000) for code in BALANCES}
    days = past_of(values, Decimal(60000), closes, date(2026, 3, 1))
    assert set(BALANCES) <= set(closes.codes)
    assert all(each.total.usd > 0 and each.total.btc > 0 for each in days)
    assert 0 < sum(each.deposits.usd != 0 for each in days) < 10
