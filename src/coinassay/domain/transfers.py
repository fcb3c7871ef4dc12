"""Which withdrawal of one account is which deposit of another one of the same user's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from coinassay.domain.money import CONTEXT, ZERO
from coinassay.domain.snapshot import Flow

ON_ITS_WAY = timedelta(hours=24)
"""The longest time from a withdrawal to its deposit, where nothing but the amount says that they belong together."""
CLOCKS = timedelta(hours=1)
"""By so much a deposit may seem to come before its withdrawal: two exchanges' clocks, and what each writes down."""

Pair = tuple[Flow, Flow]
"""The withdrawal and the deposit."""


def transfers(flows: Iterable[Flow]) -> list[Pair]:
    """Pairs among flows without a link. What could be paired in two ways stays unpaired.

    First by the transaction: the same asset with the same transaction id, or, where one transaction carries several,
    also the same amount. Then, for flows of which at least one has no transaction id, by the amount that arrived
    (what left the account less the fee, to the last digit) within a day.
    """
    unlinked = [flow for flow in flows if flow.amount is not None and not flow.link]
    out = [flow for flow in unlinked if (flow.amount or ZERO) < ZERO]
    came = [flow for flow in unlinked if (flow.amount or ZERO) > ZERO]
    found: list[Pair] = []
    for key in (_by_transaction, _by_transaction_and_amount):
        found += _unambiguous(out, came, key, _same_transaction)
        out, came = _without(out, found, 0), _without(came, found, 1)
    found += _unambiguous(out, came, _by_amount, _may_be_the_same)
    return found


def transaction_of(text: str) -> str:
    """The transaction id as both exchanges would write it: without prefix, in lower case."""
    name = text.strip().rpartition(" ")[2].lower()
    return name.removeprefix("0x")


def arrived(flow: Flow) -> Decimal:
    """What reached the other side."""
    assert flow.amount is not None
    if flow.amount > ZERO:
        return flow.amount
    return CONTEXT.subtract(flow.amount.copy_abs(), flow.fee or ZERO)


def _by_transaction(flow: Flow) -> Hashable:
    return (flow.asset, transaction_of(flow.txid)) if flow.txid else None


def _by_transaction_and_amount(flow: Flow) -> Hashable:
    return (flow.asset, transaction_of(flow.txid), arrived(flow).normalize(CONTEXT)) if flow.txid else None


def _by_amount(flow: Flow) -> Hashable:
    return (flow.asset, arrived(flow).normalize(CONTEXT))


def _same_transaction(out: Flow, came: Flow) -> bool:
    return out.account_id != came.account_id and arrived(came) <= (out.amount or ZERO).copy_abs()


def _may_be_the_same(out: Flow, came: Flow) -> bool:
    if out.account_id == came.account_id or (out.txid and came.txid):
        return False
    after = _moment(came) - _moment(out)
    return -CLOCKS <= after <= ON_ITS_WAY


def _moment(flow: Flow) -> datetime:
    return flow.moved_at or flow.at


def _unambiguous(
    out: Sequence[Flow],
    came: Sequence[Flow],
    key: Callable[[Flow], Hashable],
    fits: Callable[[Flow, Flow], bool],
) -> list[Pair]:
    """Those with one partner that has no other partner."""
    arrivals: dict[Hashable, list[Flow]] = defaultdict(list)
    for flow in came:
        arrivals[key(flow)].append(flow)
    partners: dict[int, list[Flow]] = {}
    courted: dict[int, int] = defaultdict(int)
    for flow in out:
        which = key(flow)
        partners[id(flow)] = [] if which is None else [each for each in arrivals[which] if fits(flow, each)]
        for each in partners[id(flow)]:
            courted[id(each)] += 1
    return [
        (flow, partners[id(flow)][0])
        for flow in out
        if len(partners[id(flow)]) == 1 and courted[id(partners[id(flow)][0])] == 1
    ]


def _without(flows: Sequence[Flow], found: Iterable[Pair], side: int) -> list[Flow]:
    taken = {id(pair[side]) for pair in found}
    return [flow for flow in flows if id(flow) not in taken]
