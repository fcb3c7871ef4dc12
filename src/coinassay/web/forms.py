"""What forms send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from coinassay.web.errors import BadForm, BodyTooLarge

MOST_FIELDS = 2000
URLENCODED = "application/x-www-form-urlencoded"


class Form(Mapping[str, str]):
    """The fields of a form: the first value of each, stripped of nothing. `form.all(name)` gives all of one."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs
        self._first: dict[str, str] = {}
        for name, value in pairs:
            self._first.setdefault(name, value)

    def __getitem__(self, name: str) -> str:
        return self._first[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    def __len__(self) -> int:
        return len(self._first)

    def text(self, name: str) -> str:
        """Without spaces around it; empty where the field is missing."""
        return self._first.get(name, "").strip()

    def all(self, name: str) -> list[str]:
        return [value for each, value in self._pairs if each == name]


def form_in(body: bytes, content_type: str) -> Form:
    """The fields of a body; none where it is no form. Raises BadForm."""
    if content_type.partition(";")[0].strip().lower() != URLENCODED:
        return Form([])
    try:
        text = body.decode("utf-8")
        return Form(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS))
    except ValueError as e:
        raise BadForm from e


async def read_body(request: Request, largest: int) -> bytes:
    """The whole body. Raises BodyTooLarge beyond `largest` bytes."""
    announced = request.headers.get("content-length", "0")
    if len(announced) > 12 or (announced.isdigit() and int(announced) > largest):
        raise BodyTooLarge
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > largest:
            raise BodyTooLarge
        parts.append(part)
    return b"".join(parts)
