"""docs/reference/ has every endpoint and error, and nothing that does not exist."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.docs import reference
from tests.docs.reference import DOCS, GROUPS, REFERENCE

from coinassay.api.description.openapi import sample_of
from coinassay.api.description.page import operations
from coinassay.api.errors import LONGEST_RETRY_AFTER, MARKET_ERROR, TABLE, MethodNotAllowed, reply_to
from coinassay.api.limits import FIRST_BAN, LONGEST_BAN, RateLimit
from coinassay.api.options import ApiOptions
from coinassay.api.signing import verify
from coinassay.domain.api_key import KeyKind
from coinassay.errors import ExchangeError

ROOT = DOCS.parent
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


@pytest.fixture(scope="module")
def described() -> Any:
    return asyncio.run(reference.document())


def words(name: str) -> str:
    return " ".join((REFERENCE / name).read_text(encoding="utf-8").split())


# --------------------------------------------------------------------------------------------------- endpoints


def test_the_pages_say_what_the_description_says(described: Any) -> None:
    for name, below in reference.pages(described).items():
        text = (REFERENCE / name).read_text(encoding="utf-8")
        assert reference.whole(name, below) == text, f"{name}: python -m tests.docs.reference writes it anew"


def test_every_group_has_its_page(described: Any) -> None:
    assert {tag["name"] for tag in described["tags"]} == {tag for tags in GROUPS.values() for tag in tags}


def test_every_endpoint_is_documented_and_every_documented_one_exists(described: Any) -> None:
    existing = {(operation.method, operation.path) for operation in operations(described)}
    documented = set()
    for page in PAGES:
        asked = re.findall(r"\b(GET|POST|PUT|DELETE|PATCH) `?((?:/public)?/api/[^\s`?|\"']*)", page.read_text())
        for method, path in asked:
            if page.name == "key-doctor.md" and path.startswith("/api/"):  # of exchanges
                continue
            documented.add((method, re.sub(r"/(?:\d+|\{id\})(?=/|$)", "/{account_id}", path)))
    assert existing == documented


# ------------------------------------------------------------------------------------------------------ errors


def rows_of(name: str, columns: int) -> list[tuple[str, ...]]:
    lines = re.findall(r"^\| (\d{3} \|.*) \|$", (REFERENCE / name).read_text(), re.MULTILINE)
    rows = [tuple(cell.strip() for cell in line.split("|")) for line in lines]
    return [row for row in rows if len(row) == columns]


def test_every_error_is_documented_and_every_documented_one_exists() -> None:
    expected = set()
    for error, row in TABLE.items():
        if row.error in (MARKET_ERROR, "internal_error"):
            continue
        body = json.loads(reply_to(error(("GET",)) if error is MethodNotAllowed else sample_of(error)).body)
        expected.add((str(row.status), f"`{body['error']}`", body.get("error_description", "")))
    expected.add(("500", "`internal_error`", "Something went wrong."))
    expected |= {(status, f"`{MARKET_ERROR}`", "what the exchange said") for status in ("422", "503")}
    documented = {row[:3] for row in rows_of("errors.md", 4)}
    volume = {row for row in documented if "Volume data" in row[1]}  # its text names what was asked for
    assert {("404", "`Volume data not found`", "No data available for the requested date")} == volume
    assert {row for row in expected if "Volume data" not in row[1]} == documented - volume


def test_every_error_of_exchanges_is_documented() -> None:
    expected = {
        (str(row.status), f"`{error.code}`")
        for error, row in TABLE.items()
        if issubclass(error, ExchangeError) and row.error == MARKET_ERROR
    }
    assert expected == {row[:2] for row in rows_of("errors.md", 3)}


# ------------------------------------------------------------------------------------------- limits and signatures


def test_the_limits_are_the_ones_that_hold() -> None:
    text, limit = words("rate-limits.md"), RateLimit()
    assert f"{limit.requests} requests in {limit.period} seconds" in text
    assert f"in the {limit.pause} seconds after it" in text
    assert f"for {FIRST_BAN // 60} minutes, and each further time for four times as long, up to three days" in text
    assert 3 * 24 * 3600 == LONGEST_BAN
    assert f"the wait is at most {LONGEST_RETRY_AFTER} seconds" in text
    assert f"{ApiOptions().max_body // 1024 // 1024} MiB" in words("differences.md")


def test_the_signatures_in_the_table_are_right() -> None:
    rows = re.findall(
        r"^\| `(\w+) (\S+)` \| (?:`(.*?)` )?\| `(.*?)` \| `([0-9a-f]{64})` \|$",
        (REFERENCE / "signing.md").read_text(),
        re.MULTILINE,
    )
    assert len(rows) >= 8
    for method, target, body, _, signature in rows:
        path, _, query = target.encode().partition(b"?")
        assert verify(
            KeyKind.HMAC, b"test-secret-0001", signature, method=method, path=path, query=query, body=body.encode()
        ), target


# ------------------------------------------------------------------------------------------------------- links


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {reference.anchor(re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", each)) for each in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        parts = urlsplit(target)
        if parts.scheme:
            assert parts.scheme in ("https", "http"), target
            continue
        there = (page.parent / parts.path).resolve() if parts.path else page
        assert there.exists(), target
        if parts.fragment:
            assert parts.fragment in anchors(there), target


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    linked = {(DOCS / target.partition("#")[0]).resolve() for target in re.findall(r"\]\(([^)\s]+)\)", index)}
    assert {page for page in DOCS.rglob("*.md") if page.name != "README.md"} <= linked
