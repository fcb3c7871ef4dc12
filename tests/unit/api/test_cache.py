"""Bodies in memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coinassay.api.cache import OVERHEAD, BodyCache


def test_what_was_not_asked_for_longest_goes_first() -> None:
    cache = BodyCache(3 * (100 + OVERHEAD))
    for key in "abc":
        cache.put(key, key.encode() * 100)
    assert cache.get("a") == b"a" * 100
    cache.put("d", b"d" * 100)
    assert [cache.get(key) is not None for key in "abcd"] == [True, False, True, True]


def test_what_is_larger_than_the_whole_is_not_kept() -> None:
    cache = BodyCache(1000)
    cache.put("a", b"x" * 5000)
    assert (cache.get("a"), len(cache), cache.size) == (None, 0, 0)


def test_no_memory_means_no_cache() -> None:
    cache = BodyCache(0)
    cache.put("a", b"")
    assert cache.get("a") is None


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 900))))
def test_the_size_is_kept_and_bounded(puts: list[tuple[int, int]]) -> None:
    cache = BodyCache(4000)
    for key, size in puts:
        cache.put(key, b"x" * size)
        kept = [body for body in map(cache.get, range(10)) if body is not None]
        assert cache.size == sum(len(body) + OVERHEAD for body in kept) <= 4000
        assert len(cache) == len(kept)
        assert cache.get(key) == b"x" * size
