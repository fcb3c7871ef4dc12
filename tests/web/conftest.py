"""Alice and Bob at their browsers.

`alice`, `bob` and `stranger` are visitors over ASGI, fast. `browser` and `site` are Chromium and a server on a loopback
port: tests with them are slow.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from tests.acceptance.npm import provide
from tests.api.conftest import House, alice_user, alices_account, bob_user, house  # noqa: F401  fixtures
from tests.web.visitor import PASSWORD, Visitor

from coinassay.api.app import create_app
from coinassay.api.protocol import Protocol
from coinassay.cli.application import Both
from coinassay.cli.serve import listen
from coinassay.domain.account import User
from coinassay.services.ports.web import Caller
from coinassay.web.app import Web, create_web
from coinassay.web.options import PageCrash, PageLine, WebOptions

Open = Callable[..., Awaitable[Visitor]]


@pytest.fixture
def lines() -> list[PageLine]:
    """What was logged of requests."""
    return []


@pytest.fixture
def crashes() -> Iterator[list[PageCrash]]:
    """What went wrong inside. A test that means it to go wrong empties this."""
    found: list[PageCrash] = []
    yield found
    assert not found


@pytest.fixture
def web(house: House, lines: list[PageLine], crashes: list[PageCrash]) -> Web:  # noqa: F811
    return create_web(house.services, WebOptions(log=lines.append, log_crash=crashes.append))


@pytest.fixture
async def visit(web: Web) -> AsyncIterator[Open]:
    """Opens one more browser: `await visit()`, `await visit(address="192.0.2.9")`."""
    async with AsyncExitStack() as stack:

        async def open_one(web: Web = web, **options: str) -> Visitor:
            return await stack.enter_async_context(Visitor(web, **options))

        yield open_one


@pytest.fixture
async def stranger(visit: Open) -> Visitor:
    return await visit(address="203.0.113.66")


async def give_password(house: House, user: User, password: str = PASSWORD) -> None:  # noqa: F811
    sign_in = house.services.sign_in
    await sign_in.redeem_code(await sign_in.issue_code(user.id), password, Caller("192.0.2.1", "setup"))


@pytest.fixture
async def alice(house: House, alice_user: User, visit: Open) -> Visitor:  # noqa: F811
    """Signed in; the owner."""
    await give_password(house, alice_user)
    visitor = await visit()
    assert 303 == (await visitor.sign_in("alice")).status_code
    await visitor.get("/security")
    return visitor


@pytest.fixture
async def bob(house: House, alice_user: User, bob_user: User, visit: Open) -> Visitor:  # noqa: F811
    """Signed in, from an address of his own."""
    await give_password(house, bob_user)
    visitor = await visit(address="192.0.2.8")
    assert 303 == (await visitor.sign_in("bob")).status_code
    await visitor.get("/security")
    return visitor


# ----------------------------------------------------------------------------------------------- in a real browser


CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Headless Chromium, as the system has it."""
    if not CHROMIUM:
        pytest.skip("there is no Chromium on this machine")
    async with async_playwright() as playwright:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        await browser.close()


@dataclass
class Site:
    """A server on a loopback port, API and pages, over the house's services."""

    url: str
    web: Web
    house: House


@pytest.fixture
async def site(house: House, lines: list[PageLine], crashes: list[PageCrash]) -> AsyncIterator[Site]:  # noqa: F811
    listener = listen("127.0.0.1", 0)
    url = f"http://localhost:{listener.getsockname()[1]}"  # a name: passkeys need one
    web = create_web(house.services, WebOptions(public_url=url, log=lines.append, log_crash=crashes.append))
    both = Both(create_app(house.services, house.options(public_url=url)), lambda: web)
    config = uvicorn.Config(
        both,
        http=Protocol,
        interface="asgi3",
        lifespan="off",
        log_config=None,
        access_log=False,
        ws="none",
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110  uvicorn tells nobody
            await asyncio.sleep(0.01)
    yield Site(url, web, house)
    server.should_exit = True
    await serving
    listener.close()


@pytest.fixture
async def context(browser: Browser, site: Site) -> AsyncIterator[BrowserContext]:
    """A fresh profile at 1280 x 900. Whatever the browser complains about fails the test: an error in a script, a broken
    link to a file, or anything that the Content-Security-Policy stopped."""
    context = await browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 900}, locale="en-GB")
    context.set_default_timeout(10_000)
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield context
    await context.close()
    unexpected = [each for each in complaints if "the server responded with a status of 4" not in each]
    assert not unexpected, unexpected


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    """A tab in which nobody is signed in."""
    return await context.new_page()


@pytest.fixture
async def alices_page(page: Page, site: Site, alice_user: User) -> Page:  # noqa: F811
    """A tab in which Alice is signed in, on the overview."""
    await give_password(site.house, alice_user)
    await page.goto("/login")
    await page.get_by_label("Name").fill("alice")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.wait_for_url("**/")
    return page


# ------------------------------------------------------------------------------------------------ what axe says


Axe = Callable[..., Awaitable[None]]

_LOOK = """async (without) => {
  const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const {violations} = await axe.run({exclude: without.map((each) => [each])}, {resultTypes: ["violations"], runOnly});
  const where = ({html, failureSummary}) => `${html} ${failureSummary.replace(/\\s+/g, " ")}`;
  return violations
    .filter(({impact}) => impact === "serious" || impact === "critical")
    .map(({id, help, nodes}) => `${id}: ${help}: ${nodes.map(where).join(" | ")}`);
}"""


@pytest.fixture(scope="session")
def axe_source() -> str:
    """Skips the test where npm cannot bring it."""
    return (provide() / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture
def axe(axe_source: str) -> Axe:
    """`await axe(page)`: fails where axe finds a serious or critical barrier on the page, in light or in dark.

    `await axe(page, ".chart")` leaves out what that selector matches.
    """

    async def look(page: Page, *without: str) -> None:
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await page.evaluate(axe_source)
            found = await page.evaluate(_LOOK, list(without))
            assert not found, f"{page.url} in {scheme}:\n" + "\n".join(found)

    return look
