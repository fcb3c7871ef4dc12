"""Taking things along."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.api.conftest import EXCHANGE_SECRET, House
from tests.web.visitor import Visitor

from coinassay.domain.account import Account
from coinassay.domain.money import add_up
from coinassay.errors import InvalidRequest
from coinassay.web.view.exports import Period, period_of


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def test_holdings_with_every_digit(alice: Visitor, alices_account: Account) -> None:
    reply = await alice.get("/export/holdings.csv")
    assert "text/csv; charset=utf-8" == reply.headers["content-type"]
    assert 'attachment; filename="coinassay-holdings-summary-' in reply.headers["content-disposition"]
    rows = {row["asset"]: row for row in read(reply.text)}
    assert {"BTC", "ETH", "USDT"} == rows.keys()
    assert "0.00031872" == rows["BTC"]["equity"]
    assert add_up(Decimal(row["value_usd"]) for row in rows.values()) == alices_account.total.usd
    document = json.loads((await alice.get(f"/export/holdings.json?account={alices_account.id}")).text)
    assert "0.00031872" == next(row["equity"] for row in document if row["asset"] == "BTC")


async def test_what_has_no_price_has_no_value(alice: Visitor, house: House, alices_account: Account) -> None:
    await house.load(alices_account, "1 BTC", "5 XYZ")
    rows = {row["asset"]: row for row in read((await alice.get("/export/holdings.csv")).text)}
    assert ("5.0", "", "") == (rows["XYZ"]["equity"], rows["XYZ"]["price_usd"], rows["XYZ"]["value_usd"])


async def test_history_and_ledger_add_up(alice: Visitor, house: House, alices_account: Account) -> None:
    house.clock.advance(days=1)
    account = await house.load(alices_account, "0.001 BTC")
    days = read((await alice.get("/export/ledger.csv")).text)
    assert 2 == len(days)
    profit = add_up(Decimal(row["profit_usd"]) for row in days)
    assert profit == account.total.usd - account.net_deposits.usd
    history = read((await alice.get("/export/history.csv")).text)
    assert account.total.usd == Decimal(history[-1]["total_usd"])
    assert 3 == len(history)
    later = read((await alice.get(f"/export/ledger.csv?from={days[1]['day']}")).text)
    assert days[1:] == later


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/export/holdings.xml", 404),
        ("/export/secrets.csv", 404),
        ("/export/holdings.csv?account=99", 404),
        ("/export/holdings.csv?account=x", 404),
        ("/export/ledger.csv?from=yesterday", 422),
        ("/statement.pdf", 422),
        ("/statement.pdf?period=2026-13", 422),
        ("/statement.pdf?period=2999", 422),
    ],
)
async def test_what_there_is_not(alice: Visitor, path: str, status: int) -> None:
    assert status == (await alice.get(path)).status_code


async def test_a_statement(alice: Visitor, house: House, alices_account: Account) -> None:
    month = house.clock.now.strftime("%Y-%m")
    reply = await alice.get(f"/statement.pdf?period={month}")
    assert 200 == reply.status_code
    assert "application/pdf" == reply.headers["content-type"]
    assert reply.content.startswith(b"%PDF-")


async def test_a_statement_of_nothing(alice: Visitor) -> None:
    assert (await alice.get("/statement.pdf?period=2020")).content.startswith(b"%PDF-")


async def test_nobody_takes_anothers_things_along(
    alice: Visitor, bob: Visitor, stranger: Visitor, alices_account: Account
) -> None:
    for path in (
        f"/export/holdings.csv?account={alices_account.id}",
        f"/statement.pdf?period=2024&account={alices_account.id}",
    ):
        assert 404 == (await bob.get(path)).status_code
        assert 303 == (await stranger.get(path)).status_code
    assert [] == read((await bob.get("/export/holdings.csv")).text)
    await bob.get("/settings")
    assert 403 == (await bob.post("/backup")).status_code


async def test_the_owner_takes_the_database_along(alice: Visitor, alices_account: Account, tmp_path: Path) -> None:
    await alice.get("/settings")
    reply = await alice.post("/backup")
    assert 200 == reply.status_code
    assert int(reply.headers["content-length"]) == len(reply.content)
    assert EXCHANGE_SECRET.encode() not in reply.content
    (tmp_path / "copy.db").write_bytes(reply.content)
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        assert [(alices_account.name,)] == copy.execute("SELECT name FROM accounts").fetchall()
    copy.close()


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-10-03", date(2026, 10, 3), date(2026, 10, 3)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        (" 2024-12 ", date(2024, 12, 1), date(2024, 12, 31)),
        ("2026-11", date(2026, 11, 1), date(2026, 11, 21)),
        ("2026", date(2026, 1, 1), date(2026, 11, 21)),
    ],
)
def test_periods(text: str, first: date, last: date) -> None:
    assert Period(first, last) == period_of(text, date(2026, 11, 21))


@pytest.mark.parametrize("text", ["", "x", "2026-00", "2026-1-1-1", "2027", "0", "2026-11-22", "20261001"])
def test_no_periods(text: str) -> None:
    with pytest.raises(InvalidRequest):
        period_of(text, date(2026, 11, 21))
