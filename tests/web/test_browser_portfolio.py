"""The overview and the pages of an account, as their owner uses them in Chromium."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Browser, Page, expect
from tests.api.conftest import House
from tests.web.conftest import Axe, Site

from coinassay.domain.account import Account, User
from coinassay.domain.rates import RateBook
from coinassay.errors import ExchangeUnavailable
from coinassay.testing.text import rates_of, reading_of

pytestmark = pytest.mark.slow


def book(house: House, **more: str) -> RateBook:
    prices = {"BTC": "63738.36", "ETH": "2597.33817", "ADA": "0.35", "USDT": "1", **more}
    return rates_of(prices, house.clock(), refusals={"WTC": "no market at binanceus"})


@pytest.fixture
async def account(house: House, alices_account: Account) -> Account:
    """Forty days of history, a dozen coins, one of them without a price."""
    coins = {f"C{n}": str(40 - n) for n in range(12)}
    house.rates.script(alices_account.market_code, book(house, **coins))
    held = ["0.5 BTC", "2 ETH in funding", "0.5 ADA", "310 WTC", *(f"1 {code}" for code in coins)]
    await house.load(alices_account, *held[:1])
    house.clock.advance(days=40)
    house.rates.script(alices_account.market_code, book(house, **coins))
    return await house.load(alices_account, *held)


@pytest.fixture
async def at(account: Account, alices_page: Page) -> Page:
    """Signed in now, and not before the forty days."""
    return alices_page


async def drawn(page: Page, *charts: str) -> None:
    for chart in charts:
        await page.wait_for_selector(f"#{chart}[data-drawn] .main-svg", state="attached")


async def no_sideways(page: Page) -> None:
    wide = await page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("main *")]
          .filter((each) => each.getBoundingClientRect().right > innerWidth).map((each) => each.outerHTML.slice(0, 120))"""
    )
    assert [] == wide, page.url


async def test_from_the_overview_to_where_a_price_comes_from(at: Page, account: Account) -> None:
    page = at
    await page.goto("/")
    await drawn(page, "history", "shares")
    await page.get_by_role("link", name=account.name).first.click()
    await page.wait_for_url(f"**/accounts/{account.id}")
    row = page.locator("#h-BTC")
    await expect(row).to_contain_text("$31,869.18")
    await expect(row.locator(".legs")).to_be_hidden()
    await row.locator("summary").click()
    await expect(row.locator(".legs")).to_contain_text("1 BTC = 63738.36 USD")
    await expect(row.locator(".legs")).to_contain_text("scripted")
    await page.locator("#h-WTC summary").click()
    await expect(page.locator("#h-WTC .legs")).to_contain_text("no market at binanceus")


async def test_sorting_and_filtering_in_place(at: Page, account: Account) -> None:
    page = at
    await page.goto(f"/accounts/{account.id}")
    first = page.locator("table[data-sortable] tbody tr:not([hidden])").first
    await expect(first).to_contain_text("BTC")
    await page.get_by_role("link", name="Coin", exact=True).click()
    assert page.url.endswith(f"/accounts/{account.id}")
    await expect(first).to_contain_text("BTC")
    await page.get_by_role("link", name="Coin", exact=False).get_by_text("Coin ↑").click()
    await expect(first).to_contain_text("WTC")
    await expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    await page.get_by_label("Find a coin").fill("eth")
    await expect(page.locator("table[data-sortable] tbody tr:visible")).to_have_count(1)
    await expect(first).to_contain_text("Ethereum")
    await page.get_by_label("Wallet", exact=True).select_option("funding")
    await page.wait_for_url("**wallet=funding**")
    await expect(page.locator("table[data-sortable] tbody tr")).to_have_count(1)


