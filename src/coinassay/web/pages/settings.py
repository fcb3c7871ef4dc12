"""What the visitor sets: currency, dust, refreshing, and for everybody how long history is kept."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response
from starlette.routing import Route

from coinassay.domain.refresh import read_interval, write_interval
from coinassay.domain.series import day_of
from coinassay.errors import InvalidRequest
from coinassay.web.session import Visit, form, page, signed_in

REFRESHING = ("5m", "10m", "30m", "1h", "6h", "1d", "off")
"""What is offered, beside whatever is set."""


def routes() -> list[Route]:
    return [
        page("/settings", show),
        form("/settings/currency", set_currency),
        form("/settings/dust", set_dust),
        form("/settings/refresh", set_refresh),
        form("/settings/retention", set_retention),
    ]


@signed_in
async def show(visit: Visit) -> Response:
    return await _show(visit)


@signed_in
async def set_currency(visit: Visit) -> Response:
    try:
        code = await visit.services.currencies.choose(visit.user.id, visit.form.text("currency"))
    except InvalidRequest as e:
        return await _show(visit, e)
    visit.flash(f"Amounts are shown in {code}.")
    return visit.redirect("/settings")


@signed_in
async def set_dust(visit: Visit) -> Response:
    try:
        await visit.services.preferences.set_dust(visit.user.id, visit.form.get("dust", ""))
    except InvalidRequest as e:
        return await _show(visit, e)
    visit.flash("The dust limit is set.")
    return visit.redirect("/settings")


@signed_in
async def set_refresh(visit: Visit) -> Response:
    """For all accounts of the visitor at once; each can be set on its own page."""
    text = visit.form.text("every")
    try:
        every: timedelta | None = read_interval(text) if text else None
    except ValueError as e:
        return await _show(visit, InvalidRequest({"every": [str(e)]}))
    states = await visit.services.refresh.states(visit.user.id)
    for state in states:
        await visit.services.refresh.set_interval(visit.user.id, state.account_id, every)
    visit.flash("Your accounts refresh themselves as set." if states else "There are no accounts yet.")
    return visit.redirect("/settings")


@signed_in
async def set_retention(visit: Visit) -> Response:
    try:
        await visit.services.preferences.set_retention(visit.user.id, visit.form.get("retention", ""))
    except InvalidRequest as e:
        return await _show(visit, e)
    visit.flash("The time for which history is kept in full is set.")
    return visit.redirect("/settings")


async def _show(visit: Visit, error: InvalidRequest | None = None) -> Response:
    services = visit.services
    states = await services.refresh.states(visit.user.id)
    intervals = sorted({state.interval for state in states if state.own})
    today = day_of(services.clock())
    return visit.render(
        "settings/page.html",
        status=200 if error is None else 422,
        problems={} if error is None else {name: "; ".join(texts) for name, texts in error.fields.items()},
        sent=visit.form,
        currency=services.currencies.currency_of(visit.user),
        currencies=services.currencies.offered(),
        dust=await services.preferences.dust(visit.user.id),
        refreshing=list(REFRESHING),
        present_intervals=[write_interval(each) for each in intervals],
        mixed=len({(state.interval, state.own) for state in states}) > 1,
        retention=await services.preferences.retention(),
        retention_text=await services.preferences.retention_text(),
        is_owner=await services.preferences.is_owner(visit.user.id),
        accounts=await services.accounts.list_accounts(visit.user.id, per_page=1000),
        today=today,
        last_month=(today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m"),
    )
