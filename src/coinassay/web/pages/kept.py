"""Finished parts of pages, kept while what they were made of stands."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Part = TypeVar("Part")

MOST = 512


class Kept(Generic[Part]):
    """By place, the part made last, with what it depends on. Who was not asked for longest is forgotten first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._parts: OrderedDict[Hashable, tuple[Hashable, Part]] = OrderedDict()

    def find(self, place: Hashable, state: Hashable) -> Part | None:
        """None where nothing is kept, or something else has become of what it was made of."""
        found = self._parts.get(place)
        if found is None or found[0] != state:
            return None
        self._parts.move_to_end(place)
        return found[1]

    def put(self, place: Hashable, state: Hashable, part: Part) -> Part:
        self._parts[place] = (state, part)
        self._parts.move_to_end(place)
        if len(self._parts) > self._most:
            self._parts.popitem(last=False)
        return part
