"""The least a Starlette application can be: what the start of `coinassay serve` is measured against."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def _ping(request: Request) -> JSONResponse:
    return JSONResponse({"pong": "pong"})


app = Starlette(routes=[Route("/public/api/ver1/ping", _ping)])
