"""A client that signs, straight into the ASGI application: the request target and the body arrive byte for byte."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from coinassay.api.asgi import Application, Message, Scope

BASE = "/public/api"


def whole(path: str) -> str:
    """`path` below /public/api, unless it begins with /api/."""
    return path if path.startswith("/api/") else BASE + path


Sign = Callable[[bytes], str]


def hmac_with(secret: str) -> Sign:
    return lambda text: hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def rsa_with(key: RSAPrivateKey) -> Sign:
    return lambda text: b64encode(key.sign(text, PKCS1v15(), SHA256())).decode()


@dataclass(frozen=True)
class Reply:
    status_code: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The `error` every refusal has."""
        document = self.json()
        assert isinstance(document["error"], str)
        assert self.status_code >= 400
        return str(document["error"])


@dataclass(frozen=True)
class Client:
    """Signs as py3cw does: the target followed by the body."""

    app: Application
    api_key: str
    sign: Sign = field(repr=False)
    address: str = "198.51.100.7"
    headers: Mapping[str, str] = field(default_factory=dict)

    def at(self, address: str) -> Client:
        """The same client, calling from another address."""
        return replace(self, address=address)

    def with_headers(self, **headers: str) -> Client:
        return replace(
            self, headers={**self.headers, **{name.replace("_", "-"): text for name, text in headers.items()}}
        )

    async def get(self, path: str, **headers: str) -> Reply:
        """`path` below /public/api, or whole where it begins with /api/."""
        return await self.with_headers(**headers).send("GET", whole(path))

    async def post(self, path: str, document: Any = None, **headers: str) -> Reply:
        """`path` as in `get`; `document` is sent as JSON, bytes as they are."""
        return await self.ask("POST", path, document, **headers)

    async def patch(self, path: str, document: Any = None, **headers: str) -> Reply:
        return await self.ask("PATCH", path, document, **headers)

    async def delete(self, path: str, document: Any = None, **headers: str) -> Reply:
        return await self.ask("DELETE", path, document, **headers)

    async def ask(self, method: str, path: str, document: Any = None, **headers: str) -> Reply:
        body = document if isinstance(document, bytes) else b"" if document is None else json.dumps(document).encode()
        more = {"content-type": "application/json"} if isinstance(document, (dict, list)) else {}
        return await self.with_headers(**more, **headers).send(method, whole(path), body)

    async def send(
        self,
        method: str,
        target: str | bytes,
        body: bytes = b"",
        signed: bytes | None = None,
        signature: str | None = None,
    ) -> Reply:
        """`signed`: the string that is signed in the place of target and body."""
        raw = target.encode() if isinstance(target, str) else target
        if signature is None:
            signature = self.sign(raw + body if signed is None else signed)
        return await self.send_unsigned(method, raw, body, {"apikey": self.api_key, "signature": signature})

    async def send_unsigned(
        self, method: str, target: bytes, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        raw_path, _, query = target.partition(b"?")
        sent = {"host": "server.test", **self.headers, **(headers or {})}
        if body or method == "POST":
            sent.setdefault("content-length", str(len(body)))
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": raw_path.decode("latin-1"),
            "raw_path": raw_path,
            "query_string": query,
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in sent.items()],
            "client": (self.address, 4711) if self.address else None,
            "server": ("server.test", 80),
        }
        return await call(self.app, scope, body)


async def visit(app: Application, target: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a GET without key and signature, whatever the content type."""
    path, _, query = target.encode().partition(b"?")
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": path.decode(),
        "raw_path": path,
        "query_string": query,
        "headers": [],
        "client": ("198.51.100.7", 4711),
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, sent[1]["body"]


async def call(app: Application, scope: Scope, *chunks: bytes, disconnect: bool = False) -> Reply:
    """One request whose body comes in `chunks`; with `disconnect` the client goes away after them."""
    messages: list[Message] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    if not disconnect and messages:
        messages[-1]["more_body"] = False
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    if not sent:
        return Reply(0, {}, b"")
    start, *rest = sent
    body = b"".join(message.get("body", b"") for message in rest)
    headers: dict[str, str] = {}
    for name, value in start["headers"]:
        assert name.decode() not in headers, "a header twice"
        headers[name.decode()] = value.decode()
    if headers["content-type"] == "text/event-stream":
        assert not rest[-1].get("more_body", False)
        return Reply(start["status"], headers, body)
    assert headers["content-type"] == "application/json"
    assert int(headers["content-length"]) == len(body) or scope["method"] == "HEAD"
    return Reply(start["status"], headers, body)
