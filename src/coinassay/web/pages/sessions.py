"""Security: the password, where the user is signed in, and who else may."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from coinassay.web.session import Visit, form, page, signed_in


def routes() -> list[Route]:
    return [
        page("/security", security),
        form("/security/sessions/end-others", end_others),
        form("/security/sessions/{session_id:int}/end", end),
    ]


@signed_in
async def security(visit: Visit) -> Response:
    return visit.render(
        "sign_in/security.html",
        sessions=await visit.services.sign_in.list_sessions(visit.user.id),
        present=visit.signed.id,
    )


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
