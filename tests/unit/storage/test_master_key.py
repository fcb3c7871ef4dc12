"""The master key: given as text, or kept in a file."""

from __future__ import annotations

import base64
import copy
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.errors import ConfigurationError
from coinassay.storage.master_key import MasterKey

KEY = bytes(range(100, 132))


@given(st.binary(min_size=32, max_size=32))
def test_every_usual_way_to_write_32_bytes_is_read(key: bytes) -> None:
    texts = [key.hex(), key.hex().upper(), base64.b64encode(key).decode(), base64.urlsafe_b64encode(key).decode()]
    texts += [text.rstrip("=") for text in texts[2:]]
    for text in texts:
        assert MasterKey(key) == MasterKey.from_text(f" {text}\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "correct horse battery staple",
        KEY.hex()[:-2],
        KEY.hex() + "00",
        "g" * 64,
        base64.b64encode(KEY[:31]).decode(),
        base64.b64encode(KEY + b"x").decode(),
        "ä" * 43,
        "=" * 44,
    ],
)
def test_anything_else_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ConfigurationError, match="32 bytes in hexadecimal") as caught:
        MasterKey.from_text(text)
    assert "openssl rand -hex 32" in caught.value.hint
    assert not text or text not in caught.value.message


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_has_32_bytes(length: int) -> None:
    with pytest.raises(ConfigurationError):
        MasterKey(bytes(length))


def test_generated_keys_differ() -> None:
    assert MasterKey.generate() != MasterKey.generate()
    assert MasterKey.generate().id != MasterKey.generate().id
    assert MasterKey(KEY).id == MasterKey(KEY).id


def test_the_key_does_not_get_out_by_accident() -> None:
    key = MasterKey(KEY)
    shown = f"{key!r} {key} {key.id}"
    assert KEY.hex() not in shown
    assert key.id not in KEY.hex()
    for way_out in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            way_out(key)


def test_the_file_is_made_at_the_first_start_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "home" / "deep" / "master.key"
    before = os.umask(0)
    try:
        key = MasterKey.load_or_create(path)
    finally:
        os.umask(before)
    assert (0o600, 0o700) == (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777)
    assert key == MasterKey.load_or_create(path) == MasterKey.load(path)
    assert [path] == list(path.parent.iterdir()), "nothing else is left"


def test_starts_at_the_same_moment_get_the_same_key(tmp_path: Path) -> None:
    starts = 8
    with ThreadPoolExecutor(starts) as pool:
        for n in range(20):
            path, together = tmp_path / f"{n}" / "master.key", Barrier(starts)

            def start(path: Path = path, together: Barrier = together) -> str:
                together.wait(10)
                return MasterKey.load_or_create(path).to_text()

            keys = {each.result() for each in [pool.submit(start) for _ in range(starts)]}
            assert {MasterKey.load(path).to_text()} == keys


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_file_that_others_can_open_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    MasterKey.load_or_create(path)
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match=f"read by others \\(mode {mode:04o}\\)") as caught:
        MasterKey.load_or_create(path)
    assert f"chmod 600 {path}" in caught.value.hint


def test_a_file_without_a_key_is_named_and_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_text("my own secret\n")
    path.chmod(0o600)
    with pytest.raises(ConfigurationError) as caught:
        MasterKey.load(path)
    assert caught.value.message.startswith(f"{path}: ")
    assert "my own secret" not in caught.value.message + caught.value.hint


def test_binary_rubbish_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(bytes(range(256)))
    path.chmod(0o600)
    with pytest.raises(ConfigurationError):
        MasterKey.load(path)


def test_a_missing_file_is_said_to_matter(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file") as caught:
        MasterKey.load(tmp_path / "master.key")
    assert "put it back" in caught.value.hint
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot be made"):
        MasterKey.load_or_create(tmp_path / "file" / "master.key")


def test_the_key_in_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    MasterKey.load_or_create(path)
    inode = path.stat().st_ino
    new = MasterKey.generate()
    new.replace(path)
    assert new == MasterKey.load(path)
    assert inode != path.stat().st_ino, "a new file took its place, the old one was not written into"
    assert [path] == list(tmp_path.iterdir())
    with pytest.raises(ConfigurationError, match="cannot be replaced"):
        new.replace(tmp_path / "missing" / "master.key")
