"""What goes with every answer, which requests are answered at all, errors as pages, files, and the log."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from starlette.routing import Route
from tests.api.conftest import House
from tests.web.conftest import Open
from tests.web.visitor import Visitor

from coinassay.errors import CoinassayError, StorageError
from coinassay.web.app import Web, create_web
from coinassay.web.assets import Assets
from coinassay.web.errors import LOOKS
from coinassay.web.headers import SECURE
from coinassay.web.options import PageCrash, PageLine, WebOptions
from coinassay.web.session import Visit, page


def subclasses(kind: type[CoinassayError]) -> set[type[CoinassayError]]:
    return {kind}.union(*(subclasses(each) for each in kind.__subclasses__()))


# ------------------------------------------------------------------------------------------------- headers


@pytest.mark.parametrize("path", ["/login", "/welcome", "/", "/nothing", "/manifest.webmanifest", "/static/x", "/look"])
async def test_every_answer_is_on_its_guard(stranger: Visitor, path: str) -> None:
    reply = await stranger.get(path)
    for name, value in SECURE.items():
        assert value == reply.headers[name], name
    assert reply.headers["x-request-id"]
    assert "unsafe" not in reply.headers["content-security-policy"]


async def test_no_page_has_scripts_or_styles_inside(alice: Visitor) -> None:
    for path in ("/", "/security", "/confirm", "/start", "/nothing", "/login", "/welcome"):
        text = (await alice.get(path)).text
        scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", text, re.DOTALL)
        assert all("src=" in attributes or 'type="application/json"' in attributes for attributes, _ in scripts)
        assert "<style" not in text
        assert not re.search(r"\sstyle=|\son[a-z]+=|javascript:", text)


async def test_pages_are_kept_by_nobody(alice: Visitor) -> None:
    for path in ("/", "/security", "/login", "/nothing"):
        assert "no-store" == (await alice.get(path)).headers["cache-control"]


# --------------------------------------------------------------------------------------------------- hosts


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8000", "127.0.0.1:8000", "192.168.1.20", "[::1]:8000", "coins.localhost", "LOCALHOST."],
)
async def test_names_of_this_machine_are_answered(stranger: Visitor, host: str) -> None:
    assert 200 == (await stranger.get("/welcome", host=host)).status_code


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8000", "", "[", "localhost.evil"]
)
async def test_names_of_others_are_not(stranger: Visitor, alice: Visitor, host: str) -> None:
    """A name that a stranger makes point here would make their scripts count as ours (DNS rebinding)."""
    for visitor in (stranger, alice):
        reply = await visitor.get("/security", host=host)
        assert 421 == reply.status_code
        assert "COINASSAY_PUBLIC_URL" in reply.text


async def test_the_public_name_is_answered(house: House, visit: Open) -> None:
    web = create_web(house.services, WebOptions(public_url="https://coins.example:8443", names=frozenset({"nas"})))
    visitor = await visit(web, base="https://coins.example:8443")
    assert 200 == (await visitor.get("/welcome")).status_code
    assert 200 == (await visitor.get("/welcome", host="nas")).status_code
    assert 421 == (await visitor.get("/welcome", host="coins.example.evil")).status_code


# --------------------------------------------------------------------------------------------------- errors


@pytest.fixture
async def faulty(house: House, crashes: list[PageCrash], lines: list[PageLine]) -> AsyncIterator[Visitor]:
    """A visitor of pages two of which are broken."""
    web = create_web(house.services, WebOptions(log=lines.append, log_crash=crashes.append))

    async def crash(_: Visit) -> httpx.Response:
        raise LookupError("s3cret in a message")

    async def fail(_: Visit) -> httpx.Response:
        raise StorageError("The disk is full.")

    web._routes += [page("/crash", crash), page("/fail", fail)]  # type: ignore[arg-type]
    async with Visitor(web) as visitor:
        yield visitor


async def test_a_crash_is_a_page_without_what_happened(faulty: Visitor, crashes: list[PageCrash]) -> None:
    reply = await faulty.get("/crash?secret=hush-hush")
    assert 500 == reply.status_code
    assert reply.headers["x-request-id"] in faulty.text
    assert "s3cret" not in reply.text
    (crash,) = crashes
    assert (reply.headers["x-request-id"], "LookupError", "") == (crash.request_id, crash.error, crash.message)
    assert "s3cret" not in repr(crash)
    assert crash.frames[-1].endswith(" crash")
    crashes.clear()


async def test_our_own_trouble_is_logged_as_well(faulty: Visitor, crashes: list[PageCrash]) -> None:
    reply = await faulty.get("/fail", accept="application/json")
    assert (500, "storage") == (reply.status_code, reply.json()["error"])
    assert ["The disk is full."] == [each.message for each in crashes]
    crashes.clear()


async def test_what_is_not_there(stranger: Visitor, alice: Visitor) -> None:
    for visitor in (stranger, alice):
        assert 404 == (await visitor.get("/nothing")).status_code
        assert "Not found" in visitor.text
    assert "Sign out" in alice.text, "with the way back"


def test_every_error_of_ours_has_its_look() -> None:
    kinds = [kind for kind, _ in LOOKS]
    assert CoinassayError is kinds[-1]
    for number, kind in enumerate(kinds):
        assert not any(issubclass(kind, before) for before in kinds[:number]), f"{kind.__name__} is never reached"
    for kind in subclasses(CoinassayError):
        error = kind.__new__(kind, "x")
        found = next(look for each, look in LOOKS if isinstance(error, each))
        assert 400 <= found.status < 600
        assert found.title


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_other_methods(stranger: Visitor, method: str) -> None:
    assert 405 == (await stranger.http.request(method, "/login")).status_code
    assert 405 == (await stranger.http.request(method, "/static/x")).status_code


async def test_head_is_get_without_its_body(stranger: Visitor) -> None:
    reply = await stranger.http.head("/welcome")
    assert 200 == reply.status_code


async def test_a_body_that_is_too_large(alice: Visitor) -> None:
    assert 413 == (await alice.post("/look", {"next": "x" * 1_100_000})).status_code
    assert 200 == (await alice.get("/security")).status_code


async def test_one_that_says_so_is_not_read_at_all(alice: Visitor) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"x"
        raise AssertionError("it was read")

    reply = await alice.http.post("/look", content=endless(), headers={"content-length": "9" * 11})
    assert 413 == reply.status_code


@pytest.mark.parametrize("body", [b"\xff=1", b"&".join(b"a=1" for _ in range(2001)), b"theme=%ff"])
async def test_a_form_that_cannot_be_read(alice: Visitor, body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded", "x-form-token": alice.token}
    assert 400 == (await alice.http.post("/look", content=body, headers=headers)).status_code


# ---------------------------------------------------------------------------------------------------- files


def linked(text: str) -> list[str]:
    return re.findall(r'(?:href|src)="(/static/[^"]+)"', text)


async def test_files_are_kept_for_good_under_addresses_of_their_content(alice: Visitor) -> None:
    places = linked((await alice.get("/security")).text)
    assert len(places) >= 5
    for place in places:
        reply = await alice.http.get(place)
        assert 200 == reply.status_code, place
        assert "public, max-age=31536000, immutable" == reply.headers["cache-control"]
        assert "set-cookie" not in reply.headers
    other = re.sub(r"/static/[0-9a-f]+/", "/static/0123456789abcdef/", places[0])
    assert 404 == (await alice.http.get(other)).status_code


@pytest.mark.parametrize("name", ["../app.py", "%2e%2e/app.py", "css/../../app.py", "css", "", "css/base.css/x", "\0"])
async def test_nothing_else_is_given_out(stranger: Visitor, web: Web, name: str) -> None:
    root = web.assets.url("css/base.css").removesuffix("css/base.css")
    assert 404 == (await stranger.http.get(root + name.replace("\0", "%00"))).status_code


async def test_modules_name_each_other_within_one_version(web: Web) -> None:
    names = list(web.assets._files)
    for name in (each for each in names if each.endswith(".js")):
        text = web.assets._files[name].body.decode()
        for target in re.findall(r"""(?:from|import)\s*\(?["'](\.[^"']+)["']""", text):
            assert str((Path("/") / name).parent.joinpath(target).resolve())[1:] in names, f"{name} imports {target}"


async def test_plotly_is_compressed_once_and_kept(tmp_path: Path) -> None:
    assets = Assets(tmp_path / "cache")
    place = assets.url("plotly.min.js")
    packed = await assets.answer(place, accepts_gzip=True)
    plain = await assets.answer(place, accepts_gzip=False)
    assert "gzip" == packed.headers["content-encoding"]
    assert "content-encoding" not in plain.headers
    assert plain.body == gzip.decompress(packed.body)
    assert len(packed.body) < 0.4 * len(plain.body)
    (kept,) = (tmp_path / "cache").iterdir()
    assert kept.read_bytes() == packed.body
    kept.write_bytes(packed.body[:1000])
    assert packed.body == (await Assets(tmp_path / "cache").answer(place, accepts_gzip=True)).body, (
        "half a file is none"
    )


@pytest.mark.parametrize("offer", ["gzip", "br, gzip;q=0.8", "GZIP"])
async def test_pages_are_compressed(alice: Visitor, offer: str) -> None:
    reply = await alice.get("/security", **{"accept-encoding": offer})
    assert "gzip" == reply.headers["content-encoding"]
    assert "Where you are signed in" in reply.text


@pytest.mark.parametrize("offer", ["identity", "br", "gzip;q=0", "notgzip", ""])
async def test_unless_the_browser_cannot_read_that(alice: Visitor, offer: str) -> None:
    reply = await alice.get("/security", **{"accept-encoding": offer})
    assert "content-encoding" not in reply.headers
    assert "Where you are signed in" in reply.text


async def test_it_can_be_installed(stranger: Visitor) -> None:
    document = json.loads((await stranger.get("/manifest.webmanifest")).text)
    assert "standalone" == document["display"]
    for icon in document["icons"]:
        reply = await stranger.http.get(icon["src"])
        size = int.from_bytes(reply.content[16:20], "big")  # the width in a PNG's header
        assert icon["sizes"] == f"{size}x{size}"


# -------------------------------------------------------------------------------------------- look and the log


async def test_the_look_is_remembered_by_the_browser(stranger: Visitor) -> None:
    await stranger.get("/welcome")
    reply = await stranger.post("/look", {"theme": "dark", "next": "/welcome"})
    assert "/welcome" == reply.headers["location"]
    assert 'data-theme="dark"' in (await stranger.get("/welcome")).text
    await stranger.post("/look", {"private": "1"})
    text = (await stranger.get("/welcome")).text
    assert 'data-theme="dark" data-private' in text
    await stranger.post("/look", {"private": "0", "theme": "<script>"})
    assert 'data-theme="dark">' in (await stranger.get("/welcome")).text


@pytest.mark.parametrize("cookie", ["<script>.1", "dark", ".", "light.2", "x" * 5000])
async def test_a_cookie_of_nonsense_does_no_harm(stranger: Visitor, cookie: str) -> None:
    stranger.http.cookies.set("coinassay-8000-look", cookie)
    stranger.http.cookies.set("coinassay-8000-flash", cookie)
    stranger.http.cookies.set("coinassay-8000-session", cookie)
    reply = await stranger.get("/welcome")
    assert 200 == reply.status_code
    assert "<script>." not in reply.text


async def test_nobody_else_puts_messages_onto_a_page(alice: Visitor, bob: Visitor) -> None:
    await bob.post("/security/sessions/end-others")
    alice.http.cookies.set("coinassay-8000-flash", bob.http.cookies["coinassay-8000-flash"])
    await alice.get("/security")
    assert "All other sessions have ended." not in alice.text


async def test_a_request_is_logged_without_what_it_asked(alice: Visitor, lines: list[PageLine]) -> None:
    lines.clear()
    await alice.get("/security?token=hush-hush")
    await alice.get("/nothing/hush-hush")
    await alice.post("/confirm", {"password": "hush-hush"})
    assert [("GET", "/security", 1, 200, ""), ("GET", "", 1, 404, "not_found")] == [
        (line.method, line.route, line.user_id, line.status, line.error) for line in lines[:2]
    ]
    assert "hush-hush" not in repr(lines)


async def test_a_proxy_is_believed_only_where_it_is_trusted(house: House, visit: Open, alice: Visitor) -> None:
    await alice.get("/login", **{"x-forwarded-for": "198.51.100.99"})
    await alice.sign_in("alice")
    (session, *_) = await house.services.sign_in.list_sessions(1)
    assert "192.0.2.7" == session.address


def test_routes_are_named_once(web: Web) -> None:
    seen = [(route.path, method) for route in web._routes for method in route.methods or ()]
    assert len(seen) == len(set(seen))
    assert all(isinstance(route, Route) for route in web._routes)


async def test_the_options_say_the_origin_as_browsers_do() -> None:
    options = WebOptions()
    for url, origin in (
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://coins.example:443", "https://coins.example"),
        ("https://Coins.Example/sub", "https://coins.example"),
        ("http://[::1]:80", "http://[::1]"),
    ):
        assert origin == replace(options, public_url=url).origin
