"""Screenshots of the pages for the documentation: `python tools/screenshots.py [DIRECTORY]`, `make screenshots`.

Everything in them is made up, and of a fixed moment, so that they change only where the pages do.
Nothing is asked of any exchange. Needs the development environment and Chromium.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import uvicorn
from playwright.async_api import Browser, async_playwright

from coinassay import logs
from coinassay.api.app import create_app
from coinassay.api.options import ApiOptions
from coinassay.bootstrap import open_services, open_store
from coinassay.cli.application import Both
from coinassay.domain.account import PAPER, Account, Credentials, KeyState, NewAccount, WalletState, WalletStatus
from coinassay.domain.balance import Balance
from coinassay.pricing.closes import Closes
from coinassay.services.ports import FailedLoad, Load
from coinassay.settings import Settings
from coinassay.storage.store import Store
from coinassay.testing.year import Moved, Past, loads
from coinassay.web.app import create_web
from coinassay.web.options import PageCrash, WebOptions

NOW = datetime(2026, 3, 1, 9, 41, tzinfo=UTC)
DAYS = 400
WIDTH, HEIGHT = 1120, 900

PRICES = {
    code: Decimal(price)
    for code, price in {
        "BTC": "63751.11", "ETH": "2597.86", "SOL": "152.39", "USDT": "1", "USDC": "1", "ADA": "0.3512", "DOT": "4.388",
        "LINK": "11.42", "XRP": "0.5831", "DOGE": "0.10514", "LTC": "64.2", "ATOM": "4.71", "EUR": "1.1127",
    }.items()
}  # fmt: skip
"""In US dollars, at the end."""

Held = Sequence[tuple[str, str, str]]
"""Wallet, coin, amount."""

ACCOUNTS: tuple[tuple[str, str, Held, Past], ...] = (
    (
        "binance", "Long term",
        (("spot", "BTC", "0.4182"), ("spot", "ETH", "3.7"), ("spot", "SOL", "24.75"), ("spot", "USDT", "1840.55"),
         ("spot", "LINK", "96"), ("spot", "DOGE", "5200"), ("funding", "USDT", "650"), ("earn", "DOT", "140"),
         ("spot", "WTC", "310")),
        Past((Moved(331, "spot", "BTC", Decimal("0.06")), Moved(212, "spot", "USDT", Decimal(1500)),
              Moved(151, "spot", "ETH", Decimal("-0.9")), Moved(64, "funding", "USDT", Decimal(650)),
              Moved(19, "spot", "SOL", Decimal("6.5"))), unread={143}, partial={97: "funding"}, days=DAYS),
    ),
    (
        "kraken", "Kraken savings",
        (("spot", "BTC", "0.12"), ("spot", "ETH", "1.05"), ("spot", "EUR", "2250"), ("earn", "ADA", "3100"),
         ("earn", "ATOM", "88.5")),
        Past((Moved(240, "spot", "EUR", Decimal(-1200)), Moved(112, "spot", "BTC", Decimal("0.03"))), unread={143},
             days=362),
    ),
    (
        "bybit", "Trading",
        (("trading", "USDT", "4210.2"), ("trading", "XRP", "2600"), ("trading", "LTC", "9.5")),
        Past((Moved(85, "trading", "USDT", Decimal(1800)), Moved(40, "trading", "USDT", Decimal(-2400))), days=300),
    ),
    (PAPER, "Paper", (("paper", "USDT", "10000"), ("paper", "BTC", "0.1")), Past(days=280)),
)  # fmt: skip


def with_refused_wallet(load: Load) -> Load:
    """As it is when the key may no longer read the last wallet: what was read of it before is kept."""
    refused = "exchange_permission_missing", "kraken: Permission denied for the earn wallet."
    last = WalletStatus("earn", WalletState.CARRIED, load.finished_at - timedelta(hours=6), *refused)
    return replace(load, wallets=(*load.wallets[:-1], last))


async def fill(store: Store) -> list[Account]:
    closes = Closes()
    user = await store.add_user("owner", NOW - timedelta(days=DAYS))
    accounts = []
    for code, name, held, past in ACCOUNTS:
        credentials = Credentials({"api_key": f"{name} key", "secret": "made up"})
        account = await store.add_account(user.id, NewAccount(code, name, credentials), NOW - timedelta(days=DAYS))
        balances = [Balance(coin, wallet, Decimal(total), Decimal(total)) for wallet, coin, total in held]
        *before, last = loads(account, balances, PRICES, past, closes, NOW - timedelta(minutes=3), and_now=True)
        for load in (*before, with_refused_wallet(last) if code == "kraken" else last):
            account = await store.record_load(load)
        accounts.append(account)
    rejected = accounts[2]
    failed = NOW - timedelta(minutes=2)
    await store.record_failed_load(
        FailedLoad(rejected.id, failed, failed, "invalid_api_key", "bybit: API key is invalid.", KeyState.INVALID)
    )
    return accounts


def report(crash: PageCrash) -> None:
    sys.stderr.write(f"{crash}\n")


async def shoot(browser: Browser, url: str, target: Path, pages: dict[str, str]) -> None:
    for theme in ("light", "dark"):
        context = await browser.new_context(
            base_url=url,
            viewport={"width": WIDTH, "height": HEIGHT},
            color_scheme=theme,
            locale="en-GB",
            reduced_motion="reduce",
        )
        page = await context.new_page()
        await page.clock.set_fixed_time(NOW)
        await page.goto("/login")
        await page.get_by_role("button", name="Open the demo").click()
        await page.wait_for_url("**/")
        for name, path in pages.items():
            await page.goto(path)
            await page.wait_for_selector(".chart.shares[data-drawn]")
            await page.wait_for_selector(".chart.history[data-drawn]")
            await page.wait_for_timeout(300)
            file = target / f"{name}-{theme}.png"
            await page.screenshot(path=file, clip={"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT}, full_page=True)
            sys.stdout.write(f"{file}\n")
        await context.close()


async def main(target: Path) -> None:
    logs.configure("error")
    found = [path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))]
    if not found:
        raise SystemExit("There is no Chromium on this machine.")
    with tempfile.TemporaryDirectory(prefix="coinassay-screenshots-") as home:
        environment = {
            "COINASSAY_HOME": home,
            "COINASSAY_MASTER_KEY": secrets.token_hex(32),
            "COINASSAY_REFRESH_INTERVAL": "off",
        }
        settings = replace(Settings.from_env(environment), rate_limit=None)
        store = await open_store(settings, create=True)
        accounts = await fill(store)
        await store.close()
        async with open_services(settings, isolated=True, clock=lambda: NOW) as services:
            config = uvicorn.Config(
                lambda: None, port=0, lifespan="off", interface="asgi3", log_config=None, proxy_headers=False, ws="none"
            )
            listener = config.bind_socket()
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            web = create_web(
                services,
                WebOptions(
                    public_url=url,
                    demo_user=accounts[0].user_id,
                    log_crash=report,
                ),
            )
            config.app = Both(create_app(services, ApiOptions(public_url=url)), lambda: web)
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            async with async_playwright() as playwright:
                flags = ["--no-sandbox"] if os.geteuid() == 0 else []
                browser = await playwright.chromium.launch(executable_path=found[0], args=flags)
                pages = {"overview": "/?range=1y", "account": f"/accounts/{accounts[0].id}?range=1y"}
                await shoot(browser, url, target, pages)
                await browser.close()
            server.should_exit = True
            await serving


if __name__ == "__main__":
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")
    directory.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(directory))
