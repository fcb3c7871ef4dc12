"""What every noun's module works with."""

from __future__ import annotations

from coinassay.storage import statements as sql
from coinassay.storage.database import Database, change
from coinassay.storage.vault import Vault


class Noun:
    """A part of the store."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    async def _take_id(self, kind: str) -> int:
        """The next id, from 1 to 2**31 - 1, ascending; an id once taken is never given again, used or not.

        It is taken before the row is written because sealed secrets are bound to it.
        """
        ((row,),) = await self._db.write([change(sql.TAKE_ID, name=kind)])
        taken: int = row[0]
        return taken
