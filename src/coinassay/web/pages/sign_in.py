"""Signing in, signing out, and proving once more who one is."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from coinassay.errors import AccessError, NotAuthenticated, TooManyRequests
from coinassay.web.errors import look_of, words_of
from coinassay.web.pages.passkeys import party_of
from coinassay.web.session import Visit, form, page, signed_in


def routes() -> list[Route]:
    return [
        page("/login", login),
        form("/login", sign_in),
        form("/login/demo", open_demo),
        form("/logout", sign_out),
        page("/confirm", ask_to_confirm),
        form("/confirm", confirm),
    ]


async def login(visit: Visit) -> Response:
    if visit.session is not None:
        return visit.redirect(visit.next)
    if visit.web.options.demo_user is None and await visit.services.sign_in.is_new():
        return visit.redirect("/welcome")
    return _login(visit)


async def sign_in(visit: Visit) -> Response:
    name = visit.form.text("name")
    try:
        begun = await visit.services.sign_in.sign_in(name, visit.form.get("password", ""), visit.caller, visit.device)
    except (NotAuthenticated, TooManyRequests) as e:
        return _login(visit, e, name)
    visit.sign_in(begun)
    return visit.redirect(visit.next)


async def open_demo(visit: Visit) -> Response:
    user_id = visit.web.options.demo_user
    if user_id is None:
        return visit.redirect("/login")
    visit.sign_in(await visit.services.sign_in.begin_demo(user_id, visit.caller))
    return visit.redirect("/")


async def sign_out(visit: Visit) -> Response:
    if visit.session is not None:
        await visit.services.sign_in.end_session(visit.session.user_id, visit.session.id)
    visit.sign_out()
    visit.flash("You are signed out.")
    return visit.redirect("/login")


@signed_in
async def ask_to_confirm(visit: Visit) -> Response:
    return visit.render("sign_in/confirm.html", next=visit.next, problem="")


@signed_in
async def confirm(visit: Visit) -> Response:
    try:
        await visit.services.sign_in.confirm(visit.signed, visit.form.get("password", ""))
    except (NotAuthenticated, TooManyRequests) as e:
        problem = "That is not your password." if isinstance(e, NotAuthenticated) else words_of(e)
        return visit.render("sign_in/confirm.html", status=look_of(e).status, next=visit.next, problem=problem)
    return visit.redirect(visit.next)


def _login(visit: Visit, error: AccessError | None = None, name: str = "") -> Response:
    return visit.render(
        "sign_in/login.html",
        status=200 if error is None else look_of(error).status,
        problem="" if error is None else words_of(error),
        name=name,
        next=visit.next,
        passkeys=party_of(visit) is not None,
        demo=visit.web.options.demo_user is not None,
    )
