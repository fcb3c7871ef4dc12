"""Time travel: what was held on a past day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from starlette.responses import Response
from starlette.routing import Route

from coinassay.domain.account import Account
from coinassay.domain.past import Past
from coinassay.domain.series import ONE_DAY, day_of, start_of
from coinassay.errors import NotFound
from coinassay.web.pages.ledger import read_day
from coinassay.web.pages.lens import look_through
from coinassay.web.pages.overview import finder
from coinassay.web.session import Visit, page, signed_in
from coinassay.web.view import charts
from coinassay.web.view.past import past_slices

TICK = timedelta(microseconds=1)


def routes() -> list[Route]:
    return [
        page("/past", signed_in(choose)),
        page("/past/{day}", signed_in(of_all)),
        page("/accounts/{account_id:int}/past", signed_in(choose)),
        page("/accounts/{account_id:int}/past/{day}", signed_in(of_one)),
    ]


async def choose(visit: Visit) -> Response:
    """What the date field of a form leads to. Raises NotFound."""
    day = read_day(visit.query.get("day"))
    account_id = visit.path_params.get("account_id")
    if account_id is not None:
        await visit.services.accounts.get_account(visit.user.id, account_id)
    here = "" if account_id is None else f"/accounts/{account_id}"
    if day is None:
        visit.flash("Choose a day first.", "note")
        return visit.redirect(here or "/")
    return visit.redirect(f"{here}/past/{day.isoformat()}")


async def of_all(visit: Visit) -> Response:
    accounts = await visit.services.portfolio.included(visit.user.id, visit.user.mode)
    return await _show(visit, accounts, None)


async def of_one(visit: Visit) -> Response:
    account = await visit.services.accounts.get_account(visit.user.id, visit.path_params["account_id"])
    return await _show(visit, [account], account)


async def _show(visit: Visit, accounts: Sequence[Account], account: Account | None) -> Response:
    day = read_day(visit.path_params["day"])
    now = visit.services.clock()
    if day is None:
        raise NotFound
    today = day_of(now)
    day = min(day, today)
    moment = _end_of(day, now)
    past = await visit.services.history.composition_at(accounts, moment)
    lens = await look_through(visit, moment)
    exchange_id = ""
    if account is not None and (market := visit.services.markets.find(account.market_code)) is not None:
        exchange_id = market.exchange_id
    slices = past_slices(past, finder(visit.services, exchange_id))
    return visit.render(
        "past/day.html",
        account=account,
        names={each.id: each.name for each in accounts},
        day=day,
        past=past,
        slices=slices,
        lens=lens,
        chart=charts.shares(slices, visit.fmt),
        words=charts.in_words(slices, visit.fmt),
        missing=_missing(accounts, past),
        before=day - ONE_DAY,
        after=day + ONE_DAY if day < today else None,
        here="/past/" if account is None else f"/accounts/{account.id}/past/",
        up="/" if account is None else f"/accounts/{account.id}",
    )


def _end_of(day: date, now: datetime) -> datetime:
    return min(start_of(day) + ONE_DAY - TICK, now)


def _missing(accounts: Sequence[Account], past: Past) -> list[Account]:
    """Those that had not been read by then."""
    known = {each.snapshot.account_id for each in past.accounts}
    return [account for account in accounts if account.id not in known]
