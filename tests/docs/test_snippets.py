"""What stands in the documentation as Python runs against a demo; what stands there as a command exists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import py3cw.request
import pytest
from tests.acceptance.demo import Demo, running_demo
from tests.docs.test_cli import COMMANDS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])


def blocks(language: str) -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for text in re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S):
            found.append((f"{page.relative_to(ROOT)}", text))
    return found


PYTHON = blocks("python")


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with running_demo() as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize(("page", "text"), PYTHON, ids=[page for page, _ in PYTHON])
def test_python_runs(demo: Demo, page: str, text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With the demo's address, key and secret in the places of those it shows; what is meant for 3Commas, too."""
    monkeypatch.setattr(py3cw.request, "API_URL", demo.url)
    monkeypatch.chdir(tmp_path)
    told = text.replace("http://127.0.0.1:8000", demo.url)
    told = told.replace('key="…"', f'key="{demo.api_key}"').replace('secret="…"', f'secret="{demo.secret}"')
    names: dict[str, object] = {}
    exec(compile(told, page, "exec"), names)
    assert not names.get("error"), names["error"]


@pytest.mark.parametrize(("page", "text"), blocks("json"))
def test_json_is_json(page: str, text: str) -> None:
    assert json.loads(text) is not None, page


def test_commands_exist() -> None:
    """Every `coinassay …` in a console block or between backticks, with its options."""
    seen = 0
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = [*re.findall(r"^\$ (?:\S*/)?(coinassay .*)$", text, re.M), *re.findall(r"`(coinassay [^`]+)`", text)]
        for line in lines:
            words = line.partition("#")[0].split()
            if words[1].startswith("--"):
                continue
            name = next((name for name in COMMANDS if words[: len(name.split())] == name.split()), None)
            group = [name for name in COMMANDS if name.split()[: len(words)] == words]
            assert name or group, f"{page.name}: {line}"
            options = {option for param in COMMANDS[name].params for option in param.opts} if name else set()
            assert {word for word in words if word.startswith("--")} <= options | {"--help"}, line
            seen += 1
    assert seen > 5
