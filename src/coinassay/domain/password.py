"""Which passwords do."""

from __future__ import annotations

import unicodedata

from coinassay.errors import InvalidRequest

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
LONGEST_TYPED = 2048
"""Normal forms join at most a handful of characters into one, so what is longer has more than LONGEST_PASSWORD in any
case. Bringing a text into one takes time with the square of its length where marks follow marks: a megabyte of them,
minutes."""


def check_password(password: str) -> None:
    """Raises InvalidRequest. Only the length counts: rules about characters make passwords worse (NIST SP 800-63B)."""
    length = len(normal(password))
    if length < SHORTEST_PASSWORD:
        raise InvalidRequest({"password": [f"must have at least {SHORTEST_PASSWORD} characters"]})
    if length > LONGEST_PASSWORD:
        raise InvalidRequest({"password": [f"must have at most {LONGEST_PASSWORD} characters"]})


def normal(password: str) -> str:
    """As it is hashed: keyboards write one accented letter in more than one way. What is nobody's stays as it is."""
    return password if len(password) > LONGEST_TYPED else unicodedata.normalize("NFKC", password)
