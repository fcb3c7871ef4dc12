"""The log: a JSON line an event, and nothing in it that could be a secret."""

from __future__ import annotations

import asyncio
import errno
import io
import json
import logging
import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import structlog

from coinassay import logs
from coinassay.errors import ExchangeUnavailable

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def out() -> Iterator[io.BytesIO]:
    root = logging.getLogger()
    before = list(root.handlers)
    yield io.BytesIO()
    root.handlers[:] = before
    logging.captureWarnings(False)
    structlog.reset_defaults()


@pytest.fixture
def lines(out: io.BytesIO) -> Lines:
    logs.configure(stream=out)
    return lambda: [json.loads(line) for line in out.getvalue().splitlines()]


class Request(NamedTuple):
    route: str
    status: int
    key_id: int | None


def test_an_event_is_one_line_of_json(lines: Lines) -> None:
    logs.get_logger().info("started", port=8000, text="two\nlines")
    (line,) = lines()
    assert line.pop("at").endswith("Z")
    assert {"event": "started", "level": "info", "port": 8000, "text": "two\nlines"} == line


def test_a_request_line_keeps_its_fields(lines: Lines) -> None:
    logs.LineLog("request")(Request("/ver1/accounts/{account_id}", 200, None))
    (line,) = lines()
    assert ("request", "/ver1/accounts/{account_id}", 200, None) == (
        line["event"],
        line["route"],
        line["status"],
        line["key_id"],
    )


@pytest.mark.parametrize("style", ["json", "console"])
def test_nothing_fails_because_the_log_cannot_be_written(out: io.BytesIO, style: str) -> None:
    """A full disk, a pipe whose reader has ended, a file that was closed."""
    reading, writing = os.pipe()
    os.close(reading)
    pipe = os.fdopen(writing, "wb")
    logs.configure(stream=pipe, style=style)
    for _ in range(2):
        logs.LineLog("request")(Request("/ver1/accounts", 200, 7))
        logs.get_logger().error("lost", text="x" * 100_000)
        logging.getLogger("library").warning("lost as well")
    with pytest.raises(BrokenPipeError):
        pipe.close()
    logs.get_logger().error("after the end")


def test_what_comes_after_a_full_disk_is_logged_again(out: io.BytesIO) -> None:
    class Disk(io.BytesIO):
        full = True

        def write(self, data: Any) -> int:
            if self.full:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)

    disk = Disk()
    logs.configure(stream=disk)
    write = logs.LineLog("request")
    write(Request("/lost", 200, 7))
    disk.full = False
    write(Request("/kept", 200, 7))
    assert b"/lost" not in disk.getvalue()
    assert b"/kept" in disk.getvalue()


