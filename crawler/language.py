"""The language of a text, by its script: what is watched here is Japanese or English. Pure."""

from __future__ import annotations

import re

_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa]")
_JAPANESE = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_LETTERS_A_CHARACTER = 2.3  # a Japanese text takes so many times fewer characters than its English translation
_FEWEST = 20


def language(text: str, declared: str) -> str:
    """Return the language of most of *text*, ``ja`` or ``en``; *declared* where there is too little of it to tell.

    >>> language("環境省は、ゼロカーボンシティの首長が参加する会合を開きます。IGES も参加します。", "en")
    'ja'
    """
    japanese = len(_JAPANESE.findall(text)) * _LETTERS_A_CHARACTER
    latin = len(_LATIN.findall(text))
    if japanese + latin < _FEWEST or (japanese > latin and not _KANA.search(text)):
        return declared
    return "ja" if japanese > latin else "en" if declared in ("ja", "en") or not declared else declared
