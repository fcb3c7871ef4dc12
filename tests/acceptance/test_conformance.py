"""A running server answers nothing that its description leaves out, whatever is asked, and never fails.

schemathesis makes up requests from /openapi.json, some that fit the description and some that do not. They are signed,
and go to the demo: a paper account and two on simulated exchanges, which cannot reach anything else.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.acceptance.demo import Demo, running_demo
from tests.acceptance.installation import DEADLINE

pytestmark = pytest.mark.slow

Case = schemathesis.Case[Any]
Operation = schemathesis.APIOperation[Any, Any, Any, Any]

SECONDS = 40
"""For all of them together: it is divided among the operations."""

EXAMPLES = 60
"""Requests for each operation, as far as the time goes."""

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

SENSIBLE: Mapping[str, list[Any]] = {
    "type": ["paper_trading", "binance", "kraken"],
    "market_code": ["binance", "kraken", "paper_trading"],
    "pair": ["USDT_BTC", "USDT_ETH", "USD_BTC"],
    "purpose": ["deposit", "withdraw"],
    "currency": ["BTC", "USDT"],
    "network": ["BTC", "USDT"],
    "date_from": ["2026-01-01", "2000-01-01T00:00:00+05:00"],
    "mode": ["paper", "real"],
    "locale": ["de"],
    "name": ["A name"],
    "amount": ["0.001", 1],
    "codes": [["DOGE"], ["ADA", "DOGE"]],
    "display_currency": ["EUR", "BTC"],
    "every": ["30m", "off"],
    "kind": ["deposit", "withdrawal"],
    "asset": ["USDT", "BTC"],
}
"""Values that mean something to the demo, the best first. Made-up ones get no further than the first look at them."""

PAPER = {"DOGE": "1", "USDT": "1000", "BTC": "0.5"}
"""What the paper accounts made for this hold. One DOGE is dust."""

IDS = ("account_id", "from_account_id", "to_account_id")

ON_PAPER = ("sell_all", "convert_dust", "transfer", "update", "volume")
"""Where the accounts made for this are asked about."""

ON_REAL = ("networks_info", "deposit_data", "leverage_data")
"""Where paper accounts have little to say."""


class Asker:
    def __init__(self, demo: Demo) -> None:
        self.url = demo.url
        self.key = demo.api_key
        self.secret = demo.secret
        self.ids = demo.account_ids
        self.session = requests.Session()
        self.document = demo.document()

    def send(self, case: Case) -> requests.Response:
        prepared = requests.Request(**case.as_transport_kwargs(base_url=self.url)).prepare()
        body = prepared.body or b""
        if isinstance(body, str):
            body = body.encode()
        assert isinstance(body, bytes)
        target = prepared.path_url.encode()
        joint = b"?" if body and b"?" not in target else b""
        prepared.headers["Apikey"] = self.key
        prepared.headers["Signature"] = self._sign(target + joint + body)
        reply = self.session.send(prepared, timeout=DEADLINE, allow_redirects=False, stream=True)
        return begun(reply) if reply.headers["content-type"].startswith("text/event-stream") else reply

    def new_paper_account(self) -> int:
        held = "&".join(f"balances%5B{code}%5D={amount}" for code, amount in PAPER.items())
        target = f"/public/api/ver1/accounts/new?type=paper_trading&name=Another&{held}"
        headers = {"Apikey": self.key, "Signature": self._sign(target.encode())}
        reply = self.session.post(self.url + target, headers=headers, timeout=DEADLINE)
        assert reply.status_code == 201
        return int(reply.json()["id"])

    def new_flow(self, account_id: int) -> str:
        """The id of one more deposit."""
        target = f"/api/v1/accounts/{account_id}/flows?kind=deposit&asset=USDT&amount=1&usd=1"
        headers = {"Apikey": self.key, "Signature": self._sign(target.encode())}
        reply = self.session.post(self.url + target, headers=headers, timeout=DEADLINE)
        assert reply.status_code in (200, 201), reply.text
        return str(reply.json()["id"])

    def _sign(self, text: bytes) -> str:
        return hmac.new(self.secret.encode(), text, hashlib.sha256).hexdigest()


def begun(stream: requests.Response) -> requests.Response:
    """The answer without what comes after its head, which has no end."""
    stream.close()
    reply = requests.Response()
    reply.status_code, reply.headers, reply.url = stream.status_code, stream.headers, stream.url
    reply.request, reply.raw, reply._content = stream.request, stream.raw, b""
    return reply


@pytest.fixture(scope="module")
def asker() -> Iterator[Asker]:
    with running_demo() as demo:
        made = Asker(demo)
        yield made
        made.session.close()


def closed(document: Any) -> Any:
    """The description with every object shut: a field it does not name is a fault here, if not for its readers."""
    for schema in document["components"]["schemas"].values():
        schema["additionalProperties"] = False
    return document


@st.composite
def requests_to(draw: st.DrawFn, operation: Operation, accounts: list[int]) -> Case:
    """Made up from the description, or against it; some of the values then replaced by ones that mean something."""
    mode = draw(st.sampled_from((GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE)))
    case = draw(operation.as_strategy(mode))
    sensible = {**SENSIBLE, **dict.fromkeys(IDS, accounts)}
    meant = draw(st.booleans())
    if isinstance(case.query, dict):  # what is left out gets no further either
        known = sorted(names_in_query(operation) & sensible.keys())
        case.query.update((name, "") for name in known if meant or draw(st.booleans()))
    for container in (case.path_parameters, case.query, case.body):
        if isinstance(container, dict):
            for name in sorted(sensible.keys() & container.keys()):
                if meant or draw(st.booleans()):
                    container[name] = draw(st.sampled_from(sensible[name]))
    return case


def names_in_query(operation: Operation) -> set[str]:
    return {each["name"] for each in operation.definition.raw.get("parameters", ()) if each["in"] == "query"}


def ordinary(operation: Operation, accounts: list[int]) -> Case:
    """A request as it is meant: the best value of everything it may have."""
    sensible = {**SENSIBLE, **dict.fromkeys(IDS, accounts), "to_account_id": accounts[::-1]}
    query = {name: sensible[name][0] for name in sorted(names_in_query(operation) & sensible.keys())}
    inside = {"account_id": accounts[0]} if "{account_id}" in operation.path else {}
    return operation.Case(path_parameters=inside, query=query)


def test_nothing_is_answered_that_is_not_described(asker: Asker, subtests: pytest.Subtests) -> None:
    schema = schemathesis.openapi.from_dict(closed(asker.document))
    found = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    assert len(found) == sum(len(methods) for methods in asker.document["paths"].values())
    found.sort(key=lambda each: each.path.endswith("/remove"))  # last: whatever it removes is gone
    paper = [asker.new_paper_account() for _ in range(6)]
    for operation in found:
        accounts = asker.ids
        if operation.path.endswith(("/remove", "/convert_dust_to_bnb")):  # once is all they can be asked
            accounts = [asker.new_paper_account() for _ in range(2)]
        elif any(word in operation.path for word in ON_PAPER):
            accounts = paper
        elif operation.path.endswith(ON_REAL):
            accounts = asker.ids[1:]
        with subtests.test(f"{operation.method} {operation.path}"):
            conforms(asker, operation, accounts, time.monotonic() + SECONDS / len(found))


def conforms(asker: Asker, operation: Operation, accounts: list[int], ends_at: float) -> None:
    meant = ordinary(operation, accounts)
    if (operation.method, operation.path) == ("delete", "/api/v1/accounts/{account_id}/flows"):
        meant.query = {"id": asker.new_flow(accounts[0])}
    reply = asker.send(meant)
    assert reply.status_code in (200, 201), reply.text
    meant.validate_response(reply, checks=CHECKS)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(case=requests_to(operation, accounts))
    def ask(case: Case) -> None:
        if time.monotonic() < ends_at:
            case.validate_response(asker.send(case), checks=CHECKS)

    ask()
