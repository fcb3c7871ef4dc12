"""Reading accounts anew, and telling the page how it goes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from coinassay.domain.account import Account
from coinassay.domain.event import Event
from coinassay.errors import CoinassayError, NotFound
from coinassay.services.bundle import Services
from coinassay.web.pages.overview import ALL
from coinassay.web.session import Visit, form, page, signed_in
from coinassay.web.view.advice import advice_for

HEARTBEAT = 15.0
"""Seconds after which a word is sent although nothing happened: proxies end connections that are silent."""
STREAM = "text/event-stream"
AGAIN = 3000
"""Milliseconds after which a browser that lost the connection asks again."""


def routes() -> list[Route]:
    pages = RefreshPages()
    return [
        form("/refresh", signed_in(pages.refresh_all)),
        form("/accounts/{account_id:int}/refresh", signed_in(pages.refresh_one)),
        page("/events", signed_in(events)),
    ]


class RefreshPages:
    def __init__(self) -> None:
        self._running: set[asyncio.Future[list[str]]] = set()

    async def refresh_all(self, visit: Visit) -> Response:
        user = visit.user
        accounts = await visit.services.accounts.list_accounts(user.id, mode=user.mode, per_page=ALL)
        return await self._refresh(visit, accounts, "/")

    async def refresh_one(self, visit: Visit) -> Response:
        account = await visit.services.accounts.get_account(visit.user.id, visit.path_params["account_id"])
        back = visit.next if visit.form.get("next") else f"/accounts/{account.id}"
        return await self._refresh(visit, [account], back)

    async def _refresh(self, visit: Visit, accounts: Sequence[Account], back: str) -> Response:
        """A script is answered at once and hears the rest from /events; a form when everything was read."""
        loads = asyncio.gather(*(_load(visit.services, account) for account in accounts))
        if visit.wants_json:
            running = asyncio.ensure_future(loads)
            self._running.add(running)
            running.add_done_callback(self._running.discard)
            told = [{"id": account.id, "name": account.name} for account in accounts]
            return JSONResponse({"accounts": told}, status_code=202)
        failed = [(account, failure) for account, failure in zip(accounts, await loads, strict=True) if failure]
        for account, failure in failed:
            visit.flash(f"{account.name} was not read: {failure}", "bad")
        good = len(accounts) - len(failed)
        if good:
            visit.flash(f"{good} account{'' if good == 1 else 's'} read." if len(accounts) > 1 else "Read.")
        return visit.redirect(back)


async def _load(services: Services, account: Account) -> str:
    """What went wrong and what to do about it; empty where nothing did."""
    try:
        await services.sync.sync_account(account.user_id, account.id)
    except NotFound:
        return ""  # removed meanwhile
    except CoinassayError as e:
        return f"{e.message} {advice_for(e.code).todo}"
    return ""


async def events(visit: Visit) -> Response:
    """What happens to the accounts, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

    The data of each is a JSON object with `account_id`, and for a failure `advice`. A session that was ended hears no
    more.
    """
    if visit.request.method == "HEAD":  # there is no body to wait for
        return Response(media_type=STREAM)
    last = visit.request.headers.get("last-event-id", "")
    after = int(last) if last.isascii() and last.isdigit() and len(last) < 16 else None
    token = visit.request.cookies.get(visit.web.jar.session, "")
    subscription = await visit.services.events.subscribe(visit.user.id, after)

    async def written() -> AsyncIterator[str]:
        try:
            yield f"retry: {AGAIN}\n\n"
            while not subscription.ended:
                found = await subscription.take(HEARTBEAT)
                if await visit.services.sign_in.find_session(token) is None:
                    return
                for event in found:
                    yield _written(event)
                if not found:
                    yield ": still here\n\n"
        finally:
            subscription.close()

    return StreamingResponse(written(), media_type=STREAM, headers={"x-accel-buffering": "no"})


def _written(event: Event) -> str:
    data = json.loads(event.data)
    _advise(data)
    for wallet in data.get("wallets", ()):
        _advise(wallet)
    text = json.dumps({"account_id": event.account_id, **data}, ensure_ascii=True)
    return f"id: {event.id}\nevent: {event.kind.value}\ndata: {text}\n\n"


def _advise(said: dict[str, object]) -> None:
    failure = said.get("failure")
    if failure:
        said["advice"] = advice_for(str(failure)).todo
