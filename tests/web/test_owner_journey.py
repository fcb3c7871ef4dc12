"""An owner's first evening, in Chromium, with a server process and a simulated Binance: the one-time code, a bad key, one
that may withdraw, a good one, an API key that a real client uses at once, and a table to take along."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import py3cw.request
import pytest
from playwright.async_api import Browser, Page, expect
from py3cw.request import Py3CW
from tests.acceptance.installation import DEADLINE, Installation

from coinassay.testing import SimulatedExchange

pytestmark = pytest.mark.slow

PASSWORD = "a few words in a row"
READS = ("good-key", "good-key-secret")
WITHDRAWS = ("rich-key", "rich-key-secret")


@pytest.fixture
def binance() -> Iterator[SimulatedExchange]:
    with SimulatedExchange.running(dialect="binance") as exchange:
        held = {"spot": {"BTC": "0.5", "ETH": "2"}, "funding": {"USDT": "100"}}
        exchange.add_user("owner", api_key=READS[0], secret=READS[1], wallets=held, permissions={"read"})
        exchange.add_user(
            "rich", api_key=WITHDRAWS[0], secret=WITHDRAWS[1], wallets=held, permissions={"read", "withdraw"}
        )
        yield exchange


@pytest.fixture
def installation(binance: SimulatedExchange, tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "home", {"binance": binance.url})
    made.start(COINASSAY_RATE_LIMIT="off")
    try:
        yield made
    finally:
        if made.process is not None:
            assert 0 == made.stop()


@pytest.fixture
async def page(browser: Browser, installation: Installation) -> Page:
    context = await browser.new_context(base_url=installation.url.replace("127.0.0.1", "localhost"))
    context.set_default_timeout(15_000)
    return await context.new_page()


def printed_code(installation: Installation) -> str:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        found = re.search(r"one-time code:\s+(\S+)", installation.log.read_text())
        if found:
            return found.group(1)
        time.sleep(0.05)
    raise AssertionError(installation.log.read_text())


async def enter(page: Page, key: tuple[str, str]) -> None:
    await page.get_by_label("Name").fill("My Binance")
    await page.get_by_label("API Key").fill(key[0])
    await page.get_by_label("API Secret").fill(key[1])


async def test_from_the_code_to_the_first_table(page: Page, installation: Installation) -> None:
    await first_run(page, printed_code(installation))
    await connect(page)
    await make_a_key_and_use_it(page, installation)
    await take_along(page)


async def first_run(page: Page, code: str) -> None:
    await page.goto("/")
    await expect(page).to_have_url(re.compile("/welcome"))
    await page.get_by_label("One-time code").fill("WRNG-WRNG-WRNG-WRNG")
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_label("The same again").fill(PASSWORD)
    await page.get_by_role("button", name="Set the password").click()
    await expect(page.locator(".is-wrong, .notice-bad").first).to_be_visible()
    await page.get_by_label("One-time code").fill(code)
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_label("The same again").fill(PASSWORD)
    await page.get_by_role("button", name="Set the password").click()
    await expect(page.get_by_role("link", name="Connect an account")).to_be_visible()
    await page.get_by_role("link", name="Connect an account").click()


async def connect(page: Page) -> None:
    await page.get_by_label("Find an exchange").fill("binanc")
    await expect(page.get_by_role("link", name="Kraken")).to_have_count(0)
    await page.locator('a[href="/connect/binance"]').click()
    findings = page.locator("[data-findings]")

    await enter(page, ("wrong-key", "wrong-key-secret"))
    await page.get_by_role("button", name="Check the key").click()
    await expect(findings).to_contain_text("could not be read")

    await enter(page, WITHDRAWS)
    await expect(findings).to_be_empty()
    await page.get_by_role("button", name="Check the key").click()
    await expect(findings).to_contain_text("may withdraw, which is not needed here")
    await page.get_by_role("button", name="Connect", exact=True).click()
    await expect(page.get_by_text("may withdraw, which is not needed").first).to_be_visible()
    await expect(page.get_by_label("API Secret")).to_have_value("")

    await enter(page, READS)
    await page.get_by_role("button", name="Check the key").click()
    await expect(findings).to_contain_text("It may withdraw")
    await expect(findings).to_contain_text("Nothing has been stored")
    await page.get_by_role("button", name="Connect", exact=True).click()
    await expect(page).to_have_url(re.compile(r"/accounts/\d+$"))
    await expect(page.get_by_text("Bitcoin").first).to_be_visible()


async def make_a_key_and_use_it(page: Page, installation: Installation) -> None:
    await page.goto("/keys/new")
    await page.get_by_role("textbox", name="Name").fill("py3cw")
    await page.get_by_label("Change accounts").check()
    await page.get_by_role("button", name="Make the key").click()
    api_key = await page.locator("#api-key").inner_text()
    secret = await page.locator("#secret").inner_text()
    before = py3cw.request.API_URL
    py3cw.request.API_URL = installation.url
    try:
        client = Py3CW(key=api_key, secret=secret, request_options={"request_timeout": 30, "nr_of_retries": 0})
        error, accounts = client.request(entity="accounts", action="")
        assert not error, error
        assert ["My Binance"] == [account["name"] for account in accounts]
        error, account = client.request(entity="accounts", action="load_balances", action_id=str(accounts[0]["id"]))
        assert not error, error
        assert Decimal(account["usd_amount"]) > 0
    finally:
        py3cw.request.API_URL = before
    await page.goto("/keys")
    await expect(page.get_by_role("row", name=re.compile("py3cw"))).to_be_visible()
    await expect(page.get_by_text(secret)).to_have_count(0)


async def take_along(page: Page) -> None:
    await page.goto("/settings")
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Holdings as CSV").click()
    path = await (await download.value).path()
    rows = {row["asset"]: row for row in csv.DictReader(io.StringIO(path.read_text(), newline=""))}
    assert "0.5" == rows["BTC"]["equity"]
    async with page.expect_download() as download:
        await page.get_by_label("Period").fill(time.strftime("%Y-%m", time.gmtime()))
        await page.get_by_role("button", name="Make the PDF").click()
    assert (await (await download.value).path()).read_bytes().startswith(b"%PDF-")
