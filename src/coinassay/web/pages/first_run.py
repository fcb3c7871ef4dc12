"""A one-time code and a password: for the owner at the first start, for who was invited, and for who forgot theirs."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from coinassay.domain.password import SHORTEST_PASSWORD
from coinassay.errors import ExchangeError, InvalidRequest, NotAuthenticated, TooManyRequests
from coinassay.web.errors import look_of, words_of
from coinassay.web.session import Visit, form, page, signed_in


def routes() -> list[Route]:
    return [
        page("/welcome", welcome),
        form("/welcome", set_password),
        page("/start", start),
        form("/start/sample", add_sample),
        form("/start/sample/remove", remove_sample),
    ]


async def welcome(visit: Visit) -> Response:
    return await _ask(visit)


async def set_password(visit: Visit) -> Response:
    code, password = visit.form.text("code"), visit.form.get("password", "")
    if password != visit.form.get("again", ""):
        return await _ask(visit, InvalidRequest({"again": ["is not the same password"]}))
    is_first = await visit.services.sign_in.is_new()
    try:
        begun = await visit.services.sign_in.redeem_code(code, password, visit.caller)
    except (NotAuthenticated, TooManyRequests, InvalidRequest) as e:
        return await _ask(visit, e)
    visit.sign_in(begun)
    return visit.redirect("/start" if is_first else "/")


@signed_in
async def start(visit: Visit) -> Response:
    return visit.render("sign_in/start.html")


@signed_in
async def add_sample(visit: Visit) -> Response:
    try:
        await visit.services.sample.add(visit.user.id)
    except ExchangeError as e:
        visit.flash(f"The sample account could not be made: {e.message}", "bad")
        return visit.redirect("/start")
    return visit.redirect("/")


@signed_in
async def remove_sample(visit: Visit) -> Response:
    await visit.services.sample.remove(visit.user.id)
    visit.flash("The sample account and all that belonged to it were removed.")
    return visit.redirect("/start")


async def _ask(visit: Visit, error: NotAuthenticated | TooManyRequests | InvalidRequest | None = None) -> Response:
    fields = error.fields if isinstance(error, InvalidRequest) else {}
    if isinstance(error, NotAuthenticated):
        fields = {"code": (words_of(error),)}
    return visit.render(
        "sign_in/welcome.html",
        status=200 if error is None else look_of(error).status,
        first=await visit.services.sign_in.is_new(),
        code=visit.form.text("code"),
        fields=fields,
        problem=words_of(error) if isinstance(error, TooManyRequests) else "",
        shortest=SHORTEST_PASSWORD,
    )
