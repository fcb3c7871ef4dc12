"""Connecting an account: choose the exchange, make a key there, see what it may do, then the first load."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from coinassay.domain.account import PAPER, Account
from coinassay.domain.market import Market
from coinassay.domain.money import NotANumber, decimal_of
from coinassay.errors import CoinassayError, InvalidRequest, NotFound
from coinassay.web.errors import words_of
from coinassay.web.session import Visit, form, page, signed_in
from coinassay.web.view import connect as view

FIRST_LOAD = 4.0
"""Seconds the answer waits for the first load; it goes on after that."""
LONGEST_CODE = 20
MOST_COINS = 1000
"""On paper: what people type, and no flood."""
MOST_TOLD = 5
"""Lines of which it is said that they are wrong."""
FRAGMENT = "x-fragment"


def routes() -> list[Route]:
    return [
        page("/connect", choose),
        page("/connect/{code}", fill_in),
        form("/connect/{code}/check", check),
        form("/connect/{code}", connect),
    ]


@signed_in
async def choose(visit: Visit) -> Response:
    """Every exchange; `?q=` finds some."""
    words = visit.query.get("q", "")
    popular, others = view.choices(visit.services.markets.list(), words)
    return visit.render("connect/choose.html", popular=popular, others=others, words=words)


@signed_in
async def fill_in(visit: Visit) -> Response:
    """The form of one exchange, with how to make a key there."""
    return _form(visit, _market(visit))


@signed_in
async def check(visit: Visit) -> Response:
    """Asks the exchange what the key may do; nothing is stored.

    Scripts ask for the findings alone. Everybody else gets the page, where the secret has to be entered again: it is
    never sent back.
    """
    market = _market(visit)
    findings: dict[str, Any] = {"report": None, "findings": (), "advice": (), "refusal": "", "problems": {}}
    try:
        report = await visit.services.keys.examine(market.code, _fields(visit, market))
        findings |= {"report": report, "findings": view.findings(report), "advice": view.advice(report)}
        visit.services.keys.refuse_dangerous(report)
    except InvalidRequest as e:
        if findings["report"] is None:
            findings["problems"] = _labelled(market, e)
        else:
            findings["refusal"] = "The key " + "; ".join(text for texts in e.fields.values() for text in texts) + "."
    except CoinassayError as e:
        findings["refusal"] = words_of(e)
    if FRAGMENT in visit.request.headers:
        return visit.render("connect/findings.html", market=market, **findings)
    return _form(visit, market, **findings)


@signed_in
async def connect(visit: Visit) -> Response:
    """Stores the account and begins its first load."""
    market = _market(visit)
    name = visit.form.text("name") or market.listed_name or market.name
    try:
        balances = _balances(visit.form.get("balances", "")) if market.code == PAPER else None
        account = await visit.services.accounts.connect(
            visit.user.id, market.code, name, _fields(visit, market), balances
        )
    except InvalidRequest as e:
        return _form(visit, market, status=422, problems=_labelled(market, e))
    await _begin_load(visit, account)
    return visit.redirect(f"/accounts/{account.id}")


async def _begin_load(visit: Visit, account: Account) -> None:
    """What comes of it is kept with the account, whose page says so."""
    load = asyncio.create_task(visit.services.sync.sync_account(visit.user.id, account.id))
    try:
        await asyncio.wait_for(asyncio.shield(load), FIRST_LOAD)
        visit.flash(f"{account.name} is connected, and its balances were read.")
    except TimeoutError:
        load.add_done_callback(_retrieve)
        visit.flash(f"{account.name} is connected. Its balances are being read.")
    except CoinassayError as e:
        visit.flash(f"{account.name} is connected, but its balances could not be read. {words_of(e)}", "bad")


def _retrieve(load: asyncio.Task[Account]) -> None:
    if not load.cancelled():
        load.exception()  # stored with the account: nobody waits for it here


def _market(visit: Visit) -> Market:
    """Raises NotFound."""
    market = visit.services.markets.find(visit.path_params["code"])
    if market is None:
        raise NotFound
    return market


def _form(
    visit: Visit, market: Market, *, status: int = 200, problems: Mapping[str, str] | None = None, **findings: Any
) -> Response:
    entered = {each.name: visit.form.text(each.name) for each in view.fields(market) if not each.secret}
    context: dict[str, Any] = {"report": None, "findings": (), "advice": (), "refusal": ""}
    return visit.render(
        "connect/form.html",
        status=status,
        market=market,
        is_paper=market.code == PAPER,
        fields=view.fields(market),
        help=view.key_help(market),
        entered={**entered, "name": visit.form.text("name"), "balances": visit.form.text("balances")},
        problems=problems or {},
        **{**context, **findings},
    )


def _fields(visit: Visit, market: Market) -> Mapping[str, str]:
    """What was entered, as it was copied: keys have no spaces around them, but people copy some along."""
    given = {each.name: visit.form.text(each.name) for each in view.fields(market)}
    return {name: value.replace("\r\n", "\n") for name, value in given.items() if value}


def _labelled(market: Market, error: InvalidRequest) -> Mapping[str, str]:
    """What is wrong, by field. What is about no field of the form is about the form as a whole: ""."""
    known = {each.name for each in view.fields(market)} | {"name", "balances"}
    problems: dict[str, str] = {}
    for name, texts in error.fields.items():
        text = "; ".join(texts)
        if name in known:
            problems[name] = text
        else:
            problems[""] = f"{problems.get('', '')} {name} {text}".strip()
    return problems or {"": error.message}


def _balances(text: str) -> Mapping[str, Decimal] | None:
    """ "USDT 10000" in each line; None for nothing. Raises InvalidRequest."""
    found: dict[str, Decimal] = {}
    problems: list[str] = []
    for line in text.splitlines():
        words: Sequence[str] = line.replace(",", "").split()
        if not words:
            continue
        amount: Decimal | None = None
        if len(words) == 2:
            with suppress(NotANumber):
                amount = decimal_of(words[1])
        code = words[0].upper()
        if amount is None or code in found or len(code) > LONGEST_CODE or not code.isprintable():
            problems.append(f"has a line that is not a coin and an amount: {line.strip()[:40]!r}")
        else:
            found[code] = amount
    if len(found) > MOST_COINS:
        problems.append(f"are more than {MOST_COINS} coins")
    if problems:
        raise InvalidRequest({"balances": problems[:MOST_TOLD]})
    return found or None
