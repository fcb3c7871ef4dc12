"""Real requests and their answers, kept in examples.json: what a server with made-up accounts answered.

`python -m tests.api.examples` writes the file anew; a test compares it with what is answered now.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

import msgspec


class Examples:
    """By operation."""

    def __init__(self, rows: Mapping[str, Any]) -> None:
        """`rows`: {operation: {"request": {"method", "target", "body"}, "status", "answer"}}."""
        self._rows = rows

    @classmethod
    def bundled(cls) -> Examples:
        return cls(cls.parse((resources.files(__package__) / "examples.json").read_bytes()))

    @staticmethod
    def parse(document: bytes) -> Any:
        """JSON to be encoded again: its numbers keep their digits."""
        return json.loads(document, parse_float=lambda digits: msgspec.Raw(digits.encode()))

    def row(self, operation: str) -> Any:
        return self._rows.get(operation)

    def request(self, operation: str) -> Any:
        """The JSON body that was sent; None for none."""
        return self._rows.get(operation, {}).get("request", {}).get("body")

    def answer(self, operation: str) -> Any:
        return self._rows.get(operation, {}).get("answer")
