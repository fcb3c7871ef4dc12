"""Display currencies: who chose which, and what each was worth."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update

from coinassay.storage.queries.expressions import add, constant, given
from coinassay.storage.schema import accounts, currency_rates, users

SET_DISPLAY_CURRENCY = (
    update(users).values(display_currency=given(users.c.display_currency)).where(users.c.id == given(users.c.id))
)
LIST_DISPLAY_CURRENCIES = (
    select(users.c.display_currency)
    .where(users.c.display_currency != constant(""))
    .group_by(users.c.display_currency)
    .order_by(users.c.display_currency)
)

LIST_MARKET_CODES = (
    select(accounts.c.market_code)
    .where(accounts.c.user_id == given(accounts.c.user_id))
    .group_by(accounts.c.market_code)
    .order_by(accounts.c.market_code)
)

ADD_CURRENCY_RATE = add(currency_rates).on_conflict_do_nothing()
DROP_CURRENCY_RATE = delete(currency_rates).where(
    currency_rates.c.currency == given(currency_rates.c.currency), currency_rates.c.at == given(currency_rates.c.at)
)
_earlier = currency_rates.alias("earlier")
LIST_CURRENCY_RATES = (
    select(currency_rates.c.at, currency_rates.c.usd)
    .where(
        currency_rates.c.currency == given(currency_rates.c.currency),
        currency_rates.c.at
        >= func.coalesce(
            select(func.max(_earlier.c.at))
            .where(
                _earlier.c.currency == given(currency_rates.c.currency), _earlier.c.at <= given(_earlier.c.at, "first")
            )
            .scalar_subquery(),
            given(currency_rates.c.at, "first"),
        ),
        currency_rates.c.at <= given(currency_rates.c.at, "last"),
    )
    .order_by(currency_rates.c.at)
)
