"""The overview: everything a user has, and what is not known of it."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from tests.api.conftest import House
from tests.web.conftest import Open, give_password
from tests.web.visitor import Visitor

from coinassay.domain.account import Account, Mode, User
from coinassay.errors import CredentialsRejected, ExchangeUnavailable
from coinassay.testing.text import reading_of


def data_of(page: str, name: str) -> Any:
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found, name
    return json.loads(found.group(1))


def card(visitor: Visitor, account: Account) -> str:
    found = re.search(rf'<li class="card" id="account-{account.id}".*?</li>', visitor.page.text, re.DOTALL)
    assert found, account
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found.group(0))).split())


async def test_strangers_are_sent_to_the_door(stranger: Visitor) -> None:
    for path in ("/", "/history.json", "/ledger", "/past/2026-02-01", "/events", "/accounts/1", "/accounts/1/loads"):
        reply = await stranger.get(path)
        assert 303 == reply.status_code, path
        assert reply.headers["location"].startswith("/login"), path
    reply = await stranger.get("/history.json", accept="application/json")
    assert 401 == reply.status_code


async def test_an_empty_installation_says_what_to_do(alice: Visitor) -> None:
    page = await alice.get("/")
    assert 200 == page.status_code
    assert "No account is connected yet" in alice.text
    assert 'href="/connect"' in page.text


async def test_net_worth_is_the_sum_of_the_accounts_that_count(alice: Visitor, house: House, alice_user: User) -> None:
    first = await house.connect(alice_user, "binance", "One")
    second = await house.connect(alice_user, "bybit", "Two")
    third = await house.connect(alice_user, "gate_io", "Three")
    await house.load(first, "2 ETH")
    await house.load(second, "1 BTC", "100 USDT")
    await house.load(third, "5 BTC")
    await house.services.accounts.update_account(alice_user.id, third.id, include_in_summary=False)
    page = await alice.get("/")
    assert "$69,033.04" in alice.text  # 2 x 2597.33817 + 63738.36 + 100
    assert 'title="69033.03634 USD"' in page.text
    assert "Complete: every wallet was read and every coin has a price." in alice.text
    assert "not in the total" in card(alice, third)
    assert "$318,691.80" in card(alice, third)


async def test_a_dollar_that_came_in_is_no_profit(alice: Visitor, house: House, alices_account: Account) -> None:
    await house.load(alices_account, "100 USDT")
    house.clock.advance(hours=30)
    await house.load(alices_account, "100 USDT")
    await alice.get("/")
    assert "24 hours" in alice.text
    assert "$0.00 0.00%" in alice.text
    assert "Deposits and withdrawals in between are taken out, each at its value of that moment" in alice.text
    assert "Taken out: net deposits of $20.85" in alice.text, "of all time"
    assert "Nothing to take out" in alice.text, "of a day"


async def test_what_is_taken_out_of_profits_is_said_and_hidden_with_the_amounts(
    alice: Visitor, house: House, alices_account: Account
) -> None:
    await house.load(alices_account, "100 USDT")
    place = f"/accounts/{alices_account.id}"
    house.clock.advance(hours=30)
    await house.load(alices_account, "100 USDT")
    fields = {
        "kind": "withdrawal",
        "asset": "USDT",
        "amount": "40",
        "at": f"{house.clock():%Y-%m-%dT%H:%M}",
        "usd": "40",
    }
    await alice.get(f"{place}/flows")
    await alice.post(f"{place}/flows", fields)
    house.clock.advance(hours=1)
    await house.load(alices_account, "60 USDT")
    for path in ("/", place):
        page = await alice.get(path)
        assert "Taken out: net withdrawals of $40.00" in alice.text
        assert re.search(r'net withdrawals of <span class="amt"', page.text), "privacy mode knows it"


async def test_each_state_is_said_in_words_with_what_to_do(alice: Visitor, house: House, alice_user: User) -> None:
    complete = await house.connect(alice_user, "binance", "Complete one")
    partial = await house.connect(alice_user, "bybit", "Partial one")
    stale = await house.connect(alice_user, "gate_io", "Stale one")
    rejected = await house.connect(alice_user, "bitfinex", "Rejected one")
    never = await house.connect(alice_user, "binance_us", "Never one")
    await house.load(complete, "1 ETH")
    down = ExchangeUnavailable("The funding wallet did not answer.")
    house.connector.script(partial.id, reading_of("1 ETH", failed={"funding": down}))
    await house.services.sync.sync_account(alice_user.id, partial.id)
    for account, error in ((stale, ExchangeUnavailable("bitstamp is down.")), (rejected, CredentialsRejected())):
        await house.load(account, "1 ETH")
        house.connector.script(account.id, error)
        with pytest.raises(type(error)):
            await house.services.sync.sync_account(alice_user.id, account.id)
    await alice.get("/")
    assert "Complete" in card(alice, complete)
    assert "Partial" in card(alice, partial)
    assert "The funding wallet was never read" in card(alice, partial)
    assert "Stale" in card(alice, stale)
    assert "bitstamp is down." in card(alice, stale)
    assert "Key rejected" in card(alice, rejected)
    assert "Make a new read-only key there" in card(alice, rejected)
    assert "Not read yet" in card(alice, never)
    assert "never read" in card(alice, never)
    assert "Incomplete: 1 account not read yet, 1 key rejected, 1 account out of date, 1 wallet not read." in alice.text
    assert "$10,389.35" in alice.text  # four accounts with an ETH each: what failed lowers nothing


async def test_what_has_not_been_read_for_long_is_stale(alice: Visitor, house: House, alices_account: Account) -> None:
    await house.load(alices_account, "1 ETH")
    await alice.get("/")
    assert "Complete" in card(alice, alices_account)
    house.clock.advance(hours=3)
    await alice.get("/")
    assert "Stale" in card(alice, alices_account)
    assert "3 h ago" in card(alice, alices_account)


async def test_a_coin_without_a_price_is_listed_and_never_guessed(
    alice: Visitor, house: House, alices_account: Account
) -> None:
    await house.load(alices_account, "1 ETH", "310 WTC")
    await alice.get("/")
    assert "Incomplete: 1 coin without a price." in alice.text
    assert "WTC 310 in My Binance US" in alice.text
    assert "Unpriced" in alice.text
    assert "$2,597.34" in alice.text


async def test_the_pie_groups_by_coin_account_exchange_and_kind(alice: Visitor, house: House, alice_user: User) -> None:
    first = await house.connect(alice_user, "binance", "One")
    second = await house.connect(alice_user, "bybit", "Two")
    await house.load(first, "1 ETH", "100 USDT")
    await house.load(second, "3 ETH")
    found = {}
    for by in ("coin", "account", "exchange", "kind"):
        page = await alice.get(f"/?by={by}")
        found[by] = [(row["label"], row["percent"]) for row in data_of(page.text, "shares-data")["rows"]]
    assert [("ETH", "99.05%"), ("USDT", "0.95%")] == found["coin"]
    assert [("Two", "74.28%"), ("One", "25.72%")] == found["account"]
    assert ["Bybit", "Binance"] == [label for label, _ in found["exchange"]]
    assert [("Coins", "100.00%")] == found["kind"]
    reply = await alice.get("/?by=nonsense")
    assert data_of(reply.text, "shares-data")["rows"][0]["label"] == "ETH"


async def test_small_slices_gather_in_other_and_the_table_has_every_row(
    alice: Visitor, house: House, alices_account: Account
) -> None:
    house.rates.script(alices_account.market_code, many_rates(40))
    await house.load(alices_account, *(f"{n + 1} C{n:03d}" for n in range(40)))
    page = await alice.get("/")
    data = data_of(page.text, "shares-data")
    assert (12, 40) == (data["shown"], len(data["rows"]))
    assert "28 more" == data["other"]["detail"]
    assert abs(sum(row["share"] for row in data["rows"]) - 100) < 0.01
    assert 40 == len(re.findall(r'<tr id="row-C\d{3}">', page.text))


def many_rates(count: int) -> Any:
    from coinassay.testing.text import rates_of

    return rates_of({"BTC": "63738.36", **{f"C{n:03d}": "1" for n in range(count)}})


async def test_a_thousand_rows(alice: Visitor, house: House, alices_account: Account) -> None:
    house.rates.script(alices_account.market_code, many_rates(1000))
    await house.load(alices_account, *(f"{n + 1} C{n:03d}" for n in range(1000)))
    page = await alice.get("/")
    assert 1000 == len(re.findall(r'<tr id="row-C\d+">', page.text))
    page = await alice.get(f"/accounts/{alices_account.id}")
    assert 1000 == len(re.findall(r'<tr id="h-C\d+"', page.text))


async def test_a_script_as_a_name_is_a_name(alice: Visitor, house: House, alice_user: User) -> None:
    evil = "<script>alert(1)</script>\"'&"
    account = await house.connect(alice_user, "binance", evil)
    await house.load(account, "1 ETH", "2 <img>")
    for path in ("/", "/?by=account", "/ledger", f"/accounts/{account.id}", f"/accounts/{account.id}/settings",
                 f"/accounts/{account.id}/remove", "/past/2026-03-01"):  # fmt: skip
        page = await alice.get(path)
        assert 200 == page.status_code, path
        assert "<script>alert" not in page.text, path
        assert "<img>" not in page.text, path
    assert evil in card_text(await alice.get("/"))


def card_text(page: Any) -> str:
    return unescape(page.text)


async def test_amounts_as_large_and_small_as_they_come(alice: Visitor, house: House, alices_account: Account) -> None:
    huge, tiny = "9" * 40, "0." + "0" * 30 + "1"
    await house.load(alices_account, f"{huge} ETH", f"{tiny} BTC", "-5 ADA")
    page = await alice.get("/")
    assert 200 == page.status_code
    assert f'title="{huge} ETH"' in page.text
    assert "1.000 × 10⁻³¹" in alice.text
    page = await alice.get(f"/accounts/{alices_account.id}?dust=show")
    assert 200 == page.status_code
    assert f'title="{tiny} BTC"' in page.text


async def test_numbers_are_written_as_the_browser_asks(alice: Visitor, house: House, alices_account: Account) -> None:
    await house.load(alices_account, "2 BTC")
    await alice.get("/", **{"accept-language": "de-AT,de;q=0.9"})
    assert "127.476,72 $" in alice.text.replace("\u00a0", " ")
    await alice.get("/", **{"accept-language": "en-GB"})
    assert "$127,476.72" in alice.text


async def test_private_pages_show_amounts_nowhere_but_where_they_are_hidden(
    alice: Visitor, house: House, alices_account: Account
) -> None:
    await house.load(alices_account, "2 BTC")
    await alice.get("/")
    await alice.post("/look", {"private": "1"})
    page = await alice.get("/")
    assert "data-private" in page.text.partition("<head>")[0]
    assert 'title="127476.72' not in page.text
    outside = re.sub(r'<span class="amt".*?</span></span>', "", page.text)
    outside = re.sub(r'<script type="application/json".*?</script>', "", outside, flags=re.DOTALL)
    assert "127,476" not in outside
    assert "100.00%" in outside


async def test_nobody_sees_what_is_another_users(
    alice: Visitor, bob: Visitor, house: House, alices_account: Account
) -> None:
    await house.load(alices_account, "2 BTC")
    await bob.get("/")
    assert "127,476" not in bob.page.text
    place = f"/accounts/{alices_account.id}"
    for path in (place, f"{place}/ledger", f"{place}/loads", f"{place}/settings", f"{place}/remove", f"{place}/key",
                 f"{place}/history.json", f"{place}/past/2026-03-01", f"{place}/flows"):  # fmt: skip
        assert 404 == (await bob.http.get(path)).status_code, path
    for path in ("refresh", "settings", "interval", "remove", "key", "flows"):
        assert 404 == (await bob.post(f"{place}/{path}", {"name": "Bob's"})).status_code, path
    assert (
        "My Binance US" == (await house.services.accounts.get_account(alices_account.user_id, alices_account.id)).name
    )


async def test_the_overview_is_made_anew_when_something_changed(
    alice: Visitor, house: House, alices_account: Account
) -> None:
    await house.load(alices_account, "1 BTC")
    await alice.get("/")
    assert "$63,738.36" in alice.text
    await house.load(alices_account, "2 BTC")
    await alice.get("/")
    assert "$127,476.72" in alice.text
    house.connector.script(alices_account.id, ExchangeUnavailable("It is down."))
    with pytest.raises(ExchangeUnavailable):
        await house.services.sync.sync_account(alices_account.user_id, alices_account.id)
    await alice.get("/")
    assert "Stale" in alice.text


async def test_two_users_never_share_a_kept_page(
    alice: Visitor, house: House, bob_user: User, alices_account: Account, visit: Open
) -> None:
    await house.load(alices_account, "1 BTC")
    await alice.get("/")
    await give_password(house, bob_user)
    other = await visit(address="192.0.2.8")
    await other.sign_in("bob")
    await other.get("/")
    assert "63,738" not in other.page.text
    assert alice.token != other.token


async def test_who_works_on_paper_sees_paper(alice: Visitor, house: House, alice_user: User) -> None:
    real = await house.connect(alice_user, "binance", "A real one")
    await house.load(real, "1 BTC")
    await house.store.set_mode(alice_user.id, Mode.PAPER)
    await alice.get("/")
    assert "A real one" not in alice.page.text


# ---------------------------------------------------------------------------------------------- history


async def test_the_history_has_every_day_and_what_came_in(
    alice: Visitor, house: House, alices_account: Account
) -> None:
    await house.load(alices_account, "1 BTC")
    house.clock.advance(days=40)
    await house.load(alices_account, "2 BTC")
    await alice.sign_in("alice")
    history = (await alice.get("/history.json?range=all&width=900")).json()
    assert ("USD", 2, "All") == (history["currency"], history["places"], history["range"])
    assert 42 == len(history["points"])  # 1 March to 10 April, and now
    assert ["2026-03-01", "63738.36"] == history["points"][0]
    assert ["2026-04-10T12:00:00", "127476.72"] == history["points"][-1]
    assert [["2026-03-01", "20.85"]] == history["flows"]  # what the first load found
    week = (await alice.get(f"/accounts/{alices_account.id}/history.json?range=1w")).json()
    assert 9 == len(week["points"])
    assert [] == (await alice.get("/history.json?range=1w&width=1")).json()["flows"]


async def test_a_kept_history_ends_with_a_load(alice: Visitor, house: House, alices_account: Account) -> None:
    await house.load(alices_account, "1 BTC")
    before = (await alice.get("/history.json")).json()
    await house.load(alices_account, "2 BTC")
    after = (await alice.get("/history.json")).json()
    assert Decimal(2) * Decimal(before["points"][-1][1]) == Decimal(after["points"][-1][1])


# ---------------------------------------------------------------------------------------------- currencies


async def test_amounts_are_in_the_currency_of_the_user_at_the_rates_of_their_time(
    alice: Visitor, house: House, alice_user: User
) -> None:
    account = await house.connect(alice_user, "binance", "Euros")
    await house.store.set_display_currency(alice_user.id, "EUR")
    await house.store.record_currency_rates({"EUR": Decimal("1.25")}, house.clock())
    await house.load(account, "1000 USDT")
    house.clock.advance(hours=26)
    await house.store.record_currency_rates({"EUR": Decimal("1.00")}, house.clock())
    await house.load(account, "1000 USDT")
    page = await alice.get("/")
    assert "€1,000.00" in alice.text
    assert "24 hours" in alice.text
    assert "+€200.00" in alice.text  # 800 euros became 1,000: the dollar rose
    assert "$" not in re.sub(r"<script.*?</script>", "", page.text, flags=re.DOTALL)
    history = (await alice.get("/history.json")).json()
    assert ("EUR", "800.0", "1000.0") == (history["currency"], history["points"][0][1], history["points"][-1][1])
    await alice.get(f"/accounts/{account.id}/ledger")
    assert "+€200.00" in alice.text
    await alice.get("/past/2026-03-01")
    assert "€800.00" in alice.text


async def test_a_currency_nobody_has_a_price_of_gives_way_to_dollars(
    alice: Visitor, house: House, alices_account: Account
) -> None:
    await house.store.set_display_currency(alices_account.user_id, "XAU")
    await house.load(alices_account, "1 BTC")
    for path in ("/", f"/accounts/{alices_account.id}", "/ledger", "/past/2026-03-01"):
        await alice.get(path)
        assert "$63,738.36" in alice.text, path


async def test_more_bad_news_than_a_cookie_holds(alice: Visitor, house: House, alice_user: User) -> None:
    """Without a script one answer tells of all accounts: as much as fits is told, and how much does not."""
    number = 60
    for n in range(number):
        account = await house.connect(alice_user, name=f"Account for all sorts of things {n:03}")
        house.connector.script(account.id, CredentialsRejected("The exchange said no. " * 10))
    await alice.get("/")
    reply = await alice.post("/refresh")
    (cookie,) = [each for each in reply.headers.get_list("set-cookie") if "-flash=" in each]
    assert len(cookie) < 4000
    await alice.get("/")
    told = alice.text.count("was not read:")
    assert 3 < told < number
    assert f"And {number - told} more like these." in alice.text
