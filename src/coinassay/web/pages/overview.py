"""The overview: what everything is worth, what it is made of, and what is not known of it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup
from starlette.responses import Response
from starlette.routing import Route

from coinassay.domain.account import Account
from coinassay.domain.currency import Currency
from coinassay.services.bundle import Services
from coinassay.services.ports import State
from coinassay.services.ports.attention import LastFailure
from coinassay.web.pages.kept import Kept
from coinassay.web.pages.lens import look_through
from coinassay.web.session import Visit, page, signed_in
from coinassay.web.view import charts
from coinassay.web.view.history import Span, span_of
from coinassay.web.view.overview import Facts, Overview, make
from coinassay.web.view.shares import GroupBy, group

ALL = 100_000
"""Accounts of one user."""
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Basis:
    """What an overview is made of, as cheaply as it can be found out."""

    accounts: Sequence[Account]
    failed: Mapping[int, LastFailure]
    state: Hashable


def routes() -> list[Route]:
    pages = OverviewPages()
    return [page("/", signed_in(pages.overview))]


class OverviewPages:
    def __init__(self) -> None:
        self._views: Kept[Overview] = Kept()
        self._bodies: Kept[Markup] = Kept()

    async def overview(self, visit: Visit) -> Response:
        by = next((each for each in GroupBy if each.value == visit.query.get("by")), GroupBy.COIN)
        span = span_of(visit.query.get("range"))
        lens = await look_through(visit)
        basis = await basis_of(visit)
        place = (visit.user.id, by, span, lens, visit.fmt.locale, visit.fmt.private)
        body = self._bodies.find(place, basis.state)
        if body is None:
            view = await self._view(visit, basis)
            body = self._bodies.put(place, basis.state, self._render(visit, view, by, span))
        return visit.render("overview/index.html", body=body)

    async def _view(self, visit: Visit, basis: Basis) -> Overview:
        view = self._views.find(visit.user.id, basis.state)
        if view is None:
            view = make(await facts_of(visit.services, basis, visit.services.clock()))
            self._views.put(visit.user.id, basis.state, view)
        return view

    def _render(self, visit: Visit, view: Overview, by: GroupBy, span: Span) -> Markup:
        find = finder(visit.services)
        slices = group(view.lines, by, view.places, find)
        text = visit.web.templates.get_template("overview/body.html").render(
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
        return Markup(text)  # noqa: S704  a template's, which escaped what it was given


async def basis_of(visit: Visit) -> Basis:
    """Three cheap statements; what they find decides whether anything has to be made anew. Ages and the beginnings of
    periods move on by themselves, so nothing is kept for longer than a minute."""
    user, services = visit.user, visit.services
    accounts = await services.accounts.list_accounts(user.id, mode=user.mode, per_page=ALL)
    failed = await services.attention.list_last_failed([account.id for account in accounts])
    states: tuple[State, ...] = tuple((account.id, account.version) for account in accounts)
    minute = int(services.clock().timestamp()) // int(MINUTE.total_seconds())
    return Basis(accounts, failed, (states, tuple(failed.items()), minute))


async def facts_of(services: Services, basis: Basis, now: datetime) -> Facts:
    """A fixed number of statements for any number of accounts."""
    ids = [account.id for account in basis.accounts]
    codes = {account.market_code for account in basis.accounts}
    _, lines = await services.portfolio.breakdown(ids)
    return Facts(
        now=now,
        reports=await services.portfolio.report(basis.accounts),
        lines=lines,
        unread=await services.attention.list_unread([each.id for each in basis.accounts if not each.complete]),
        failed=basis.failed,
        markets={code: market for code in codes if (market := services.markets.find(code)) is not None},
        stale_after={},
    )


def finder(services: Services, exchange_id: str = "") -> Any:
    """What codes stand for, each looked up once."""
    known: dict[str, Currency] = {}

    def find(code: str) -> Currency:
        if code not in known:
            known[code] = services.catalogue.find(code, exchange_id)
        return known[code]

    return find
