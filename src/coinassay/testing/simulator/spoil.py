"""Answers that are not, or not quite, what the exchange would have said."""

from __future__ import annotations

from dataclasses import replace

from coinassay.testing.faults import Fault, FaultKind
from coinassay.testing.http import HTML, JSON, Reply

_PAGE = (
    b"<!DOCTYPE html>\n<html>\n<head><title>%s</title></head>\n"
    b"<body>\n<center><h1>%s</h1></center>\n<hr>\n</body>\n</html>\n"
)

WITHOUT_THE_ANSWER = frozenset(
    {
        FaultKind.SERVER_ERROR,
        FaultKind.GEO_BLOCK,
        FaultKind.RESET,
        FaultKind.HTML,
        FaultKind.EMPTY,
        FaultKind.EMPTY_OBJECT,
        FaultKind.EMPTY_LIST,
    }
)


def instead(fault: Fault) -> Reply:
    """What comes instead of the answer: no state of the exchange is asked."""
    match fault.kind:
        case FaultKind.SERVER_ERROR:
            status = fault.status or 502
            return Reply(status, _page(f"{status} Bad Gateway" if status == 502 else f"{status} Error"), HTML)
        case FaultKind.GEO_BLOCK:
            status = fault.status or 403
            return Reply(status, _page(f"{status} The request could not be satisfied"), HTML)
        case FaultKind.RESET:
            return Reply(200, b"", reset=True)
        case FaultKind.HTML:
            return Reply(200, _page("Just a moment..."), HTML)
        case FaultKind.EMPTY:
            return Reply(200, b"")
        case FaultKind.EMPTY_OBJECT:
            return Reply(200, b"{}", JSON)
        case FaultKind.EMPTY_LIST:
            return Reply(200, b"[]", JSON)
        case _:
            raise ValueError(f"{fault.kind} needs the answer")


def spoiled(fault: Fault, reply: Reply) -> Reply:
    """The true answer, damaged on its way."""
    half = len(reply.body) // 2
    match fault.kind:
        case FaultKind.DRIP:
            return replace(reply, drip=fault.seconds)
        case FaultKind.BROKEN_OFF:
            return replace(reply, missing=max(half, 1))
        case FaultKind.CUT:
            return replace(reply, body=reply.body[:half])
        case _:
            raise ValueError(f"{fault.kind} does not damage an answer")


def _page(title: str) -> bytes:
    return _PAGE % (title.encode(), title.encode())
