"""The icons that answers link to"""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from tests.api.client import Client

from coinassay.api.asgi import Application, Message, Scope
from coinassay.api.images import coin_icon, draw, exchange_icon
from coinassay.errors import NotFound
from coinassay.exchanges.markets import MarketTable


async def fetch(app: Application, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
        "client": ("198.51.100.7", 4711),
    }
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("an icon needs no body")

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, sent[1]["body"]


@pytest.mark.parametrize("path", ["/img/coins/BTC.svg", "/img/coins/1INCH.svg", "/img/exchanges/binance.svg"])
async def test_an_icon_is_for_everybody_and_may_be_kept(app: Application, path: str) -> None:
    status, headers, body = await fetch(app, path)
    assert (status, headers["content-type"]) == (200, "image/svg+xml")
    assert int(headers["content-length"]) == len(body) < 1000
    assert headers["cache-control"] == "public, max-age=604800"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert ElementTree.fromstring(body).tag == "{http://www.w3.org/2000/svg}svg"
    assert (await fetch(app, path))[2] == body
    assert (await fetch(app, path, "HEAD"))[2] == b""


@pytest.mark.parametrize(
    "path",
    [
        "/img/coins/",
        "/img/coins/.svg",
        "/img/coins/BTC.png",
        "/img/coins/BTC",
        "/img/coins/../../etc/passwd.svg",
        "/img/coins/%3Cscript%3E.svg",
        "/img/coins/A B.svg",
        "/img/coins/" + "A" * 21 + ".svg",
        "/img/coins/BTC.svg\n",
        "/img/coins/\u00dc.svg",
        "/img/exchanges/BINANCE.svg",
        "/img/exchanges/a.b.svg",
        "/img/others/BTC.svg",
        "/img/",
    ],
)
async def test_anything_else_is_not_found(app: Application, path: str) -> None:
    status, headers, body = await fetch(app, path)
    assert (status, headers["content-type"]) == (404, "application/json")
    assert b'"not_found"' in body


async def test_other_methods_are_refused(app: Application) -> None:
    assert (await fetch(app, "/img/coins/BTC.svg", "DELETE"))[0] == 404


def test_a_link_leads_to_an_icon_whatever_the_code() -> None:
    for code in ("BTC", "stETH", "A.B-c_d", "$PAC", "币安人生", "A" * 21, "", "a/b", "a b", '"><script>'):
        link = coin_icon("https://coins.example", code)
        assert link.startswith("https://coins.example/img/coins/")
        assert draw(link.removeprefix("https://coins.example").encode()).startswith(b"<svg")
    with pytest.raises(NotFound):
        draw(b"/img/coins/stETH")


def test_every_market_has_an_icon() -> None:
    for market in MarketTable().list():
        link = exchange_icon("", market.icon)
        assert link == f"/img/exchanges/{market.icon}.svg", "each its own"
        assert draw(link.encode())


def test_codes_differ_in_colour() -> None:
    colours = {re.findall(rb"hsl\(\d+", draw(f"/img/coins/{code}.svg".encode()))[0] for code in ("BTC", "ETH", "ADA")}
    assert len(colours) == 3


async def test_the_entity_links_to_an_icon(app: Application, alice: Client) -> None:
    fields = {"type": "paper_trading", "name": "Paper"}
    entity = (await alice.post("/ver1/accounts/new", fields)).json()
    status, _, _ = await fetch(app, entity["market_icon"].removeprefix("https://coins.example"))
    assert status == 200
