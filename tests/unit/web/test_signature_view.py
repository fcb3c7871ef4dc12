"""The signature explainer says what the server itself takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.api.signing import candidates
from coinassay.web.view.signature import explain


def as_signed(method: str, target: str, body: str) -> list[str]:
    path, _, query = target.partition("?")
    return [each.decode() for each in candidates(method, path.encode(), query.encode(), body.encode())]


@given(
    st.sampled_from(["GET", "POST", "PATCH", "DELETE"]),
    st.from_regex(r"/public/api/ver1/[a-z_/0-9]{1,30}", fullmatch=True),
    st.lists(st.from_regex(r"[a-z_]{1,8}=[a-z0-9%]{1,8}", fullmatch=True), max_size=3),
    st.sampled_from(["", '{"name": "x"}', '{"name":"x"}', "name=x&mode=paper"]),
)
def test_the_explained_string_is_one_that_is_taken(method: str, path: str, pairs: list[str], body: str) -> None:
    target = path + ("?" + "&".join(pairs) if pairs else "")
    found = explain(method, target, body)
    if body and method == "GET":
        assert "" == found.signed
        assert any("GET" in each for each in found.problems)
    else:
        assert found.signed in as_signed(method, target, body)
        assert not found.problems


@pytest.mark.parametrize(
    ("method", "target", "body", "signed"),
    [
        ("GET", "/public/api/ver1/accounts", "", "/public/api/ver1/accounts"),
        ("get", " https://example.org/public/api/ver1/accounts?page=1#x", "", "/public/api/ver1/accounts?page=1"),
        (
            "POST",
            "/public/api/ver1/users/change_mode",
            '{"mode": "paper"}',
            '/public/api/ver1/users/change_mode{"mode": "paper"}',
        ),
        ("POST", "/public/api/ver1/users/change_mode", "mode=paper", "/public/api/ver1/users/change_mode?mode=paper"),
        ("GET", "/api/v1/accounts/1/profit?from=2026-01-01", "", "/api/v1/accounts/1/profit?from=2026-01-01"),
    ],
)
def test_examples(method: str, target: str, body: str, signed: str) -> None:
    found = explain(method, target, body)
    assert signed == found.signed
    assert signed in [step.result for step in found.steps]


@pytest.mark.parametrize(
    ("method", "target", "problem"),
    [
        ("FETCH", "/public/api/ver1/accounts", "FETCH is not a method"),
        ("", "/public/api/ver1/accounts", "Nothing is not a method"),
        ("GET", "public/api/ver1/accounts", "begins with a slash"),
        ("GET", "/ver1/accounts", "signed whole"),
        ("GET", "/public/api/ver1/accounts?name=a b", "percent-encoded"),
        ("GET", "https:///x", "cannot be read"),
        ("GET", "http://[::1/x", "cannot be read"),
    ],
)
def test_what_would_be_refused_is_said(method: str, target: str, problem: str) -> None:
    found = explain(method, target, "")
    assert "" == found.signed
    assert any(problem in each for each in found.problems), found.problems
