"""The parameters of a request, wherever the client put them.

Query string, form body and JSON body mean the same, and a name given in the query wins. Lists are spelled
`names=a&names=b`, `names[]=a&names[]=b`, `names[0]=a&names[1]=b` or as a JSON array; objects `map[KEY]=value` or as a
JSON object. `+` is a space. Unknown names are ignored: clients add `account_id`, `limit` and more. An empty body means
no parameters whatever its content type claims, because clients announce JSON or a form without sending any.

A body that begins with `{` is read as JSON or refused, never as a form: signatures rely on it (coinassay.api.signing).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from coinassay.api.errors import UnsupportedContentType
from coinassay.domain.money import ZERO, NotANumber, decimal_of
from coinassay.errors import InvalidRequest

MOST_PARAMETERS = 1000
LONGEST_NUMBER = 120
"""Characters of a number in JSON or of an amount: far more than any quantity has."""

MISSING = "is missing"
INVALID = "is invalid"
NO_SUCH_VALUE = "does not have a valid value"

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
UNSAID = ("", FORM, "text/plain", "application/octet-stream")
"""Content types that HTTP libraries put there when their user names none, also over JSON."""

_TRUTHS = {"true": True, "1": True, "false": False, "0": False}

T = TypeVar("T")


class Params:
    """Reads each parameter as what it should be; `check` then complains about all of them at once."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self.problems: dict[str, list[str]] = {}

    def check(self) -> None:
        """Raises InvalidRequest naming every parameter that was read and found wanting."""
        if self.problems:
            raise InvalidRequest(self.problems)

    def names(self) -> Sequence[str]:
        return tuple(self._values)

    def has(self, name: str) -> bool:
        """Whether it is given, and not null."""
        return self._values.get(name) is not None

    def complain(self, name: str, text: str) -> None:
        self.problems.setdefault(name, []).append(text)

    def text(self, name: str) -> str | None:
        """None where it is not given, or null. A JSON integer is taken as its digits."""
        value = self._values.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if value is None or (isinstance(value, str) and _is_clean(value)):
            return value
        self.complain(name, INVALID)
        return None

    def required(self, name: str) -> str:
        """Empty where it is not given, which is complained of."""
        value = self.text(name)
        if value is None and name not in self.problems:
            self.complain(name, MISSING)
        return value or ""

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        """One of `allowed`; it has to be given."""
        value = self.required(name)
        if value not in allowed and name not in self.problems:
            self.complain(name, NO_SUCH_VALUE)
        return value

    def integer(self, name: str, default: int, lowest: int, highest: int) -> int:
        value = self._values.get(name)
        if value is None:
            return default
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            self.complain(name, INVALID)
            return default
        if not lowest <= value <= highest:
            self.complain(name, NO_SUCH_VALUE)
            return default
        return value

    def boolean(self, name: str) -> bool | None:
        """None where it is not given, or null. Queries and forms spell it true, false, 1, 0."""
        value = self._values.get(name)
        if value is None or isinstance(value, bool):
            return value
        truth = _TRUTHS.get(str(value).lower())
        if truth is None:
            self.complain(name, INVALID)
        return truth

    def texts(self, name: str) -> Sequence[str] | None:
        """A list of texts; a single text is a list of one."""
        value = self._values.get(name)
        if value is None:
            return None
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list) and all(isinstance(item, str) and _is_clean(item) for item in items):
            return items
        self.complain(name, INVALID)
        return None

    def amount(self, name: str) -> Decimal:
        """An amount above zero; it has to be given."""
        value = self._values.get(name)
        amount = None if value is None else _amount(value)
        if not amount:
            self.complain(name, MISSING if value is None else INVALID)
        return amount or ZERO

    def amounts(self, name: str) -> Mapping[str, Decimal] | None:
        """Non-negative amounts by currency code, codes in capitals."""
        value = self._values.get(name)
        if value is None:
            return None
        amounts: dict[str, Decimal] = {}
        readable = isinstance(value, dict) and len(value) <= MOST_PARAMETERS
        for key, raw in value.items() if readable else [("", None)]:
            code = key.upper()
            amount = _amount(raw)
            if amount is None or not _is_code(code) or code in amounts:
                self.complain(name, INVALID)
                return None
            amounts[code] = amount
        return amounts


