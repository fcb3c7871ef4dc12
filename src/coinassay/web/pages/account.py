"""One account: its holdings with the provenance of every price, its shares and its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from coinassay.domain.account import Account, WalletStatus
from coinassay.domain.movement import FlowReading
from coinassay.web.pages.lens import look_through
from coinassay.web.pages.overview import facts_of, finder
from coinassay.web.session import Visit, page, signed_in
from coinassay.web.view import charts
from coinassay.web.view.account import EACH, Choice, SortBy, chosen, rows, stake_of
from coinassay.web.view.history import span_of
from coinassay.web.view.overview import Card, Gain, make
from coinassay.web.view.shares import GroupBy, group


@dataclass(frozen=True, slots=True)
class Opened:
    """An account as the head of its pages shows it."""

    account: Account
    card: Card
    gains: Sequence[Gain]
    told: FlowReading | None
    """How far deposits and withdrawals were read; None where the exchange was never asked."""

    def context(self, tab: str) -> dict[str, Any]:
        return {"account": self.account, "card": self.card, "gains": self.gains, "told": self.told, "tab": tab}


def routes() -> list[Route]:
    return [page("/accounts/{account_id:int}", signed_in(holdings))]


async def opened(visit: Visit) -> Opened:
    """The account of the address. Raises NotFound, also for another user's."""
    services = visit.services
    account = await services.accounts.get_account(visit.user.id, visit.path_params["account_id"])
    lens = await look_through(visit)
    view = make(await facts_of(services, visit.user.id, [account], lens.code))
    told = await services.flows.find_reading(visit.user.id, account.id)
    return Opened(account, view.cards[0], view.gains, told)


async def holdings(visit: Visit) -> Response:
    services = visit.services
    head = await opened(visit)
    account = head.account
    choice = Choice.read(visit.query)
    dust = await services.preferences.dust(visit.user.id)
    market = services.markets.find(account.market_code)
    find = finder(services, market.exchange_id if market else "")
    wallets = await services.portfolio.wallets(account)
    _, lines = await services.portfolio.breakdown([account.id])
    held = await services.portfolio.holdings(account)
    found = rows(held, wallets, find, choice.wallet)
    shown, left_out = chosen(found, choice, dust)
    stakes = [stake_of(each, account.id) for each in held]
    slices = group(stakes, GroupBy.COIN, {account.id: head.card.place}, find)
    here = f"/accounts/{account.id}"
    return visit.render(
        "account/holdings.html",
        **head.context("holdings"),
        rows=shown,
        left_out=left_out,
        dust=dust,
        choice=choice,
        sort_links={sort.value: _address(here, choice, sort=choice.sorted_by(sort)) for sort in SortBy},
        dust_link=_address(here, choice, dust="show"),
        wallet_names=_names(wallets),
        wallets=wallets,
        derivatives=[line for line in lines if line.side],
        chart=charts.shares(slices, visit.fmt),
        words=charts.in_words(slices, visit.fmt),
        span=span_of(visit.query.get("range")).value,
        here=here,
    )


def _names(wallets: Sequence[WalletStatus]) -> list[str]:
    return [each.wallet for each in wallets if each.wallet != EACH]


def _address(path: str, choice: Choice, **changed: str) -> str:
    """The page with everything that was chosen, but for what is changed."""
    now = {
        "q": choice.words,
        "wallet": choice.wallet,
        "dust": "show" if choice.dust else "",
        "sort": ("-" if choice.descending else "") + choice.sort.value,
    }
    query = {name: value for name, value in {**now, **changed}.items() if value}
    return f"{path}?{urlencode(query)}#holdings-title"
