"""Taking things along: tables as CSV and JSON, statements as PDF, the database."""

from __future__ import annotations

import asyncio
import contextlib
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from coinassay.domain.account import SUMMARY, Account
from coinassay.domain.breakdown import Line
from coinassay.domain.rates import USD
from coinassay.domain.series import day_of, start_of
from coinassay.errors import ConfigurationError, InvalidRequest, NotFound, PermissionDenied
from coinassay.web.pages.lens import lens_of
from coinassay.web.pdf import COIN_PLACES, FIAT_PLACES, statement_pdf
from coinassay.web.session import Visit, confirmed, form, page, signed_in
from coinassay.web.view import exports as view
from coinassay.web.view.table import Row, to_csv, to_json

CHUNK = 256 * 1024
EARLIEST = date(2009, 1, 3)
"""Before the first Bitcoin there is nothing to export."""
LONGEST_NUMBER = 19
"""Digits of what a database takes for a number."""


class Kind(NamedTuple):
    write: Callable[[Sequence[str], Sequence[Row]], str]
    media_type: str


KINDS = {"csv": Kind(to_csv, "text/csv; charset=utf-8"), "json": Kind(to_json, "application/json")}


def routes() -> list[Route]:
    return [
        page("/export/{what}.{kind}", export),
        page("/statement.pdf", statement),
        form("/backup", backup),
    ]


@signed_in
async def export(visit: Visit) -> Response:
    """`/export/holdings.csv`, history and ledger likewise, as CSV or JSON: `?account=ID`, everything without it;
    `?from=` and `?to=` days."""
    what, kind = visit.path_params["what"], KINDS.get(visit.path_params["kind"])
    if kind is None or what not in ("holdings", "history", "ledger"):
        raise NotFound
    read, name = _reader(visit)
    accounts = await read()
    first, last = _day(visit, "from"), _day(visit, "to")
    portfolio = visit.services.portfolio
    columns: Sequence[str]
    rows: list[Row]
    if what == "holdings":
        lines: Sequence[Line] = (await portfolio.breakdown([account.id for account in accounts]))[1]
        columns, rows = view.HOLDINGS, list(view.holding_rows(lines, accounts))
    elif what == "history":
        points = await portfolio.series(accounts, first or EARLIEST, last)
        columns, rows = view.HISTORY, list(view.history_rows(points))
    else:
        ledger = await visit.services.ledger.current(read, first, last, (await lens_of(visit)).code)
        columns, rows = view.LEDGER, list(view.ledger_rows(ledger))
    body = await asyncio.to_thread(kind.write, columns, rows)
    file = f"coinassay-{what}-{name}-{day_of(visit.services.clock())}.{visit.path_params['kind']}"
    return Response(body, media_type=kind.media_type, headers=_attached(file))


@signed_in
async def statement(visit: Visit) -> Response:
    """`?period=2026-10-03`, `2026-10` or `2026`; `?account=ID`, everything without it."""
    services = visit.services
    now = services.clock()
    period = view.period_of(visit.query.get("period", ""), day_of(now))
    read, name = _reader(visit)
    accounts = await read()
    lens = await lens_of(visit)
    end = min(now, start_of(date.fromordinal(period.last.toordinal() + 1)))
    ledger = await services.ledger.current(read, period.first, period.last, lens.code)
    past = await services.history.composition_at(accounts, end)
    (rate,) = await services.currencies.list_rates(lens.code, [end])
    made = view.statement(
        owner=visit.user.name,
        period=period,
        ledger=ledger,
        past=past,
        accounts=accounts,
        names={line.asset: services.catalogue.find(line.asset).name for line in past.lines},
        currency=lens.code,
        rate=rate,
        made_at=now,
    )
    places = FIAT_PLACES if made.currency == USD or lens.fiat else COIN_PLACES
    body = await asyncio.to_thread(statement_pdf, made, places)
    file = f"coinassay-statement-{name}-{visit.query['period'].strip()}.pdf"
    return Response(body, media_type="application/pdf", headers=_attached(file))


@confirmed
async def backup(visit: Visit) -> Response:
    """The whole database, for the owner alone: it holds everybody's accounts."""
    if not await visit.services.preferences.is_owner(visit.user.id):
        raise PermissionDenied
    place = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="coinassay-")
    try:
        file = Path(place.name) / "coinassay.db"
        await visit.services.backups.backup(file)
        size = await asyncio.to_thread(lambda: file.stat().st_size)
    except BaseException as e:
        await asyncio.to_thread(place.cleanup)
        if isinstance(e, ConfigurationError):
            visit.flash(f"{e.message} {e.hint}", "bad")
            return visit.redirect("/settings")
        raise
    name = f"coinassay-{visit.services.clock():%Y-%m-%d-%H%M}.db"
    headers = _attached(name) | {"content-length": str(size)}
    return StreamingResponse(_sent(file, place), media_type="application/vnd.sqlite3", headers=headers)


async def _sent(file: Path, place: tempfile.TemporaryDirectory[str]) -> AsyncIterator[bytes]:
    """The file piece by piece; then it is gone, also when nobody takes it to its end."""
    try:
        with contextlib.closing(await asyncio.to_thread(file.open, "rb")) as source:
            while chunk := await asyncio.to_thread(source.read, CHUNK):
                yield chunk
    finally:
        place.cleanup()


def _reader(visit: Visit) -> tuple[Callable[[], Awaitable[Sequence[Account]]], str]:
    """Reads the account that is asked for, else all that count in the summary; and a name for the file.

    Raises NotFound, here or when it reads.
    """
    wanted, user, services = visit.query.get("account", SUMMARY), visit.user, visit.services
    if wanted != SUMMARY and not (wanted.isascii() and wanted.isdigit() and len(wanted) < LONGEST_NUMBER):
        raise NotFound

    async def read() -> Sequence[Account]:
        if wanted == SUMMARY:
            return await services.portfolio.included(user.id, user.mode)
        return [await services.accounts.get_account(user.id, int(wanted))]

    return read, wanted


def _day(visit: Visit, name: str) -> date | None:
    """Raises InvalidRequest."""
    text = visit.query.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as e:
        raise InvalidRequest({name: ["is not a day such as 2026-10-03"]}) from e


def _attached(file: str) -> dict[str, str]:
    safe = re.sub(r"[^A-Za-z0-9._-]", "-", file)
    return {"content-disposition": f'attachment; filename="{safe}"'}
