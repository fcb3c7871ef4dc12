"""Moments as clients write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_MOMENT = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<time>\d{2}:\d{2}(?::\d{2})?)(?:[.,](?P<fraction>\d{1,9}))?(?P<zone>Z|[+ -]\d{2}:?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)


def moment_of(text: str) -> datetime | None:
    """The aware moment of an ISO 8601 text: a date, or a date and time with Z, an offset or nothing, which is UTC.

    A space in the place of an offset's plus is that plus: this is what "+" in a query that was not escaped becomes.
    None for anything else, and for moments that do not exist.
    """
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    zone = (match["zone"] or "Z").upper().replace(" ", "+")
    fraction = (match["fraction"] or "0")[:6].ljust(6, "0")
    time = match["time"] or "00:00"
    if len(time) == 5:
        time += ":00"
    try:
        return datetime.fromisoformat(f"{match['date']}T{time}.{fraction}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
