"""The signature explainer: the exact string that is signed, step by step."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from coinassay.web.session import Visit, form, page, signed_in
from coinassay.web.view.signature import METHODS, explain

EXAMPLE = ("GET", "/public/api/ver1/accounts?per_page=10", "")


def routes() -> list[Route]:
    return [page("/developers/signature", show), form("/developers/signature", show)]


@signed_in
async def show(visit: Visit) -> Response:
    method, target, body = (
        (visit.form.text("method"), visit.form.text("target"), visit.form.get("body", ""))
        if visit.request.method == "POST"
        else EXAMPLE
    )
    body = body.replace("\r\n", "\n")  # as browsers send a text; programs send newlines as they are
    return visit.render(
        "developers/signature.html",
        methods=METHODS,
        method=method,
        target=target,
        body=body,
        explanation=explain(method, target, body),
    )
