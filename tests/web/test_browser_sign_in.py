"""Signing in as an owner does it, in Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import BrowserContext, CDPSession, Page, expect
from tests.web.conftest import Axe, Site, give_password
from tests.web.visitor import PASSWORD

from coinassay.domain.account import User

pytestmark = pytest.mark.slow

NEW = "another long password"


async def sign_in(page: Page, password: str = PASSWORD) -> None:
    await page.goto("/login")
    await page.get_by_label("Name").fill("alice")
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def test_the_first_run(page: Page, site: Site, alice_user: User, axe: Axe) -> None:
    code = await site.house.services.sign_in.issue_code(alice_user.id)
    await page.goto("/")
    await page.wait_for_url("**/welcome")
    await axe(page)
    await page.get_by_label("One-time code").fill(code.lower())
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_label("The same again").fill(PASSWORD + "!")
    await page.get_by_role("button", name="Set the password").click()
    await expect(page.get_by_text("is not the same password")).to_be_visible()
    await axe(page)
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_label("The same again").fill(PASSWORD)
    await page.get_by_role("button", name="Set the password").click()
    await page.wait_for_url("**/start")
    await expect(page.get_by_role("link", name="Connect an account")).to_be_visible()
    await axe(page)


async def test_in_and_out(page: Page, site: Site, alice_user: User, axe: Axe) -> None:
    await give_password(site.house, alice_user)
    await page.goto("/security")
    await axe(page)
    await page.get_by_label("Name").fill("alice")
    await page.get_by_label("Password").fill("wrong")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("The name or the password is not right.")
    await axe(page)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/security")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_text("You are signed out.")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_without_scripts(browser: object, context: BrowserContext, site: Site, alice_user: User) -> None:
    await give_password(site.house, alice_user)
    assert context.browser is not None
    plain = await context.browser.new_context(base_url=site.url, java_script_enabled=False)
    page = await plain.new_page()
    await sign_in(page)
    await page.goto("/security")
    await page.get_by_role("button", name="Hide amounts").click()
    await expect(page.locator("html")).to_have_attribute("data-private", "")
    await page.get_by_role("button", name=re.compile("Theme: system")).click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/login")
    await plain.close()


async def test_sessions_and_the_password(alices_page: Page, context: BrowserContext, site: Site, axe: Axe) -> None:
    page = alices_page
    assert context.browser is not None
    elsewhere = await context.browser.new_context(base_url=site.url)
    other = await elsewhere.new_page()
    await sign_in(other)
    await other.wait_for_url("**/")
    await page.goto("/security")
    await expect(page.get_by_text("Chrome on Linux")).to_have_count(2)
    await axe(page)
    await page.get_by_label("Present password").fill(PASSWORD)
    await page.get_by_label("New password").fill(NEW)
    await page.get_by_label("The same again").fill(NEW)
    await page.get_by_role("button", name="Change the password").click()
    await expect(page.get_by_text("The password was changed, and all other sessions have ended.")).to_be_visible()
    await expect(page.get_by_text("Chrome on Linux")).to_have_count(1)
    await other.reload()
    await other.wait_for_url("**/login*")
    await sign_in(other, NEW)
    await other.wait_for_url("**/")
    await elsewhere.close()


async def test_an_invitation(alices_page: Page, axe: Axe) -> None:
    await alices_page.goto("/security")
    await alices_page.get_by_label("Invite somebody").fill("<b>carol</b>")
    await alices_page.get_by_role("button", name="Make a code").click()
    await expect(alices_page.locator("#invitation")).to_have_text(re.compile(r"^([A-Z2-9]{4}-){3}[A-Z2-9]{4}$"))
    await expect(alices_page.get_by_text("<b>carol</b>").first).to_be_visible()
    await axe(alices_page)


async def test_theme_privacy_and_keys(alices_page: Page, axe: Axe) -> None:
    page, html = alices_page, alices_page.locator("html")
    await page.goto("/security")
    for theme in ("dark", "light", "system"):
        async with page.expect_response("**/look"):
            await page.keyboard.press("t")
        await expect(html).to_have_attribute("data-theme", theme)
    async with page.expect_response("**/look"):
        await page.keyboard.press("p")
    await expect(html).to_have_attribute("data-private", "")
    await expect(page.get_by_role("button", name="Hide amounts")).to_have_attribute("aria-pressed", "true")
    await page.reload()
    await expect(html).to_have_attribute("data-private", "")
    await page.get_by_label("Present password").press("p")
    await expect(html).to_have_attribute("data-private", "")
    await page.locator("main").press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await axe(page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("o")
    await page.wait_for_url("**/")


@pytest.mark.parametrize("width", [360, 390, 768])
async def test_nothing_is_wider_than_a_phone(alices_page: Page, width: int) -> None:
    await alices_page.set_viewport_size({"width": width, "height": 780})
    for path in ("/security", "/start", "/confirm", "/nothing", "/"):
        await alices_page.goto(path)
        assert await alices_page.evaluate("document.documentElement.scrollWidth") <= width, path
        small = await alices_page.evaluate(
            """[...document.querySelectorAll("main button, main .button, header button, header a")]
               .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 28)
               .map((each) => each.outerHTML)"""
        )
        assert not small, f"too small for a finger on {path}: {small}"


async def test_an_error_has_its_page(alices_page: Page, axe: Axe) -> None:
    await alices_page.goto("/nothing")
    await expect(alices_page.get_by_role("heading", name="Not found")).to_be_visible()
    await axe(alices_page)


# ---------------------------------------------------------------------------------------------------- passkeys


class Authenticator:
    """One that Chromium pretends to have, whose user agrees to everything, or does not."""

    def __init__(self, session: CDPSession, authenticator: str) -> None:
        self._session, self._id = session, authenticator

    async def agrees(self, verified: bool) -> None:
        arguments = {"authenticatorId": self._id, "isUserVerified": verified}
        await self._session.send("WebAuthn.setUserVerified", arguments)

    async def set_count(self, count: int) -> None:
        (credential,) = (await self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._id}))[
            "credentials"
        ]
        await self._session.send(
            "WebAuthn.removeCredential", {"authenticatorId": self._id, "credentialId": credential["credentialId"]}
        )
        credential["signCount"] = count
        await self._session.send("WebAuthn.addCredential", {"authenticatorId": self._id, "credential": credential})


@pytest.fixture
async def authenticator(page: Page, context: BrowserContext) -> Authenticator:
    session = await context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Authenticator(session, made["authenticatorId"])


async def add_passkey(page: Page) -> None:
    await page.goto("/security")
    await page.get_by_label("Name of a new one").fill("Alice's phone")
    await page.get_by_role("button", name="Add a passkey").click()
    await expect(page.get_by_text("The passkey Alice's phone was added.")).to_be_visible()


async def test_a_passkey(alices_page: Page, site: Site, authenticator: Authenticator, axe: Axe) -> None:
    page = alices_page
    await add_passkey(page)
    await axe(page)
    await page.get_by_role("button", name="Sign out").click()
    await page.goto("/security")
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await page.wait_for_url("**/security")
    await expect(page.get_by_text("by passkey")).to_be_visible()
    (passkey,) = await site.house.services.sign_in.list_passkeys(1)
    assert passkey.sign_count > 0
    assert passkey.last_used_at is not None
    await page.get_by_label("Name of the passkey Alice's phone").fill("old phone")
    await page.get_by_role("button", name="Rename").click()
    await expect(page.get_by_label("Name of the passkey old phone")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("The passkey was removed.")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.get_by_text("This passkey is not known here.")).to_be_visible()


async def test_a_copy_of_a_passkey_does_not_get_in(alices_page: Page, site: Site, authenticator: Authenticator) -> None:
    """Its counter says less than the one that was seen last."""
    page = alices_page
    await add_passkey(page)
    await authenticator.set_count(50)
    for _ in range(2):
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await page.wait_for_url("**/")
    await page.get_by_role("button", name="Sign out").click()
    await authenticator.set_count(10)
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.get_by_text("This passkey was not accepted.")).to_be_visible()


async def test_who_is_not_verified_does_not_get_in(alices_page: Page, authenticator: Authenticator) -> None:
    page = alices_page
    await add_passkey(page)
    await page.get_by_role("button", name="Sign out").click()
    await authenticator.agrees(False)
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.get_by_text("the passkey dialog was closed")).to_be_visible()


async def test_adding_one_needs_the_password_after_a_while(
    alices_page: Page, site: Site, authenticator: Authenticator
) -> None:
    page = alices_page
    await page.goto("/security")
    site.house.clock.advance(minutes=16)
    await page.get_by_label("Name of a new one").fill("phone")
    await page.get_by_role("button", name="Add a passkey").click()
    await page.wait_for_url("**/confirm*")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Continue").click()
    await page.wait_for_url("**/security")
    await add_passkey(page)
