"""Changing a simulated exchange over HTTP, for when it runs as a process of its own.

    POST   /__control__/faults       {"kind": "throttled", "endpoint": "/api/v3/account", "times": 2}   -> {"id": 1, …}
    GET    /__control__/faults
    DELETE /__control__/faults       (all; or ?id=1)
    GET    /__control__/requests     counts by path
    DELETE /__control__/requests
    GET    /__control__/limits       with --enforce-limits: requests refused, and the most that was counted at a time
    POST   /__control__/users        {"name": …, "api_key": …, "secret": …, "wallets": {"spot": {"BTC": "1"}}, …}
    POST   /__control__/balances     {"api_key": …, "wallet": "spot", "code": "BTC", "amount": "1"}
    POST   /__control__/deposits     {"api_key": …, "code": "BTC", "amount": "0.1"}
    POST   /__control__/withdrawals  {"api_key": …, "code": "BTC", "amount": "0.1", "fee": "0.0001"}
    POST   /__control__/movements    {"api_key": …, "id": "D000001-…", "state": "done"}: what comes of a pending one
    POST   /__control__/prices       {"symbol": "BTC/USDT", "last": "63722.1"}

The server listens on loopback addresses only. A body has to be sent as application/json: that is what a web page in a
browser on the same machine cannot send to another origin unasked.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from coinassay.domain.money import NotANumber
from coinassay.testing.http import Reply, Request, is_loopback, json_reply

if TYPE_CHECKING:
    from coinassay.testing.simulator.exchange import SimulatedExchange

CONTROL = "/__control__/"


class Control:
    def __init__(self, exchange: SimulatedExchange) -> None:
        self._exchange = exchange
        self._verbs: dict[tuple[str, str], Callable[[dict[str, Any]], object]] = {
            ("POST", "faults"): self._add_fault,
            ("GET", "faults"): lambda _: [fault.describe() for fault in exchange.faults.list()],
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "requests"): lambda _: dict(exchange.requests),
            ("DELETE", "requests"): self._forget_requests,
            ("GET", "limits"): self._limits,
            ("POST", "users"): self._add_user,
            ("POST", "balances"): self._set_balance,
            ("POST", "deposits"): lambda given: self._move(exchange.deposit, given),
            ("POST", "withdrawals"): lambda given: self._move(exchange.withdraw, given),
            ("POST", "movements"): self._finish,
            ("POST", "prices"): self._set_price,
        }

    def answer(self, request: Request) -> Reply:
        """400 with the reason for what makes no sense, 404 for an unknown path or user."""
        if not is_loopback(request.peer):
            return json_reply({"error": "loopback only"}, 403)
        verb = self._verbs.get((request.method, request.path.removeprefix(CONTROL)))
        if verb is None:
            return json_reply({"error": "no such control"}, 404)
        given: object = request.params
        if request.method == "POST":
            if request.headers.get("content-type", "").partition(";")[0] != "application/json":
                return json_reply({"error": "send application/json"}, 415)
            try:
                given = json.loads(request.text)
            except ValueError:
                return json_reply({"error": "not JSON"}, 400)
        if not isinstance(given, dict):
            return json_reply({"error": "not an object"}, 400)
        try:
            return json_reply(verb(dict(given)))
        except KeyError as e:
            return json_reply({"error": f"no such or missing: {e.args[0]}"}, 404)
        except (ValueError, TypeError, NotANumber) as e:
            return json_reply({"error": str(e)}, 400)

    def _add_fault(self, given: dict[str, Any]) -> object:
        return self._exchange.faults.add(given.pop("kind"), **given).describe()

    def _clear_faults(self, given: dict[str, Any]) -> object:
        self._exchange.faults.clear(int(given["id"]) if "id" in given else None)
        return {}

    def _forget_requests(self, given: dict[str, Any]) -> object:
        self._exchange.forget_requests()
        return {}

    def _limits(self, given: dict[str, Any]) -> object:
        limits = self._exchange.limits
        return {"enforced": False} if limits is None else {"refused": limits.refused, "most": dict(limits.most)}

    def _set_price(self, given: dict[str, Any]) -> object:
        self._exchange.set_price(given.pop("symbol"), **given)
        return {}

    def _add_user(self, given: dict[str, Any]) -> object:
        user = self._exchange.add_user(**given)
        return {"name": user.name, "api_key": user.api_key, "secret": user.secret}

    def _set_balance(self, given: dict[str, Any]) -> object:
        user = self._exchange.user(given["api_key"])
        self._exchange.set_balance(user, given["wallet"], given["code"], given["amount"])
        return {}

    def _move(self, move: Callable[..., Any], given: dict[str, Any]) -> object:
        user = self._exchange.user(given.pop("api_key"))
        if "at" in given:
            given["at"] = datetime.fromisoformat(given["at"])
        return {"id": move(user, given.pop("code"), given.pop("amount"), **given).id}

    def _finish(self, given: dict[str, Any]) -> object:
        user = self._exchange.user(given["api_key"])
        movement = next((each for each in user.movements if each.id == given["id"]), None)
        if movement is None:
            raise KeyError(given["id"])
        return {"state": self._exchange.finish(movement, given.get("state", "done"), user=user).state}
