"""The cookies of the pages: their names, what surrounds them, and tokens derived from them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from typing import Literal
from urllib.parse import urlsplit

from starlette.responses import Response

from coinassay.web.options import WebOptions

LOOK_LASTS = 400 * 24 * 3600
"""Seconds; browsers keep no cookie longer (RFC 6265bis)."""
LONGEST_MESSAGE = 500
"""Characters."""
LARGEST_MESSAGES = 2600
"""Bytes: a third more as base64, and browsers keep cookies of 4096 at most."""
_MASK = 32


class Jar:
    """Over https every name begins with __Host-, so that no other host can set one and none goes to another. Over http,
    where browsers refuse that prefix, the port is part of the name: they send the cookies of one port to all others of
    the same host, and another installation's would take the place of ours."""

    def __init__(self, options: WebOptions) -> None:
        self._secure = options.is_https
        port = urlsplit(options.public_url).port or 80
        prefix = "__Host-coinassay-" if self._secure else f"coinassay-{port}-"
        self.session = prefix + "session"
        self.visitor = prefix + "visitor"
        self.device = prefix + "device"
        self.flash = prefix + "flash"
        self.look = prefix + "look"

    def keep(
        self,
        response: Response,
        name: str,
        value: str,
        *,
        max_age: int | None = None,
        strict: bool = True,
        scripts: bool = False,
    ) -> None:
        """`strict`: not sent when another site leads here; `scripts`: they may read it."""
        same_site: Literal["strict", "lax"] = "strict" if strict else "lax"
        response.set_cookie(
            name, value, max_age=max_age, path="/", secure=self._secure, httponly=not scripts, samesite=same_site
        )

    def forget(self, response: Response, name: str) -> None:
        response.delete_cookie(name, path="/", secure=self._secure, httponly=True, samesite="lax")


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def form_token(secret: str) -> str:
    """What a form carries to show that it came from a page of ours: derived from the cookie's secret, and masked anew
    each time, so that compressed pages do not give it away (https://www.breachattack.com/)."""
    mask = secrets.token_bytes(_MASK)
    return base64.urlsafe_b64encode(mask + _xor(mask, _derived(secret, b"form"))).decode()


def is_form_token(token: str, secret: str) -> bool:
    try:
        raw = base64.urlsafe_b64decode(token.encode())
    except (ValueError, binascii.Error):
        return False
    return len(raw) == 2 * _MASK and hmac.compare_digest(_xor(raw[:_MASK], raw[_MASK:]), _derived(secret, b"form"))


def sealed(messages: list[tuple[str, str]], secret: str) -> str:
    """Short messages for the next page, which nobody but this server can have written. As many as fit, and how many do
    not: a cookie that is too large is thrown away as a whole."""
    body, told = _written(messages[:1]), 1
    while told < len(messages) and len(longer := _written(messages[: told + 1])) <= LARGEST_MESSAGES:
        body, told = longer, told + 1
    if told < len(messages):
        body = _written([*messages[:told], ("note", f"And {len(messages) - told} more like these.")])
    return base64.urlsafe_b64encode(_derived(secret, b"flash" + body) + body).decode()


def _written(messages: list[tuple[str, str]]) -> bytes:
    short = [
        (kind, text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…") for kind, text in messages
    ]
    return json.dumps(short, ensure_ascii=False).encode("utf-8", "replace")


def unsealed(text: str, secret: str) -> list[tuple[str, str]]:
    try:
        raw = base64.urlsafe_b64decode(text.encode())
    except (ValueError, binascii.Error):
        return []
    mark, body = raw[:_MASK], raw[_MASK:]
    if not hmac.compare_digest(mark, _derived(secret, b"flash" + body)):
        return []
    return [(str(kind), str(message)) for kind, message in json.loads(body)]


def _derived(secret: str, purpose: bytes) -> bytes:
    return hmac.digest(secret.encode("utf-8", "surrogatepass"), purpose, hashlib.sha256)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
