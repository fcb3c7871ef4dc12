"""One request in hand."""

from __future__ import annotations

from coinassay.api import params
from coinassay.domain.api_key import ApiKey
from coinassay.errors import NotAuthenticated, NotFound

LARGEST_ID = 2**31 - 1
"""Clients keep ids in a signed 32-bit integer."""


class Call:
    """What a handler is given."""

    __slots__ = ("_params", "account_id", "body", "headers", "key", "method", "path", "query", "request_id", "segment")

    def __init__(self, request_id: str, method: str, path: bytes, query: bytes, headers: dict[bytes, bytes]) -> None:
        self.request_id = request_id
        self.method = method
        self.path = path
        """As it came in the request line."""
        self.query = query
        self.headers = headers
        """By lower-case name; of several with one name the last."""
        self.body = b""
        self.segment = b""
        """What stands in the place of the route's braces."""
        self.key: ApiKey | None = None
        """The caller's, once admitted."""
        self.account_id: int | None = None
        """For the log: which account this is about."""
        self._params: params.Params | None = None

    @property
    def user_id(self) -> int:
        """Whose key it is. Raises NotAuthenticated for a route without a signature."""
        return self.admitted.user_id

    @property
    def admitted(self) -> ApiKey:
        """The caller's key. Raises NotAuthenticated for a route without a signature."""
        if self.key is None:
            raise NotAuthenticated
        return self.key

    @property
    def params(self) -> params.Params:
        """Raises InvalidRequest, UnsupportedContentType."""
        if self._params is None:
            self._params = params.parse(self.query, self.headers.get(b"content-type", b""), self.body)
        return self._params

    def header(self, name: bytes) -> str:
        """Empty where it is not there."""
        return self.headers.get(name, b"").decode("latin-1")

    def take_account_id(self) -> int:
        """The id in the path. Raises NotFound for what cannot be one: 0, text, more than 32 bits."""
        digits = self.segment
        if not digits.isdigit() or len(digits) > 10 or digits.startswith(b"0") or int(digits) > LARGEST_ID:
            raise NotFound
        self.account_id = int(digits)
        return self.account_id
