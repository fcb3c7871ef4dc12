"""The parts of docs/reference/ that say what the description says: endpoints, their types, signing, the clients' calls.

`python -m tests.docs.reference` writes them anew below the marks in the pages; a test compares. What stands above a
mark is written by hand.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.acceptance.clients import CLIENTS

from coinassay.api.description.examples import Examples
from coinassay.api.description.openapi import describe, text_of
from coinassay.api.description.page import Operation, indented, kind_of, operations, structs_of
from coinassay.api.options import ApiOptions
from coinassay.api.routes import all_routes
from coinassay.api.routing import PREFIX
from coinassay.bootstrap import open_services
from coinassay.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = DOCS / "reference"

MARK = "<!-- The rest is made from the description of the interface: python -m tests.docs.reference -->"

GROUPS: Mapping[str, Sequence[str]] = {
    "accounts.md": ("accounts", "connect"),
    "portfolio.md": ("portfolio",),
    "market-data.md": ("market data",),
    "paper-trading.md": ("paper",),
    "volume-and-wallets.md": ("volume", "wallets"),
    "users.md": ("users",),
    "service.md": ("service",),
    "own-api.md": (
        "user",
        "history",
        "flows",
        "refresh",
        "events",
        "valuation",
        "budgets",
    ),
}
"""The pages, and the groups of endpoints on each."""

COMMON = ("413", "500")
"""Refusals that any request may meet: they stand in errors.md only."""


async def document() -> Any:
    """The description, its examples included, as an installation of its own answers it."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings.from_env({"COINASSAY_HOME": home})
        async with open_services(settings, create=True, isolated=True) as services:
            return describe(list(all_routes(services, ApiOptions())), "http://127.0.0.1:8000", Examples.bundled())


def pages(described: Any) -> dict[str, str]:
    """What belongs below the mark of each page."""
    told = _Told()
    made = {name: told.page(name, described) for name in GROUPS}
    made["signing.md"] = text_of("signing")
    made["clients.md"] = clients(described)
    return made


def above(name: str) -> str:
    """What is written by hand."""
    return (REFERENCE / name).read_text(encoding="utf-8").partition(MARK)[0]


def whole(name: str, below: str) -> str:
    return f"{above(name)}{MARK}\n\n{below.strip()}\n"


class _Told:
    """Remembers what was shown where, so that a type and an example stand in one place."""

    def __init__(self) -> None:
        self._places: dict[str, str] = {}
        self._examples: dict[str, tuple[str, str]] = {}

    def page(self, name: str, described: Any) -> str:
        parts: list[str] = []
        new: list[str] = []
        for operation in operations(described):
            if operation.about["tags"][0] in GROUPS[name]:
                for struct in structs_of(_answer(operation)[1]["schema"], described):
                    if struct not in self._places:
                        self._places[struct] = f"{name}#{struct.lower()}"
                        new.append(struct)
                parts += self._operation(name, operation)
        for struct in new:
            parts += self._struct(struct, described["components"]["schemas"][struct], name)
        return "\n\n".join(parts)

    def _operation(self, page: str, operation: Operation) -> Iterator[str]:
        about = operation.about
        yield f"## {about['summary']}"
        yield f"`{operation.method} {operation.path}`"
        yield str(about["description"])
        if operation.parameters:
            rows = [
                f"| `{name}` | {place} | {_cell(kind_of(schema))} | {'Required. ' if required else ''}{_cell(text)} |"
                for name, place, required, schema, text in operation.parameters
            ]
            yield "\n".join(["| parameter | where | type | |", "|---|---|---|---|", *rows])
        status, content = _answer(operation)
        kind = self._linked(kind_of(content["schema"]), page)
        body = about.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
        if body is not None:
            yield f"Example of a body:\n\n```json\n{indented(body)}\n```"
        shown = self._examples.setdefault(kind_of(content["schema"]), (page, about["summary"]))
        if shown == (page, about["summary"]):
            example = content["example"]
            told = f"text\n{example.strip()}" if isinstance(example, str) else f"json\n{indented(example)}"
            yield f"Answers {status}: {kind}\n\n```{told}\n```"
        else:
            yield f"Answers {status}: {kind}, as in [{shown[1]}]({'' if shown[0] == page else shown[0]}#{anchor(shown[1])})."
        yield f"Refusals: {self._refusals(about['responses'])}."

    def _refusals(self, responses: Mapping[str, Any]) -> str:
        return ", ".join(
            f"{status} {response['description'].replace('` `', '`, `')}"
            for status, response in responses.items()
            if int(status) >= 400 and status not in COMMON
        )

    def _struct(self, name: str, schema: Mapping[str, Any], page: str) -> Iterator[str]:
        yield f"## {name}"
        yield str(schema["description"]) or "Its fields:"
        rows = []
        for field, each in schema["properties"].items():
            may = "" if field in schema["required"] else "may be left out"
            text = " ".join(part for part in (_cell(each.get("description", "")), may) if part)
            rows.append(f"| `{field}` | {self._linked(_cell(kind_of(each)), page)} | {text} |")
        yield "\n".join(["| field | type | |", "|---|---|---|", *rows])

    def _linked(self, kind: str, page: str) -> str:
        def link(match: re.Match[str]) -> str:
            place = self._places.get(match[0])
            return match[0] if place is None else f"[{match[0]}]({place.removeprefix(page)})"

        return re.sub(r"\b[A-Z]\w+", link, kind)


def _answer(operation: Operation) -> tuple[str, Mapping[str, Any]]:
    status, response = next(iter(operation.about["responses"].items()))
    return status, next(iter(response["content"].values()))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def anchor(title: str) -> str:
    """As Markdown renderers make it of a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def clients(described: Any) -> str:
    """By endpoint, with which method each client asked for it."""
    head = ["endpoint", *(client.title for client in CLIENTS)]
    rows = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    known: set[str] = set()
    for operation in operations(described):
        if not operation.path.startswith(PREFIX):  # nobody but us knows those
            continue
        route = f"{operation.method} {operation.path.removeprefix(PREFIX)}"
        used = [client.calls.get(route, "") for client in CLIENTS]
        known.add(route)
        rows.append(f"| `{route}` | {' | '.join(f'`{method}`' if method else '' for method in used)} |")
    assert all(set(client.calls) <= known for client in CLIENTS)
    return "\n".join(rows)


def main() -> None:
    described = asyncio.run(document())
    for name, below in pages(described).items():
        (REFERENCE / name).write_text(whole(name, below), encoding="utf-8")


if __name__ == "__main__":
    main()
