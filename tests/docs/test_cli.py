"""docs/reference/cli.md shows every command with every argument and option there is, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from coinassay.cli.app import app

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "cli.md").read_text()
SECTIONS = dict(re.findall(r"^## (coinassay .+)\n\n((?:    .+\n)+)", PAGE, re.MULTILINE))


def leaves(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, child in getattr(command, "commands", {}).items():
        yield from leaves(child, f"{path} {name}")
    if not hasattr(command, "commands"):
        yield path, command


COMMANDS = dict(leaves(typer.main.get_command(app), "coinassay"))


def test_every_command_is_there() -> None:
    assert set(COMMANDS) == set(SECTIONS)


@pytest.mark.parametrize("name", COMMANDS)
def test_its_usage_is_right(name: str) -> None:
    usage = SECTIONS[name].removeprefix(f"    {name}")
    options = {option for param in COMMANDS[name].params for option in param.opts if option.startswith("--")}
    assert options - {"--help"} == set(re.findall(r"--[a-z-]+", usage))
    required = {param.opts[0] for param in COMMANDS[name].params if param.required and param.opts[0].startswith("--")}
    assert required == {each for each in options if re.search(rf"(?<!\[){each}\b", usage)}
    repeated = {param.opts[0] for param in COMMANDS[name].params if getattr(param, "multiple", False)}
    assert repeated == {each for each in options if re.search(rf"\[{each} [^]]+\]\.\.\.", usage)}
    arguments = [param for param in COMMANDS[name].params if not param.opts[0].startswith("--")]
    shown = re.findall(r"\b[A-Z_]+\b", re.sub(r"\[--[^]]*\]|--\S+ \S+", "", usage))
    assert [(param.metavar or param.name.upper()).strip("[].") for param in arguments] == shown
