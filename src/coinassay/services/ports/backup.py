"""What keeping a copy of everything needs."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class BackupStore(Protocol):
    async def backup(self, target: Path) -> None:
        """Writes the whole database, as of one moment, to a file that is not there yet; mode 0600.

        Secrets stay sealed in it: it opens with the master key of this installation. Everybody else goes on meanwhile.
        Raises ConfigurationError where the file cannot be written, or the database is not a file.
        """
        ...
