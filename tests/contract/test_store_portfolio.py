"""The port PortfolioStore, and what else is kept of a load."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.conftest import run_sql
from tests.contract.records import BTC_RATE, NOW, a_load, exact_decimals, held, new_account

from coinassay.domain.account import PAPER, Account, Mode, User
from coinassay.domain.allocation import Part, Shown, Stake, allocate, combine, show
from coinassay.domain.balance import Balance, Position
from coinassay.domain.rates import Leg, Rate
from coinassay.errors import NotFound
from coinassay.services.ports import Changes, Load, PortfolioStore, StoredHolding
from coinassay.storage.store import Store

LATER = NOW + timedelta(hours=1)
POSITION = Position(
    "BTC/USDT:USDT", "futures", "short", Decimal("0.5"), Decimal(50000), Decimal("49000.5"), Decimal(500), Decimal(20)
)


async def add(store: Store, user: User, name: str = "main", market_code: str = "binance") -> Account:
    return await store.add_account(user.id, new_account(name, f"key of {name}", market_code), NOW)


def rated(amount: str, asset: str, price: str, then: str | None) -> StoredHolding:
    each = held(f"{amount} {asset}", at=price)
    leg = Leg(asset, "USD", Decimal(price), "kraken", NOW, open=None if then is None else Decimal(then))
    return replace(each, rate=Rate(asset, "USD", Decimal(price), (leg,)))


async def shown_of(port: PortfolioStore, account: Account) -> tuple[tuple[int, int], list[Shown]]:
    state, shares = await port.get_shown(account.id)
    return state, list(shares)


def told(part: Part) -> list[tuple[str, str, str | None]]:
    return [(share.asset, share.amount, share.usd) for share in part.shares]


# ---------------------------------------------------------------------------------------------- allocations


async def test_the_allocation_is_there_as_it_is_shown(store: Store, alice: User) -> None:
    port: PortfolioStore = store
    account = await add(store, alice)
    assert ((account.id, 0), []) == await shown_of(port, account)
    with pytest.raises(NotFound):
        await port.get_shown(4711)
    await store.record_load(a_load(account.id, held("2 BTC", at="63722.1"), held("0.5 ETH", at="2000"), held("9 XYZ")))
    assert [
        Shown("BTC", "2.0", "127444.2", "127444.2", "2.0", "99.22"),
        Shown("ETH", "0.5", "1000.0", "1000.0", "0.01569314", "0.78"),
        Shown("XYZ", "9.0", None, "0.0", "0.0", "0.0"),
    ] == (await shown_of(port, account))[1]
    await store.record_load(a_load(account.id, held("1 USDT", at="1"), at=LATER))
    state, shares = await shown_of(port, account)
    assert ((account.id, 2), ["USDT"]) == (state, [shown.asset for shown in shares])


@given(st.lists(st.tuples(st.sampled_from("ABC"), exact_decimals, st.none() | exact_decimals), max_size=6))
async def test_parts_are_exact(store: Store, alice: User, rows: list[tuple[str, Decimal, Decimal | None]]) -> None:
    account = await store.add_account(alice.id, new_account(api_key=""), NOW)
    holdings = tuple(
        StoredHolding(Balance(asset, f"w{n}", amount), None, usd) for n, (asset, amount, usd) in enumerate(rows)
    )
    await store.record_load(a_load(account.id, *holdings))
    expected = allocate([Stake(*row) for row in rows], BTC_RATE)
    ((state, part),) = await store.list_parts([account.id])
    assert (account.id, 1, BTC_RATE) == (*state, part.btc_rate)
    shown = [show(share) for share in expected]
    assert shown == (await shown_of(store, account))[1]
    assert [(each.asset, each.amount, each.usd) for each in shown] == told(part)
    assert combine([part]) == expected
    await store.remove_account(alice.id, account.id)


async def test_what_an_older_version_loaded_is_worked_out(store: Store, alice: User, database_url: str) -> None:
    """It writes holdings, and leaves the allocation of the load before where it is."""
    account = await add(store, alice)
    await store.record_load(a_load(account.id, held("5 ETH", at="1")))
    await store.record_load(a_load(account.id, held("1 BTC", at="63722.1"), held("-1 ETH", at="5"), at=LATER))
    run_sql(database_url, "UPDATE allocations SET loaded_at = (SELECT created_at FROM users)")
    run_sql(database_url, "UPDATE holdings SET day_ago = NULL")
    assert ["BTC"] == [shown.asset for shown in (await shown_of(store, account))[1]]
    ((_, part),) = await store.list_parts([account.id])
    assert (BTC_RATE, [("BTC", "1.0", "63722.1")]) == (part.btc_rate, told(part))
    ((_, contents),) = await store.list_contents([account.id])
    assert (None, [None, None]) == (contents.btc_day_ago, [each.day_ago for each in contents.held])


async def test_parts_and_contents_are_of_the_accounts_asked_for(store: Store, alice: User, bob: User) -> None:
    first, empty, other, removed = [await add(store, alice, name) for name in ("a a", "b b", "c c", "d d")]
    await store.remove_account(alice.id, removed.id)
    for account in (first, other):
        await store.record_load(a_load(account.id, held(f"{account.id} USDT", at="1")))
    asked = [other.id, removed.id, first.id, empty.id]
    parts = await store.list_parts(asked)
    assert [(first.id, 1), (empty.id, 0), (other.id, 1)] == [state for state, _ in parts]
    assert [[f"{first.id}.0"], [], [f"{other.id}.0"]] == [[share.usd for share in part.shares] for _, part in parts]
    contents = await store.list_contents(asked)
    assert [state for state, _ in parts] == [state for state, _ in contents]
    assert [["USDT"], [], ["USDT"]] == [[each.balance.asset for each in found.held] for _, found in contents]
    assert ([], []) == (list(await store.list_parts([])), list(await store.list_contents([])))


# ------------------------------------------------------------------------------------- contents, derivatives


async def test_contents_say_what_the_load_found(store: Store, alice: User) -> None:
    account = await add(store, alice)
    balance = Balance("ETH", "margin", Decimal(3), Decimal(2), Decimal(1), Decimal("0.5"), Decimal("-0.1"))
    load = a_load(
        account.id,
        replace(rated("3", "ETH", "2000", "1900"), balance=balance),
        rated("1", "BTC", "63722.1", None),
        held("9 XYZ"),
    )
    await store.record_load(replace(load, btc_day_ago=Decimal("60000.25"), positions=(POSITION,)))
    ((state, contents),) = await store.list_contents([account.id])
    assert (account.id, 1) == state
    assert (account.id, BTC_RATE, Decimal("60000.25"), [POSITION]) == (
        contents.account_id,
        contents.btc_rate,
        contents.btc_day_ago,
        list(contents.positions),
    )
    eth, btc, xyz = contents.held
    assert (balance, Decimal(2000), Decimal(1900), Decimal(6000)) == eth
    assert (Decimal("63722.1"), None) == (btc.price, btc.day_ago)
    assert (None, None, None) == (xyz.price, xyz.day_ago, xyz.usd)


async def test_provenance_keeps_the_prices_of_the_day_before(store: Store, alice: User) -> None:
    account = await add(store, alice)
    holdings = (rated("3", "ETH", "2000", "1900.10"), rated("1", "BTC", "63722.1", None))
    await store.record_load(a_load(account.id, *holdings))
    assert list(holdings) == list(await store.list_holdings(account.id))


async def test_a_route_without_prices_of_the_day_before_is_read(store: Store, alice: User, database_url: str) -> None:
    """As versions before the second have written it."""
    account = await add(store, alice)
    await store.record_load(a_load(account.id, held("3 ETH", at="2000")))
    route = '["ETH","USD",[["ETH","USD","2000","kraken",1772366400123456,false]]]'
    run_sql(database_url, f"UPDATE holdings SET route = '{route}'")
    assert [held("3 ETH", at="2000")] == list(await store.list_holdings(account.id))


async def test_derivatives_are_those_of_the_last_load(store: Store, alice: User) -> None:
    account = await add(store, alice)
    bare = Position("ETH/USDT:USDT", "futures", "long", Decimal(2))
    load = a_load(account.id)
    await store.record_load(replace(load, positions=(POSITION, bare)))
    assert [POSITION, bare] == list(await store.list_positions(account.id))
    await store.record_load(a_load(account.id, at=LATER))
    assert [] == list(await store.list_positions(account.id))


# ----------------------------------------------------------------------------------------------- the summary


async def test_the_summary_is_of_included_accounts_of_the_mode(store: Store, alice: User, bob: User) -> None:
    real = await add(store, alice, "real")
    paper = await add(store, alice, "paper", PAPER)
    left_out = await add(store, alice, "left out")
    await store.change_account(alice.id, left_out.id, Changes(include_in_summary=False), NOW, left_out.version)
    await add(store, bob, "another's")
    for mode, expected in ((Mode.ALL, [real, paper]), (Mode.REAL, [real]), (Mode.PAPER, [paper])):
        assert expected == list(await store.list_included(alice.id, mode))
        assert [(account.id, 0) for account in expected] == list(await store.list_states(alice.id, mode))


async def test_a_load_is_another_state(store: Store, alice: User) -> None:
    account = await add(store, alice)
    load: Load = a_load(account.id, held("1 USDT", at="1"))
    await store.record_load(load)
    assert [(account.id, 1)] == list(await store.list_states(alice.id, Mode.ALL))
