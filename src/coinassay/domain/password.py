"""Which passwords do."""

from __future__ import annotations

import unicodedata

from coinassay.errors import InvalidRequest

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256


def check_password(password: str) -> None:
    """Raises InvalidRequest. Only the length counts: rules about characters make passwords worse (NIST SP 800-63B)."""
    length = len(normal(password))
    if length < SHORTEST_PASSWORD:
        raise InvalidRequest({"password": [f"must have at least {SHORTEST_PASSWORD} characters"]})
    if length > LONGEST_PASSWORD:
        raise InvalidRequest({"password": [f"must have at most {LONGEST_PASSWORD} characters"]})


def normal(password: str) -> str:
    """As it is hashed: keyboards write one accented letter in more than one way."""
    return unicodedata.normalize("NFKC", password)
