"""The profit ledger: day by day what was there, what came and went, and what was earned."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from coinassay.domain.account import Account
from coinassay.domain.ledger import Day, Figures
from coinassay.domain.series import day_of
from coinassay.web.format import Lens
from coinassay.web.pages.account import opened
from coinassay.web.pages.lens import look_through
from coinassay.web.session import Visit, page, signed_in
from coinassay.web.view.history import Span, span_of

EARLIEST = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Row:
    day: date
    figures: Figures
    carried: bool
    partial: bool
    imported: bool


def routes() -> list[Route]:
    return [
        page("/ledger", signed_in(of_all)),
        page("/accounts/{account_id:int}/ledger", signed_in(of_one)),
    ]


async def of_all(visit: Visit) -> Response:
    await look_through(visit)
    shown = await _ledger(visit, lambda: visit.services.portfolio.included(visit.user.id, visit.user.mode))
    return visit.render("ledger/all.html", here="/ledger", past="/past/", **shown)


async def of_one(visit: Visit) -> Response:
    head = await opened(visit)

    async def read() -> Sequence[Account]:
        return [await visit.services.accounts.get_account(visit.user.id, head.account.id)]

    shown = await _ledger(visit, read)
    here = f"/accounts/{head.account.id}"
    return visit.render(
        "account/ledger.html", here=f"{here}/ledger", past=f"{here}/past/", **head.context("ledger"), **shown
    )


async def _ledger(visit: Visit, read: Callable[[], Awaitable[Sequence[Account]]]) -> dict[str, Any]:
    """What the template is given. Where a rate of the visitor's currency is missing, everything is in US dollars."""
    first, last = read_day(visit.query.get("from")), read_day(visit.query.get("to"))
    span = Span.MONTH if "range" not in visit.query else span_of(visit.query["range"])
    asked = first is not None or last is not None
    if not asked and span.length is not None:
        first = day_of(visit.services.clock()) - span.length
    lens = visit.fmt.lens
    ledger = await visit.services.ledger.current(read, first, last, lens.code)
    total = ledger.display
    if total is None:
        visit.fmt = replace(visit.fmt, lens=Lens())
    rows = [_row(day, total is not None) for day in reversed(ledger.days)]
    return {
        "days": rows,
        "total": ledger.usd if total is None else total,
        "currency_missing": total is None,
        "first": first if asked else None,
        "last": last,
        "span": "" if asked else span.value,
    }


def _row(day: Day, in_display: bool) -> Row:
    figures = day.display if in_display and day.display is not None else day.usd
    return Row(day.day, figures, day.carried, day.partial, day.imported)


def read_day(text: str | None) -> date | None:
    """A day as a date field sends it; None for anything else."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if day >= EARLIEST else None
