"""The calls."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import httpx

from coinassay_client.errors import NotUnderstood, Unreachable, error_of
from coinassay_client.signing import SignatureAuth, Signer
from coinassay_client.stream import parse

BASE = "/public/api/ver1"
OWN = "/api/v1"
PAGE = 100
QUIET = 45.0
"""Seconds without a sign of life, which comes every 15, after which a stream of events is taken for broken."""

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

    # ------------------------------------------------------------------- beyond the interface of 3Commas

    def valuation(self, account_id: int | str) -> Entity:
        """Holdings with where each price is from, wallets with their ages, and whether the total is complete."""
        return self._object("GET", f"{OWN}/accounts/{account_id}/valuation")

    def loads(self, account_id: int, limit: int = 20) -> list[Entity]:
        """The last attempts to load the account, the latest first."""
        rows: list[Entity] = self._call("GET", f"{OWN}/accounts/{account_id}/loads", query={"limit": limit})
        return rows

    def profit(self, account_id: int | str, first: str | None = None, last: str | None = None) -> Entity:
        """The profit ledger, day by day: `first` and `last` as "2026-02-01"; everything where they are not given."""
        query = {name: day for name, day in (("from", first), ("to", last)) if day is not None}
        return self._object("GET", f"{OWN}/accounts/{account_id}/profit", query=query)

    def events(self, last_event_id: int | None = None, patience: float = 60.0) -> Iterator[Entity]:
        """What happens, as it happens, without an end: {"id", "event", "account_id", "at", …}. When the connection
        breaks it goes on by itself, and loses and doubles nothing.

        `last_event_id`: the last event that was seen; None begins with the next one. Raises Unreachable when the server
        could not be reached for `patience` seconds, and other ClientErrors at once.
        """
        lost_at: float | None = None
        while True:
            try:
                for number, event in self._listen(last_event_id):
                    lost_at, last_event_id = None, last_event_id if number is None else number
                    if event is not None:
                        yield event
                lost_at = None  # ended by the server, in order
            except Unreachable:
                lost_at = time.monotonic() if lost_at is None else lost_at
                if time.monotonic() - lost_at >= patience:
                    raise
            time.sleep(min(1.0, patience))

    def _listen(self, after: int | None) -> Iterator[tuple[int | None, Entity | None]]:
        query = {} if after is None else {"last_event_id": after}
        usual = self._http.timeout
        timeout = httpx.Timeout(connect=usual.connect, read=QUIET, write=usual.write, pool=usual.pool)
        try:
            with self._http.stream("GET", f"{OWN}/events", params=query, timeout=timeout) as reply:
                if not reply.is_success:
                    raise error_of(reply.status_code, _decoded(reply.status_code, reply.read()))
                yield from parse(reply.iter_lines())
        except httpx.HTTPError as e:
            raise Unreachable(f"{type(e).__name__}: {self._http.base_url}") from e

    # ------------------------------------------------------------------------------------------- underneath

    def _object(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, int | str] | None = None,
    ) -> Entity:
        answer = self._call(method, path, body, query)
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
            target = path if path.startswith(OWN) else BASE + path
            reply = self._http.request(method, target, json=body, params=query)
        except httpx.HTTPError as e:
            raise Unreachable(f"{type(e).__name__}: {self._http.base_url}") from e
        decoded = _decoded(reply.status_code, reply.content)
        if not reply.is_success:
            raise error_of(reply.status_code, decoded)
        return decoded


def _decoded(status: int, content: bytes) -> Any:
    try:
        return json.loads(content, parse_float=Decimal)
    except ValueError as e:
        raise NotUnderstood(f"status {status} without JSON") from e
