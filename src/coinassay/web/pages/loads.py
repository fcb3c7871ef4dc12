"""The attempts to read an account, and how each of its wallets fared."""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.responses import Response
from starlette.routing import Route

from coinassay.web.pages.account import opened
from coinassay.web.session import Visit, page, signed_in
from coinassay.web.view.advice import advice_for

A_PAGE = 50
A_MOMENT = timedelta(microseconds=1)


def routes() -> list[Route]:
    return [page("/accounts/{account_id:int}/loads", signed_in(loads))]


async def loads(visit: Visit) -> Response:
    head = await opened(visit)
    before = _moment(visit.query.get("before")) or visit.services.clock() + A_MOMENT
    found = await visit.services.attention.list_loads(head.account.id, before, A_PAGE + 1)
    older = found[A_PAGE - 1].finished_at.isoformat() if len(found) > A_PAGE else ""
    return visit.render(
        "account/loads.html",
        **head.context("loads"),
        loads=found[:A_PAGE],
        older=older,
        is_first="before" not in visit.query,
        advice_for=advice_for,
    )


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
