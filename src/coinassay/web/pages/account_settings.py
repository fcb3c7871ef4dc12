"""Renaming an account, whether it counts in the total, how often it is read, a new key, and removing it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from starlette.responses import Response
from starlette.routing import Route

from coinassay.domain.account import Account
from coinassay.domain.market import Market
from coinassay.domain.refresh import read_interval, write_interval
from coinassay.errors import ExchangeError, InvalidRequest, NotFound
from coinassay.web.pages.account import Opened, opened
from coinassay.web.session import Visit, form, page, signed_in
from coinassay.web.view.advice import advice_for
from coinassay.web.view.connect import fields, key_help

INTERVALS = ("5m", "10m", "30m", "1h", "6h", "1d", "off")
"""What is offered, beside whatever is set."""


def routes() -> list[Route]:
    one = "/accounts/{account_id:int}"
    return [
        page(f"{one}/settings", signed_in(show)),
        form(f"{one}/settings", signed_in(change)),
        form(f"{one}/interval", signed_in(set_interval)),
        page(f"{one}/key", signed_in(enter_key)),
        form(f"{one}/key", signed_in(change_key)),
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


async def enter_key(visit: Visit) -> Response:
    head = await opened(visit)
    return _key_form(visit, head)


async def change_key(visit: Visit) -> Response:
    """Examined before it is stored, and the account is read with it at once."""
    head = await opened(visit)
    market = _market(visit, head.account)
    given = {each.name: text for each in fields(market) if (text := visit.form.text(each.name))}
    try:
        account = await visit.services.accounts.update_account(visit.user.id, head.account.id, fields=given)
    except InvalidRequest as e:
        return _key_form(visit, head, {name: "; ".join(texts) for name, texts in e.fields.items()})
    try:
        await visit.services.sync.sync_account(visit.user.id, account.id)
    except ExchangeError as e:
        visit.flash(
            f"The new key is stored. {account.name} was not read: {e.message} {advice_for(e.code).todo}", "note"
        )
    else:
        visit.flash(f"The new key works: {account.name} was read.")
    return visit.redirect(f"/accounts/{account.id}")


def _key_form(visit: Visit, head: Opened, problems: Mapping[str, str] | None = None) -> Response:
    market = _market(visit, head.account)
    own = {each.name for each in fields(market)}
    return visit.render(
        "account/key.html",
        status=422 if problems else 200,
        **head.context("settings"),
        fields=fields(market),
        help=key_help(market),
        market=market,
        problems={name: text for name, text in (problems or {}).items() if name in own},
        others=[text for name, text in (problems or {}).items() if name not in own],
    )


def _market(visit: Visit, account: Account) -> Market:
    """Raises NotFound for what has no key, or is no longer offered."""
    market = visit.services.markets.find(account.market_code)
    if market is None or account.is_paper:
        raise NotFound
    return market
