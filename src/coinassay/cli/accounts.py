"""`coinassay accounts`: connections to exchanges."""

from __future__ import annotations

import asyncio
import itertools
import sys
from decimal import Decimal
from typing import Annotated

import typer

from coinassay.cli import exchange_keys, refresh
from coinassay.cli.exchange_keys import ApiKey, Field, MarketCode, Passphrase, Secret
from coinassay.cli.output import Json, at, money, print_json, print_table
from coinassay.cli.run import UserName, find_user, found, on_installation
from coinassay.domain.account import Account, WalletStatus
from coinassay.domain.allocation import Share
from coinassay.domain.key_report import KeyReport
from coinassay.domain.money import NotANumber, decimal_of, plain
from coinassay.errors import CoinassayError, NotFound
from coinassay.services.bundle import Services

app = typer.Typer(no_args_is_help=True, help="Connections to exchanges.")

AccountId = Annotated[int, typer.Argument(metavar="ID", help="As `coinassay accounts list` shows it.")]

PAGE = 100


app.command("check")(exchange_keys.check)
app.command("refresh")(refresh.refresh)


@app.command()
def add(
    market: MarketCode,
    name: Annotated[str, typer.Argument(help="What you call the account.")],
    api_key: ApiKey = None,
    secret: Secret = None,
    passphrase: Passphrase = None,
    field: Field = None,
    balance: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE=AMOUNT", help="What a paper_trading account starts with. May be repeated."),
    ] = None,
    user: UserName = None,
    as_json: Json = False,
) -> None:
    """Connect an account, after its key was examined. Its balances come with `coinassay accounts load ID`."""
    given = exchange_keys.given_fields(exchange_keys.find_market(market), api_key, secret, passphrase, field)
    balances = None if balance is None else dict(_amount(each) for each in balance)

    async def work(services: Services) -> tuple[Account, KeyReport | None]:
        owner = await find_user(services, user)
        account = await services.accounts.connect(owner.id, market, name, given, balances)
        return account, await services.keys.find_report(owner.id, account.id)

    account, report = on_installation(work, says_cautions=False)
    if as_json:
        print_json(_row(account) | {"key": None if report is None else exchange_keys.row_of(report)})
        return
    if report is not None:
        exchange_keys.print_report(report)
    print(f"Connected {account.name} as account {account.id}. Next: coinassay accounts load {account.id}")


def _amount(text: str) -> tuple[str, Decimal]:
    code, number = exchange_keys.pair(text)
    try:
        return code.upper(), decimal_of(number)
    except NotANumber as e:
        raise typer.BadParameter(f"{number!r} is not a decimal number") from e


@app.command("list")
def list_(user: UserName = None, as_json: Json = False) -> None:
    """List the accounts with what they were worth at their last load."""

    async def work(services: Services) -> list[Account]:
        return await all_accounts(services, user)

    accounts = on_installation(work)
    if as_json:
        print_json([_row(account) for account in accounts])
        return
    print_table(
        ("id", "name", "market", "USD", "BTC", "loaded", "state"),
        [
            (
                str(account.id),
                account.name,
                account.market_code,
                money(account.total.usd),
                money(account.total.btc, 8),
                at(account.loaded_at),
                _state(account),
            )
            for account in accounts
        ],
        ("id", "USD", "BTC"),
    )


async def all_accounts(services: Services, user: str | None) -> list[Account]:
    owner = await find_user(services, user)
    accounts: list[Account] = []
    for page in itertools.count(1):
        rows = await services.accounts.list_accounts(owner.id, page=page, per_page=PAGE)
        accounts += rows
        if len(rows) < PAGE:
            break
    return accounts


def _state(account: Account) -> str:
    if account.key_state != "ok":
        return f"key {account.key_state.value}"
    if account.loaded_at is None:
        return "not loaded"
    return "complete" if account.complete else "partial"


def _row(account: Account) -> dict[str, object]:
    return {
        "id": account.id,
        "market_code": account.market_code,
        "name": account.name,
        "api_keys_state": account.key_state.value,
        "usd_amount": account.total.usd,
        "btc_amount": account.total.btc,
        "loaded_at": account.loaded_at,
        "complete": account.complete,
        "created_at": account.created_at,
    }


