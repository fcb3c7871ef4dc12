"""What the page that connects an account shows: the exchanges, the form each needs, and how to make its key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from coinassay.domain.account import PAPER
from coinassay.domain.key_report import Answer, KeyReport, Readable
from coinassay.domain.market import FIELD_LABELS, OPEN_FIELDS, Market
from coinassay.services.doctor import cautions

POPULAR = (
    "binance",
    "coinbase_advanced",
    "kraken",
    "bybit",
    "okex",
    "kucoin",
    "bitget",
    "gate_io",
    "binance_us",
    "crypto_com",
    "bitstamp",
    "bitfinex",
)
"""Shown first, where nothing is searched for. By market code."""

LONG_FIELDS = frozenset({"secret", "private_key"})
"""May be keys in PEM form, of several lines."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An exchange, or a kind of account at one, that can be connected."""

    code: str
    name: str
    icon: str
    kinds: str
    """In words: "spot and futures"."""


@dataclass(frozen=True, slots=True)
class Field:
    """One entry of the form."""

    name: str
    label: str
    secret: bool
    long: bool
    required: bool


@dataclass(frozen=True, slots=True)
class Help:
    """How to make a key that may only read."""

    where: str = ""
    """Where in the exchange's menus; empty where only the general steps are known."""
    steps: tuple[str, ...] = ()
    permissions: str = ""
    leave_off: str = ""
    addresses: bool = False
    """Whether the exchange can bind a key to an address."""
    note: str = ""


GENERAL = Help(
    steps=(
        "Sign in to the exchange and look for API keys, usually under the profile or the security settings.",
        "Make a new key for Coinassay alone, and name it so.",
        "Allow it to read balances and history. Leave trading, transfers and withdrawals off.",
        "Bind it to the address of this server where the exchange offers that.",
        "Copy the key and its secret: most exchanges show the secret once.",
    ),
    permissions="reading",
    leave_off="trading, transfers, withdrawals",
)
"""For exchanges whose menus are not described."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of what an examination found."""

    label: str
    answer: str
    """ "yes", "no", "unknown", or a fact in words."""
    tone: str
    """ "good", "bad" or "plain"."""
    detail: str = ""


def choices(markets: Iterable[Market], words: str = "") -> tuple[Sequence[Choice], Sequence[Choice]]:
    """The popular ones and all others by name; with `words` those that have all of the words in their name or code."""
    wanted = words.lower().split()
    found = [
        market
        for market in markets
        if market.code != PAPER and all(word in f"{market.name} {market.code}".lower() for word in wanted)
    ]
    popular = dict.fromkeys(POPULAR) if not wanted else {}
    by_code = {market.code: market for market in found}
    first = [_choice(by_code[code]) for code in popular if code in by_code]
    rest = sorted((market for market in found if market.code not in popular), key=lambda each: each.name.lower())
    return first, [_choice(market) for market in rest]


def _choice(market: Market) -> Choice:
    return Choice(market.code, market.listed_name or market.name, market.icon, " and ".join(market.kinds))


def fields(market: Market) -> Sequence[Field]:
    """The entries of the market's form, the key before its secret."""
    names = [*market.required, *(name for name in market.optional if name not in market.required)]
    names.sort(key=lambda name: name not in OPEN_FIELDS)
    return [
        Field(
            name=name,
            label=FIELD_LABELS.get(name, name.replace("_", " ").capitalize()).removesuffix(":"),
            secret=name not in OPEN_FIELDS,
            long=name in LONG_FIELDS,
            required=name in market.required,
        )
        for name in names
    ]


def key_help(market: Market) -> Help:
    """The exchange's own steps, or the general ones."""
    entry = _entries().get(market.exchange_id)
    return GENERAL if entry is None else Help(**{**entry, "steps": tuple(entry["steps"])})


@cache
def _entries() -> dict[str, dict[str, Any]]:
    return tomllib.loads(resources.files("coinassay.data").joinpath("key_help.toml").read_text("utf-8"))


def findings(report: KeyReport) -> Sequence[Finding]:
    """A line for each thing that was asked, in the order people want to know it."""
    lines = [
        _judged("The exchange accepts the key", report.works, good=Answer.YES, detail=report.reason),
        _judged("It may read balances", report.may_read, good=Answer.YES),
        _judged("It may trade", report.may_trade, good=Answer.NO),
        _judged("It may withdraw", report.may_withdraw, good=Answer.NO),
        _judged("It is bound to addresses", report.ip_bound, good=Answer.YES),
        Finding(
            "It expires",
            f"{report.expires_at:%Y-%m-%d}" if report.expires_at else report.expires.value,
            "good" if report.expires is Answer.NO else "plain",
        ),
    ]
    lines += [_wallet(f"Wallet {name}", each) for name, each in report.wallets.items()]
    return lines


def advice(report: KeyReport) -> Sequence[str]:
    """What the owner of the key should know, a sentence each."""
    return cautions(report)


def _judged(label: str, answer: Answer, *, good: Answer, detail: str = "") -> Finding:
    tone = "plain" if answer is Answer.UNKNOWN else "good" if answer is good else "bad"
    return Finding(label, answer.value, tone, detail)


def _wallet(label: str, readable: Readable) -> Finding:
    return _judged(f"{label} can be read", readable.answer, good=Answer.YES, detail=readable.reason)
