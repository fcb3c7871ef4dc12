"""Files one may not look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from coinassay.bootstrap import open_services, open_store
from coinassay.errors import ConfigurationError
from coinassay.settings import Settings
from coinassay.storage.files import is_there
from coinassay.storage.master_key import MasterKey

UNSEEN = "x" * 300
"""A name too long to be looked up: refused to everybody, as a closed directory is to those who are not root."""


def test_a_file_is_there_or_not(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert is_there(tmp_path / "file")
    assert not is_there(tmp_path / "other")
    assert not is_there(tmp_path / "file" / "below")


async def test_where_one_may_not_look(tmp_path: Path) -> None:
    home = tmp_path / UNSEEN
    for create in (True, False):
        with pytest.raises(ConfigurationError, match="cannot be seen whether there is a file") as caught:
            await open_store(Settings.from_env({"COINASSAY_HOME": str(home)}), create=create)
        assert caught.value.hint
    with pytest.raises(ConfigurationError, match="cannot be seen"):
        MasterKey.load_or_create(home / "master.key")


async def test_a_directory_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    settings = Settings.from_env({"COINASSAY_HOME": str(tmp_path / "home"), "COINASSAY_MASTER_KEY": "00" * 32})
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        await open_store(settings, create=True)


async def test_a_wrong_key_names_the_variable_it_is_from(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("too short")
    home = {"COINASSAY_HOME": str(tmp_path / "home")}
    for environ, name in (
        ({"COINASSAY_MASTER_KEY_FILE": str(file)}, "COINASSAY_MASTER_KEY_FILE"),
        ({"COINASSAY_MASTER_KEY": "too short"}, "COINASSAY_MASTER_KEY"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            await open_store(Settings.from_env(home | environ), create=True)
        assert caught.value.message.startswith(f"{name}: The master key must be 32 bytes")
        assert "too short" not in caught.value.message


async def test_a_currency_nobody_knows_stops_the_start(tmp_path: Path) -> None:
    settings = Settings.from_env({"COINASSAY_HOME": str(tmp_path), "COINASSAY_DISPLAY_CURRENCY": "XQZ"})
    with pytest.raises(ConfigurationError, match="COINASSAY_DISPLAY_CURRENCY names 'XQZ'"):
        async with open_services(settings, create=True):
            pass