def test_a_process_without_stderr_can_log(out: io.BytesIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", None)
    for style in ("json", "console"):
        logs.configure(style=style)
        logs.get_logger().error("to nobody")


class Odd(NamedTuple):
    request_id: str = "0001"
    api_key: str = "hush-hush"
    nested: Any = ({"secret": "hush-hush", "list": [{"Signature": "hush-hush"}], "kept": 1},)
    frames: tuple[str, ...] = ("a.py:1 main", "b.py:2 work")
    amount: object = object
    text: str = "two\nlines, é"


@pytest.mark.parametrize("line", [Request("/ver1/accounts", 200, 7), Odd(), Odd(text="\udcff")])
def test_a_line_is_the_same_as_any_other_event(out: io.BytesIO, lines: Lines, line: Any) -> None:
    """It takes a shorter way: the same fields in the same order, and the same ones blanked."""
    logs.LineLog("request", logging.ERROR)(line)
    logs.get_logger().error("request", **line._asdict())
    direct, usual = lines()
    assert list(usual) == list(direct)
    assert usual | {"at": direct["at"]} == direct
    assert "Z" == usual["at"][-1] == direct["at"][-1]
    assert b"hush-hush" not in out.getvalue()


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_line_for_people_or_machines_says_the_same(out: io.BytesIO, style: str) -> None:
    logs.configure(style=style, stream=out)
    logs.LineLog("request")(Odd())
    text = out.getvalue().decode()
    assert "0001" in text
    assert "hush-hush" not in text
    assert (style == "json") == text.startswith("{")


def test_what_is_below_the_level_is_left_out(out: io.BytesIO) -> None:
    logs.configure("warning", stream=out)
    logs.get_logger().info("quiet")
    logs.LineLog("request")(Request("", 200, None))
    logs.get_logger().warning("loud")
    assert b"quiet" not in out.getvalue()
    assert b"request" not in out.getvalue()
    assert b"loud" in out.getvalue()


@pytest.mark.parametrize(
    "name",
    ["secret", "api_secret", "API-Secret", "client_secret", "passphrase", "password", "Signature", "sign", "apiKey",
     "Authorization", "Set-Cookie", "master_key", "private_key", "token", "credentials", "verifier"],
)  # fmt: skip
def test_a_field_named_like_a_secret_is_blanked(lines: Lines, name: str) -> None:
    logs.get_logger().info("event", **{name: "hush-hush"}, nested={"list": [{name: "hush-hush"}], "kept": 1})
    (line,) = lines()
    assert "hush-hush" not in json.dumps(line)
    assert 1 == line["nested"]["kept"]


def test_key_ids_are_not_secrets(lines: Lines) -> None:
    logs.get_logger().info("event", key_id=5, account_id=6)
    assert (5, 6) == (lines()[0]["key_id"], lines()[0]["account_id"])


def test_an_exception_is_its_type_and_place_only(lines: Lines) -> None:
    local = "hush-hush"
    try:
        raise ValueError(f"GET https://exchange.example/?signature={local}")
    except ValueError:
        logs.get_logger().exception("failed")
    (line,) = lines()
    assert "ValueError" == line["error"]
    assert line["frames"][-1].endswith("test_an_exception_is_its_type_and_place_only")
    assert "hush-hush" not in json.dumps(line)


def test_our_own_errors_keep_their_message(lines: Lines) -> None:
    logs.get_logger().error("failed", exc_info=ExchangeUnavailable("Kraken did not answer."))
    assert "Kraken did not answer." == lines()[0]["message"]


def test_libraries_are_heard_from_warnings_on(out: io.BytesIO, lines: Lines) -> None:
    logging.getLogger("ccxt").setLevel(logging.DEBUG)
    try:
        logging.getLogger("ccxt").debug("headers: hush-hush")
        logging.getLogger("ccxt").info("headers: hush-hush")
        logging.getLogger("ccxt").warning("slow: %s", "yes")
        logging.getLogger("ccxt").log(35, "in between")
    finally:
        logging.getLogger("ccxt").setLevel(logging.NOTSET)
    assert [("ccxt", "slow: yes", "warning"), ("ccxt", "in between", "warning")] == [
        (line["logger"], line["event"], line["level"]) for line in lines()
    ]


async def test_a_task_nobody_waited_for_does_not_tell_its_message(lines: Lines) -> None:
    async def fail() -> None:
        raise ValueError("signature=hush-hush")

    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    (line,) = lines()
    assert ("Task exception was never retrieved", "ValueError") == (line["event"], line["error"])
    assert "hush-hush" not in json.dumps(line)


def test_warnings_are_logged(lines: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        logging.captureWarnings(False)
    (line,) = lines()
    assert ("py.warnings", "warning") == (line["logger"], line["level"])


def test_what_json_does_not_know_is_shown_by_its_repr(lines: Lines) -> None:
    logs.get_logger().info("event", odd=object)
    assert "<class 'object'>" == lines()[0]["odd"]


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_text_that_is_not_unicode_does_not_stop_the_log(out: io.BytesIO, style: str) -> None:
    logs.configure(style=style, stream=out)
    logs.get_logger().info("event", path="\udcff", odd=object)
    assert b"\\udcff" in out.getvalue()


def test_people_get_plain_lines(out: io.BytesIO) -> None:
    logs.configure(style="console", stream=out)
    logs.get_logger().info("started", port=8000, secret="hush-hush")
    text = out.getvalue().decode()
    assert "started" in text
    assert "port=8000" in text
    assert "hush-hush" not in text
    assert "\x1b" not in text, "no colours where nobody sees them"
