"""A browser without scripts: keeps cookies, follows nothing by itself, fills in forms that are on the page."""

from __future__ import annotations

import re
from html import unescape
from types import TracebackType
from typing import Any

import httpx

from coinassay.web.app import Web

BASE = "http://127.0.0.1:8000"
PASSWORD = "correct horse battery staple"


class Visitor:
    """One browser, straight into the pages' application."""

    def __init__(self, web: Web, address: str = "192.0.2.7", base: str = BASE) -> None:
        transport = httpx.ASGITransport(app=web, client=(address, 4711), raise_app_exceptions=True)
        self.http = httpx.AsyncClient(transport=transport, base_url=base, headers={"user-agent": "Browser/1.0"})
        self.page: httpx.Response = httpx.Response(204)

    async def __aenter__(self) -> Visitor:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, e: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.http.aclose()

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """The page at `path`, which is the one whose forms are filled in next."""
        self.page = await self.http.get(path, headers=headers)
        return self.page

    async def post(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        """Sends a form of the present page, with its token."""
        data = {"form_token": self.token, **(fields or {})}
        sent = {"origin": str(self.http.base_url).rstrip("/"), "sec-fetch-site": "same-origin", **headers}
        reply = await self.http.post(path, data=data, headers={name.replace("_", "-"): v for name, v in sent.items()})
        if reply.headers.get("content-type", "").startswith("text/html"):
            self.page = reply
        return reply

    async def post_json(self, path: str, document: Any, **headers: str) -> httpx.Response:
        """As a script of the present page sends it."""
        sent = {"x-form-token": self.token, "accept": "application/json", **headers}
        return await self.http.post(path, json=document, headers=sent)

    @property
    def token(self) -> str:
        found = re.search(r'<meta name="form-token" content="([^"]+)"', self.page.text)
        assert found, "no page with a form token was loaded"
        return unescape(found.group(1))

    @property
    def text(self) -> str:
        """What can be read on the page, in one line."""
        without_scripts = re.sub(r"<(script|style)\b.*?</\1>", " ", self.page.text, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", without_scripts)).split())

    async def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        """Whoever was signed in here stays so elsewhere only: the session's cookie is thrown away first."""
        for cookie in [each for each in self.http.cookies.jar if each.name.endswith("-session")]:
            self.http.cookies.jar.clear(cookie.domain, cookie.path, cookie.name)
        await self.get("/login")
        return await self.post("/login", {"name": name, "password": password})
