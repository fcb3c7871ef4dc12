"""What is set on the pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from coinassay.domain.retention import FOR_EVER, Retention
from coinassay.errors import InvalidRequest, PermissionDenied
from coinassay.services.preferences import DUST, PreferenceService
from coinassay.storage.store import MasterKey, Store

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(str(tmp_path / "x.db"), MasterKey.generate())
    yield opened
    await opened.close()


async def test_the_dust_limit(store: Store) -> None:
    alice = await store.add_user("alice", NOW)
    service = PreferenceService(store, store)
    assert DUST == await service.dust(alice.id)
    await service.set_dust(alice.id, " 1,000.50 ")
    assert Decimal("1000.5") == await service.dust(alice.id)
    for bad in ("much", "-1", "1000001", "NaN", "1e9"):
        with pytest.raises(InvalidRequest):
            await service.set_dust(alice.id, bad)
    assert Decimal("1000.5") == await service.dust(alice.id)
    await service.set_dust(alice.id, "")
    assert DUST == await service.dust(alice.id)


async def test_only_the_owner_says_for_how_long_history_is_kept(store: Store) -> None:
    alice, bob = await store.add_user("alice", NOW), await store.add_user("bob", NOW)
    service = PreferenceService(store, store, Retention(timedelta(days=3), timedelta(days=30)))
    assert timedelta(days=3) == (await service.retention()).full
    await service.set_retention(alice.id, "10D/20d")
    assert Retention(timedelta(days=10), timedelta(days=20)) == await service.retention()
    with pytest.raises(PermissionDenied):
        await service.set_retention(bob.id, "off")
    with pytest.raises(InvalidRequest) as caught:
        await service.set_retention(alice.id, "20d/10d")
    assert "for example 7d/90d" in caught.value.fields["retention"][0]
    assert "10d/20d" == await service.retention_text()
    await service.set_retention(alice.id, "off")
    assert Retention(FOR_EVER, FOR_EVER) == await service.retention()
    await service.set_retention(alice.id, "")
    assert timedelta(days=3) == (await service.retention()).full
