"""What currency codes stand for, from the tables shipped in coinassay/data."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from decimal import Decimal
from functools import cached_property
from typing import TypeVar

from coinassay.domain.currency import Currency, Resolved
from coinassay.domain.money import ONE
from coinassay.pricing.aliases import Aliases

REMEMBERED = 10_000
"""Answers kept. Codes come from exchanges and users, so there is no end to them."""


Key = TypeVar("Key")
Answer = TypeVar("Answer")


class BundledCatalogue:
    """The catalogue of coinassay.services.ports. Reads nothing before the first question."""

    def __init__(self) -> None:
        self._meant: dict[tuple[str, str], Currency] = {}
        self._found: dict[str, Currency] = {}
        self._resolved: dict[tuple[str, str], Resolved] = {}

    def find(self, code: str, exchange_id: str = "") -> Currency:
        """What `code` stands for: an entry of the catalogue, or the bare code where it is not known for sure.

        With an `exchange_id` a code that means another coin there is not resolved; without one, no code is that ccxt
        uses for such a coin at any exchange.
        """
        key = (exchange_id, code)
        found = self._meant.get(key)
        return _remembered(self._meant, key, lambda: self._meaning(exchange_id, code)) if found is None else found

    def resolve(self, exchange_id: str, code: str) -> Resolved:
        """What the code that ccxt gives for a balance of this exchange means."""
        key = (exchange_id, code)
        return _remembered(self._resolved, key, lambda: self._resolve(exchange_id, code))

    def _meaning(self, exchange_id: str, code: str) -> Currency:
        other = not self.resolve(exchange_id, code).usual if exchange_id else code in self._aliases.labels
        return _unknown(code) if other else _remembered(self._found, code, lambda: self._find(code))

    @cached_property
    def pegs(self) -> dict[str, dict[str, str]]:
        """What may be taken for what at one to one where no market prices it, by exchange; "*" holds for all."""
        by_exchange: dict[str, dict[str, str]] = {}
        for line in _text("pegs.csv").splitlines()[1:]:
            exchanges, code, target, _ = line.split(",", 3)
            for exchange in exchanges.split():
                by_exchange.setdefault(exchange, {})[code] = target
        return by_exchange

    @cached_property
    def _entries(self) -> str:
        """Searched as text: splitting it into objects would take longer and more memory than all questions together."""
        return "\n" + _text("catalogue.tsv")

    @cached_property
    def _aliases(self) -> Aliases:
        return Aliases(_text("aliases.csv"))

    def _find(self, code: str) -> Currency:
        return self._entry(code) or self._entry(self._aliases.everywhere(code), code) or _unknown(code)

    def _entry(self, code: str | None, shown: str | None = None) -> Currency | None:
        if not code or not code.isprintable():
            return None
        start = self._entries.find(f"\n{code}\t")
        if start < 0:
            return None
        line = self._entries[start + 1 : self._entries.index("\n", start + 1)]
        known, kind, cmc_id, name, slug = line.split("\t")
        return Currency(shown or known, name, cmc_id or None, slug, kind)

    def _resolve(self, exchange_id: str, code: str) -> Resolved:
        alias = self._aliases.find(exchange_id, code, lambda stem: self._entry(stem) is not None)
        if alias is None:
            return Resolved(code, ONE)
        return Resolved(alias.code, Decimal(alias.multiplier), alias.usual)


def _unknown(code: str) -> Currency:
    return Currency(code, code, kind="unknown")


def _text(name: str) -> str:
    data = pkgutil.get_data("coinassay.data", name)
    assert data is not None, f"{name} is not installed"
    return data.decode("utf-8")


def _remembered(answers: dict[Key, Answer], key: Key, find: Callable[[], Answer]) -> Answer:
    try:
        return answers[key]
    except KeyError:
        if len(answers) >= REMEMBERED:
            answers.clear()
        answer = answers[key] = find()
        return answer
