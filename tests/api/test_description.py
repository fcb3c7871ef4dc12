"""GET /openapi.json and /docs: the interface describes itself, whole and without anything from elsewhere."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from tests.api.client import BASE, Client, visit
from tests.api.conftest import House

from coinassay.api import routes as routes_package
from coinassay.api.asgi import Application
from coinassay.api.description.examples import Examples
from coinassay.api.description.openapi import describe, errors_of, sample_of
from coinassay.api.description.schemas import schemas_of, structs_in
from coinassay.api.errors import TABLE, MethodNotAllowed, reply_to
from coinassay.api.routes import all_routes
from coinassay.api.routes.entities import CREDENTIALS
from coinassay.api.routing import Route
from coinassay.api.wire.error import ErrorBody
from coinassay.domain.account import Account
from coinassay.domain.api_key import Permission


@pytest.fixture
async def document(app: Application) -> Any:
    status, headers, body = await visit(app, "/openapi.json")
    assert (200, "application/json") == (status, headers["content-type"])
    return json.loads(body)


@pytest.fixture
def routes(house: House) -> list[Route]:
    return list(all_routes(house.services, house.options()))


# ------------------------------------------------------------------------------------------------- the document


async def test_every_route_is_described(document: Any, routes: list[Route]) -> None:
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert {(route.method, route.path) for route in routes} == described


async def test_a_route_without_a_description_is_refused(routes: list[Route]) -> None:
    async def handler(_: Any) -> bytes:
        return b"{}"

    with pytest.raises(ValueError, match="GET /public/api/ver1/new is not described"):
        describe([*routes, Route("GET", "/ver1/new", handler)], "", Examples({}))


async def test_every_operation_says_what_it_is(document: Any) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert len(operation["description"].split()) >= 4, where
            assert operation["summary"], where
            for each in operation.get("parameters", ()):
                assert each["description"], where
            good = operation["responses"]["200" if method != "post" else "201"]["content"]
            assert all("example" in each for each in good.values()), where


async def test_every_path_parameter_is_declared(document: Any) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            inside = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"]
            assert re.findall(r"{(\w+)}", path) == inside


async def test_every_reference_leads_somewhere(document: Any) -> None:
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert references == set(document["components"]["schemas"])


def test_every_error_belongs_to_a_route(routes: list[Route]) -> None:
    possible = {error for route in routes for error in errors_of(route)}
    # What is answered before, or instead of, looking for a route.
    unrouted = {"method_not_allowed", "malformed_request", "head_too_large", "request_too_slow"}
    others = {error for error in TABLE if error.code in unrouted}
    families = {error for error in TABLE if any(other is not error and issubclass(other, error) for other in TABLE)}
    unlisted = [error for error in TABLE if TABLE[error].error != "internal_error"]
    assert set(unlisted) - possible - others - families == set()


def test_every_refusal_has_the_described_shape() -> None:
    _, named = schemas_of([ErrorBody])
    keys = named["ErrorBody"]["properties"].keys()
    for error in TABLE:
        if error is not MethodNotAllowed:
            assert json.loads(reply_to(sample_of(error)).body).keys() <= keys


async def test_signed_routes_name_both_headers_and_the_permission(document: Any) -> None:
    paths = document["paths"]
    assert [] == paths[f"{BASE}/ver1/ping"]["get"]["security"]
    remove = paths[f"{BASE}/ver1/accounts/{{account_id}}/remove"]["post"]
    assert [{"ApiKey": [], "Signature": []}] == remove["security"]
    assert Permission.ACCOUNTS_WRITE == remove["x-permission"]
    schemes = document["components"]["securitySchemes"]
    assert {"ApiKey": "Apikey", "Signature": "Signature"} == {name: each["name"] for name, each in schemes.items()}
    assert "`P?QB`" in document["info"]["description"]


async def test_money_is_described_as_it_is_written(document: Any) -> None:
    schemas = document["components"]["schemas"]
    slice_ = schemas["Slice"]["properties"]
    assert ("number", "string") == (slice_["amount"]["type"], slice_["btc_value"]["type"])
    assert not [field for each in schemas.values() for field in each["properties"].values() if "default" in field]


async def test_fields_that_may_be_missing_are_not_required(document: Any) -> None:
    schemas = document["components"]["schemas"]
    account = schemas["AccountEntity"]
    optional = [name for name in account["properties"] if name not in account["required"]]
    assert ["auto_balance_portfolio", "api_key"] == optional
    assert account["properties"]["api_key"]["description"]


def test_a_type_that_says_nothing_is_refused() -> None:
    with pytest.raises(TypeError):
        list(structs_in(dict[str, Any]))


# ------------------------------------------------------------------- what is declared is what is read, and the reverse


async def test_what_is_declared_is_read(
    house: House, alice: Client, alices_account: Account, routes: list[Route]
) -> None:
    """Each parameter is complained of when it cannot be what it is declared to be."""
    context = {"account_id": str(alices_account.id), "type": "paper_trading", "market_code": "binance"}
    for route in routes:
        path = route.path.replace("{account_id}", str(alices_account.id))
        for each in route.params:
            if each.source != "anywhere" or each in CREDENTIALS:  # which of those are read is the market's to say
                continue
            wrong = f"{each.name}=x" if each.schema()["type"] == "object" else f"{each.name}[a]=1"
            given = [wrong, *(f"{name}={value}" for name, value in context.items() if name != each.name)]
            reply = await alice.send(route.method, f"{path}?{'&'.join(given)}")
            assert reply.status_code == 400, (path, each.name)
            assert each.name in reply.json()["error_attributes"], (path, each.name)


def test_what_is_read_is_declared() -> None:
    """Handlers read through declarations only, and every declaration belongs to a route."""
    for file in Path(routes_package.__file__).parent.glob("*.py"):
        text = file.read_text()
        assert not re.findall(r"params\.(?:text|texts|required|choice|integer|boolean|amounts?)\(", text), file.name


# ------------------------------------------------------------------------------------------------------ the page


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        for name, value in attrs:
            if name in ("href", "src", "action") and value:
                self.targets.append(value)
            if name == "id" and value:
                self.ids.append(value)


async def page(app: Application, query: str = "") -> tuple[str, Links]:
    status, headers, body = await visit(app, f"/docs?{query}")
    assert (200, "text/html; charset=utf-8") == (status, headers["content-type"])
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "unsafe" not in policy
    links = Links()
    links.feed(body.decode())
    return body.decode(), links


async def test_the_page_shows_every_operation(app: Application, document: Any) -> None:
    text, links = await page(app)
    for path, methods in document["paths"].items():
        assert f"<code>{path}</code>" in text
        assert {operation["operationId"] for operation in methods.values()} <= set(links.ids)
    assert len(links.ids) == len(set(links.ids)), "an id twice"
    assert "HMAC-SHA256" in text


async def test_the_page_needs_no_script_and_nobody_else(app: Application) -> None:
    _, links = await page(app)
    assert not {"script", "iframe", "img", "object"} & links.tags
    assert not {name for name in links.attributes if name.startswith("on") or name == "style"}
    for target in links.targets:
        if target.startswith("#"):
            assert target[1:] in links.ids
        else:
            status, _, _ = await visit(app, target)
            assert status == 200, target


async def test_the_page_can_be_searched(app: Application) -> None:
    text, links = await page(app, "q=borrowed+LEVERAGE")
    assert "account_table_data" in links.ids
    assert "ping" not in links.ids
    assert '<details id="account_table_data" open>' in text
    text, _ = await page(app, "q=%3Cscript%3E")
    assert "<script>" not in text
    assert "0 of " in text


async def test_a_query_that_cannot_be_read(app: Application) -> None:
    status, _, body = await visit(app, "/docs?q=%ff")
    assert (400, "record_invalid") == (status, json.loads(body)["error"])


@pytest.mark.parametrize("path", ["/", "/docs/", "/docs/other.css", "/openapi.yaml", "/public", "/img/"])
async def test_nothing_else_is_there(app: Application, path: str) -> None:
    status, headers, body = await visit(app, path)
    assert (404, "application/json") == (status, headers["content-type"])
    assert json.loads(body)["error"] == "not_found"