async def test_small_slices_open(at: Page, account: Account) -> None:
    page = at
    await page.goto(f"/accounts/{account.id}")
    await drawn(page, "shares")
    back = page.locator("#shares-back")
    await expect(back).to_be_hidden()
    data = json.loads(await page.locator("#shares-data").text_content() or "")
    assert data["shown"] < len(data["rows"])
    await page.get_by_role("button", name="Treemap").click()
    await page.wait_for_selector("#shares[data-drawn=treemap]")
    await page.get_by_role("button", name="Pie").click()
    await page.wait_for_selector("#shares[data-drawn=pie]")
    # Other is the last slice, which ends at the top: a few pixels to the left of it.
    box = await page.locator("#shares").bounding_box()
    assert box
    radius = (min(box["width"], box["height"]) - 16) / 2
    await page.mouse.click(box["x"] + box["width"] / 2 - 2, box["y"] + box["height"] / 2 - radius * 0.8)
    await expect(back).to_be_visible()
    await back.click()
    await expect(back).to_be_hidden()


async def test_a_refresh_names_the_wallet_that_failed(at: Page, house: House, account: Account) -> None:
    page = at
    await page.goto("/")
    await drawn(page, "history", "shares")
    down = ExchangeUnavailable("binanceus did not answer for the funding wallet.")
    house.clock.advance(minutes=5)
    house.connector.script(account.id, reading_of("1 BTC", failed={"funding": down}), delay=0.3)
    place = await page.locator("#history").bounding_box()
    await page.get_by_role("button", name="Refresh all").click()
    progress = page.locator("#progress")
    await expect(progress).to_contain_text("funding not read")
    await expect(progress).to_contain_text("binanceus did not answer for the funding wallet.")
    await expect(progress).to_contain_text("The last good balances stay")
    await expect(page.locator(".worth-total")).to_have_text("$68,933.04")  # 1 BTC, and the 2 ETH of before
    await expect(page.locator(f"#account-{account.id}")).to_contain_text("Partial")
    assert place == await page.locator("#history").bounding_box(), "nothing moves"
    await page.get_by_role("button", name="Close").click()
    await expect(progress).to_be_hidden()


async def test_a_load_elsewhere_shows_by_itself(at: Page, house: House, account: Account) -> None:
    page = at
    async with page.expect_response("**/events"):
        await page.goto(f"/accounts/{account.id}")
    await drawn(page, "history", "shares")
    house.clock.advance(minutes=5)
    await house.load(account, "3 BTC")
    await expect(page.locator(".worth-total")).to_have_text("$191,215.08")


async def test_time_travel_by_the_chart_and_by_the_date(at: Page, house: House, account: Account) -> None:
    page = at
    await page.goto("/?range=all")
    await drawn(page, "history")
    box = await page.locator("#history .nsewdrag").first.bounding_box()
    assert box
    await page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2)
    await page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2)
    await page.wait_for_url("**/past/2026-03-*")
    await expect(page.locator(".worth-total")).to_have_text("$31,869.18")
    await expect(page.locator("main")).to_contain_text("Carried")
    await page.get_by_label("Another day").fill("2026-04-10")
    await page.get_by_role("button", name="Show").click()
    await page.wait_for_url("**/past/2026-04-10")
    await expect(page.locator("#row-ETH")).to_contain_text("$5,194.68")


async def test_privacy_hides_amounts_everywhere_and_keeps_shares(at: Page, account: Account) -> None:
    page = at
    await page.goto("/")
    await drawn(page, "history", "shares")
    amount = page.locator(".worth-total .amt > span")
    await expect(amount).to_be_visible()
    await page.keyboard.press("p")
    await expect(amount).to_be_hidden()
    assert await page.locator(".amt[title]").count() == 0
    await expect(page.locator("#row-BTC")).to_contain_text("%")
    assert await page.locator("#history .yaxislayer-above text, #history .ytick text").count() == 0
    await page.locator("#shares").scroll_into_view_if_needed()
    box = await page.locator("#shares").bounding_box()
    assert box
    radius = (min(box["width"], box["height"]) - 16) / 2
    await page.mouse.move(box["x"] + box["width"] / 2 + radius * 0.8, box["y"] + box["height"] / 2)
    await expect(page.locator("#shares .hoverlayer")).to_contain_text("%")
    assert "$" not in (await page.locator("#shares .hoverlayer").text_content() or "")
    await page.wait_for_timeout(200)
    await page.reload()
    await drawn(page, "history", "shares")
    await expect(amount).to_be_hidden()
    assert await page.locator(".amt[title]").count() == 0
    await page.keyboard.press("p")
    await expect(amount).to_be_visible()
    assert await page.locator(".worth-total .amt").get_attribute("title")


