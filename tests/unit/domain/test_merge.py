"""Balances of one asset under one code in one wallet are one balance."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.balance import Balance, merge
from coinassay.domain.money import add_up
from coinassay.testing import bal

quantities = st.decimals("-1e12", "1e12", allow_nan=False, allow_infinity=False, places=18)
balances = st.builds(
    Balance,
    asset=st.sampled_from(["BTC", "ETH", "DOT"]),
    wallet=st.sampled_from(["spot", "earn"]),
    total=quantities,
    free=quantities,
    locked=quantities,
    borrowed=quantities,
    unrealised=quantities,
    exchange_code=st.sampled_from(["", "DOT.S"]),
)


def test_krakens_dot_and_staked_dot() -> None:
    merged = merge([bal("1.5 DOT, 0.5 locked"), bal("2 BTC"), bal("0.25 DOT"), bal("7 DOT in earn")])
    assert (bal("1.75 DOT, 1.25 free, 0.5 locked"), bal("2 BTC"), bal("7 DOT in earn")) == merged


def test_what_the_exchange_quotes_under_another_code_stays_apart() -> None:
    apart = (bal("1 ETH"), bal("1 ETH as BETH"), bal("1000 SATS as 1000SATS x 1000"))
    assert apart == merge(apart)


def test_nothing_merges_to_nothing() -> None:
    assert () == merge([])


@given(st.lists(balances))
def test_nothing_is_lost_and_nothing_is_merged_twice(each: list[Balance]) -> None:
    merged = merge(each)
    for part in ("total", "free", "locked", "borrowed", "unrealised"):
        assert add_up(getattr(b, part) for b in each) == add_up(getattr(b, part) for b in merged)
    assert len({(b.wallet, b.asset, b.exchange_code) for b in each}) == len(merged)
    assert merged == merge(merged)
    assert add_up(b.equity for b in each) == add_up(b.equity for b in merged)


@given(st.lists(balances))
def test_the_order_of_the_balances_does_not_matter_to_the_sums(each: list[Balance]) -> None:
    assert set(merge(each)) == set(merge(reversed(each)))


def test_equity_is_assets_minus_debt_plus_unrealised_profit() -> None:
    assert Decimal("0.9") == bal("1 BTC, 0.2 borrowed, 0.1 unrealised in margin").equity
    assert Decimal("-0.5") == bal("0 BTC, 0.5 borrowed in margin").equity
