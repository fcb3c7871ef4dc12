"""Renaming an account, whether it counts in the total, how often it is read, and removing it."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response
from starlette.routing import Route

from coinassay.domain.refresh import read_interval, write_interval
from coinassay.errors import InvalidRequest
from coinassay.web.pages.account import opened
from coinassay.web.session import Visit, form, page, signed_in

INTERVALS = ("5m", "10m", "30m", "1h", "6h", "1d", "off")
"""What is offered, beside whatever is set."""


def routes() -> list[Route]:
    one = "/accounts/{account_id:int}"
    return [
        page(f"{one}/settings", signed_in(show)),
        form(f"{one}/settings", signed_in(change)),
        form(f"{one}/interval", signed_in(set_interval)),
        page(f"{one}/remove", signed_in(ask)),
        form(f"{one}/remove", signed_in(remove)),
    ]


async def show(visit: Visit) -> Response:
    return await _show(visit)


async def _show(visit: Visit, problem: str = "") -> Response:
    head = await opened(visit)
    state = await visit.services.refresh.get_state(visit.user.id, head.account.id)
    chosen = write_interval(state.interval) if state.own else ""
    offered = INTERVALS if not chosen or chosen in INTERVALS else (chosen, *INTERVALS)
    return visit.render(
        "account/settings.html",
        status=422 if problem else 200,
        **head.context("settings"),
        state=state,
        chosen=chosen,
        offered=offered,
        usual="" if state.own else write_interval(state.interval),
        name=visit.form.get("name", head.account.name),
        problem=problem,
    )


async def change(visit: Visit) -> Response:
    account_id = visit.path_params["account_id"]
    try:
        account = await visit.services.accounts.update_account(
            visit.user.id,
            account_id,
            name=visit.form.text("name"),
            include_in_summary=visit.form.get("include") == "1",
        )
    except InvalidRequest as e:
        return await _show(visit, "; ".join(text for texts in e.fields.values() for text in texts))
    visit.flash(f"{account.name}: saved.")
    return visit.redirect(f"/accounts/{account_id}/settings")


async def set_interval(visit: Visit) -> Response:
    account_id = visit.path_params["account_id"]
    text = visit.form.text("every")
    try:
        every: timedelta | None = read_interval(text) if text else None
    except ValueError as e:
        await visit.services.accounts.get_account(visit.user.id, account_id)
        return await _show(visit, str(e))
    await visit.services.refresh.set_interval(visit.user.id, account_id, every)
    visit.flash("How often it is read: saved.")
    return visit.redirect(f"/accounts/{account_id}/settings")


async def ask(visit: Visit) -> Response:
    head = await opened(visit)
    return visit.render("account/remove.html", **head.context("settings"))


async def remove(visit: Visit) -> Response:
    account = await visit.services.accounts.get_account(visit.user.id, visit.path_params["account_id"])
    await visit.services.accounts.remove_account(visit.user.id, account.id)
    visit.flash(f"{account.name} was removed, with its history.")
    return visit.redirect("/")
