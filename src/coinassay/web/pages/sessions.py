"""Security: the password, passkeys, where the user is signed in, and, for the owner, who else may sign in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from coinassay.domain.password import SHORTEST_PASSWORD
from coinassay.errors import InvalidRequest, NotAuthenticated, PermissionDenied, TooManyRequests
from coinassay.web.agents import agent_name
from coinassay.web.errors import look_of, words_of
from coinassay.web.pages.passkeys import party_of
from coinassay.web.session import Visit, confirmed, form, page, signed_in


def routes() -> list[Route]:
    return [
        page("/security", security),
        form("/security/password", change_password),
        form("/security/sessions/end-others", end_others),
        form("/security/sessions/{session_id:int}/end", end),
        form("/security/users", invite),
    ]


@signed_in
async def security(visit: Visit) -> Response:
    return await _page(visit)


@signed_in
async def change_password(visit: Visit) -> Response:
    former, new = visit.form.get("former", ""), visit.form.get("password", "")
    try:
        if new != visit.form.get("again", ""):
            raise InvalidRequest({"again": ["is not the same password"]})
        await visit.services.sign_in.change_password(visit.signed, former, new)
    except InvalidRequest as e:
        return await _page(visit, 422, fields=e.fields)
    except (NotAuthenticated, TooManyRequests) as e:
        words = "is not your present password" if isinstance(e, NotAuthenticated) else words_of(e)
        return await _page(visit, look_of(e).status, fields={"former": [words]})
    visit.flash("The password was changed, and all other sessions have ended.")
    return visit.redirect("/security")


@signed_in
async def end(visit: Visit) -> Response:
    await visit.services.sign_in.end_session(visit.user.id, visit.path_params["session_id"])
    visit.flash("That session has ended.")
    return visit.redirect("/security")


@signed_in
async def end_others(visit: Visit) -> Response:
    await visit.services.sign_in.end_other_sessions(visit.signed)
    visit.flash("All other sessions have ended.")
    return visit.redirect("/security")


@confirmed
async def invite(visit: Visit) -> Response:
    """The answer shows the code, once."""
    if not await _is_owner(visit):
        raise PermissionDenied
    try:
        user, code = await visit.services.sign_in.invite(visit.form.text("name"))
    except InvalidRequest as e:
        return await _page(
            visit, 422, fields={"invited": e.fields.get("name", ())}, invited_name=visit.form.text("name")
        )
    return await _page(visit, invited=user.name, code=code)


async def _is_owner(visit: Visit) -> bool:
    (owner, *_) = await visit.services.users.list_users()
    return owner.id == visit.user.id


async def _page(
    visit: Visit,
    status: int = 200,
    *,
    fields: Mapping[str, Sequence[str]] | None = None,
    invited: str = "",
    invited_name: str = "",
    code: str = "",
) -> Response:
    service = visit.services.sign_in
    shown: dict[str, Any] = {
        "sessions": [(each, agent_name(each.agent)) for each in await service.list_sessions(visit.user.id)],
        "passkeys": await service.list_passkeys(visit.user.id) if party_of(visit) is not None else None,
        "users": [],
    }
    if await _is_owner(visit):
        users = await visit.services.users.list_users()
        shown["users"] = [(user, await service.has_password(user.id)) for user in users]
    return visit.render(
        "sign_in/security.html",
        status=status,
        present=visit.signed.id,
        fields=fields or {},
        invited=invited,
        invited_name=invited_name,
        code=code,
        public_url=visit.web.options.public_url,
        shortest=SHORTEST_PASSWORD,
        **shown,
    )
