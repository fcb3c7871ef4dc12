"""SECURITY.md gives a reason for every dependency."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[<>=;\s]", each)[0] for each in project["dependencies"]]
    section = (ROOT / "SECURITY.md").read_text().partition("## Dependencies")[2]
    assert names == re.findall(r"^\| ([\w-]+) \| (?!what for).{10,} \|$", section, re.MULTILINE)
