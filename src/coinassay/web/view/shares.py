"""What something is made of, grouped in the ways people ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256

from coinassay.domain.allocation import HUNDRED, share_of
from coinassay.domain.currency import Currency
from coinassay.domain.money import CONTEXT, ZERO, add_up, divide, exact
from coinassay.services.ports.attention import Stake

Find = Callable[[str], Currency]
"""What a code stands for."""

COLOURS = 16
"""Of the palette: `--c0` to `--c15` in css/portfolio.css."""
OWN_COLOURS = {
    code: colour
    for colour, code in enumerate(
        ("BTC", "ETH", "USDT", "USDC", "SOL", "BNB", "XRP", "EUR", "USD", "DOGE", "ADA", "DOT", "TRX", "LTC", "LINK")
    )
}
"""The best known ones never share a colour."""

KIND_NAMES = {
    "coin": "Coins",
    "stablecoin": "Stablecoins",
    "fiat": "Fiat money",
    "leveraged": "Leveraged tokens",
    "unknown": "Not in the catalogue",
}


class GroupBy(StrEnum):
    COIN = "coin"
    ACCOUNT = "account"
    EXCHANGE = "exchange"
    KIND = "kind"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is held."""

    account_id: int
    name: str
    exchange: str
    """Its name for people."""
    exchange_id: str


@dataclass(frozen=True, slots=True)
class Slice:
    """One row beside the chart; one slice of it where the value is positive."""

    key: str
    label: str
    detail: str
    colour: int
    usd: Decimal
    share: Decimal
    """Of the positive USD total, in percent, unrounded; 0 for what is owed or has no price."""
    priced: bool = True
    """False where nothing of it has a price."""
    unpriced: int = 0
    """How many of its assets have no price."""
    amount: Decimal | None = None
    """In units of the coin, where it is one."""
    price: Decimal | None = None
    """USD for one unit."""
    day_change: Decimal | None = None
    """Of the price over 24 h, in percent."""
    link: str = ""


@lru_cache(maxsize=16384)
def colour_of(key: str) -> int:
    """The same one on every page and every day."""
    own = OWN_COLOURS.get(key)
    return sha256(key.encode()).digest()[0] % COLOURS if own is None else own


def apart(keys: Iterable[str]) -> dict[str, int]:
    """A colour for each; two share one only where there are more keys than colours."""
    colours: dict[str, int] = {}
    for key in sorted(keys, key=lambda each: (len(each), each)):
        wanted = colour_of(key)
        steps = ((wanted + step) % COLOURS for step in range(COLOURS))
        colours[key] = next((each for each in steps if each not in colours.values()), wanted)
    return colours


def group(stakes: Sequence[Stake], by: GroupBy, places: Mapping[int, Place], find: Find) -> tuple[Slice, ...]:
    """The stakes added up, largest value first, what is owed and what has no price last."""
    grouped: dict[str, list[Stake]] = {}
    for stake in stakes:
        grouped.setdefault(_key(stake, by, places, find), []).append(stake)
    with exact():
        totals = {
            key: sum([each.usd for each in members if each.usd is not None], ZERO) for key, members in grouped.items()
        }
        amounts = {key: sum([each.amount for each in members], ZERO) for key, members in grouped.items()}
    whole = add_up(total for total in totals.values() if total > ZERO)
    colours = {key: colour_of(key) for key in grouped} if by is GroupBy.COIN else apart(grouped)
    slices = [
        _slice(key, members, totals[key], amounts[key], whole, by, places, find, colours[key])
        for key, members in grouped.items()
    ]
    return tuple(sorted(slices, key=lambda each: (CONTEXT.minus(each.usd), not each.priced, each.label)))


def gathered(slices: Iterable[Slice], most: int = 12, least: Decimal = Decimal(1)) -> tuple[list[Slice], list[Slice]]:
    """The slices a chart shows one by one, and those that gather in "Other": all but the `most` largest, and whatever
    is less than `least` percent, if that is more than one."""
    positive = [each for each in slices if each.usd > ZERO]
    shown = [each for each in positive[:most] if each.share >= least]
    rest = positive[len(shown) :]
    return (positive, []) if len(rest) == 1 else (shown, rest)


def _key(stake: Stake, by: GroupBy, places: Mapping[int, Place], find: Find) -> str:
    if by is GroupBy.COIN:
        return stake.asset
    if by is GroupBy.ACCOUNT:
        return str(stake.account_id)
    if by is GroupBy.EXCHANGE:
        return places[stake.account_id].exchange_id
    return find(stake.asset).kind


def _slice(
    key: str,
    members: Sequence[Stake],
    usd: Decimal,
    amount: Decimal,
    whole: Decimal,
    by: GroupBy,
    places: Mapping[int, Place],
    find: Find,
    colour: int,
) -> Slice:
    first = members[0]
    priced = [each for each in members if each.usd is not None]
    coin = by is GroupBy.COIN
    best = max(priced, key=lambda each: each.usd or ZERO) if priced and coin else None
    label, detail, link = _names(key, first, by, places, find)
    return Slice(
        key=key,
        label=label,
        detail=detail,
        colour=colour,
        usd=usd,
        share=share_of(usd, whole) if usd > ZERO else ZERO,
        priced=bool(priced),
        unpriced=0 if len(priced) == len(members) else len({each.asset for each in members if each.usd is None}),
        amount=amount if coin else None,
        price=best.price if best else None,
        day_change=change(best) if best else None,
        link=link,
    )


def change(stake: Stake) -> Decimal | None:
    """Of the price over 24 h, in percent; None where the price of then is not known."""
    if stake.price is None or not stake.day_ago:
        return None
    return divide(CONTEXT.multiply(CONTEXT.subtract(stake.price, stake.day_ago), HUNDRED), stake.day_ago)


def _names(key: str, first: Stake, by: GroupBy, places: Mapping[int, Place], find: Find) -> tuple[str, str, str]:
    """What it is called, what else there is to say, and where it leads."""
    if by is GroupBy.COIN:
        name = find(key).name
        return key, name if name != key else "", ""
    if by is GroupBy.ACCOUNT:
        place = places[first.account_id]
        return place.name, place.exchange, f"/accounts/{place.account_id}"
    if by is GroupBy.EXCHANGE:
        return places[first.account_id].exchange, "", ""
    return KIND_NAMES.get(key, key), "", ""
