"""What was typed into a form is not lost when its page has become invalid: its session ended, or another one began."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request

from coinassay.domain.market import OPEN_FIELDS
from coinassay.web.forms import Form
from coinassay.web.headers import comes_from_here
from coinassay.web.options import WebOptions

KEPT = OPEN_FIELDS | {
    "name", "balances", "include", "every", "permission", "networks", "kind", "asset", "amount", "at", "usd", "note",
    "currency", "dust", "retention", "method", "target", "body",
}  # fmt: skip
"""Fields that may stand in a page again. Secrets are not among them: they are never sent back."""
SIGNING_IN = ("/login", "/welcome")
"""There is nothing to be kept before one is signed in."""


def kept(form: Form) -> Sequence[tuple[str, str]]:
    """What can be sent once more, in its order."""
    return [(name, value) for name in form if name in KEPT for value in form.all(name)]


def may_be_sent_again(request: Request, form: Form, options: WebOptions) -> bool:
    """Whether a form whose token is not right may be shown to the visitor to decide. Only where the browser itself says
    that a page of ours sent it: what another site fills in must not be one click away from being believed."""
    says = request.headers.get("sec-fetch-site") == "same-origin" or "origin" in request.headers
    wants_page = "x-fragment" not in request.headers and "application/json" not in request.headers.get("accept", "")
    return (
        says
        and comes_from_here(request, options)
        and wants_page
        and request.url.path not in SIGNING_IN
        and any(value.strip() for _, value in kept(form))
    )
