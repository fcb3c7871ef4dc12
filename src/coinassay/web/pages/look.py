"""Theme and privacy of this browser, and what browsers ask every site for."""

from __future__ import annotations

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from coinassay.web.session import Visit, form, page


def routes() -> list[Route]:
    return [
        form("/look", set_look),
        page("/manifest.webmanifest", manifest),
        page("/robots.txt", robots),
    ]


async def set_look(visit: Visit) -> Response:
    """`theme`, `private` (1 or 0), or both; then back to the page."""
    private = visit.form.get("private")
    visit.set_look(theme=visit.form.get("theme"), private=None if private is None else private == "1")
    return visit.redirect(visit.next)


async def manifest(visit: Visit) -> Response:
    """What makes the pages installable (https://www.w3.org/TR/appmanifest/)."""
    icons = [
        {"src": visit.web.assets.url(f"icons/{name}.png"), "sizes": f"{size}x{size}", "type": "image/png", **more}
        for name, size, more in (
            ("icon-192", 192, {}),
            ("icon-512", 512, {}),
            ("maskable-512", 512, {"purpose": "maskable"}),
        )
    ]
    document = {
        "name": "Coinassay",
        "short_name": "Coinassay",
        "description": "What your exchange accounts hold and are worth.",
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f7f8fa",
        "theme_color": "#0b5c8a",
        "icons": icons,
    }
    return JSONResponse(document, headers={"content-type": "application/manifest+json", "cache-control": "no-cache"})


async def robots(_: Visit) -> Response:
    return PlainTextResponse("User-agent: *\nDisallow: /\n", headers={"cache-control": "no-cache"})
