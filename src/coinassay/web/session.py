"""What every handler of a page gets: who asks, what they sent, and how to answer."""

from __future__ import annotations

import functools
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from coinassay.domain.account import User
from coinassay.domain.addresses import bucket, caller_address
from coinassay.errors import NotAuthenticated
from coinassay.services.bundle import Services
from coinassay.services.ports.web import Caller, WebSession
from coinassay.services.sign_in import SignedIn
from coinassay.web import cookies
from coinassay.web.again import kept, may_be_sent_again
from coinassay.web.errors import BadForm, Forged
from coinassay.web.format import Format
from coinassay.web.forms import Form, form_in, read_body
from coinassay.web.headers import comes_from_here, host_of, local_path

if TYPE_CHECKING:
    from coinassay.web.app import Web

TOKEN_FIELD = "form_token"  # noqa: S105  a name
TOKEN_HEADER = "x-form-token"  # noqa: S105  a name
THEMES = ("system", "light", "dark")

Handler = Callable[["Visit"], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Preferences:
    """How this browser wants pages to look."""

    theme: str = "system"
    """system, light or dark."""
    private: bool = False
    """Amounts are hidden, shares stay."""
    locale: str = "en"
    """A BCP 47 tag the browser asks for, e.g. "de-AT"."""


class Visit:
    """One request. `session` and `user` are None for who is not signed in; behind `@signed_in` they are there."""

    def __init__(self, web: Web, request: Request, request_id: str) -> None:
        self.web = web
        self.services: Services = web.services
        self.request = request
        self.request_id = request_id
        self.session: WebSession | None = None
        self.someone: User | None = None
        self.samples: Sequence[int] = ()
        """Ids of the user's accounts that are made up."""
        self.route = ""
        """The template of the route that fits, for the log."""
        self.form = Form([])
        self.body = b""
        self.preferences = _preferences(request, web.jar.look)
        self.fmt = Format(self.services.clock(), locale=self.preferences.locale, private=self.preferences.private)
        """How numbers are written; a handler that knows the display currency puts another one here."""
        self._secret = request.cookies.get(web.jar.session) or request.cookies.get(web.jar.visitor) or ""
        self._new_visitor = ""
        self._signed_in: SignedIn | None = None
        self._signed_out = False
        self._flashes: list[tuple[str, str]] = []
        self._flashes_read = False
        self._look: dict[str, str] | None = None

    # -------------------------------------------------------------------------------------------------- who asks

    @property
    def user(self) -> User:
        """Raises NotAuthenticated."""
        if self.someone is None:
            raise NotAuthenticated
        return self.someone

    @property
    def signed(self) -> WebSession:
        """The session. Raises NotAuthenticated."""
        if self.session is None:
            raise NotAuthenticated
        return self.session

    @property
    def caller(self) -> Caller:
        client = self.request.client
        trusted = self.web.options.trusted_proxies
        forwarded = [value.encode("latin-1") for value in self.request.headers.getlist("x-forwarded-for")]
        address = caller_address(client.host if client else "", forwarded, trusted)
        return Caller(bucket(address), self.request.headers.get("user-agent", ""))

    @property
    def device(self) -> str:
        return self.request.cookies.get(self.web.jar.device, "")

    async def recognise(self) -> None:
        token = self.request.cookies.get(self.web.jar.session)
        if token:
            self.session = await self.services.sign_in.find_session(token)
        if self.session is not None:
            self.someone = await self.services.users.get_user(self.session.user_id)
            self.samples = await self.services.sample.list_accounts(self.someone.id)

    def sign_in(self, signed_in: SignedIn) -> None:
        """The answer takes the new session along; the one there was, if any, is left to its end."""
        self._signed_in = signed_in

    def sign_out(self) -> None:
        self._signed_out = True

    # ---------------------------------------------------------------------------------------------- what was sent

    @property
    def path_params(self) -> Mapping[str, Any]:
        return self.request.path_params

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query_params

    @property
    def next(self) -> str:
        """The path to go on to, which is always one of this server."""
        return local_path(self.form.get("next") or self.request.query_params.get("next"))

    @property
    def wants_json(self) -> bool:
        """Whether a script asks, which can do nothing with a page; an EventSource least of all."""
        return self.request.headers.get("accept", "").startswith(("application/json", "text/event-stream"))

    def json(self) -> Any:
        """The body. Raises BadForm."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as e:
            raise BadForm from e

    async def read(self) -> None:
        """Takes in the body. Raises BodyTooLarge, BadForm."""
        self.body = await read_body(self.request, self.web.options.max_body)
        self.form = form_in(self.body, self.request.headers.get("content-type", ""))

    def check_forgery(self) -> None:
        """Raises Forged unless a page of ours, shown to this very browser, sent the request."""
        token = self.request.headers.get(TOKEN_HEADER) or self.form.get(TOKEN_FIELD, "")
        own = comes_from_here(self.request, self.web.options)
        if own and self._secret and cookies.is_form_token(token, self._secret):
            return
        options = self.web.options
        if options.is_https and not self._secret and host_of(self.request.headers.get("host", "")) != options.host:
            raise Forged(f"Cookies of this server are for {options.public_url} only: sign in there.")
        raise Forged

    # ------------------------------------------------------------------------------------------------ how to answer

    @property
    def form_token(self) -> str:
        """For the hidden field of a form; templates write `{{ csrf() }}`."""
        if not self._secret:
            self._secret = self._new_visitor = cookies.new_secret()
        return cookies.form_token(self._secret)

    def render(self, template: str, *, status: int = 200, **context: Any) -> Response:
        """The page made from `templates/<template>`."""
        return HTMLResponse(self.text(template, **context), status_code=status)

    def text(self, template: str, **context: Any) -> str:
        """The same, for who answers with it in another way."""
        return self.web.templates.get_template(template).render(
            visit=self, fmt=self.fmt, preferences=self.preferences, user=self.someone, **context
        )

    def redirect(self, path: str) -> Response:
        """To a path of this server; anything else leads to the first page."""
        return RedirectResponse(quote(local_path(path), safe="/?&=#%:,;+@~!$'()*[]"), status_code=303)

    def to_login(self) -> Response:
        """To the page for signing in, and from there back here. JSON for scripts; and whoever has filled in a form
        keeps it."""
        if self.wants_json:
            return JSONResponse({"error": "not_signed_in", "error_description": "Sign in first."}, status_code=401)
        if self.request.method == "POST" and may_be_sent_again(self.request, self.form, self.web.options):
            return self.ask_again()
        url = self.request.url
        here = url.path + (f"?{url.query}" if url.query else "") if self.request.method == "GET" else "/"
        return self.redirect("/login" if here == "/" else f"/login?next={quote(here, safe='/')}")

    def ask_again(self) -> Response:
        """The form that was sent, for the visitor to send it once more."""
        path = quote(local_path(self.request.url.path))
        status = 401 if self.session is None else 403
        return self.render("sign_in/again.html", status=status, action=path, fields=kept(self.form))

    def flash(self, message: str, kind: str = "good") -> None:
        """Shown once, on the next page. `kind`: good, note or bad."""
        self._flashes.append((kind, message))

    def set_look(self, *, theme: str | None = None, private: bool | None = None) -> None:
        """How pages look in this browser from now on."""
        now = self.preferences
        self._look = {
            "theme": theme if theme in THEMES else now.theme,
            "private": "1" if (now.private if private is None else private) else "0",
        }

    def take_flashes(self) -> list[tuple[str, str]]:
        """Those of the page before, and those of this one."""
        text = self.request.cookies.get(self.web.jar.flash, "")
        self._flashes_read = bool(text)
        taken, self._flashes = self._flashes, []
        return [*(cookies.unsealed(text, self._secret) if text and self._secret else []), *taken]

    def finish(self, response: Response) -> None:
        """Puts the cookies onto the answer."""
        jar, lifetime = self.web.jar, self.services.sign_in.lifetime
        secret = self._secret
        if self._signed_in is not None:
            secret = self._signed_in.token
            # Lax: who follows a link to this server from elsewhere is still signed in. What changes anything is checked
            # apart from that.
            seconds = int(lifetime.absolute.total_seconds())
            jar.keep(response, jar.session, secret, max_age=seconds, strict=False)
            jar.keep(response, jar.device, self._signed_in.device, max_age=cookies.LOOK_LASTS)
            jar.forget(response, jar.visitor)
        elif self._signed_out:
            jar.forget(response, jar.session)
            secret = cookies.new_secret()
            jar.keep(response, jar.visitor, secret)
        elif self._new_visitor:
            jar.keep(response, jar.visitor, self._new_visitor)
        if self._flashes and secret:
            jar.keep(response, jar.flash, cookies.sealed(self._flashes, secret), max_age=60)
        elif self._flashes_read:
            jar.forget(response, jar.flash)
        if self._look is not None:
            text = f"{self._look['theme']}.{self._look['private']}"
            jar.keep(response, jar.look, text, max_age=cookies.LOOK_LASTS, scripts=True, strict=False)


def page(path: str, handler: Handler) -> Route:
    """Answers GET. `path` may have parameters, as in "/accounts/{account_id:int}"."""
    return Route(path, handler, methods=["GET"])


def form(path: str, handler: Handler) -> Route:
    """Answers POST, after it was made sure that a page of ours sent it; `visit.form` or `visit.json()` is what it
    sent. Scripts that send JSON put the token of `<meta name="form-token">` into the header X-Form-Token."""
    return Route(path, handler, methods=["POST"])


def signed_in(handler: Handler) -> Handler:
    """Sends everybody else to the page for signing in."""

    @functools.wraps(handler)
    async def guarded(visit: Visit) -> Response:
        if visit.session is None:
            return visit.to_login()
        return await handler(visit)

    return guarded


def confirmed(handler: Handler) -> Handler:
    """For changing what lets people in: the user must have proved who they are within the last minutes.

    A form that comes too late leads back to the page it was on once they have: its `next`.
    """

    @functools.wraps(handler)
    async def guarded(visit: Visit) -> Response:
        if visit.session is None:
            return visit.to_login()
        if visit.services.sign_in.is_confirmed(visit.session):
            return await handler(visit)
        if visit.wants_json:
            return JSONResponse(
                {"error": "confirm", "error_description": "Enter your password again first."}, status_code=403
            )
        here = visit.request.url.path if visit.request.method == "GET" else visit.next
        return visit.redirect(f"/confirm?next={quote(here, safe='/')}")

    return guarded


def _preferences(request: Request, cookie: str) -> Preferences:
    theme, _, private = request.cookies.get(cookie, "").partition(".")
    language = request.headers.get("accept-language", "").partition(",")[0].partition(";")[0].strip()
    is_tag = 0 < len(language) <= 35 and all(part.isalnum() and part.isascii() for part in language.split("-"))
    return Preferences(theme if theme in THEMES else "system", private == "1", language if is_tag else "en")
