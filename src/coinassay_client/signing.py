"""Signing requests; no I/O.

The string that is signed is the request target as it travels (path with /public/api, and query) followed by the body as
it travels, so whatever is sent is covered. Nothing else is: no host, method or time. Use TLS.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Generator

import httpx

Signer = Callable[[bytes], str]
"""Makes the signature of a string: hex of HMAC-SHA256, or base64 of RSASSA-PKCS1-v1_5 with SHA-256 for an RSA key."""


def sign(secret: str, target: bytes, body: bytes = b"") -> str:
    """The signature (hex) of a request with `target`, e.g. b"/public/api/ver1/accounts?page=1"."""
    return hmac.new(secret.encode(), target + body, hashlib.sha256).hexdigest()


class SignatureAuth(httpx.Auth):
    """Signs each request of an `httpx.Client` or `httpx.AsyncClient`: `httpx.AsyncClient(auth=SignatureAuth(…))`.

    `secret` is the key's secret, or, for a key whose private half you keep yourself, a function that signs.
    """

    requires_request_body = True

    def __init__(self, api_key: str, secret: str | Signer) -> None:
        self._api_key = api_key
        self._secret = secret

    def __repr__(self) -> str:
        return f"SignatureAuth({self._api_key!r})"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        target, body = request.url.raw_path, request.content
        secret = self._secret
        request.headers["Apikey"] = self._api_key
        request.headers["Signature"] = sign(secret, target, body) if isinstance(secret, str) else secret(target + body)
        yield request
