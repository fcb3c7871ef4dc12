"""Passkeys: adding, naming and removing them, and signing in with one. Their pages' script is js/passkeys.js."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from coinassay.errors import InvalidRequest, NotAuthenticated, NotFound
from coinassay.web.errors import BadForm, words_of
from coinassay.web.headers import local_path
from coinassay.web.session import Visit, confirmed, form, signed_in
from coinassay.web.webauthn import Party, challenge_in, credential_id_in


def routes() -> list[Route]:
    return [
        form("/security/passkeys/options", offer),
        form("/security/passkeys", add),
        form("/security/passkeys/{passkey_id:int}/rename", rename),
        form("/security/passkeys/{passkey_id:int}/remove", remove),
        form("/login/passkey/options", ask),
        form("/login/passkey", sign_in),
    ]


def party_of(visit: Visit) -> Party | None:
    """None where no passkeys are offered."""
    return Party.of(visit.request.headers.get("host", ""), visit.web.options)


@confirmed
async def offer(visit: Visit) -> Response:
    """What the browser needs to make one."""
    party, service, user = _party(visit), visit.services.sign_in, visit.user
    challenge = await service.begin_ceremony(user.id, visit.caller)
    return JSONResponse(party.creation(challenge, user, await service.list_passkeys(user.id)))


@confirmed
async def add(visit: Visit) -> Response:
    """{"name": …, "credential": …} as the browser made it."""
    party, service, user = _party(visit), visit.services.sign_in, visit.user
    document = _document(visit)
    credential = document.get("credential")
    challenge = challenge_in(credential)
    await service.end_ceremony(user.id, challenge)
    made = party.created(_object(credential), challenge)
    name = document.get("name")
    if not isinstance(name, str):
        raise BadForm
    try:
        await service.add_passkey(user.id, name, made.credential_id, made.public_key, made.count)
    except InvalidRequest as e:
        return JSONResponse({"error": e.code, "error_description": words_of(e)}, 422)
    visit.flash(f"The passkey {name.strip()} was added.")
    return JSONResponse({"next": "/security"})


@signed_in
async def rename(visit: Visit) -> Response:
    await visit.services.sign_in.rename_passkey(visit.user.id, visit.path_params["passkey_id"], visit.form.text("name"))
    visit.flash("The passkey was renamed.")
    return visit.redirect("/security")


@confirmed
async def remove(visit: Visit) -> Response:
    await visit.services.sign_in.remove_passkey(visit.user.id, visit.path_params["passkey_id"])
    visit.flash("The passkey was removed. Remove it from your device or password manager as well.")
    return visit.redirect("/security")


async def ask(visit: Visit) -> Response:
    """What the browser needs to sign in with one."""
    party = _party(visit)
    return JSONResponse(party.request(await visit.services.sign_in.begin_ceremony(None, visit.caller)))


async def sign_in(visit: Visit) -> Response:
    """{"credential": …, "next": …}."""
    party, service = _party(visit), visit.services.sign_in
    document = _document(visit)
    credential = document.get("credential")
    challenge = challenge_in(credential)
    await service.end_ceremony(None, challenge)
    found = await service.find_passkey(credential_id_in(credential))
    if found is None:
        raise NotAuthenticated("This passkey is not known here. It may have been removed.")
    passkey, user = found
    count = party.used(_object(credential), challenge, passkey, user)
    following = document.get("next")
    visit.sign_in(await service.sign_in_with(passkey, count, visit.caller))
    return JSONResponse({"next": local_path(following if isinstance(following, str) else None)})


def _party(visit: Visit) -> Party:
    party = party_of(visit)
    if party is None:
        raise NotFound
    return party


def _document(visit: Visit) -> dict[str, Any]:
    return _object(visit.json())


def _object(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise BadForm
    return document
