"""The key that opens the vault: from a setting, or from a file that is made at the first start."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
import stat
from pathlib import Path

from coinassay.errors import ConfigurationError
from coinassay.storage.files import is_there

LENGTH = 32
_HEX = re.compile(r"[0-9a-fA-F]{64}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{43}=?")
_HOW_TO_MAKE_ONE = "Make one with: openssl rand -hex 32"


class MasterKey:
    """32 random bytes. Its repr shows only its id."""

    __slots__ = ("_key", "id")

    def __init__(self, key: bytes) -> None:
        """Raises ConfigurationError for any other length."""
        if len(key) != LENGTH:
            raise ConfigurationError(f"The master key has {len(key)} bytes, not {LENGTH}.", hint=_HOW_TO_MAKE_ONE)
        self._key = key
        # A one-way function of 256 random bits: the id tells which key it is, and nothing about it.
        self.id: str = hashlib.sha256(b"coinassay master key id\0" + key).hexdigest()[:16]

    @classmethod
    def generate(cls) -> MasterKey:
        return cls(secrets.token_bytes(LENGTH))

    @classmethod
    def from_text(cls, text: str) -> MasterKey:
        """From 32 bytes in hexadecimal (64 digits) or base64 (43 or 44 characters, either alphabet); blanks around it
        do not count. Raises ConfigurationError, which never shows the text.
        """
        text = text.strip()
        if _HEX.fullmatch(text):
            return cls(bytes.fromhex(text))
        if _BASE64.fullmatch(text):
            try:
                padded = text.rstrip("=") + "="
                return cls(base64.b64decode(padded.translate(str.maketrans("-_", "+/")), validate=True))
            except binascii.Error as e:
                raise _not_a_key(text) from e
        raise _not_a_key(text)

    @classmethod
    def load(cls, path: Path) -> MasterKey:
        """From a file that nobody but its owner may read. Raises ConfigurationError."""
        try:
            mode = path.stat().st_mode
            text = path.read_text("ascii", errors="replace")
        except OSError as e:
            raise ConfigurationError(
                f"The master key file {path} cannot be read: {e.strerror}.",
                hint="Without it the stored exchange keys cannot be opened: put it back from where you keep a copy.",
            ) from e
        if stat.S_IMODE(mode) & 0o077:
            raise ConfigurationError(
                f"The master key file {path} can be read by others (mode {stat.S_IMODE(mode):04o}).",
                hint=f"Let only its owner read it: chmod 600 {path}",
            )
        try:
            return cls.from_text(text)
        except ConfigurationError as e:
            raise ConfigurationError(f"{path}: {e.message}", hint=e.hint) from e

    @classmethod
    def load_or_create(cls, path: Path) -> MasterKey:
        """From the file, or a new one in a new file with mode 0600; a missing directory is made with mode 0700.

        Of processes that start at the same moment one makes the file and the others read it. A process that is killed
        leaves a whole file or none. Raises ConfigurationError.
        """
        if not is_there(path):
            key = cls.generate()
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                new = key._write_beside(path)
                try:
                    os.link(new, path)  # unlike a rename it does not replace the file another process has just made
                except FileExistsError:
                    return cls.load(path)
                finally:
                    new.unlink()
                _sync_directory(path)
            except OSError as e:
                raise ConfigurationError(f"The master key file {path} cannot be made: {e.strerror}.") from e
        return cls.load(path)

    def replace(self, path: Path) -> None:
        """Puts this key into the file in place of what is there, in one step. Raises ConfigurationError."""
        try:
            self._write_beside(path).replace(path)
            _sync_directory(path)
        except OSError as e:
            raise ConfigurationError(f"The master key file {path} cannot be replaced: {e.strerror}.") from e

    def _write_beside(self, path: Path) -> Path:
        new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self.to_text() + "\n")
            file.flush()
            os.fsync(descriptor)
        return new

    def to_text(self) -> str:
        """The key itself, in hexadecimal: for the file that holds it."""
        return self._key.hex()

    def to_bytes(self) -> bytes:
        return self._key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MasterKey) and hmac.compare_digest(self._key, other._key)

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"MasterKey(id={self.id})"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a master key is not written anywhere but into its file")


def _not_a_key(text: str) -> ConfigurationError:
    return ConfigurationError(
        f"The master key must be {LENGTH} bytes in hexadecimal (64 digits) or base64 (44 characters); "
        f"what is there has {len(text)} characters.",
        hint=_HOW_TO_MAKE_ONE,
    )


def _sync_directory(path: Path) -> None:
    """Without it a power cut may bring the old file back, or none."""
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