async def test_what_is_copied_has_every_digit(at: Page, account: Account) -> None:
    page = at
    await page.goto("/")
    copied = await page.evaluate(
        """() => {
          getSelection().selectAllChildren(document.querySelector(".worth-total .amt > span"));
          const data = new DataTransfer();
          document.dispatchEvent(new ClipboardEvent("copy", {clipboardData: data}));
          return data.getData("text/plain");
        }"""
    )
    assert copied == (await page.locator(".worth-total .amt").get_attribute("title") or "").split(" ")[0]
    assert len(copied.partition(".")[2]) > 2


async def test_on_a_phone_nothing_has_to_be_scrolled_sideways(at: Page, account: Account) -> None:
    page = at
    await page.set_viewport_size({"width": 360, "height": 740})
    place = f"/accounts/{account.id}"
    for path in ("/", "/?by=account", place, f"{place}/ledger", f"{place}/flows", f"{place}/loads", f"{place}/settings",
                 f"{place}/remove", f"{place}/key", "/ledger", "/past/2026-04-10"):  # fmt: skip
        await page.goto(path)
        await no_sideways(page)
    await page.goto("/")
    await drawn(page, "history", "shares")
    await no_sideways(page)


async def test_charts_follow_the_theme(at: Page, account: Account) -> None:
    page = at
    await page.goto("/")
    await drawn(page, "history", "shares")
    line = "getComputedStyle(document.querySelector('#history .scatterlayer .js-line')).stroke"
    light = await page.evaluate(line)
    await page.keyboard.press("t")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.wait_for_function(f"(light) => {line} !== light", arg=light)


async def test_without_scripts(browser: Browser, site: Site, at: Page, account: Account) -> None:
    """Everything but the charts: tables, sorting, filtering, refreshing, past days, privacy."""
    context = await browser.new_context(base_url=site.url, java_script_enabled=False, locale="en-GB")
    await context.add_cookies([{**each} for each in await at.context.cookies()])  # type: ignore[typeddict-item]  # the same keys
    page = await context.new_page()
    await page.goto("/")
    await expect(page.locator(".worth-total")).to_contain_text("$")
    await expect(page.locator("#shares")).to_be_hidden()
    await page.get_by_role("link", name="Account", exact=True).click()
    await expect(page.locator("table").first).to_contain_text(account.name)
    await page.get_by_role("button", name="Refresh all").click()
    await expect(page.locator(".flash")).to_contain_text("Read.")
    await page.goto(f"/accounts/{account.id}")
    await page.get_by_label("Find a coin").fill("eth")
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator("tbody tr[id]")).to_have_count(1)
    await page.locator("#h-ETH summary").click()
    await expect(page.locator("#h-ETH .legs")).to_be_visible()
    await page.get_by_label("Look at a past day").fill("2026-03-01")
    await page.get_by_role("button", name="Show").click()
    await expect(page.locator("h1")).to_contain_text("2026-03-01")
    await page.get_by_role("button", name="Hide amounts").click()
    await expect(page.locator("html")).to_have_attribute("data-private", "")
    await context.close()


async def test_nothing_keeps_anybody_out(at: Page, house: House, account: Account, alice_user: User, axe: Axe) -> None:
    house.connector.script(account.id, ExchangeUnavailable("It is down."))
    with pytest.raises(ExchangeUnavailable):
        await house.services.sync.sync_account(alice_user.id, account.id)
    page, place = at, f"/accounts/{account.id}"
    for path in ("/", place, f"{place}/ledger", f"{place}/flows", f"{place}/loads", f"{place}/settings", f"{place}/remove",
                 f"{place}/key", "/ledger", "/past/2026-04-10"):  # fmt: skip
        await page.goto(path)
        if path in ("/", place):
            await drawn(page, "history", "shares")
        await axe(page)
