"""`coinassay demo`: everything at work on this machine alone, with simulated exchanges and made-up money."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import socket
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from coinassay.cli.init import DEFAULT_OWNER, ensure_owner
from coinassay.cli.output import Json, money, print_json, print_table
from coinassay.cli.serve import answer, listen, run_until_stopped, url_of
from coinassay.domain.account import PAPER, Account
from coinassay.domain.api_key import Permission
from coinassay.domain.balance import Balance
from coinassay.domain.money import CONTEXT, ONE
from coinassay.domain.paper import WALLET
from coinassay.domain.rates import USD
from coinassay.services.accounts import DEFAULT_PAPER_BALANCES
from coinassay.services.api_keys import IssuedKey
from coinassay.settings import Settings
from coinassay.testing.year import Moved, Past, loads

if TYPE_CHECKING:
    from coinassay.services.bundle import Services
    from coinassay.storage.store import Store
    from coinassay.testing.simulator.exchange import SimulatedExchange
    from coinassay.testing.simulator.users import Wallets

API = "/public/api/ver1"

HELD: Mapping[str, Wallets] = {
    "binance": {
        "spot": {"BTC": "0.41", "ETH": ("3.2", "0.5"), "SOL": "24.75", "USDT": "1840.55", "DOGE": "5200", "WTC": "310"},
        "funding": {"USDT": "650"},
    },
    "kraken": {"spot": {"BTC": "0.12", "ETH": "1.05", "DOT": "140", "USD": "912.3", "EUR": "250"}},
}
"""By exchange and wallet, in units of each coin; a pair is (free, in orders). WTC is quoted nowhere: no price."""

PASTS: Mapping[str, Past] = {
    PAPER: Past(),
    "binance": Past(
        (
            Moved(289, "spot", "BTC", Decimal("0.07")),
            Moved(204, "spot", "USDT", Decimal("1500")),
            Moved(131, "spot", "ETH", Decimal("-0.9")),
            Moved(66, "funding", "USDT", Decimal("650")),
            Moved(17, "spot", "SOL", Decimal("6.5")),
        ),
        unread={143},
        partial={97: "funding"},
    ),
    "kraken": Past(
        (
            Moved(238, "spot", "EUR", Decimal("-1200")),
            Moved(112, "spot", "BTC", Decimal("0.03")),
            Moved(45, "spot", "USD", Decimal("400")),
        ),
        unread={143},
    ),
}
"""By market code, the year before. On one day nothing was read, on another a wallet could not be."""


def demo(
    port: Annotated[int, typer.Option(envvar="PORT", min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    as_json: Json = False,
) -> None:
    """Run a server with three loaded accounts: one on paper, two on simulated exchanges. Ctrl-C ends and removes it.

    Nothing leaves this machine, and nothing of an existing installation is read or changed. With --json one line with
    url, api_key, secret and the accounts is printed before the server answers.
    """
    from coinassay import logs

    logs.configure("info" if sys.stderr.isatty() and not as_json else "warning", "console")
    with listen("127.0.0.1", port) as listener:
        run_until_stopped(_run(listener, as_json))


async def _run(listener: socket.socket, as_json: bool) -> None:
    from coinassay.bootstrap import open_services, open_store
    from coinassay.testing import SimulatedExchange

    with (
        tempfile.TemporaryDirectory(prefix="coinassay-demo-") as home,
        SimulatedExchange.all_running(*HELD) as exchanges,
    ):
        settings = replace(
            Settings.from_env({"COINASSAY_HOME": home, "COINASSAY_MASTER_KEY": secrets.token_hex(32)}),
            rate_limit=None,
            exchange_base_urls={code: exchange.url for code, exchange in exchanges.items()},
            paper_price_source="binance",
        )
        async with open_services(settings, create=True, isolated=True) as services:
            store = await open_store(settings)
            try:
                issued, accounts = await fill(services, store, exchanges)
            finally:
                await store.close()
            present(url_of(listener), issued, accounts, as_json)
            (owner,) = await services.users.list_users()
            await answer(services, settings, listener, demo_user=owner.id)


async def fill(
    services: Services, store: Store, exchanges: Mapping[str, SimulatedExchange]
) -> tuple[IssuedKey, list[Account]]:
    """Owner, key and loaded accounts with their past; `store` is that of the services. Raises ExchangeError."""
    owner = await ensure_owner(services)
    issued = await services.api_keys.issue(owner.id, "demo", (Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE))
    accounts = [await services.accounts.connect(owner.id, PAPER, "Paper account", {})]
    for code, exchange in exchanges.items():
        user = exchange.add_user(DEFAULT_OWNER, wallets=HELD[code])
        fields = {"api_key": user.api_key, "secret": user.secret}
        accounts.append(await services.accounts.connect(owner.id, code, f"My {code.capitalize()}", fields))
    await _invent(services, store, accounts, exchanges["binance"])
    reading = (services.sync.sync_account(owner.id, account.id) for account in accounts)
    return issued, list(await asyncio.gather(*reading))


async def _invent(services: Services, store: Store, accounts: Sequence[Account], market: SimulatedExchange) -> None:
    """The past of accounts that were never loaded, up to the prices of `market`."""
    from coinassay.pricing.closes import Closes
    from coinassay.testing.simulator.amounts import amounts

    closes, now = Closes(), services.clock()
    for account in accounts:
        if account.is_paper:
            balances = [Balance(code, WALLET, total) for code, total in DEFAULT_PAPER_BALANCES.items()]
        else:
            balances = [
                Balance(code, wallet, CONTEXT.add(held.free, held.locked), held.free, held.locked)
                for wallet, coins in HELD[account.market_code].items()
                for code, held in ((code, amounts(each)) for code, each in coins.items())
            ]
        prices = {each.asset: price for each in balances if (price := _price(market, each.asset)) is not None}
        for load in loads(account, balances, prices, PASTS[account.market_code], closes, now):
            await store.record_load(load)


def _price(market: SimulatedExchange, code: str) -> Decimal | None:
    """In US dollars; None for what is quoted nowhere."""
    if code in (USD, "USDT"):
        return ONE
    try:
        return market.price(f"{code}/USDT")
    except KeyError:
        return None


def present(url: str, issued: IssuedKey, accounts: Sequence[Account], as_json: bool) -> None:
    """Says what there is and how to ask for it."""
    if as_json:
        print_json(
            {
                "url": url,
                "api_key": issued.key.api_key,
                "secret": issued.secret,
                "accounts": [{"id": each.id, "market_code": each.market_code, "name": each.name} for each in accounts],
                "account_ids": [each.id for each in accounts],
            }
        )
        return
    rows = [(str(each.id), each.name, money(each.total.usd), money(each.total.btc, 8)) for each in accounts]
    print_table(("id", "account", "USD", "BTC"), rows, ("id", "USD", "BTC"))
    print(f"\nAPI key  {issued.key.api_key}\nSecret   {issued.secret}")
    real = accounts[-1].id
    print("\nWhat it holds, as the pie chart's data:")
    print(curl(url, f"{API}/accounts/{real}/pie_chart_data", issued))
    print("\nRead it from its exchange once more:")
    print(curl(url, f"{API}/accounts/{real}/load_balances", issued))
    print(f"\nThe pages: open {url} in a browser.")
    print(f"Serving on {url} until Ctrl-C. Nothing here is real, and nothing leaves this machine.", flush=True)


def curl(url: str, path: str, issued: IssuedKey) -> str:
    """A signed POST as a command: the hexadecimal HMAC-SHA256 of the path, with the secret as key."""
    signature = hmac.new((issued.secret or "").encode(), path.encode(), hashlib.sha256).hexdigest()
    return f"curl -X POST -H 'Apikey: {issued.key.api_key}' -H 'Signature: {signature}' {url}{path}"
