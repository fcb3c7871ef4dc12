"""Pages put together from compressed pieces are what they would be in one."""

from __future__ import annotations

import gzip

from hypothesis import given
from hypothesis import strategies as st

from coinassay.web.pages.packed import FRESH_LEVEL, gzipped, pack


@given(st.lists(st.text(max_size=400), max_size=5))
def test_any_pieces_are_one_gzip_file(texts: list[str]) -> None:
    parts = [pack(text, FRESH_LEVEL) if n % 2 else pack(text) for n, text in enumerate(texts)]
    assert "".join(texts) == gzip.decompress(gzipped(*parts)).decode()


def test_a_piece_needs_nothing_of_what_came_before() -> None:
    kept = pack("what stays the same " * 50)
    for fresh in ("one", "another one, which is longer"):
        assert fresh.encode() + kept.plain == gzip.decompress(gzipped(pack(fresh), kept))
