"""Reading what an exchange says when it refuses: its code and its words, without anything that may be a key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_TEXT = 160

_CODES = ("code", "retCode", "ret_code", "err-code", "err_code", "error_code", "errorCode", "label", "mc", "sCode")
_NAMES = ("error", "reason", "id")
_TEXTS = (
    *("msg", "message", "retMsg", "ret_msg", "err-msg", "err_msg", "error_message", "errorMessage", "sMsg"),
    *("error_description", "error_details", "detail", "reason", "error"),
)
_REQUEST_LINE = re.compile(r"^\S+ (?:GET|POST|PUT|DELETE|PATCH) \S+(?: (\d{3})\b)?")


def status_in(message: str) -> int | None:
    """ccxt writes "ID GET URL 503 Service Unavailable BODY"."""
    match = _REQUEST_LINE.match(message)
    return int(match[1]) if match and match[1] else None


@dataclass(frozen=True, slots=True)
class Reply:
    codes: tuple[str, ...] = ()
    text: str = ""
    is_page: bool = False
    """HTML, or anything else that is not the exchange's API."""

    @property
    def code(self) -> str:
        return self.codes[0] if self.codes else ""

    @classmethod
    def of(cls, message: str, exchange_id: str) -> Reply:
        """From a body, or from ccxt's message around a body."""
        start = min((at for at in (message.find("{"), message.find("[")) if at >= 0), default=-1)
        if "<" in message and (start < 0 or message.find("<") < start):
            return cls(is_page=True)
        if start >= 0:
            try:
                body, _ = json.JSONDecoder().raw_decode(message, start)
            except (ValueError, RecursionError):
                return cls()
            codes = tuple(dict.fromkeys(_codes_in(body)))
            return cls(codes, next((text for text in _texts_in(body) if text not in codes), ""))
        if _REQUEST_LINE.match(message):
            return cls()
        text = message.removeprefix(exchange_id).strip()
        number = re.search(r"\(#(-?\w+)\)$", text)  # bitfinex: "apikey: invalid (#10100)"
        return cls((number[1],) if number else (), text)


def is_rubbish(body: str) -> bool:
    """Whether a body says nothing at all: no JSON, or an empty one."""
    try:
        return not json.loads(body)
    except (ValueError, RecursionError):
        return True


def _rows_in(body: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of an error answer that may hold a code: the outer one, and those in its lists."""
    if isinstance(body, Mapping):
        yield body
        for name in ("error", "data", "errors", "error_response"):
            inner = body.get(name)
            for each in inner[:3] if isinstance(inner, list) else [inner]:
                if isinstance(each, Mapping):
                    yield each


def _codes_in(body: Any) -> Iterator[str]:
    if isinstance(body, list):  # bitfinex: ["error", 10100, "apikey: invalid"]
        yield from (str(each) for each in body[1:2] if isinstance(each, (int, str)))
    for row in _rows_in(body):
        for name in _CODES:
            value = row.get(name)
            if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value) not in ("", "0", "1"):
                yield str(value)
        for name in _NAMES:
            value = row.get(name)
            for each in value[:3] if isinstance(value, list) else [value]:
                if isinstance(each, str) and re.fullmatch(r"[\w.:-]+(?: \w+){0,3}", each):
                    yield each


def _texts_in(body: Any) -> Iterator[str]:
    if isinstance(body, list):
        yield from (each for each in body[2:3] if isinstance(each, str))
    for row in _rows_in(body):
        for name in _TEXTS:
            value = row.get(name)
            for each in value[:1] if isinstance(value, list) else [value]:
                if isinstance(each, str) and each:
                    yield each


_URL = re.compile(r"\b\w+://\S+|\b(?:www|api)\.\S+")
_TOKEN = re.compile(r"[A-Za-z0-9+/=_\-]{16,}")


def clean(text: str, secrets: Iterable[str] = ()) -> str:
    """A short line of `text` without addresses and without anything that is, or looks like, a key."""
    for secret in sorted((each for each in secrets if len(each) >= 3), key=len, reverse=True):
        text = text.replace(secret, "…")
    text = _URL.sub("…", text)
    text = _TOKEN.sub(_redacted, text)
    text = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _redacted(match: re.Match[str]) -> str:
    """Long words stay (api-signature-not-valid, INVALID_SIGNATURE); what has digits, or mixes cases, may be a key."""
    token = match[0]
    is_word = not any(each.isdigit() or each in "+/=" for each in token) and (token.islower() or token.isupper())
    return token if is_word else "…"
