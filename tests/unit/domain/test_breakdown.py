"""What an account has of each asset."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.balance import Position
from coinassay.domain.breakdown import Contents, Held, Line, break_down
from coinassay.domain.money import CONTEXT, ZERO, add_up, plain, rounded
from coinassay.testing.text import bal

BTC, BTC_BEFORE = Decimal(50000), Decimal(40000)


def held(text: str, price: str | None = None, then: str | None = None) -> Held:
    balance = bal(text)
    if price is None:
        return Held(balance, None, None, None)
    usd = CONTEXT.multiply(balance.equity, Decimal(price))
    return Held(balance, Decimal(price), None if then is None else Decimal(then), usd)


def of(*each: Held, account_id: int = 1, positions: tuple[Position, ...] = ()) -> Contents:
    return Contents(account_id, BTC, BTC_BEFORE, each, positions)


def one(*each: Held, positions: tuple[Position, ...] = ()) -> Line:
    (line,) = break_down([of(*each, positions=positions)])
    return line


def test_what_the_exchange_says() -> None:
    line = one(held("3 ETH, 0.5 locked, 1 borrowed, 0.25 unrealised in margin", "2000", "1600"))
    assert (
        Line(
            account_id=1,
            asset="ETH",
            total=Decimal(3),
            free=Decimal("2.5"),
            locked=Decimal("0.5"),
            borrowed=Decimal(1),
            equity=Decimal("2.25"),
            price_usd=Decimal(2000),
            price_btc=Decimal("0.04"),
            day_change_usd=Decimal(25),
            day_change_btc=Decimal(0),
            usd=Decimal(4500),
            btc=Decimal("0.09"),
            percentage=Decimal(100),
        )
        == line
    )


def test_wallets_of_one_asset_are_one_line() -> None:
    line = one(held("1 USDT", "1"), held("2 USDT in futures", "1"), held("0.5 USDT in earn", "1"))
    assert (Decimal("3.5"), Decimal("3.5"), Decimal(2)) == (line.total, line.usd, line.margin)


def test_a_debt_shows_and_is_no_share() -> None:
    lines = break_down([of(held("1 BTC", "50000"), held("0 ETH, 5 borrowed in margin", "2000"))])
    assert [("BTC", "50000", "100"), ("ETH", "-10000", "0")] == [
        (line.asset, str(line.usd), str(line.percentage)) for line in lines
    ]


def test_what_is_not_priced_is_there() -> None:
    lines = break_down([of(held("1 BTC", "50000"), held("9 XYZ"))])
    assert ("XYZ", Decimal(9), None, None, ZERO, ZERO) == (
        lines[1].asset,
        lines[1].total,
        lines[1].price_usd,
        lines[1].price_btc,
        lines[1].usd,
        lines[1].btc,
    )


def test_a_change_is_known_only_from_two_prices() -> None:
    assert one(held("1 ETH", "2000")).day_change_usd is None
    assert one(held("1 ETH", "2000")).day_change_btc is None
    unknown_bitcoin = Contents(1, BTC, None, [held("1 ETH", "2000", "1600")])
    (line,) = break_down([unknown_bitcoin])
    assert (Decimal(25), None) == (line.day_change_usd, line.day_change_btc)
    (line,) = break_down([Contents(1, None, None, [held("1 ETH", "2000", "1600")])])
    assert (None, ZERO) == (line.price_btc, line.btc)


def test_each_account_keeps_its_own_lines() -> None:
    lines = break_down([of(held("1 BTC", "30000"), account_id=2), of(held("1 BTC", "10000"), account_id=1)])
    assert [(2, "75"), (1, "25")] == [(line.account_id, str(line.percentage)) for line in lines]


def test_nothing_at_all_is_no_line() -> None:
    assert () == break_down([of(held("0 BTC", "50000")), of()])
    assert "BTC" == one(held("1 BTC, 1 borrowed", "50000")).asset, "what is all borrowed is there"


def test_a_derivative_has_a_line_of_its_own_without_value() -> None:
    position = Position("ETH/USDT:USDT", "futures", "short", Decimal(4), mark_price=Decimal(2000))
    margin, derivative = break_down([of(held("100 USDT in futures", "0.99"), positions=(position,))])
    assert Decimal(100) == margin.margin
    assert ("ETH", "short", Decimal(4), ZERO, ZERO) == (
        derivative.asset,
        derivative.side,
        derivative.total,
        derivative.usd,
        derivative.percentage,
    )
    assert Decimal(1980) == derivative.price_usd
    assert Decimal("0.0396") == derivative.price_btc


def test_a_derivative_priced_in_what_is_not_priced() -> None:
    position = Position("ETH/XYZ:XYZ", "futures", "long", Decimal(4), mark_price=Decimal(2000))
    assert one(positions=(position,)).price_usd is None
    in_dollars = Position("BTC/USD:BTC", "futures", "long", Decimal(4), mark_price=Decimal(50000))
    assert Decimal(50000) == one(positions=(in_dollars,)).price_usd


amounts = st.decimals(0, 10**6, places=6)


@given(st.lists(st.tuples(st.sampled_from("ABCDE"), amounts, amounts), max_size=12))
def test_the_parts_make_up_the_whole(rows: list[tuple[str, Decimal, Decimal]]) -> None:
    prices = {asset: Decimal(ord(asset)) for asset in "ABCDE"}
    contents = [
        Contents(n, BTC, None, [held(f"{total} {asset}, {debt} borrowed", str(prices[asset]))])
        for n, (asset, total, debt) in enumerate(rows, 1)
    ]
    lines = break_down(contents)
    expected = add_up(CONTEXT.multiply(CONTEXT.subtract(total, debt), prices[asset]) for asset, total, debt in rows)
    assert plain(expected) == plain(add_up(line.usd for line in lines))
    if any(line.usd > 0 for line in lines):
        assert Decimal(100) == rounded(add_up(line.percentage for line in lines), 40)
    assert sorted(lines, key=lambda line: (-line.usd, line.asset, line.account_id)) == list(lines)
