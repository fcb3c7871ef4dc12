"""Accounts and what is needed to read them."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, case, delete, literal_column, select, update

from coinassay.domain.account import PAPER
from coinassay.storage.columns import Flag
from coinassay.storage.queries.expressions import add, constant, given
from coinassay.storage.schema import accounts, credentials, paper_balances

_ACCOUNT = select(accounts)

ADD_ACCOUNT = add(accounts)
GET_ACCOUNT = _ACCOUNT.where(accounts.c.id == given(accounts.c.id), accounts.c.user_id == given(accounts.c.user_id))
GET_ANY_ACCOUNT = _ACCOUNT.where(accounts.c.id == given(accounts.c.id))

in_mode = case(
    (accounts.c.market_code == constant(PAPER), bindparam("paper", type_=Flag())),
    else_=bindparam("real", type_=Flag()),
)
_LISTED = (
    _ACCOUNT.where(accounts.c.user_id == given(accounts.c.user_id), in_mode)
    .order_by(accounts.c.id)
    .limit(bindparam("limit", type_=BigInteger()))
    .offset(bindparam("offset", type_=BigInteger()))
)
LIST_ACCOUNTS = _LISTED
LIST_ACCOUNTS_BY_KEY = _LISTED.where(accounts.c.api_key == given(accounts.c.api_key))

_INCLUDED = (
    accounts.c.user_id == given(accounts.c.user_id),
    accounts.c.include_in_summary,
    in_mode,
)
LIST_INCLUDED = _ACCOUNT.where(*_INCLUDED).order_by(accounts.c.id)
LIST_STATES = select(accounts.c.id, accounts.c.version).where(*_INCLUDED).order_by(accounts.c.id)

CHANGE_ACCOUNT = (
    update(accounts)
    .values(
        name=given(accounts.c.name),
        api_key=given(accounts.c.api_key),
        customer_id=given(accounts.c.customer_id),
        subaccount_name=given(accounts.c.subaccount_name),
        include_in_summary=given(accounts.c.include_in_summary),
        key_state=given(accounts.c.key_state),
        updated_at=given(accounts.c.updated_at),
        version=accounts.c.version + literal_column("1"),
    )
    .where(accounts.c.id == given(accounts.c.id), accounts.c.version == given(accounts.c.version, "base_version"))
    .returning(*accounts.columns)
)

REMOVE_ACCOUNT = delete(accounts).where(
    accounts.c.id == given(accounts.c.id), accounts.c.user_id == given(accounts.c.user_id)
)

ADD_CREDENTIALS = add(credentials)
SET_CREDENTIALS = (
    update(credentials)
    .values(sealed=given(credentials.c.sealed))
    .where(credentials.c.account_id == given(credentials.c.account_id))
)
GET_CREDENTIALS = select(credentials.c.sealed).where(credentials.c.account_id == given(credentials.c.account_id))

ADD_PAPER_BALANCE = add(paper_balances)
LIST_PAPER_BALANCES = (
    select(paper_balances.c.asset, paper_balances.c.amount)
    .where(paper_balances.c.account_id == given(paper_balances.c.account_id))
    .order_by(paper_balances.c.position)
)
