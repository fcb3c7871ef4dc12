"""Which withdrawal is which deposit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from coinassay.domain.snapshot import Flow, FlowKind, FlowSource, Money
from coinassay.domain.transfers import transaction_of, transfers

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def leg(
    account_id: int, amount: str, *, asset: str = "BTC", minutes: float = 0, txid: str = "", fee: str | None = None
) -> Flow:
    kind = FlowKind.WITHDRAWAL if amount.startswith("-") else FlowKind.DEPOSIT
    return Flow(
        account_id,
        NOON + timedelta(minutes=minutes),
        kind,
        Money(),
        asset,
        Decimal(amount),
        source=FlowSource.EXCHANGE,
        txid=txid,
        fee=None if fee is None else Decimal(fee),
    )


def test_by_transaction() -> None:
    out, came = leg(1, "-0.51", fee="0.01", txid="0xAB"), leg(2, "0.49", minutes=3000, txid="ab")
    assert transfers([came, out, leg(3, "0.5")]) == [(out, came)]


def test_by_amount_within_a_day() -> None:
    out = leg(1, "-0.51", fee="0.01")
    assert transfers([out, leg(2, "0.5", minutes=100)]) == [(out, leg(2, "0.5", minutes=100))]
    assert transfers([out, leg(2, "0.50", minutes=-30)]) != []
    assert transfers([out, leg(2, "0.5", minutes=24 * 60 + 1)]) == []
    assert transfers([out, leg(2, "0.5", minutes=-61)]) == []
    assert transfers([out, leg(2, "0.51")]) == [], "the fee does not arrive"
    assert transfers([out, leg(2, "0.5", asset="ETH")]) == []


def test_the_exchanges_own_time_counts() -> None:
    out = leg(1, "-1")
    came = replace(leg(2, "1", minutes=3000), moved_at=NOON + timedelta(minutes=5))
    assert transfers([out, came]) == [(out, came)]


def test_within_one_account_there_are_none() -> None:
    assert transfers([leg(1, "-1"), leg(1, "1")]) == []
    assert transfers([leg(1, "-1", txid="a"), leg(1, "1", txid="a")]) == []


def test_two_transactions_are_two_movements() -> None:
    assert transfers([leg(1, "-1", txid="a"), leg(2, "1", txid="b")]) == []
    assert transfers([leg(1, "-1", txid="a"), leg(2, "1")]) != [], "one of the two tells no transaction"


@pytest.mark.parametrize("more", [leg(3, "-1"), leg(3, "1"), leg(1, "-1", minutes=5), leg(2, "1", minutes=5)])
def test_what_could_be_two_is_left_alone(more: Flow) -> None:
    assert transfers([leg(1, "-1"), leg(2, "1"), more]) == []


def test_one_transaction_with_several_payments_is_told_apart_by_amount() -> None:
    flows = [leg(1, "-1", txid="a"), leg(1, "-2", txid="a"), leg(2, "2", txid="a"), leg(3, "1", txid="a")]
    assert sorted((out.amount, came.account_id) for out, came in transfers(flows) if out.amount is not None) == [
        (Decimal(-2), 2),
        (Decimal(-1), 3),
    ]


def test_a_leg_is_not_used_twice() -> None:
    linked = replace(leg(1, "-1"), link="transfer:1-2")
    assert transfers([linked, leg(2, "1")]) == []


def test_nothing_arrives_that_was_not_sent() -> None:
    assert transfers([leg(1, "-1", txid="a"), leg(2, "1.5", txid="a")]) == []


def test_how_exchanges_write_transactions() -> None:
    assert {"ab12"} == {transaction_of(each) for each in ("0xAB12", " ab12 ", "Internal transfer ab12", "AB12")}
