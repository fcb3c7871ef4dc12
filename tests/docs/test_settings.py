"""docs/reference/settings.md describes every setting, invents none, and names the right defaults."""

from __future__ import annotations

import re
from pathlib import Path

from coinassay.settings import names

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


def test_every_setting_is_described_with_its_default() -> None:
    rows = re.findall(r"^\| `(COINASSAY_\w+)` \| (?:`(.*?)` )?\| .{20,} \|$", PAGE.read_text(), re.MULTILINE)
    assert names() == dict(rows)
    assert len(rows) == len(names()), "each once"


def test_no_other_name_is_mentioned() -> None:
    assert set(names()) == set(re.findall(r"COINASSAY_[A-Z_]*[A-Z]", PAGE.read_text()))
