"""What goes with every answer of the pages, and which requests are answered at all."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request

from coinassay.web.options import WebOptions

_EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
"""The hash of nothing: plotly.js adds an empty style element and fills it by script."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        f"style-src 'self' {_EMPTY_STYLE}",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
    )
)

SECURE = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=(), "
    "publickey-credentials-create=(self), publickey-credentials-get=(self)",
}
PRIVATE = "no-store"


class Hosts:
    """Which names the pages may be asked for by.

    A page of a stranger can make a name of its own point to this machine (DNS rebinding), and its scripts then count as
    coming from here. They cannot choose the name the browser sends, so only names that are known are answered. An
    address is no name, and one that belongs to this machine alone cannot be pointed anywhere.
    """

    def __init__(self, options: WebOptions) -> None:
        machine = socket.gethostname().lower()
        self._names = {"localhost", machine, f"{machine}.local", options.host, *options.names} - {""}

    def allow(self, request: Request) -> bool:
        named = request.headers.getlist("host")
        if len(named) != 1:  # RFC 9112, section 3.2: whatever stands before this server may have read another one
            return False
        host = host_of(named[0])
        return host in self._names or host.endswith(".localhost") or _is_address(host)


def host_of(text: str) -> str:
    """The host of a Host header, without a port, in lower case; empty for nonsense."""
    if any(sign in text for sign in "@/?#\\"):
        return ""
    try:
        return (urlsplit(f"//{text}").hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def comes_from_here(request: Request, options: WebOptions) -> bool:
    """Whether a request that changes something was sent by a page of ours, as far as the browser says.

    Current browsers say it in Sec-Fetch-Site, all in Origin. Where neither is there, it is no browser that another
    site's page could have made send this; the form's token decides then, as it does in any case.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    if origin == options.origin:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == request.headers.get("host", "").lower() != ""


def accepts_gzip(request: Request) -> bool:
    offered = request.headers.get("accept-encoding", "").lower().split(",")
    return any(each.partition(";")[0].strip() == "gzip" and "q=0" not in each.replace("q=0.", "") for each in offered)


def local_path(text: str | None, otherwise: str = "/") -> str:
    """`text` where it is a path on this server, as what is redirected to; `otherwise` for anything else.

    Browsers take //host and /\\host for another server, and drop tabs and line breaks before they look.
    """
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")):
        return otherwise
    if "\\" in text or any(ord(each) < 33 or ord(each) == 127 for each in text):
        return otherwise
    return text


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
