"""What the header of every page leads to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    path: str
    label: str
    key: str
    """After g on the keyboard."""

    def holds(self, path: str) -> bool:
        """Whether the page at `path` lies here."""
        return path == self.path or (self.path != "/" and path.startswith(self.path + "/"))


NAVIGATION = (
    Place("/", "Overview", "o"),
    Place("/connect", "Connect", "c"),
    Place("/keys", "API keys", "k"),
    Place("/settings", "Settings", "s"),
    Place("/security", "Security", "y"),
)
