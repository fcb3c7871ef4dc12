"""What exchanges tell of a key, in words of ours.

Readers make NO of an answer only where it rules YES out: a permission whose name nobody documented leaves the question
open.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from coinassay.domain.account import Credentials
from coinassay.domain.key_report import Answer
from coinassay.domain.money import NotANumber, decimal_of


@dataclass(frozen=True, slots=True)
class KeyFacts:
    may_read: Answer = Answer.UNKNOWN
    may_trade: Answer = Answer.UNKNOWN
    may_withdraw: Answer = Answer.UNKNOWN
    ip_bound: Answer = Answer.UNKNOWN
    expires: Answer = Answer.UNKNOWN
    expires_at: datetime | None = None
    unified: Answer = Answer.UNKNOWN


Ask = Callable[[Any, Credentials], Awaitable[KeyFacts]]
"""Asks the exchange, through a ccxt object, about the key it holds. Raises ccxt's errors as they come, and
UnexpectedReply where the answer is not the exchange's."""


def flag(row: Mapping[str, Any], name: str) -> Answer:
    """A JSON boolean; anything else, and nothing, is UNKNOWN."""
    value = row.get(name)
    return Answer.of(value if isinstance(value, bool) else None)


def any_of(answers: Iterable[Answer]) -> Answer:
    """YES where one is; NO where all are."""
    found = set(answers)
    if Answer.YES in found:
        return Answer.YES
    return Answer.NO if found == {Answer.NO} else Answer.UNKNOWN


def granted(permissions: Iterable[str], wanted: Iterable[str], vocabulary: Iterable[str]) -> Answer:
    """Whether one of the `wanted` permissions is there. NO takes that every permission is one of the `vocabulary`."""
    found = set(permissions)
    if not found.isdisjoint(wanted):
        return Answer.YES
    return Answer.NO if found and found <= {*wanted, *vocabulary} else Answer.UNKNOWN


def words(value: object, separator: str = ",") -> list[str] | None:
    """The texts of a list, or of a text with separators; None for anything else."""
    if isinstance(value, str):
        return [word.strip() for word in value.split(separator) if word.strip()]
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return [each for each in value if each]
    return None


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_OF_CENTURIES = 10**10


def moment(seconds: object) -> datetime | None:
    """Seconds since 1970, as a number or its digits; None for anything else and for 0, which says "never"."""
    if not isinstance(seconds, (str, int)) or isinstance(seconds, bool):
        return None
    try:
        count = int(decimal_of(seconds))
    except NotANumber:
        return None
    return _EPOCH + timedelta(seconds=count) if 0 < count < _SECONDS_OF_CENTURIES else None
