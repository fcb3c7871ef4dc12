"""What is set on the pages, kept as text by name."""

from __future__ import annotations

from typing import Protocol


class PreferenceStore(Protocol):
    async def find_user_setting(self, user_id: int, name: str) -> str | None:
        """None for what the user has not set."""
        ...

    async def set_user_setting(self, user_id: int, name: str, value: str | None) -> None:
        """None: as it comes. Raises NotFound for a user who has gone."""
        ...

    async def find_installation_setting(self, name: str) -> str | None:
        """None for what the owner has not set."""
        ...

    async def set_installation_setting(self, name: str, value: str | None) -> None: ...
