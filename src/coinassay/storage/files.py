"""Looking at files."""

from __future__ import annotations

from pathlib import Path

from coinassay.errors import ConfigurationError


def is_there(path: Path) -> bool:
    """Whether there is such a file. Raises ConfigurationError where one may not look, which is no answer to that."""
    try:
        return path.exists()
    except OSError as e:
        raise ConfigurationError(
            f"It cannot be seen whether there is a file {path}: {e.strerror}.",
            hint="The directories on the way must be open to the user who runs Coinassay.",
        ) from e
