"""The address a server listens on. No name is looked up here that is not written as an address."""

from __future__ import annotations

import errno
import socket

import pytest

from coinassay.cli.serve import listen, refused
from coinassay.errors import ConfigurationError


def refusal(host: str, port: int = 0) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        listen(host, port).close()
    return caught.value


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_addresses_of_this_machine(host: str) -> None:
    with listen(host, 0) as listener:
        assert listener.getsockname()[0] == host


@pytest.mark.parametrize("host", ["::1%nosuchthing", "x" * 64])
def test_what_is_no_host(host: str) -> None:
    error = refusal(host)
    assert "neither an address nor a name" in error.message
    assert "COINASSAY_HOST" in error.message
    assert "127.0.0.1" in error.hint


def test_an_address_of_another_machine() -> None:
    # Nothing here may ask for such an address in earnest, so this is what the system would say of it.
    error = refused("203.0.113.1", 80, OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address"))
    assert "203.0.113.1 is no address of this machine. COINASSAY_HOST, or --host, is wrong." in error.message


def test_a_port_somebody_has() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        error = refusal("127.0.0.1", other.getsockname()[1])
    assert "COINASSAY_HOST" not in error.message
    assert "COINASSAY_PORT" in error.hint


def test_a_port_that_is_not_for_everybody() -> None:
    error = refused("127.0.0.1", 80, OSError(errno.EACCES, "Permission denied (while attempting to bind)"))
    assert error.message == "Cannot listen on 127.0.0.1, port 80: Permission denied."
    assert "1024" in error.hint
