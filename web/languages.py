"""The languages in which the pages speak: which one a request asks for, and the words of each.

This module alone knows the catalogues under ``locale/``: gettext's, of which ``.po`` files are read as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

NAMES = {"en": "English", "ja": "日本語"}
"""Each language by its code, under the name that it has for those who read it."""

_USUAL = {"en": "en_001", "ja": "ja_JP"}
_CATALOGUES = Path(__file__).parent / "locale"
_DOMAIN = "zerowire"
_RANGE = re.compile(
    r"([a-z]{2,3})(?:-[a-z]{4})?(?:-([a-z]{2}|\d{3}))?(?:-[a-z0-9]+)*\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?", re.I
)
_MOST_RANGES = 20


def asked(accepted: str, *, language: str | None = None) -> Locale:
    """Return the locale that suits *accepted*, a field ``Accept-Language`` (RFC 9110, section 12.5.4), best: of
    *language*, where the address names one, else of the first of NAMES that is asked for, or English.
    """
    ranges = [(code, territory) for code, territory in _ranges(accepted) if language in (None, code)]
    code, territory = next(((code, territory) for code, territory in ranges if code in NAMES), (language or "en", ""))
    return _locale(code, territory)


@cache
def words(language: str) -> NullTranslations:
    """Return the words of *language*; those of English stand in the templates."""
    path = _CATALOGUES / language / "LC_MESSAGES" / f"{_DOMAIN}.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled, domain=_DOMAIN)


def _ranges(accepted: str) -> Iterable[tuple[str, str]]:
    """Yield the languages that are asked for, with their territories, the best liked first."""
    found = [_RANGE.fullmatch(given.strip()) for given in accepted.split(",")[:_MOST_RANGES]]
    read = [(match[1].lower(), (match[2] or "").upper(), float(match[3] or 1)) for match in found if match]
    return [(code, territory) for code, territory, weight in sorted(read, key=lambda one: -one[2]) if weight > 0]


@cache
def _locale(code: str, territory: str) -> Locale:
    try:
        return Locale.parse(f"{code}_{territory}" if territory else _USUAL[code])
    except (UnknownLocaleError, ValueError):
        return Locale.parse(_USUAL[code])
