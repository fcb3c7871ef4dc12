"""What a code stands for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Currency:
    """An entry of the catalogue, or what can be said of a code that is not in it."""

    code: str
    name: str
    """Full name; the code itself where it is not known."""
    cmc_id: str | None = None
    """CoinMarketCap's id; None where it has none or is not known for sure: a wrong id is worse than none."""
    slug: str = ""
    kind: str = "coin"
    """"coin", "stablecoin", "fiat", "leveraged" or "unknown"."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What an exchange's code means."""

    code: str
    multiplier: Decimal
    """Units of `code` in one unit of the exchange's code: 1000 for 1000SATS."""
    usual: bool = True
    """False where this is NOT the coin that usually goes by the code: it is priced only on its own exchange and has
    no catalogue entry."""
