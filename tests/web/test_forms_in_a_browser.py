"""The pages on which something is entered, in Chromium: barriers, phone size, and what their scripts add."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re

import pytest
from playwright.async_api import Page, Route, expect
from tests.api.conftest import START
from tests.web.conftest import Axe, Site
from tests.web.visitor import PASSWORD

from coinassay.domain.account import Account
from coinassay.domain.key_report import Answer, KeyReport

pytestmark = pytest.mark.slow

PAGES = (
    "/connect",
    "/connect/kraken",
    "/connect/paper_trading",
    "/keys",
    "/keys/new",
    "/settings",
    "/developers/signature",
)


async def test_no_barriers(alices_page: Page, alices_account: Account, axe: Axe) -> None:
    for path in PAGES:
        await alices_page.goto(path)
        await axe(alices_page)


async def test_nothing_is_wider_than_a_phone(alices_page: Page, alices_account: Account) -> None:
    await alices_page.set_viewport_size({"width": 360, "height": 740})
    for path in PAGES:
        await alices_page.goto(path)
        assert 360 >= await alices_page.evaluate("document.documentElement.scrollWidth"), path


async def test_findings_come_without_leaving_the_page(alices_page: Page, site: Site) -> None:
    page = alices_page
    site.house.doctor.script(KeyReport("kraken", START, works=Answer.YES, may_trade=Answer.YES))
    await page.goto("/connect/kraken")
    await page.get_by_label("API Key").fill("an-open-key")
    secret = page.get_by_label("API Secret")
    await secret.fill("c2VjcmV0LXNlY3JldC1zZWNyZXQ=")
    await page.get_by_role("button", name="Check the key").click()
    findings = page.locator("[data-findings]")
    await expect(findings).to_contain_text("The key may trade or move coins")
    await expect(secret).to_have_value("c2VjcmV0LXNlY3JldC1zZWNyZXQ=")
    await expect(page).to_have_url(re.compile("/connect/kraken$"))
    await secret.fill("another")
    await expect(findings).to_be_empty()


async def test_a_signature_is_made_in_the_page_alone(alices_page: Page) -> None:
    page = alices_page
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url + (request.post_data or "")))
    await page.goto("/developers/signature")
    await page.get_by_label("Secret of an HMAC key").fill("test-secret-0001")
    wanted = hmac.new(b"test-secret-0001", b"/public/api/ver1/accounts?per_page=10", hashlib.sha256).hexdigest()
    await expect(page.locator("output")).to_have_text(wanted)
    await page.get_by_role("button", name="Explain").click()
    await expect(page.get_by_label("Secret of an HMAC key")).to_have_value("")
    assert not [each for each in sent if "test-secret-0001" in each]


async def slowly(route: Route) -> None:
    await asyncio.sleep(0.4)
    await route.continue_()


async def test_a_double_click_is_one_wish(alices_page: Page, site: Site) -> None:
    page = alices_page
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    await page.goto("/connect/paper_trading")
    # The answer takes a while, as it does when an exchange is asked, and the second click comes before it.
    await page.route("**/connect/paper_trading", slowly)
    await page.evaluate(
        "for (const ms of [0, 100]) setTimeout(() => document.querySelector('main form button').click(), ms)"
    )
    await expect(page).to_have_url(re.compile(r"/accounts/\d+$"))
    assert 1 == len(sent)
    assert 1 == len(await site.house.services.accounts.list_accounts(1))


async def test_who_signs_in_again_elsewhere_goes_on_here(alices_page: Page, site: Site) -> None:
    page = alices_page
    site.house.doctor.script(KeyReport("kraken", START, works=Answer.YES, may_trade=Answer.YES))
    await page.goto("/connect/kraken")
    await page.get_by_label("API Key").fill("an-open-key")
    await page.get_by_label("API Secret").fill("c2VjcmV0LXNlY3JldC1zZWNyZXQ=")
    other = await page.context.new_page()
    await other.goto("/settings")
    await other.get_by_role("button", name="Sign out").click()
    await other.wait_for_url("**/login")

    findings = page.locator("[data-findings]")
    await page.get_by_role("button", name="Check the key").click()
    await expect(findings).to_contain_text("You are no longer signed in")

    await other.get_by_label("Name").fill("alice")
    await other.get_by_label("Password").fill(PASSWORD)
    await other.get_by_role("button", name="Sign in", exact=True).click()
    await other.wait_for_url("**/")
    await page.get_by_role("button", name="Check the key").click()
    await expect(findings).to_contain_text("The key may trade or move coins")
    await expect(page.get_by_label("API Secret")).to_have_value("c2VjcmV0LXNlY3JldC1zZWNyZXQ=")


async def test_a_refresh_leads_who_is_signed_out_to_the_door(
    alices_page: Page, site: Site, alices_account: Account
) -> None:
    page, services = alices_page, site.house.services
    await page.goto("/")
    for session in await services.sign_in.list_sessions(1):
        await services.sign_in.end_session(1, session.id)
    await page.get_by_role("button", name="Refresh all").click()
    await expect(page).to_have_url(re.compile("/login"))


async def test_an_account_that_was_removed_in_another_tab(
    alices_page: Page, site: Site, alices_account: Account
) -> None:
    page = alices_page
    await page.goto(f"/accounts/{alices_account.id}")
    await site.house.services.accounts.remove_account(1, alices_account.id)
    await page.get_by_role("button", name="Refresh").first.click()
    await expect(page.get_by_text("no longer here")).to_be_visible()
