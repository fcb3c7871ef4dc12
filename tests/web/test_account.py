"""One account: its holdings, where every price comes from, its ledger, readings and settings."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from tests.api.conftest import House
from tests.web.visitor import Visitor

from coinassay.domain.account import Account, User
from coinassay.domain.rates import Leg, Rate, RateBook
from coinassay.errors import (
    CredentialsRejected,
    ExchangeError,
    ExchangeThrottled,
    ExchangeUnavailable,
    NotSupportedByExchange,
)
from coinassay.testing.text import reading_of
from coinassay.web.view.advice import ADVICE

PEG = Leg("USDT", "USD", Decimal(1), "assumed peg", None)


@pytest.fixture
async def rich(house: House, alices_account: Account) -> Account:
    """Three coins in two wallets, one of them worth next to nothing and one without a price."""
    at = house.clock()
    legs = (Leg("ETH", "USDT", Decimal("2597.33817"), "binanceus", at, inverted=True), PEG)
    rates = {
        "BTC": Rate("BTC", "USD", Decimal("63738.36"), (Leg("BTC", "USD", Decimal("63738.36"), "daily close", at),)),
        "ETH": Rate("ETH", "USD", Decimal("2597.33817"), legs),
        "ADA": Rate("ADA", "USD", Decimal("0.35"), (Leg("ADA", "USD", Decimal("0.35"), "kraken", at),)),
        "USD": Rate("USD", "USD", Decimal(1)),
    }
    house.rates.script(alices_account.market_code, RateBook(at, rates, {"WTC": "no market at binanceus or kraken"}))
    return await house.load(
        alices_account, "0.5 BTC", "1 ETH, 0.25 locked", "3 ETH in funding", "1 ADA in funding", "310 WTC", "7 USD"
    )


def rows(visitor: Visitor) -> list[str]:
    return re.findall(r'<tr id="h-([^"]+)"', visitor.page.text)


async def test_holdings_with_shares_of_the_whole(alice: Visitor, rich: Account) -> None:
    await alice.get(f"/accounts/{rich.id}")
    assert ["BTC", "ETH", "USD", "WTC"] == rows(alice)
    assert "$42,265.88" in alice.text
    assert "75.40%" in alice.text
    assert "0.25 in orders" in alice.text
    assert "1 worth less than $1.00 is not shown." in alice.text


async def test_every_price_says_where_it_comes_from(alice: Visitor, rich: Account) -> None:
    await alice.get(f"/accounts/{rich.id}?dust=show")
    for said in (
        "1 ETH = 2597.33817 USD",
        "ETH → USDT 2597.33817 binanceus, turned round, 2026-03-01 12:00:00 UTC",
        "USDT → USD 1 assumed peg: no market prices it",
        "BTC → USD 63738.36 daily close, 2026-03-01 12:00:00 UTC",
        "ADA → USD 0.35 kraken",
        "Unpriced no market at binanceus or kraken It counts as nothing in the total, and is never guessed.",
    ):
        assert said in alice.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("dust=show", ["BTC", "ETH", "USD", "ADA", "WTC"]),
        ("dust=show&sort=value", ["ADA", "USD", "ETH", "BTC", "WTC"]),
        ("dust=show&sort=coin", ["ADA", "BTC", "ETH", "USD", "WTC"]),
        ("dust=show&sort=-coin", ["WTC", "USD", "ETH", "BTC", "ADA"]),
        ("dust=show&sort=-amount", ["WTC", "USD", "ETH", "ADA", "BTC"]),
        ("dust=show&sort=price", ["ADA", "USD", "ETH", "BTC", "WTC"]),
        ("q=bit", ["BTC"]),
        ("q=%20ETH%20", ["ETH"]),
        ("q=nothing", []),
        ("wallet=funding&dust=show", ["ETH", "ADA"]),
        ("wallet=each", ["BTC-spot", "ETH-funding", "ETH-spot", "USD-spot", "WTC-spot"]),
        ("wallet=nowhere", []),
        ("sort=nonsense&dust=nonsense&range=x", ["BTC", "ETH", "USD", "WTC"]),
    ],
)
async def test_the_address_sorts_and_filters(alice: Visitor, rich: Account, query: str, expected: list[str]) -> None:
    await alice.get(f"/accounts/{rich.id}?{query}")
    assert expected == rows(alice)


async def test_links_keep_what_was_chosen(alice: Visitor, rich: Account) -> None:
    page = await alice.get(f"/accounts/{rich.id}?wallet=each&q=e&sort=coin")
    assert f'href="/accounts/{rich.id}?q=e&amp;wallet=each&amp;sort=-coin#holdings-title"' in page.text
    assert 'aria-sort="ascending"' in page.text


async def test_dust_is_what_the_user_says(alice: Visitor, house: House, rich: Account) -> None:
    await house.services.preferences.set_dust(rich.user_id, "0.1")
    await alice.get(f"/accounts/{rich.id}")
    assert "ADA" in rows(alice)
    await house.services.preferences.set_dust(rich.user_id, "100000")
    await alice.get(f"/accounts/{rich.id}")
    assert ["WTC"] == rows(alice)  # nobody knows what it is worth


async def test_a_carried_wallet_is_marked_where_it_is_counted(alice: Visitor, house: House, rich: Account) -> None:
    house.clock.advance(minutes=20)
    down = ExchangeUnavailable("The funding wallet did not answer.")
    house.connector.script(rich.id, reading_of("0.5 BTC", failed={"funding": down}))
    await house.services.sync.sync_account(rich.user_id, rich.id)
    await alice.get(f"/accounts/{rich.id}")
    assert "Partial" in alice.text
    assert "The funding wallet was not read the last time. The funding wallet did not answer." in alice.text
    assert "What is shown instead was read 20 min ago" in alice.text
    assert "not read since 20 min ago" in alice.text
    assert ["BTC", "ETH"] == rows(alice)


async def test_an_account_that_was_never_read(alice: Visitor, house: House, alice_user: User) -> None:
    account = await house.connect(alice_user, "binance", "New")
    await alice.get(f"/accounts/{account.id}")
    assert "Nothing of this account has been read so far" in alice.text
    for tab in ("ledger", "loads", "settings", "past/2026-03-01", "remove", "key"):
        assert 200 == (await alice.get(f"/accounts/{account.id}/{tab}")).status_code, tab


async def test_addresses_that_make_no_sense(alice: Visitor, rich: Account) -> None:
    for path in (
        "/accounts/0",
        "/accounts/99999999999999999999",
        "/past/never",
        f"/accounts/{rich.id}/past/2026-13-01",
    ):
        assert 404 == (await alice.get(path)).status_code, path
    assert 200 == (await alice.get(f"/accounts/{rich.id}/ledger?from=x&to=y")).status_code
    assert 200 == (await alice.get(f"/accounts/{rich.id}/loads?before=x")).status_code


# ---------------------------------------------------------------------------------------------- ledger and past


async def test_the_ledger_has_each_day_and_adds_up(alice: Visitor, house: House, alices_account: Account) -> None:
    await house.load(alices_account, "1 BTC")
    house.clock.advance(days=2)
    await house.load(alices_account, "1.5 BTC")
    for path in ("/ledger", f"/accounts/{alices_account.id}/ledger"):
        await alice.get(path)
        assert ["2026-03-03", "2026-03-02", "2026-03-01"] == re.findall(r'<tr id="d-([^"]+)"', alice.page.text)
        assert "carried" in alice.text
        assert "+$31,869.18" in alice.text  # half a Bitcoin on the third day
        assert "The rows add up to the last line exactly" in alice.text
    await alice.get("/ledger?from=2026-03-02&to=2026-03-02")
    assert ["2026-03-02"] == re.findall(r'<tr id="d-([^"]+)"', alice.page.text)


async def test_a_past_day_is_as_it_was(alice: Visitor, house: House, alices_account: Account) -> None:
    await house.load(alices_account, "1 BTC", "100 WTC")
    house.clock.advance(days=1)
    await house.load(alices_account, "3 ETH")
    house.clock.advance(days=1)
    for place in ("", f"/accounts/{alices_account.id}"):
        await alice.get(f"{place}/past/2026-03-01")
        assert "$63,738.36" in alice.text
        assert "Unpriced then" in alice.text
        assert 'id="row-BTC"' in alice.page.text
        await alice.get(f"{place}/past/2026-03-02")
        assert "$7,792.01" in alice.text
        assert "Carried" not in alice.text
        await alice.get(f"{place}/past/2026-03-03")
        assert "Carried" in alice.text
        await alice.get(f"{place}/past/2026-02-27")
        assert "Nothing had been read by then" in alice.text
    reply = await alice.get("/past?day=2026-03-01")
    assert "/past/2026-03-01" == reply.headers["location"]
    assert "/" == (await alice.get("/past?day=soon")).headers["location"]


# ---------------------------------------------------------------------------------------------- readings, refreshing


async def test_every_reading_with_its_outcome(alice: Visitor, house: House, rich: Account) -> None:
    house.clock.advance(minutes=1)
    house.connector.script(
        rich.id, reading_of("1 BTC", failed={"funding": ExchangeThrottled("Too many requests.")}), CredentialsRejected()
    )
    await house.services.sync.sync_account(rich.user_id, rich.id)
    house.clock.advance(minutes=1)
    with pytest.raises(CredentialsRejected):
        await house.services.sync.sync_account(rich.user_id, rich.id)
    await alice.get(f"/accounts/{rich.id}/loads")
    table = alice.page.text.partition("<tbody>")[2]
    outcomes = re.findall(r"</svg> ([A-Z][\w ]+)</span>", table)
    assert ["Key rejected", "Partial", "Complete", "Complete"] == outcomes  # the last: as the account was made
    assert "Too many requests." in alice.text


async def test_readings_page_by_page(alice: Visitor, house: House, alices_account: Account) -> None:
    for _ in range(60):
        house.clock.advance(minutes=1)
        await house.load(alices_account, "1 BTC")
    await alice.get(f"/accounts/{alices_account.id}/loads")
    assert 50 == alice.page.text.count('<th scope="row" class="when"><time')
    older = re.search(r'href="([^"]+before=[^"]+)"', alice.page.text)
    assert older
    await alice.get(older.group(1))
    assert 11 == alice.page.text.count('<th scope="row" class="when"><time')  # with the one of the account itself
    assert "Latest" in alice.text


async def test_a_form_refreshes_and_says_what_failed(alice: Visitor, house: House, rich: Account) -> None:
    await alice.get(f"/accounts/{rich.id}")
    house.connector.script(rich.id, ["2 BTC"])
    reply = await alice.post(f"/accounts/{rich.id}/refresh")
    assert f"/accounts/{rich.id}" == reply.headers["location"]
    await alice.get(reply.headers["location"])
    assert "$127,476.72" in alice.text
    house.connector.script(rich.id, ExchangeUnavailable("binance_us did not answer."))
    await alice.post("/refresh")
    await alice.get("/")
    assert "My Binance US was not read: binance_us did not answer." in alice.text
    assert "The last good balances stay" in alice.text
    assert "$127,476.72" in alice.text


async def test_a_script_is_answered_at_once(alice: Visitor, house: House, rich: Account) -> None:
    await alice.get("/")
    house.connector.script(rich.id, ["2 BTC"], delay=0.05)
    calls = house.connector.calls[rich.id]
    reply = await alice.post_json("/refresh", {})
    assert 202 == reply.status_code
    assert [{"id": rich.id, "name": rich.name}] == reply.json()["accounts"]
    account = await house.services.sync.sync_account(rich.user_id, rich.id)  # joins the one that runs
    assert (calls + 1, Decimal("127476.72")) == (house.connector.calls[rich.id], account.total.usd)


async def test_a_forged_refresh_reads_nothing(alice: Visitor, stranger: Visitor, house: House, rich: Account) -> None:
    calls = house.connector.calls[rich.id]
    await alice.get("/")
    assert 403 == (await alice.http.post("/refresh")).status_code
    reply = await alice.http.post(
        f"/accounts/{rich.id}/refresh", data={"form_token": alice.token}, headers={"origin": "https://evil.example"}
    )
    assert 403 == reply.status_code
    assert calls == house.connector.calls[rich.id]


def test_there_is_advice_for_every_failure_of_an_exchange() -> None:
    def below(kind: type[ExchangeError]) -> list[type[ExchangeError]]:
        return [kind, *(each for child in kind.__subclasses__() for each in below(child))]

    missing = {kind.code for kind in below(ExchangeError)} - set(ADVICE)
    assert not missing


# ---------------------------------------------------------------------------------------------- settings


async def test_renaming_and_leaving_out_of_the_total(alice: Visitor, house: House, rich: Account) -> None:
    await alice.get(f"/accounts/{rich.id}/settings")
    reply = await alice.post(f"/accounts/{rich.id}/settings", {"name": "Savings"})
    assert 303 == reply.status_code
    account = await house.services.accounts.get_account(rich.user_id, rich.id)
    assert ("Savings", False) == (account.name, account.include_in_summary)
    await alice.get("/")
    assert "Savings" in alice.text
    assert "$0.00" in alice.text
    await alice.get(f"/accounts/{rich.id}/settings")
    reply = await alice.post(f"/accounts/{rich.id}/settings", {"name": "x", "include": "1"})
    assert 422 == reply.status_code
    assert "is too short" in alice.text
    assert "Savings" == (await house.services.accounts.get_account(rich.user_id, rich.id)).name


async def test_an_interval_of_its_own(alice: Visitor, house: House, rich: Account) -> None:
    place = f"/accounts/{rich.id}"
    await alice.get(f"{place}/settings")
    await alice.post(f"{place}/interval", {"every": "30m"})
    state = await house.services.refresh.get_state(rich.user_id, rich.id)
    assert (True, 1800) == (state.own, state.interval.total_seconds())
    reply = await alice.post(f"{place}/interval", {"every": "soon"})
    assert 422 == reply.status_code
    await alice.post(f"{place}/interval", {"every": ""})
    assert not (await house.services.refresh.get_state(rich.user_id, rich.id)).own


async def test_removing_asks_first(alice: Visitor, house: House, rich: Account) -> None:
    await alice.get(f"/accounts/{rich.id}/remove")
    assert "Its key, its balances and its whole history here go with it" in alice.text
    reply = await alice.post(f"/accounts/{rich.id}/remove")
    assert "/" == reply.headers["location"]
    await alice.get("/")
    assert "My Binance US was removed" in alice.text
    assert "No account is connected yet" in alice.text


async def test_a_new_key_is_examined_and_used_at_once(alice: Visitor, house: House, rich: Account) -> None:
    house.connector.script(rich.id, CredentialsRejected())
    with pytest.raises(CredentialsRejected):
        await house.services.sync.sync_account(rich.user_id, rich.id)
    page = await alice.get(f"/accounts/{rich.id}")
    assert f'href="/accounts/{rich.id}/key"' in page.text
    await alice.get(f"/accounts/{rich.id}/key")
    house.connector.script(rich.id, ["2 BTC"])
    reply = await alice.post(f"/accounts/{rich.id}/key", {"api_key": "k" * 64, "secret": "s" * 64})
    assert f"/accounts/{rich.id}" == reply.headers["location"]
    await alice.get(reply.headers["location"])
    assert "The new key works" in alice.text
    assert "Key rejected" not in alice.text
    assert "s" * 64 not in alice.page.text
    await alice.get(f"/accounts/{rich.id}/key")
    reply = await alice.post(f"/accounts/{rich.id}/key", {"secret": "with\x00nul"})
    assert 422 == reply.status_code


# ---------------------------------------------------------------------------------------------- deposits


async def test_profit_that_may_hold_a_deposit_is_said_to_be_unconfirmed(
    alice: Visitor, house: House, alices_account: Account
) -> None:
    account, place = alices_account, f"/accounts/{alices_account.id}"
    await house.load(account, "100 USDT")
    await alice.get(place)
    assert "not confirmed" not in alice.text
    for error, words in (
        (ExchangeUnavailable("It is down."), "could not be read"),
        (NotSupportedByExchange(), "does not tell deposits and withdrawals"),
    ):
        house.movements.fail(account.id, error)
        house.clock.advance(hours=7)
        await house.load(account, "150 USDT")
        for page in (place, f"{place}/ledger"):
            await alice.get(page)
            assert "Profit is not confirmed" in alice.text
            assert words in alice.text


async def test_a_deposit_that_is_added_is_no_profit_and_can_be_removed(
    alice: Visitor, house: House, alices_account: Account
) -> None:
    await house.load(alices_account, "100 USDT")
    house.clock.advance(hours=2)
    await house.load(alices_account, "150 USDT")
    place = f"/accounts/{alices_account.id}/flows"
    await alice.get(place)
    assert "Found at a first reading" in alice.text
    fields = {"kind": "deposit", "asset": "usdt", "amount": "50", "at": "2026-03-01T13:00", "usd": "50", "note": "<b>x"}
    reply = await alice.post(place, fields)
    assert 303 == reply.status_code
    page = await alice.get(place)
    assert "Deposit added by you <b>x 50 USDT · $50.00" in alice.text
    added = re.search(rf'action="({place}/\d+/remove)"', page.text)
    assert added
    assert 303 == (await alice.post(added.group(1))).status_code
    await alice.get(place)
    assert "added by you" not in alice.text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"amount": "much"}, "is not a number"),
        ({"amount": ""}, "is missing"),
        ({"at": ""}, "is missing"),
        ({"at": "2027-01-01T00:00"}, "is in the future"),
        ({"at": "2020-01-01T00:00"}, "is before the first load"),
        ({"asset": "A B"}, "is invalid"),
        ({"usd": "-1"}, "is invalid"),
    ],
)
async def test_a_deposit_that_cannot_be(
    alice: Visitor, house: House, alices_account: Account, changed: dict[str, str], said: str
) -> None:
    house.clock.advance(hours=2)
    place = f"/accounts/{alices_account.id}/flows"
    await alice.get(place)
    fields = {"kind": "withdrawal", "asset": "USDT", "amount": "5", "at": "2026-03-01T13:00", "usd": "5", **changed}
    reply = await alice.post(place, fields)
    assert 422 == reply.status_code
    assert said in alice.text
    assert 'value="USDT"' in reply.text or "asset" in changed  # what was entered is still there


async def test_only_what_was_added_can_be_removed(alice: Visitor, house: House, alices_account: Account) -> None:
    await alice.get(f"/accounts/{alices_account.id}/flows")
    opening = (await house.services.flows.list_flows(alices_account.user_id, alices_account.id))[0]
    reply = await alice.post(f"/accounts/{alices_account.id}/flows/{opening.id}/remove")
    assert 404 == reply.status_code
