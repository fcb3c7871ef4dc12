"""The calls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import httpx

from coinassay_client.errors import NotUnderstood, Unreachable, error_of
from coinassay_client.signing import SignatureAuth, Signer

BASE = "/public/api/ver1"
PAGE = 100

Entity = dict[str, Any]
"""A JSON object with its numbers as int and Decimal."""


class Client:
    """Calls a server; its connections are kept until `close`.

    `mode` ("paper" or "real") limits every call to that kind of account; None leaves it to the user's setting.
    `transport` is for tests (`httpx.MockTransport`). Every method raises ClientError.
    """

    def __init__(
        self,
        url: str,
        api_key: str,
        secret: str | Signer,
        *,
        mode: str | None = None,
        timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(
            base_url=url,
            auth=SignatureAuth(api_key, secret),
            headers={} if mode is None else {"Forced-Mode": mode},
            timeout=timeout,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    # ------------------------------------------------------------------------------------------- the server

    def ping(self) -> bool:
        return bool(self._call("GET", "/ping")["pong"] == "pong")

    def time(self) -> int:
        """The server's clock, UNIX seconds."""
        return int(self._call("GET", "/time")["server_time"])

    def validate(self) -> bool:
        """Whether key and signature are good."""
        return bool(self._call("GET", "/validate")["valid"])

    # --------------------------------------------------------------------------------------------- accounts

    def accounts(self) -> Iterator[Entity]:
        """Every account, oldest first, fetched a page at a time."""
        page = 1
        while True:
            rows = self._call("GET", "/accounts", query={"page": page, "per_page": PAGE})
            yield from rows
            if len(rows) < PAGE:
                return
            page += 1

    def account(self, account_id: int | str) -> Entity:
        """One account; "summary" for all of them together."""
        return self._object("GET", f"/accounts/{account_id}")

    def connect(self, market_code: str, name: str, **fields: Any) -> Entity:
        """A new account: `connect("kraken", "Mine", api_key=…, secret=…)`. The balances come with the first load."""
        return self._object("POST", "/accounts/new", {"type": market_code, "name": name, **fields})

    def load_balances(self, account_id: int) -> Entity:
        """Refreshes the account from its exchange; the updated account."""
        return self._object("POST", f"/accounts/{account_id}/load_balances")

    def pie_chart_data(self, account_id: int | str) -> list[Entity]:
        """Each currency's share and value, largest first."""
        rows: list[Entity] = self._call("POST", f"/accounts/{account_id}/pie_chart_data")
        return rows

    def remove(self, account_id: int) -> None:
        """Forgets the account with everything that belongs to it."""
        self._call("POST", f"/accounts/{account_id}/remove")

    # ------------------------------------------------------------------------------------------- underneath

    def _object(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Entity:
        answer = self._call(method, path, body)
        if not isinstance(answer, dict):
            raise NotUnderstood("an object was expected")
        return answer

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, int | str] | None = None,
    ) -> Any:
        try:
            reply = self._http.request(method, BASE + path, json=body, params=query)
        except httpx.HTTPError as e:
            raise Unreachable(f"{type(e).__name__}: {self._http.base_url}") from e
        try:
            decoded = json.loads(reply.content, parse_float=Decimal)
        except ValueError as e:
            raise NotUnderstood(f"status {reply.status_code} without JSON") from e
        if not reply.is_success:
            raise error_of(reply.status_code, decoded)
        return decoded
