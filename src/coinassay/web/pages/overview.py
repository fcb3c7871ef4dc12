"""The overview: what everything is worth, what it is made of, and what is not known of it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from coinassay.domain.account import Account
from coinassay.domain.completeness import stale_after
from coinassay.domain.currency import Currency
from coinassay.domain.worth import Worth
from coinassay.services.bundle import Services
from coinassay.services.portfolio import AccountReport
from coinassay.web.format import Lens
from coinassay.web.pages.kept import Kept
from coinassay.web.pages.lens import look_through
from coinassay.web.pages.packed import Packed, answer, pack
from coinassay.web.rows import share_rows
from coinassay.web.session import Visit, page, signed_in
from coinassay.web.view import charts
from coinassay.web.view.history import Span, span_of
from coinassay.web.view.overview import Facts, Overview, make
from coinassay.web.view.shares import GroupBy, group

ALL = 100_000
"""Accounts of one user."""
MINUTE = 60


BODY = "<!-- body -->"
"""Where the kept part of the page comes."""


def routes() -> list[Route]:
    pages = OverviewPages()
    return [page("/", signed_in(pages.overview))]


class OverviewPages:
    def __init__(self) -> None:
        # With hundreds of accounts a view is some megabytes and a body half of one.
        self._views: Kept[Overview] = Kept(16)
        self._bodies: Kept[Packed] = Kept(64)

    async def overview(self, visit: Visit) -> Response:
        by = next((each for each in GroupBy if each.value == visit.query.get("by")), GroupBy.COIN)
        span = span_of(visit.query.get("range"))
        lens = await look_through(visit)
        state = await _state(visit)
        place = (visit.user.id, by, span, lens, visit.fmt.locale, visit.fmt.private)
        body = self._bodies.find(place, state)
        if body is None:
            whose = (visit.user.id, lens.code)
            view = self._views.find(whose, state)
            if view is None:
                view = self._views.put(whose, state, await _view(visit, lens))
            body = self._bodies.put(place, state, pack(_render(visit, view, by, span)))
        before, _, after = visit.text("overview/index.html").partition(BODY)
        return answer(visit, before, body, after)


async def _state(visit: Visit) -> Hashable:
    """One cheap statement, whose rows decide whether anything has to be made anew. Ages, and the beginnings of the
    periods of profits, move on by themselves, so nothing is kept beyond its minute."""
    services, user = visit.services, visit.user
    standings = await services.attention.list_standings(user.id, user.mode)
    return (*standings, int(services.clock().timestamp()) // MINUTE)


async def _view(visit: Visit, lens: Lens) -> Overview:
    user, services = visit.user, visit.services
    accounts = await services.accounts.list_accounts(user.id, mode=user.mode, per_page=ALL)
    reports, summary = await services.portfolio.report_all(user.id, accounts)
    worth = await services.display.summary_worth(summary, user.id, user.mode, lens.code)
    return make(await facts_of(services, user.id, accounts, lens.code, reports, summary, worth))


def _render(visit: Visit, view: Overview, by: GroupBy, span: Span) -> str:
    slices = group(view.stakes, by, view.places, finder(visit.services))
    return visit.web.templates.get_template("overview/body.html").render(
        fmt=visit.fmt,
        view=view,
        by=by,
        groups=tuple(GroupBy),
        rows=share_rows(slices, visit.fmt, coins=by is GroupBy.COIN),
        bars=charts.bars(slices),
        chart=charts.shares(slices, visit.fmt),
        words=charts.in_words(slices, visit.fmt),
        span=span.value,
    )


async def facts_of(
    services: Services,
    user_id: int,
    accounts: Sequence[Account],
    currency: str,
    reports: Sequence[AccountReport] | None = None,
    summary: AccountReport | None = None,
    summary_worth: Worth | None = None,
) -> Facts:
    """A fixed number of statements for any number of accounts. Without a summary the first account is all there is."""
    ids = [account.id for account in accounts]
    if reports is None:
        reports = await services.portfolio.report(accounts)
    worths = await services.display.worth(reports, currency)
    codes = {account.market_code for account in accounts}
    return Facts(
        now=services.clock(),
        reports=reports,
        worths=worths,
        summary=reports[0] if summary is None else summary,
        summary_worth=worths[0] if summary_worth is None else summary_worth,
        stakes=await services.attention.list_stakes(ids),
        unread=await services.attention.list_unread([account.id for account in accounts if not account.complete]),
        failed=await services.attention.list_last_failed(ids),
        markets={code: market for code in codes if (market := services.markets.find(code)) is not None},
        stale_after={each.account_id: stale_after(each.interval) for each in await services.refresh.states(user_id)},
    )


def finder(services: Services, exchange_id: str = "") -> Any:
    """What codes stand for, each looked up once."""
    known: dict[str, Currency] = {}

    def find(code: str) -> Currency:
        if code not in known:
            known[code] = services.catalogue.find(code, exchange_id)
        return known[code]

    return find
