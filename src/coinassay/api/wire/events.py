"""Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html."""

from __future__ import annotations

import msgspec

from coinassay.api.errors import Headers
from coinassay.api.wire.account import timestamp
from coinassay.domain.event import Event

HEADERS: Headers = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"access-control-allow-origin", b"*"),
    # nginx would gather what is sent (https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering).
    (b"x-accel-buffering", b"no"),
)

RETRY = 2000
"""In how many milliseconds a client that lost the connection comes again."""
BEAT = b":\n\n"
"""A comment: it keeps proxies from taking a quiet connection for a dead one, and shows which one is dead."""


class _Common(msgspec.Struct, frozen=True):
    account_id: int | None
    at: str


def beginning(after: int) -> bytes:
    """What comes first: the number to go on after, should the connection break before the first event."""
    return b"retry: %d\nid: %d\n\n" % (RETRY, after)


def told(event: Event) -> bytes:
    """One event. Its data is one JSON object in one line."""
    common = msgspec.json.encode(_Common(event.account_id, timestamp(event.at)))
    own = event.data.encode()
    data = common if own == b"{}" else common[:-1] + b"," + own[1:]
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.id, event.kind.encode(), data)
