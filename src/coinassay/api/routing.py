"""From a raw path to the route that answers it.

Own and small, because clients need exactly this: the path as it came in the request line (never normalised, decoded or
redirected), JSON for what is not there, and a few hundred nanoseconds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coinassay.api.errors import MethodNotAllowed
from coinassay.domain.api_key import Permission
from coinassay.errors import CoinassayError, NotFound

if TYPE_CHECKING:
    from coinassay.api.call import Call
    from coinassay.api.declared import Param
    from coinassay.api.streams import Stream

PREFIX = "/public/api"
"""Of the interface that other software was written for."""
OWN = "/api"
"""Of what this server offers beyond it. Signed, limited, refused and described in the same way."""

Handler = Callable[["Call"], Awaitable["bytes | Stream"]]
"""Answers a call with the JSON body, or with a stream. Raises CoinassayError."""


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    template: str
    """Below the prefix, with at most one segment in braces: "/ver1/accounts/{account_id}", of our own "/v1/user"."""
    handler: Handler
    permission: Permission | None = None
    """What the key needs."""
    signed: bool = True
    """False: anyone may call it, and key and signature are not even looked at."""
    counted: bool = False
    """Of what anyone may call: whether it counts for the address it comes from, because it may make this server ask an
    exchange, which lets it ask only so often."""
    summary: str = ""
    """What it does, in a few words. More is said by the handler's docstring: both are in the description."""
    answer: Any = None
    """The type of the good answer: the Struct that is encoded, or a list of it."""
    params: tuple[Param, ...] = ()
    """What the handler reads beside the account in the path."""
    errors: tuple[type[CoinassayError], ...] = ()
    """What it may raise beside what every route of its kind may (coinassay.api.description)."""
    prefix: str = PREFIX
    media: str = "application/json"
    """The type of the good answer."""

    @property
    def path(self) -> str:
        return self.prefix + self.template

    @property
    def status(self) -> int:
        """Of a good answer: 201 for a POST, as documented, otherwise 200 (3commas-rs takes no other for a GET)."""
        return 201 if self.method == "POST" else 200


class _Node:
    __slots__ = ("children", "methods", "wildcard")

    def __init__(self) -> None:
        self.children: dict[bytes, _Node] = {}
        self.wildcard: _Node | None = None
        self.methods: dict[str, Route] = {}


class Router:
    def __init__(self, routes: Iterable[Route]) -> None:
        """Raises ValueError for two routes of one method and template."""
        self._root = _Node()
        for route in routes:
            node = self._root
            for segment in route.path.split("/"):
                if segment.startswith("{"):
                    node.wildcard = node.wildcard or _Node()
                    node = node.wildcard
                else:
                    node = node.children.setdefault(segment.encode(), _Node())
            if route.method in node.methods:
                raise ValueError(f"{route.method} {route.path} is routed twice")
            node.methods[route.method] = route

    def find(self, method: str, path: bytes) -> tuple[Route, bytes]:
        """The route and the raw segment in the place of its braces. Raises NotFound, MethodNotAllowed."""
        node, segment = self._descend(path)
        route = node.methods.get(method)
        if route is None:
            raise MethodNotAllowed(_allowed(node))
        return route, segment

    def methods(self, path: bytes) -> tuple[str, ...]:
        """What may be asked of `path`. Raises NotFound."""
        return _allowed(self._descend(path)[0])

    def _descend(self, path: bytes) -> tuple[_Node, bytes]:
        """A literal segment goes before a wildcard: "accounts/new" is not an account."""
        node, captured = self._root, b""
        for segment in path.split(b"/"):
            child = node.children.get(segment)
            if child is None:
                child, captured = node.wildcard, segment
                if child is None:
                    raise NotFound
            node = child
        if not node.methods:
            raise NotFound
        return node, captured


def _allowed(node: _Node) -> tuple[str, ...]:
    """HEAD goes with GET; OPTIONS is answered everywhere."""
    return (*sorted(node.methods), *(("HEAD",) if "GET" in node.methods else ()), "OPTIONS")
