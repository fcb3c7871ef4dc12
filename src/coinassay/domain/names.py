"""What people may call their accounts and keys."""

from __future__ import annotations

import unicodedata

_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They change the direction of the text that follows, also beyond the name
(https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters)."""
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")
"""Categories of characters that show nothing by themselves. Some are needed within words and emoji."""


def is_plain(name: str) -> bool:
    """Whether it is a line of text that can be seen, and leaves the text around it alone."""
    return any(unicodedata.category(each) not in _UNSEEN for each in name) and not any(
        each in _TURNING or unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") for each in name
    )
