"""How a rate came about, as text in the database."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

import msgspec

from coinassay.domain.rates import Leg, Rate
from coinassay.storage.codec import integer_to_moment, moment_to_integer, to_json


class _LegText(msgspec.Struct, array_like=True, frozen=True):
    """[from, to, price, source, at, inverted, open]; prices as text, `at` in microseconds. What is not there has its
    default and what is too much is left unread: several versions write here."""

    from_: str
    to: str
    price: Decimal
    source: str
    at: int | None
    inverted: bool
    open: Decimal | None = None


# A route as JSON: [asset, currency, [leg, …]]
_routes = msgspec.json.Decoder(tuple[str, str, list[_LegText]])


def route_text(rate: Rate) -> str:
    legs = [
        _LegText(
            leg.from_,
            leg.to,
            leg.price,
            leg.source,
            None if leg.at is None else moment_to_integer(leg.at),
            leg.inverted,
            leg.open,
        )
        for leg in rate.legs
    ]
    return to_json((rate.asset, rate.currency, legs)).decode()


@lru_cache(maxsize=4096)
def read_route(text: str) -> tuple[str, str, tuple[Leg, ...]]:
    """Asset, currency and legs. Remembered: between two loads the same texts are read again and again."""
    asset, currency, legs = _routes.decode(text)
    return (
        asset,
        currency,
        tuple(
            Leg(
                leg.from_,
                leg.to,
                leg.price,
                leg.source,
                None if leg.at is None else integer_to_moment(leg.at),
                leg.inverted,
                leg.open,
            )
            for leg in legs
        ),
    )
