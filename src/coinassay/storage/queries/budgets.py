"""What processes share of the limits of exchanges, and public prices."""

from __future__ import annotations

from sqlalchemy import delete, literal_column, select, update

from coinassay.storage.columns import present_moment
from coinassay.storage.queries.expressions import add, constant, given
from coinassay.storage.schema import budgets, price_lists

ADD_BUDGET = add(budgets).on_conflict_do_nothing(index_elements=[budgets.c.egress, budgets.c.exchange])
FIND_BUDGET = select(budgets.c.ledger, budgets.c.version, present_moment().label("now")).where(
    budgets.c.egress == given(budgets.c.egress), budgets.c.exchange == given(budgets.c.exchange)
)
SET_BUDGET = (
    update(budgets)
    .values(ledger=given(budgets.c.ledger), version=budgets.c.version + literal_column("1"))
    .where(
        budgets.c.egress == given(budgets.c.egress),
        budgets.c.exchange == given(budgets.c.exchange),
        budgets.c.version == given(budgets.c.version),
    )
    .returning(budgets.c.version)
)
LIST_BUDGETS = select(
    budgets.c.egress, budgets.c.exchange, budgets.c.ledger, budgets.c.version, present_moment().label("now")
).order_by(budgets.c.egress, budgets.c.exchange)

_FREE = price_lists.c.claimed_until <= present_moment()
ADD_PRICE_LIST = add(price_lists).on_conflict_do_nothing(index_elements=[price_lists.c.source])
PEEK_PRICE_LIST = select(price_lists.c.fetched_at, present_moment().label("now")).where(
    price_lists.c.source == given(price_lists.c.source)
)
FIND_PRICE_LIST = select(price_lists.c.fetched_at, price_lists.c.body, present_moment().label("now")).where(
    price_lists.c.source == given(price_lists.c.source)
)
CLAIM_PRICE_LIST = (
    update(price_lists)
    .values(claimed_by=given(price_lists.c.claimed_by), claimed_until=given(price_lists.c.claimed_until))
    .where(price_lists.c.source == given(price_lists.c.source), _FREE)
    .returning(price_lists.c.source)
)
SET_PRICE_LIST = (
    update(price_lists)
    .values(
        fetched_at=given(price_lists.c.fetched_at),
        body=given(price_lists.c.body),
        claimed_by=constant(""),
        claimed_until=given(price_lists.c.claimed_until),
    )
    .where(
        price_lists.c.source == given(price_lists.c.source),
        price_lists.c.claimed_by == given(price_lists.c.claimed_by),
    )
)
FREE_PRICE_LIST = (
    update(price_lists)
    .values(claimed_by=constant(""), claimed_until=given(price_lists.c.claimed_until))
    .where(
        price_lists.c.source == given(price_lists.c.source),
        price_lists.c.claimed_by == given(price_lists.c.claimed_by),
    )
)
DROP_PRICE_LISTS = delete(price_lists).where(
    price_lists.c.fetched_at < given(price_lists.c.fetched_at, "before"), _FREE
)
