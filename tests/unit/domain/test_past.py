"""What accounts held at a moment of the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from coinassay.domain.allocation import Stake
from coinassay.domain.money import divide
from coinassay.domain.past import PastAccount, look_back
from coinassay.domain.snapshot import Money, Snapshot

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
D = Decimal


def account(*stakes: tuple[str, str, str | None], usd: str, btc: str = "0", complete: bool = True) -> PastAccount:
    snapshot = Snapshot(1, NOON, Money(D(usd), D(btc)), complete)
    return PastAccount(snapshot, [Stake(code, D(n), None if worth is None else D(worth)) for code, n, worth in stakes])


def test_assets_are_added_up_each_at_the_rate_of_its_own_load() -> None:
    one = account(("BTC", "1", "50000"), ("USDT", "100", "100"), usd="50100", btc="1.002")
    two = account(("USDT", "200", "200"), usd="200", btc="0.005")
    past = look_back([one, two], NOON)
    assert [("BTC", 1, 50000), ("USDT", 300, 300)] == [
        (line.asset, int(line.amount), int(line.usd or 0)) for line in past.lines
    ]
    assert [divide(D(5_000_000), D(50300)), divide(D(30_000), D(50300))] == [line.percentage for line in past.lines]
    assert [D(1), D("0.007")] == [line.btc for line in past.lines]
    assert Money(D(50300), D("1.007")) == past.total


def test_debts_come_last_and_what_has_no_price_is_not_worth_nothing() -> None:
    past = look_back([account(("USDT", "-40", "-40"), ("ETH", "1", "100"), ("XYZ", "5", None), usd="60")], NOON)
    assert [("ETH", D(100), D(100)), ("XYZ", None, D(0)), ("USDT", D(-40), D(0))] == [
        (line.asset, line.usd, line.percentage) for line in past.lines
    ]
    assert past.lines[1].btc is None
    assert D(0) == past.lines[0].btc, "its load knew no rate of Bitcoin"


def test_what_the_whole_says_of_itself() -> None:
    imported = PastAccount(Snapshot(2, NOON - DAY, Money(D(10)), origin="3commas"), None)
    good = account(("ETH", "1", "100"), usd="100")
    assert (True, False, False, True) == _marks([good], NOON)
    assert (True, True, False, True) == _marks([good], NOON + DAY)
    assert (False, False, False, True) == _marks([account(usd="0", complete=False)], NOON)
    assert (True, True, True, False) == _marks([good, imported], NOON)
    assert Money(D(110)) == look_back([good, imported], NOON).total
    assert (True, False, False, True) == _marks([], NOON)


def _marks(accounts: list[PastAccount], moment: datetime) -> tuple[bool, bool, bool, bool]:
    past = look_back(accounts, moment)
    return past.complete, past.carried, past.imported, past.known
