"""Shares of the whole."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.allocation import Part, Shown, Stake, allocate, combine, show
from coinassay.domain.money import ZERO, add_up, exact, plain

RATE = Decimal(50000)


def stake(text: str) -> Stake:
    """ "2 BTC 100000" or, unpriced, "9 XYZ"."""
    amount, asset, *usd = text.split()
    return Stake(asset, Decimal(amount), Decimal(usd[0]) if usd else None)


def shares(*texts: str) -> list[tuple[str, str]]:
    return [(share.asset, plain(share.percentage)) for share in allocate(map(stake, texts), RATE)]


@pytest.mark.parametrize(
    ("stakes", "expected"),
    [
        (["1 BTC 75", "1 ETH 25"], [("BTC", "75.0"), ("ETH", "25.0")]),
        (["1 B 1", "1 A 1", "1 C 1"], [("A", "33.33"), ("B", "33.33"), ("C", "33.33")]),  # equal: by code
        (["1 BTC 30", "1 ETH 40", "2 BTC 30"], [("BTC", "60.0"), ("ETH", "40.0")]),  # one asset in two wallets
        (["1 BTC 1", "0 ETH 0"], [("BTC", "100.0")]),  # zero amounts are left out
        (["1 BTC 1", "5 XYZ"], [("BTC", "100.0"), ("XYZ", "0.0")]),  # unpriced stays, at nothing
        (["1 BTC 1", "1 DUST 0.00001"], [("BTC", "100.0"), ("DUST", "0.0")]),  # rounds to nothing, stays
        (["3 BTC 100", "-1 ETH -20"], [("BTC", "100.0")]),  # a debt is no slice
        (["5 BTC 50", "-5 BTC -50", "1 ETH 1"], [("ETH", "100.0")]),
        (["9 XYZ"], [("XYZ", "0.0")]),
        ([], []),
    ],
)
def test_shares(stakes: list[str], expected: list[tuple[str, str]]) -> None:
    assert expected == shares(*stakes)


def test_an_asset_priced_in_one_wallet_only_counts_with_what_is_known() -> None:
    (share,) = allocate([stake("1 ABC"), stake("2 ABC 8")], RATE)
    assert (Decimal(3), Decimal(8), True) == (share.amount, share.usd, share.priced)


def test_what_is_not_priced_says_so() -> None:
    priced, unpriced = allocate([stake("1 BTC 50000"), stake("9 XYZ")], RATE)
    assert (True, Decimal(1)) == (priced.priced, priced.btc)
    assert (False, ZERO, ZERO) == (unpriced.priced, unpriced.usd, unpriced.btc)


def test_without_a_btc_rate_the_shares_are_the_same() -> None:
    (share,) = allocate([stake("1 ETH 2000")], None)
    assert ("100.0", ZERO) == (plain(share.percentage), share.btc)


usds = st.none() | st.decimals("-1e9", "1e9", allow_nan=False, allow_infinity=False, places=8)
stakes = st.lists(
    st.builds(
        Stake,
        asset=st.sampled_from([f"C{n}" for n in range(30)]),
        amount=st.decimals("-1e6", "1e6", allow_nan=False, allow_infinity=False, places=8),
        usd=usds,
    ),
    max_size=40,
)


@given(stakes)
def test_the_shares_add_up_to_the_whole_within_rounding(held: list[Stake]) -> None:
    found = allocate(held, RATE)
    with exact():
        whole = add_up(share.usd for share in found)
        if whole:
            total = add_up(share.percentage for share in found)
            assert abs(total - 100) <= len(found) * Decimal("0.005")
            assert all(abs(share.usd * 100 / whole - share.percentage) <= Decimal("0.005") for share in found)
        else:
            assert all(share.percentage == ZERO for share in found)
        assert all(ZERO <= share.percentage <= 100 for share in found)


@given(stakes, st.randoms(use_true_random=False))
def test_the_order_of_the_stakes_does_not_matter(held: list[Stake], shuffle: Random) -> None:
    found = allocate(held, RATE)
    shuffle.shuffle(held)
    assert found == allocate(held, RATE)


@given(stakes)
def test_the_largest_comes_first_and_each_asset_once(held: list[Stake]) -> None:
    found = allocate(held, RATE)
    assert sorted(found, key=lambda share: (-share.usd, share.asset)) == list(found)
    assert len({share.asset for share in found}) == len(found)
    assert all(share.amount > ZERO for share in found)


# ------------------------------------------------------------------------------------------- several accounts


def part(rate: str | None, *texts: str) -> Part:
    """An account that holds the stakes."""
    btc_rate = None if rate is None else Decimal(rate)
    return Part(btc_rate, [show(share) for share in allocate(map(stake, texts), btc_rate)])


def test_shares_of_one_asset_are_added_up() -> None:
    btc, eth, xyz = combine([part("50000", "1 BTC 50000", "9 XYZ"), part("50000", "1 BTC 50000", "10 ETH 25000")])
    assert ("BTC", Decimal(2), Decimal(100000), Decimal(2), Decimal(80)) == (
        btc.asset,
        btc.amount,
        btc.usd,
        btc.btc,
        btc.percentage,
    )
    assert (("ETH", Decimal(20)), ("XYZ", ZERO)) == ((eth.asset, eth.percentage), (xyz.asset, xyz.percentage))
    assert (True, False) == (eth.priced, xyz.priced)


def test_each_account_is_valued_in_btc_at_its_own_rate() -> None:
    (eth,) = combine([part("50000", "1 ETH 2000"), part("40000", "1 ETH 2000")])
    assert (Decimal(4000), Decimal("0.09")) == (eth.usd, eth.btc)


def test_an_account_without_a_btc_rate_has_no_value_in_btc() -> None:
    (eth,) = combine([part(None, "1 ETH 2000"), part("40000", "1 ETH 2000")])
    assert Decimal("0.05") == eth.btc
    assert () == combine([])


def test_an_asset_priced_in_one_account_only_counts_with_what_is_known() -> None:
    (share,) = combine([part("50000", "1 ABC"), part("40000", "2 ABC 8")])
    assert (Decimal(3), Decimal(8), True) == (share.amount, share.usd, share.priced)


def test_a_debt_of_one_account_takes_nothing_from_another() -> None:
    (share,) = combine([part("50000", "2 BTC 100000"), part("50000", "-1 BTC -50000")])
    assert Decimal(2) == share.amount


def test_shown_as_the_wire_wants_it() -> None:
    (share,) = allocate([stake("1.50 ETH 2000.005")], Decimal(60000))
    assert Shown("ETH", "1.5", "2000.005", "2000.01", "0.03333342", "100.0") == show(share)
    (unpriced,) = allocate([stake("9 XYZ")], Decimal(60000))
    assert Shown("XYZ", "9.0", None, "0.0", "0.0", "0.0") == show(unpriced)


quantities = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places), st.integers(1, 10**25), st.integers(0, 25)
)


@given(
    st.lists(st.tuples(st.sampled_from("ABC"), quantities, quantities), max_size=10),
    st.integers(1, 4),
)
def test_how_stakes_are_spread_over_accounts_changes_nothing(
    rows: list[tuple[str, Decimal, Decimal]], accounts: int
) -> None:
    stakes = [Stake(*row) for row in rows]
    parts = [Part(RATE, [show(share) for share in allocate(stakes[n::accounts], RATE)]) for n in range(accounts)]
    assert allocate(stakes, RATE) == combine(parts)
