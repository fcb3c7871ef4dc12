"""Finished bodies kept in memory, as many as fit into a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

OVERHEAD = 300
"""Roughly what an entry costs beside its body."""


class BodyCache:
    """Forgets what was not asked for longest."""

    def __init__(self, capacity: int) -> None:
        """`capacity` in bytes."""
        self._capacity = capacity
        self._size = 0
        self._bodies: OrderedDict[Hashable, bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._bodies)

    @property
    def size(self) -> int:
        """Bytes in use."""
        return self._size

    def get(self, key: Hashable) -> bytes | None:
        body = self._bodies.get(key)
        if body is not None:
            self._bodies.move_to_end(key)
        return body

    def put(self, key: Hashable, body: bytes) -> None:
        before = self._bodies.pop(key, None)
        if before is not None:
            self._size -= len(before) + OVERHEAD
        self._bodies[key] = body
        self._size += len(body) + OVERHEAD
        while self._size > self._capacity:
            _, forgotten = self._bodies.popitem(last=False)
            self._size -= len(forgotten) + OVERHEAD
