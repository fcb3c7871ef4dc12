"""Which currency who chose, and what each was worth, as every store keeps it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.contract.records import NOW

from coinassay.errors import NotFound
from coinassay.services.ports.currencies import KnownRate
from coinassay.storage.store import Store


def at(hours: int) -> KnownRate:
    return KnownRate(NOW + timedelta(hours=hours), Decimal("1.0814") + hours)


async def record(store: Store, *rates: KnownRate) -> None:
    for rate in rates:
        await store.record_currency_rates({"EUR": rate.usd}, rate.at)


async def test_nobody_has_chosen_at_first(store: Store) -> None:
    alice = await store.add_user("alice", NOW)
    assert alice.display_currency == ""
    assert list(await store.list_display_currencies()) == []


async def test_the_choice_is_kept_and_taken_back(store: Store) -> None:
    users = [await store.add_user(name, NOW) for name in ("alice", "bob", "carol")]
    for user, currency in zip(users, ("JPY", "EUR", "EUR"), strict=True):
        await store.set_display_currency(user.id, currency)
    assert (await store.get_user(users[0].id)).display_currency == "JPY"
    assert list(await store.list_display_currencies()) == ["EUR", "JPY"]
    await store.set_display_currency(users[0].id, "")
    assert list(await store.list_display_currencies()) == ["EUR"]


async def test_nobody_chooses_for_a_user_who_is_not_there(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.set_display_currency(17, "EUR")


async def test_rates_with_the_one_before_them(store: Store) -> None:
    await record(store, at(0), at(1), at(2), at(3))
    await store.record_currency_rates({"JPY": Decimal("0.0066")}, NOW)

    async def listed(first: float, last: float) -> list[KnownRate]:
        hours = timedelta(hours=1)
        return list(await store.list_currency_rates("EUR", NOW + first * hours, NOW + last * hours))

    assert await listed(1, 2) == [at(1), at(2)]
    assert await listed(1.5, 1.6) == [at(1)]
    assert await listed(-2, 0.5) == [at(0)]
    assert await listed(7, 9) == [at(3)]
    assert await listed(-2, -1) == []
    assert list(await store.list_currency_rates("GBP", NOW, NOW)) == []


async def test_of_two_for_one_moment_the_first_stays(store: Store) -> None:
    await store.record_currency_rates({"EUR": Decimal("1.1"), "JPY": Decimal("0.007")}, NOW)
    await store.record_currency_rates({"EUR": Decimal("1.2")}, NOW)
    assert list(await store.list_currency_rates("EUR", NOW, NOW)) == [KnownRate(NOW, Decimal("1.1"))]


async def test_rates_are_dropped_one_by_one(store: Store) -> None:
    await record(store, at(0), at(1), at(2))
    await store.drop_currency_rates("EUR", [NOW, NOW + timedelta(hours=2), NOW + timedelta(hours=5)])
    assert list(await store.list_currency_rates("EUR", NOW, NOW + timedelta(hours=9))) == [at(1)]
