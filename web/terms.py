"""On what terms each organisation lets its texts be used, as far as it is known. MOEJ's are named on its site; those of
the others were not verified, and nothing is said of them that isn't known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Terms:
    """A ``licence`` and the ``attribution`` that it asks for, by language; empty where they are not known."""

    licence: Mapping[str, str] = field(default_factory=dict)
    attribution: Mapping[str, str] = field(default_factory=dict)


_UNKNOWN = Terms()
_TERMS = {
    "moej": Terms(
        licence={"en": "Public Data License 1.0", "ja": "公共データ利用規約（第1.0版）"},
        attribution={"en": "Source: Ministry of the Environment, Japan", "ja": "出典：環境省ホームページ"},
    )
}


def terms(organisation: str) -> Terms:
    """Return what is known of the terms of *organisation*."""
    return _TERMS.get(organisation, _UNKNOWN)
