"""The overview: what everything is worth, what it is made of, and what is not known of it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from coinassay.domain.account import Account
from coinassay.domain.currency import Currency
from coinassay.services.bundle import Services
from coinassay.services.ports.attention import LastFailure
from coinassay.web.pages.kept import Kept
from coinassay.web.pages.lens import look_through
from coinassay.web.pages.packed import Packed, answer, pack
from coinassay.web.session import Visit, page, signed_in
from coinassay.web.view import charts
from coinassay.web.view.condition import stale_after
from coinassay.web.view.history import Span, span_of
from coinassay.web.view.overview import Facts, Overview, make
from coinassay.web.view.shares import GroupBy, group

ALL = 100_000
"""Accounts of one user."""
MINUTE = 60


BODY = "<!-- body -->"
"""Where the kept part of the page comes."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What an overview is made of."""

    accounts: Sequence[Account]
    failed: Mapping[int, LastFailure]
    stale_after: Mapping[int, timedelta]


def routes() -> list[Route]:
    pages = OverviewPages()
    return [page("/", signed_in(pages.overview))]


class OverviewPages:
    def __init__(self) -> None:
        self._views: Kept[Overview] = Kept()
        self._bodies: Kept[Packed] = Kept()

    async def overview(self, visit: Visit) -> Response:
        by = next((each for each in GroupBy if each.value == visit.query.get("by")), GroupBy.COIN)
        span = span_of(visit.query.get("range"))
        lens = await look_through(visit)
        state = await _state(visit)
        place = (visit.user.id, by, span, lens, visit.fmt.locale, visit.fmt.private)
        body = self._bodies.find(place, state)
        if body is None:
            view = self._views.find(visit.user.id, state)
            if view is None:
                view = self._views.put(visit.user.id, state, await _view(visit))
            body = self._bodies.put(place, state, pack(_render(visit, view, by, span)))
        before, _, after = visit.text("overview/index.html").partition(BODY)
        return answer(visit, before, body, after)


async def _state(visit: Visit) -> Hashable:
    """One cheap statement, whose rows decide whether anything has to be made anew. Ages, and the beginnings of the
    periods of profits, move on by themselves, so nothing is kept beyond its minute."""
    services, user = visit.services, visit.user
    standings = await services.attention.list_standings(user.id, user.mode)
    return (*standings, int(services.clock().timestamp()) // MINUTE)


async def _view(visit: Visit) -> Overview:
    user, services = visit.user, visit.services
    accounts = await services.accounts.list_accounts(user.id, mode=user.mode, per_page=ALL)
    return make(await facts_of(services, await basis_of(services, user.id, accounts), services.clock()))


def _render(visit: Visit, view: Overview, by: GroupBy, span: Span) -> str:
    slices = group(view.stakes, by, view.places, finder(visit.services))
    return visit.web.templates.get_template("overview/body.html").render(
        fmt=visit.fmt,
        view=view,
        by=by,
        groups=tuple(GroupBy),
        slices=slices,
        bars=charts.bars(slices),
        chart=charts.shares(slices, visit.fmt),
        words=charts.in_words(slices, visit.fmt),
        span=span.value,
    )


async def basis_of(services: Services, user_id: int, accounts: Sequence[Account]) -> Basis:
    failed = await services.attention.list_last_failed([account.id for account in accounts])
    states = await services.refresh.states(user_id)
    return Basis(accounts, failed, {state.account_id: stale_after(state.interval) for state in states})


async def facts_of(services: Services, basis: Basis, now: datetime) -> Facts:
    """A fixed number of statements for any number of accounts."""
    codes = {account.market_code for account in basis.accounts}
    return Facts(
        now=now,
        reports=await services.portfolio.report(basis.accounts),
        stakes=await services.attention.list_stakes([account.id for account in basis.accounts]),
        unread=await services.attention.list_unread([each.id for each in basis.accounts if not each.complete]),
        failed=basis.failed,
        markets={code: market for code in codes if (market := services.markets.find(code)) is not None},
        stale_after=basis.stale_after,
    )


def finder(services: Services, exchange_id: str = "") -> Any:
    """What codes stand for, each looked up once."""
    known: dict[str, Currency] = {}

    def find(code: str) -> Currency:
        if code not in known:
            known[code] = services.catalogue.find(code, exchange_id)
        return known[code]

    return find
