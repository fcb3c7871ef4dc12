"""The value over time, for the charts: thinned to what a chart of its width can show."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import date
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from coinassay.domain.account import Account
from coinassay.domain.series import day_of
from coinassay.web.pages.kept import Kept
from coinassay.web.pages.lens import look_through, shown_in
from coinassay.web.session import Visit, page, signed_in
from coinassay.web.view import charts
from coinassay.web.view.history import Span, span_of, thin, width_of

EARLIEST = date(1970, 1, 1)


def routes() -> list[Route]:
    pages = HistoryPages()
    return [
        page("/history.json", signed_in(pages.of_all)),
        page("/accounts/{account_id:int}/history.json", signed_in(pages.of_one)),
    ]


class HistoryPages:
    def __init__(self) -> None:
        self._kept: Kept[dict[str, Any]] = Kept(256)

    async def of_all(self, visit: Visit) -> Response:
        accounts = await visit.services.portfolio.included(visit.user.id, visit.user.mode)
        return await self._answer(visit, ("all", visit.user.id), accounts)

    async def of_one(self, visit: Visit) -> Response:
        account = await visit.services.accounts.get_account(visit.user.id, visit.path_params["account_id"])
        return await self._answer(visit, ("one", account.id), [account])

    async def _answer(self, visit: Visit, whose: Hashable, accounts: Sequence[Account]) -> Response:
        span, width = span_of(visit.query.get("range")), width_of(visit.query.get("width"))
        lens = await look_through(visit)
        today = day_of(visit.services.clock())
        state = (tuple((account.id, account.version) for account in accounts), today, lens)
        place = (whose, span, width, lens.code)
        data = self._kept.find(place, state)
        if data is None:
            points = await visit.services.portfolio.series(accounts, _first(span, today), None)
            shown = await shown_in(lens, thin(points, width), visit.services)
            data = self._kept.put(
                place, state, {"range": span.value, **charts.history(shown, lens.code, visit.fmt.places)}
            )
        return JSONResponse(data)


def _first(span: Span, today: date) -> date:
    return EARLIEST if span.length is None else today - span.length
