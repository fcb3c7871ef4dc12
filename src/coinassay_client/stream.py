"""Server-sent events, as far as this server sends them.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from coinassay_client.errors import NotUnderstood


def parse(lines: Iterable[str]) -> Iterator[tuple[int | None, dict[str, Any] | None]]:
    """The number to go on after, and the event it is of: `id`, `event`, and what is in `data`; a number may come alone.
    Comments and anything unknown are passed over.

    Raises NotUnderstood for data that is no JSON object.
    """
    number, kind, data = "", "", ""
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "id":
                number = value
            elif name == "event":
                kind = value
            elif name == "data":
                data = value
            continue
        if data or number:
            yield _told(number, kind, data)
        number = kind = data = ""


def _told(number: str, kind: str, data: str) -> tuple[int | None, dict[str, Any] | None]:
    try:
        place = int(number) if number else None
        return place, {"id": place, "event": kind, **json.loads(data, parse_float=Decimal)} if data else None
    except (ValueError, TypeError) as e:
        raise NotUnderstood("an event without a number or a JSON object") from e
