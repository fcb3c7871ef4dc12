"""Value and profits in a display currency, every amount at its own time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.money import CONTEXT, add_up, divide
from coinassay.domain.profit import Profit
from coinassay.domain.snapshot import Flow, FlowKind, Money, Snapshot
from coinassay.domain.worth import Worth, bases, together, worth, worth_in_btc, worth_in_usd

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
D = Decimal


def at(hours_ago: float) -> datetime:
    return NOW - hours_ago * HOUR


def usd(amount: str | Decimal) -> Money:
    return Money(usd=Decimal(amount))


def flow(hours_ago: float, amount: str | Decimal) -> Flow:
    return Flow(1, at(hours_ago), FlowKind.DEPOSIT, usd(amount))


def start(hours_ago: float, amount: str) -> Snapshot:
    return Snapshot(1, at(hours_ago), usd(amount))


def test_every_amount_is_converted_at_its_own_time() -> None:
    """The dollar falls from 0.5 over 0.8 to 1 euro; the account earns nothing in dollars."""
    rates = {at(1000): D(2), at(800): D("1.25"), at(25): D("1.25"), at(10): D(1), NOW: D(1)}
    flows = [flow(1000, "100"), flow(10, "50")]
    base = bases(start(25, "100"), start(800, "100"), flows, usd("150"), rates.get)
    assert worth("EUR", usd("150"), base, D(1)) == Worth(
        "EUR", D(150), D(150 - 80 - 50), D(150 - 80 - 50), D(150 - 50 - 50)
    )


def test_where_a_period_has_no_start_nothing_was_earned() -> None:
    base = bases(None, start(800, "100"), [flow(900, "100")], usd("100"), lambda _: D(2))
    assert worth("EUR", usd("120"), base, D(2)) == Worth("EUR", D(60), D(0), D(10), D(10))


def test_what_has_no_rate_is_not_told() -> None:
    def since_a_day(moment: datetime) -> Decimal | None:
        return D(2) if moment >= at(30) else None

    base = bases(start(25, "100"), start(800, "100"), [flow(900, "100"), flow(5, "10")], usd("110"), since_a_day)
    assert worth("EUR", usd("120"), base, D(2)) == Worth("EUR", D(60), D(60 - 50 - 5), None, None)
    assert bases(start(25, "0"), None, [flow(900, "0")], usd("0"), lambda _: None).day == 0, "nothing is nothing"


def test_deposits_that_are_not_known_one_by_one() -> None:
    base = bases(start(25, "100"), None, [flow(900, "60")], usd("100"), lambda _: D(2))
    assert (base.day, base.total) == (D(50), None)


def test_in_dollars_and_bitcoin_it_is_what_is_known_anyhow() -> None:
    profit = Profit(Money(D(1), D(2)), Money(D(3), D(4)), Money(D(5), D(6)))
    assert worth_in_usd(Money(D(7), D(8)), profit) == Worth("USD", D(7), D(1), D(3), D(5))
    assert worth_in_btc(Money(D(7), D(8)), profit) == Worth("BTC", D(8), D(2), D(4), D(6))


def test_several_accounts_as_one() -> None:
    one, other = Worth("EUR", D(10), D(1), None, D(2)), Worth("EUR", D(20), D(3), D(4), D(5))
    inside = Worth("EUR", day=D(-1), month=D(0), total=D(-2))
    assert together("EUR", [one, other], inside) == Worth("EUR", D(30), D(3), None, D(5))
    assert together("EUR", [], Worth("EUR")) == Worth("EUR", D(0), D(0), D(0), D(0))


amounts = st.decimals(min_value=-(10**6), max_value=10**6, places=4)


@given(st.lists(st.tuples(st.integers(1, 2000), amounts), max_size=6), amounts, amounts, st.integers(1, 10**6))
def test_at_a_rate_that_never_changes_it_is_the_profit_in_dollars_converted(
    moved: list[tuple[int, Decimal]], value: Decimal, opening: Decimal, rate: int
) -> None:
    flows = [flow(hours, amount) for hours, amount in moved]
    deposits = add_up(amount for _, amount in moved)
    begun = start(24, str(opening))
    found = worth("EUR", usd(value), bases(begun, begun, flows, usd(deposits), lambda _: D(rate)), D(rate))
    after = add_up(each.money.usd for each in flows if each.at > begun.taken_at)
    expected = CONTEXT.subtract(CONTEXT.subtract(value, opening), after)
    for amount, dollars in ((found.day, expected), (found.total, CONTEXT.subtract(value, deposits))):
        assert amount is not None
        assert abs(CONTEXT.subtract(amount, divide(dollars, D(rate)))) < D("1e-45")
