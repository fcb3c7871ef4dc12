"""Screenshots of the pages for the documentation: `python tools/screenshots.py [DIRECTORY]`, `make screenshots`.

Everything in them is made up, from a fixed seed and as of a fixed moment, so that they change only where the pages do.
Nothing is asked of any exchange. Needs the development environment and Chromium.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
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
from coinassay.domain.money import CONTEXT, add_up, divide, rounded
from coinassay.domain.rates import ASSUMED_PEG, USD, Leg, Rate
from coinassay.domain.snapshot import Flow, FlowKind, Money
from coinassay.services.ports import FailedLoad, Load, StoredHolding
from coinassay.settings import Settings
from coinassay.storage.store import Store
from coinassay.web.app import create_web
from coinassay.web.options import PageCrash, WebOptions

NOW = datetime(2026, 3, 1, 9, 41, tzinfo=UTC)
DAYS = 400
WIDTH, HEIGHT = 1120, 900

PRICES = {
    "BTC": "63751.11", "ETH": "2597.86", "SOL": "152.39", "USDT": "1", "USDC": "1", "ADA": "0.3512", "DOT": "4.388",
    "LINK": "11.42", "XRP": "0.5831", "DOGE": "0.10514", "LTC": "64.2", "ATOM": "4.71", "EUR": "1.1127",
}  # fmt: skip
"""What they end with."""

Held = Sequence[tuple[str, str, str]]
"""Wallet, coin, amount."""

ACCOUNTS: tuple[tuple[str, str, Held], ...] = (
    (
        "binance", "Long term",
        (("spot", "BTC", "0.4182"), ("spot", "ETH", "3.7"), ("spot", "SOL", "24.75"), ("spot", "USDT", "1840.55"),
         ("spot", "LINK", "96"), ("spot", "DOGE", "5200"), ("funding", "USDT", "650"), ("earn", "DOT", "140"),
         ("spot", "WTC", "310")),
    ),
    (
        "kraken", "Kraken savings",
        (("spot", "BTC", "0.12"), ("spot", "ETH", "1.05"), ("spot", "EUR", "2250"), ("earn", "ADA", "3100"),
         ("earn", "ATOM", "88.5")),
    ),
    ("bybit", "Trading", (("trading", "USDT", "4210.2"), ("trading", "XRP", "2600"), ("trading", "LTC", "9.5"))),
    (PAPER, "Paper", (("paper", "USDT", "10000"), ("paper", "BTC", "0.1"))),
)  # fmt: skip


def walk(rng: random.Random, last: str) -> list[Decimal]:
    """A price for each day, which ends with `last`."""
    end = Decimal(last)
    if end == 1:
        return [end] * (DAYS + 1)
    steps, level = [], 0.0
    for _ in range(DAYS):
        level += rng.gauss(0.0008, 0.022)
        steps.append(level)
    return [rounded(end * Decimal(str(round(2.718281828 ** (step - level), 9))), 8) for step in steps] + [end]


def loads(account: Account, held: Held, prices: dict[str, list[Decimal]], rng: random.Random) -> Iterator[Load]:
    """One for each day, as if the account had been read at its end; the last one is of now."""
    born = rng.randrange(0, 60)
    top_ups = {rng.randrange(born + 30, DAYS - 20): Decimal(rng.randrange(300, 2500)) for _ in range(4)}
    cash = Decimal(0)
    missing = add_up(top_ups.values())
    for day in range(born, DAYS + 1):
        at = NOW - timedelta(days=DAYS - day) + (timedelta(hours=14) if day < DAYS else -timedelta(minutes=3))
        flows: list[Flow] = []
        cash = top_ups.get(day, Decimal(0))
        missing = CONTEXT.subtract(missing, cash)
        btc = prices["BTC"][day]
        holdings = []
        for wallet, code, text in held:
            amount = Decimal(text)
            if code == "USDT" and wallet in ("spot", "trading"):
                amount = max(CONTEXT.subtract(amount, missing), Decimal(10))
            balance = Balance(code, wallet, amount, free=amount)
            if code not in prices:
                holdings.append(StoredHolding(balance, None, None, "no market at binance, kraken or coinbase"))
                continue
            price, before = prices[code][day], prices[code][max(day - 1, 0)]
            peg = Leg("USDT", USD, Decimal(1), ASSUMED_PEG, None)
            own = "binance" if account.is_paper else account.market_code
            legs = (
                (peg,)
                if code == "USDT"
                else (Leg(code, "USDT", price, own, at - timedelta(seconds=4), open=before), peg)
            )
            holdings.append(StoredHolding(balance, Rate(code, USD, price, legs), CONTEXT.multiply(amount, price)))
        usd = add_up(each.usd for each in holdings if each.usd is not None)
        total = Money(usd, divide(usd, btc))
        if day == born:
            flows.append(Flow(account.id, at, FlowKind.OPENING, total))
        elif cash:
            money = Money(cash, divide(cash, btc))
            flows.append(Flow(account.id, at, FlowKind.DEPOSIT, money, "USDT", cash, f"made up {day}"))
        wallets = [WalletStatus(wallet, WalletState.OK, at) for wallet in dict.fromkeys(each[0] for each in held)]
        if account.market_code == "kraken" and day == DAYS:
            reason = "kraken: Permission denied for the earn wallet."
            wallets[-1] = WalletStatus(
                "earn", WalletState.CARRIED, at - timedelta(hours=6), "exchange_permission_missing", reason
            )
        yield Load(
            account.id,
            at,
            at,
            tuple(holdings),
            tuple(wallets),
            total,
            btc,
            tuple(flows),
            btc_day_ago=prices["BTC"][max(day - 1, 0)],
        )


async def fill(store: Store) -> list[Account]:
    rng = random.Random(20)  # noqa: S311  nothing is kept secret by it
    prices = {code: walk(rng, last) for code, last in PRICES.items()}
    user = await store.add_user("owner", NOW - timedelta(days=DAYS))
    accounts = []
    for code, name, held in ACCOUNTS:
        credentials = Credentials({"api_key": f"{name} key", "secret": "made up"})
        account = await store.add_account(user.id, NewAccount(code, name, credentials), NOW - timedelta(days=DAYS))
        for load in loads(account, held, prices, rng):
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
