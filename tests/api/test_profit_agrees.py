"""The same profit in every answer: account, summary, ledger and chart, in every currency, at every moment."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from tests.api.client import Client
from tests.api.conftest import House

from coinassay.domain.account import Account, User
from coinassay.domain.money import CONTEXT, add_up, exact, plain
from coinassay.testing.scripted_flows import a_movement
from coinassay.testing.text import rates_of

TINY = Decimal("1e-9")
FEE = Decimal("0.001")


class World:
    """Three accounts with deposits, withdrawals and transfers; not every step loads every account."""

    def __init__(self, house: House, accounts: list[Account], seed: int) -> None:
        self.house = house
        self.accounts = accounts
        self.rng = random.Random(seed)
        self.price = Decimal(60000)
        self.held = [Decimal(2) for _ in accounts]
        self.number = 0

    async def step(self) -> None:
        clock, rng = self.house.clock, self.rng
        clock.advance(hours=rng.choice((1, 5, 11, 30, 60)), seconds=rng.randint(0, 3000))
        with exact():
            self.price = (self.price * rng.randint(950, 1050) / 1000).quantize(Decimal("0.01"))
            eth, eur = self.price / 20, Decimal(rng.randint(1090, 1110)) / 1000
        self.house.rates.script("binance_us", rates_of({"BTC": self.price, "USDT": "1"}, clock.now))
        if rng.random() < 0.6 or not self.number:
            await self.house.store.record_currency_rates({"EUR": eur, "ETH": eth}, clock.now)
        if self.number:
            self.move(rng.choice(("deposit", "withdrawal", "transfer", "nothing")), rng.randrange(3))
        for account, held in zip(self.accounts, self.held, strict=True):
            if not self.number or rng.random() < 0.7:
                await self.house.load(account, f"{plain(held)} BTC", "1000 USDT")
                clock.advance(seconds=1)
        self.number += 1

    def move(self, what: str, place: int) -> None:
        with exact():
            amount = Decimal(self.rng.randint(1, 500)) / 1000 + Decimal(self.number) / 10**6
            at = self.house.clock.now - timedelta(minutes=self.rng.randint(1, 50))
            if what in ("withdrawal", "transfer") and self.held[place] > 1:
                self.held[place] -= amount + FEE
                self.tell("withdrawal", place, amount, at - timedelta(seconds=30), plain(FEE))
                place = (place + 1) % 3
            if what in ("deposit", "transfer"):
                self.held[place] += amount
                self.tell("deposit", place, amount, at)

    def tell(self, kind: str, place: int, amount: Decimal, at: Any, fee: str = "") -> None:
        number = f"{self.number}"
        movement = a_movement(kind, plain(amount), "BTC", at=at, number=number, fee=fee, txid=f"t{number}")
        self.house.movements.tell(self.accounts[place].id, movement)


@pytest.mark.parametrize(("currency", "seed"), [("EUR", 1), ("ETH", 2), ("BTC", 3)])
async def test_every_answer_tells_the_same_profit(
    house: House, alice: Client, alice_user: User, currency: str, seed: int
) -> None:
    await house.services.currencies.choose(alice_user.id, currency)
    accounts = [await house.connect(alice_user, name=name) for name in ("First", "Second", "Third")]
    world = World(house, accounts, seed)
    for _ in range(10):
        await world.step()
        for which in (*(account.id for account in accounts), "summary"):
            entity = (await alice.get(f"/ver1/accounts/{which}")).json()
            ledger = (await alice.get(f"/api/v1/accounts/{which}/profit")).json()
            chart = (await alice.get(f"/ver1/accounts/{which}/balance_chart_data?date_from=2026-01-01")).json()
            agree(entity, ledger, currency)
            agree_day_by_day(ledger, chart)


def agree(entity: Any, ledger: Any, currency: str) -> None:
    assert ledger["usd"]["profit"] == entity["total_usd_profit"]
    assert ledger["btc"]["profit"] == entity["total_btc_profit"]
    shown = entity["total_primary_display_currency_profit"]
    assert (shown["currency"], ledger["display_currency"]) == (currency, currency)
    assert near(shown["amount"], ledger["display"]["profit"])
    for profit, percentage in (
        ("usd_profit", "usd_profit_percentage"),
        ("day_profit_usd", "day_profit_usd_percentage"),
    ):
        earned = Decimal(entity[profit])
        base = CONTEXT.subtract(Decimal(entity["usd_amount"]), earned)
        part = CONTEXT.divide(CONTEXT.multiply(earned, Decimal(100)), base)
        assert Decimal(entity[percentage]) == part.quantize(Decimal("0.01"), ROUND_HALF_UP, CONTEXT)


def agree_day_by_day(ledger: Any, chart: Any) -> None:
    days = ledger["days"]
    assert len(chart) == len(days) + 1, "a row for each day and one for now"
    assert plain(add_up(Decimal(day["usd"]["profit"]) for day in days)) == ledger["usd"]["profit"]
    for row, day in zip(chart, days, strict=False):
        figures = {name: Decimal(text) for name, text in day["usd"].items()}
        assert near(row["usd_deposit_amount"], figures["net_deposits"])
        loaded = CONTEXT.subtract(CONTEXT.subtract(figures["closing"], figures["pending"]), figures["in_transit"])
        assert near(row["usd"], loaded)


def near(left: object, right: object) -> bool:
    return CONTEXT.subtract(Decimal(str(left)), Decimal(str(right))).copy_abs() < TINY