def parse(query: bytes, content_type: bytes, body: bytes) -> Params:
    """Raises InvalidRequest for what cannot be read, UnsupportedContentType for what is not to be."""
    values: dict[str, Any] = {}
    if body:
        values = _parse_body(content_type.partition(b";")[0].strip().lower().decode("latin-1"), body)
    if query:
        values |= _parse_form(query, "query")
    return Params(values)


def _parse_body(media: str, body: bytes) -> dict[str, Any]:
    if media == JSON or media.endswith("+json") or (media in UNSAID and body.startswith(b"{")):
        return _parse_json(body)
    if media in ("", FORM):
        return _parse_form(body, "body")
    raise UnsupportedContentType


# --------------------------------------------------------------------------------------------------- forms


def _parse_form(raw: bytes, where: str) -> dict[str, Any]:
    if raw.count(b"&") >= MOST_PARAMETERS:
        raise InvalidRequest({where: [f"has too many parameters (maximum is {MOST_PARAMETERS})"]})
    given: dict[str, list[tuple[str | None, str]]] = {}
    for pair in raw.split(b"&"):
        if pair:
            name, _, value = pair.partition(b"=")
            base, bracket, rest = _decoded(name, where).partition("[")
            subscript = rest[:-1] if bracket and rest.endswith("]") else None
            if bracket and subscript is None:
                base += bracket + rest
            given.setdefault(base, []).append((subscript, _decoded(value, where)))
    return {name: _joined(entries) for name, entries in given.items()}


def _decoded(raw: bytes, where: str) -> str:
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except UnicodeDecodeError as e:
        raise InvalidRequest({where: ["is not valid UTF-8"]}) from e


def _joined(entries: Sequence[tuple[str | None, str]]) -> str | list[str] | dict[str, str] | object:
    """One name's values in the form that JSON would have given them; `_UNREADABLE` for spellings mixed up."""
    subscripts = [subscript for subscript, _ in entries]
    values = [value for _, value in entries]
    if subscripts == [None]:
        return values[0]
    if all(not subscript for subscript in subscripts) and len(set(subscripts)) == 1:
        return values
    named = {subscript: value for subscript, value in entries if subscript}
    if len(named) < len(entries):
        return _UNREADABLE
    if all(name.isascii() and name.isdigit() and len(name) < 10 for name in named):
        return [named[name] for name in sorted(named, key=int)]
    return named


_UNREADABLE = object()


# ---------------------------------------------------------------------------------------------------- JSON


class _Refused(ValueError):
    """Is correct JSON, but not taken."""


def _parse_json(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(
            body.decode(),
            object_pairs_hook=_distinct,
            parse_int=_number(int),
            parse_float=_number(decimal_of),
            parse_constant=_no_constant,
        )
    except UnicodeDecodeError as e:
        raise InvalidRequest({"body": ["is not valid UTF-8"]}) from e
    except _Refused as e:
        raise InvalidRequest({"body": [str(e)]}) from e
    except (ValueError, RecursionError) as e:
        raise InvalidRequest({"body": ["is not valid JSON"]}) from e
    if not isinstance(document, dict):
        raise InvalidRequest({"body": ["is not a JSON object"]})
    return document


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise _Refused("has a key twice")  # which of the two is meant depends on the reader (RFC 8259, section 4)
    return document


def _number(convert: Callable[[str], T]) -> Callable[[str], T]:
    def parse_number(digits: str) -> T:
        if len(digits) > LONGEST_NUMBER:
            raise _Refused("has a number of too many digits")
        try:
            return convert(digits)
        except NotANumber as e:
            raise _Refused("has a number beyond all quantities") from e

    return parse_number


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


# --------------------------------------------------------------------------------------------------- values


def _is_clean(text: str) -> bool:
    """No NUL, which databases and exchanges cut texts at, and no half of a surrogate pair, which no UTF-8 can hold."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _is_code(text: str) -> bool:
    return 0 < len(text) <= 20 and text.isprintable() and not any(character.isspace() for character in text)


def _amount(value: object) -> Decimal | None:
    """None for what is no finite number, or negative."""
    if not isinstance(value, (str, int, Decimal)) or (isinstance(value, str) and len(value) > LONGEST_NUMBER):
        return None
    try:
        amount = decimal_of(value)
    except NotANumber:
        return None
    return None if amount.is_signed() and amount else amount