@app.command()
def load(
    account_ids: Annotated[
        list[int] | None, typer.Argument(metavar="[ID]...", help="Which; all of them where none is given.")
    ] = None,
    user: UserName = None,
    as_json: Json = False,
) -> None:
    """Read accounts from their exchanges and value them. Ends with status 1 when one could not be read."""

    async def work(services: Services) -> list[tuple[int, Account | CoinassayError]]:
        owner = await find_user(services, user)
        ids = account_ids or [account.id for account in await all_accounts(services, user)]

        async def one(account_id: int) -> Account | CoinassayError:
            try:
                with found(f"account {account_id} of {owner.name}"):
                    return await services.sync.sync_account(owner.id, account_id)
            except CoinassayError as e:
                return e

        return list(zip(ids, await asyncio.gather(*(one(each) for each in ids)), strict=True))

    results = on_installation(work)
    if as_json:
        print_json(
            [
                _row(result)
                if isinstance(result, Account)
                else {"id": each, "error": result.code, "text": result.message}
                for each, result in results
            ]
        )
    for account_id, result in results:
        if isinstance(result, CoinassayError):
            prefix = "" if isinstance(result, NotFound) else f"account {account_id}: "
            print(f"error: {prefix}{result.message}", file=sys.stderr)
        elif not as_json:
            partial = "" if result.complete else "  (partial: see `coinassay accounts show`)"
            print(f"{result.id}  {result.name}  {money(result.total.usd)} USD{partial}")
    if any(isinstance(result, CoinassayError) for _, result in results):
        raise typer.Exit(1)


@app.command()
def show(account_id: AccountId, user: UserName = None, as_json: Json = False) -> None:
    """Show what an account holds, and which wallets could be read."""

    async def work(services: Services) -> tuple[Account, list[Share], list[WalletStatus]]:
        owner = await find_user(services, user)
        with found(f"account {account_id} of {owner.name}"):
            account = await services.accounts.get_account(owner.id, account_id)
        shares = await services.portfolio.allocation(account)
        return account, list(shares), list(await services.portfolio.wallets(account))

    account, shares, wallets = on_installation(work)
    if as_json:
        print_json(
            {
                **_row(account),
                "holdings": [
                    {
                        "code": share.asset,
                        "amount": share.amount,
                        "usd_value": share.usd if share.priced else None,
                        "btc_value": share.btc if share.priced else None,
                        "percentage": share.percentage,
                    }
                    for share in shares
                ],
                "wallets": [
                    {"wallet": each.wallet, "state": each.state.value, "read_at": each.read_at, "reason": each.reason}
                    for each in wallets
                ],
            }
        )
        return
    print(f"{account.name} ({account.market_code}), account {account.id}, {_state(account)}")
    print(f"{money(account.total.usd)} USD, {money(account.total.btc, 8)} BTC, loaded: {at(account.loaded_at)}\n")
    print_table(
        ("code", "amount", "USD", "%"),
        [
            (
                share.asset,
                plain(share.amount),
                money(share.usd) if share.priced else "no price",
                plain(share.percentage),
            )
            for share in shares
        ],
        ("amount", "USD", "%"),
    )
    for each in wallets:
        if each.state != "ok":
            print(f"wallet {each.wallet}: {each.state.value}, last read: {at(each.read_at)}: {each.reason}")


@app.command()
def remove(account_id: AccountId, user: UserName = None) -> None:
    """Remove an account and everything stored of it, its exchange keys included."""

    async def work(services: Services) -> None:
        owner = await find_user(services, user)
        with found(f"account {account_id} of {owner.name}"):
            await services.accounts.remove_account(owner.id, account_id)

    on_installation(work)
    print(f"Removed account {account_id}.")


@app.command()
def markets(as_json: Json = False) -> None:
    """List what can be connected, and which fields each exchange asks for."""

    from coinassay.exchanges.markets import MarketTable

    rows = MarketTable().list()
    if as_json:
        print_json(
            [
                {
                    "market_code": each.code,
                    "exchange_id": each.exchange_id,
                    "name": each.name,
                    "required": each.required,
                    "optional": each.optional,
                }
                for each in rows
            ]
        )
        return
    print_table(
        ("market", "exchange", "name", "asks for"),
        [(each.code, each.exchange_id, each.name, ", ".join(each.required)) for each in rows],
    )
