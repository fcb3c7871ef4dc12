"""Deposits and withdrawals of an account: those its exchange tells, and those its owner adds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from starlette.responses import Response
from starlette.routing import Route

from coinassay.domain.money import NotANumber, decimal_of
from coinassay.domain.snapshot import FlowKind
from coinassay.errors import InvalidRequest
from coinassay.services.flows import NewFlow
from coinassay.web.pages.account import opened
from coinassay.web.session import Visit, form, page, signed_in

A_PAGE = 50
LAST_PAGE = 10_000


def routes() -> list[Route]:
    place = "/accounts/{account_id:int}/flows"
    return [
        page(place, signed_in(show)),
        form(place, signed_in(add)),
        form(f"{place}/{{flow_id:int}}/remove", signed_in(remove)),
    ]


async def show(visit: Visit) -> Response:
    return await _show(visit)


async def _show(visit: Visit, problems: Mapping[str, str] | None = None) -> Response:
    head = await opened(visit)
    flows, account_id = visit.services.flows, head.account.id
    number = _number(visit.query.get("page"))
    found = await flows.list_flows(visit.user.id, account_id, page=number, per_page=A_PAGE)
    more = len(found) == A_PAGE and await flows.list_flows(visit.user.id, account_id, page=number + 1, per_page=A_PAGE)
    accounts = await visit.services.accounts.list_accounts(visit.user.id, per_page=LAST_PAGE)
    return visit.render(
        "account/flows.html",
        status=422 if problems else 200,
        **head.context("flows"),
        flows=found,
        number=number,
        more=bool(more),
        names={each.id: each.name for each in accounts},
        reading=await flows.find_reading(visit.user.id, account_id),
        problems=problems or {},
        entered=visit.form,
    )


async def add(visit: Visit) -> Response:
    account_id = visit.path_params["account_id"]
    await visit.services.accounts.get_account(visit.user.id, account_id)
    try:
        flow = await visit.services.flows.add_flow(visit.user.id, account_id, _new(visit))
    except InvalidRequest as e:
        return await _show(visit, {name: "; ".join(texts) for name, texts in e.fields.items()})
    visit.flash("Added." if flow.priced else "Added. What it was worth then is not known yet.")
    return visit.redirect(f"/accounts/{account_id}/flows")


async def remove(visit: Visit) -> Response:
    account_id = visit.path_params["account_id"]
    await visit.services.flows.remove_flow(visit.user.id, account_id, visit.path_params["flow_id"])
    visit.flash("Removed, as if it had never been.")
    return visit.redirect(f"/accounts/{account_id}/flows")


def _new(visit: Visit) -> NewFlow:
    """Raises InvalidRequest naming every bad field at once."""
    problems: dict[str, list[str]] = {}

    def number(name: str) -> Decimal | None:
        text = visit.form.text(name).replace(" ", "")
        if not text:
            return None
        try:
            return decimal_of(text)
        except NotANumber:
            problems[name] = ["is not a number; write it with a point, for example 0.25"]
            return None

    amount, usd = number("amount"), number("usd")
    if amount is None and "amount" not in problems:
        problems["amount"] = ["is missing"]
    if usd is not None and usd < 0:
        problems["usd"] = ["is invalid"]
    at = _moment(visit.form.text("at"))
    if at is None:
        problems["at"] = ["is missing"]
    if problems or amount is None or at is None:
        raise InvalidRequest(problems)
    kind = FlowKind.WITHDRAWAL if visit.form.text("kind") == FlowKind.WITHDRAWAL.value else FlowKind.DEPOSIT
    return NewFlow(kind, visit.form.text("asset").upper(), amount, at, usd, note=visit.form.text("note"))


def _moment(text: str) -> datetime | None:
    """As a field for date and time sends it, in UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _number(text: str | None) -> int:
    return min(max(int(text), 1), LAST_PAGE) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1
