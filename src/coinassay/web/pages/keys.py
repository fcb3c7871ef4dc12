"""API keys: making one, whose secret is shown once, what there are, and revoking."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from coinassay.errors import InvalidRequest
from coinassay.web.session import Visit, confirmed, form, page, signed_in
from coinassay.web.view import api_keys as view

LONGEST_NAME = 100


def routes() -> list[Route]:
    return [
        page("/keys", listed),
        page("/keys/new", fill_in),
        form("/keys/new", make),
        form("/keys/{key_id:int}/revoke", revoke),
    ]


@signed_in
async def listed(visit: Visit) -> Response:
    usable, revoked = view.lines(await visit.services.api_keys.list_keys(visit.user.id))
    return visit.render("keys/list.html", usable=usable, revoked=revoked)


@confirmed
async def fill_in(visit: Visit) -> Response:
    return _form(visit)


@confirmed
async def make(visit: Visit) -> Response:
    """Answers with the secret, the only time it is shown."""
    sent = visit.form
    public_key = sent.text("public_key") or None
    try:
        if len(sent.text("name")) > LONGEST_NAME:
            raise InvalidRequest({"name": [f"is too long (maximum is {LONGEST_NAME} characters)"]})
        if not sent.all("permission"):
            raise InvalidRequest({"permissions": ["must be at least one"]})
        networks = sent.text("networks").replace(",", " ").split()
        issued = await visit.services.api_keys.issue(
            visit.user.id, sent.text("name"), sent.all("permission"), networks, public_key
        )
    except InvalidRequest as e:
        return _form(visit, status=422, problems={name: "; ".join(texts) for name, texts in e.fields.items()})
    url = visit.web.options.public_url
    return visit.render(
        "keys/made.html",
        key=issued.key,
        secret=issued.secret,
        curl=view.curl(url, issued.key.api_key),
        python=view.python(url, issued.key.api_key),
    )


@signed_in
async def revoke(visit: Visit) -> Response:
    await visit.services.api_keys.revoke(visit.user.id, visit.path_params["key_id"])
    visit.flash("The key is revoked: it is refused from now on.")
    return visit.redirect("/keys")


def _form(visit: Visit, *, status: int = 200, problems: dict[str, str] | None = None) -> Response:
    sent = visit.form
    chosen = sent.all("permission") if sent else [view.OFFERED[0][0].value]
    entered = {name: sent.text(name) for name in ("name", "networks", "public_key")}
    return visit.render(
        "keys/new.html", status=status, problems=problems or {}, entered=entered, chosen=chosen, offered=view.OFFERED
    )
