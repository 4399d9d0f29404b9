"""Text in, search tokens out; a question in, phrases of tokens out. The same for SQLite and PostgreSQL.

Pure, and the one place that knows how Japanese and English become tokens: Japanese has no spaces, so a run of it
becomes its overlapping pairs of characters and, at its end, the last character; Latin words stay as they are.
A question never reaches an engine raw: it becomes tokens here, and each engine gets its expression built from them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# Without the middle dot and the sound marks that stand alone: they part words, as FTS5 has it too.
_CJK = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = re.compile(rf"([{_CJK}]+)|([^\W_{_CJK}]+)")
_WORD = re.compile(r'"([^"]*)"?|(\S+)')
LONGEST_QUESTION = 1000
MOST_PHRASES = 32


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens that stand one behind the other; the last one is the beginning of a token where ``prefix`` is set."""

    tokens: tuple[str, ...]
    prefix: bool = False


class BadQuestion(ValueError):
    """A question that can't be asked: what is wrong with it, in one line."""


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    """Return a Latin letter without its accents; Japanese sound marks make other letters, and stay."""
    letter = unicodedata.normalize("NFD", character)[0]
    return letter if "LATIN" in unicodedata.name(letter, "") else character


def fold(text: str) -> str:
    """Return *text* as it is compared: NFKC, lower case, Latin letters without accents.

    >>> fold("Ｃafé 令和８年")
    'cafe 令和8年'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return folded if folded.isascii() else "".join(map(_plain, folded))


def _pairs(run: str) -> Iterator[str]:
    yield from (run[i : i + 2] for i in range(len(run) - 1))


def tokens(text: str) -> list[str]:
    """Return the tokens that *text* is found by, in order.

    >>> tokens("環境省 & IGES")
    ['環境', '境省', '省', 'iges']
    """
    found: list[str] = []
    for japanese, word in _RUN.findall(fold(text)):
        if japanese:
            found += (*_pairs(japanese), japanese[-1])
        else:
            found.append(word)
    return found


def _phrase(words: str) -> Phrase | None:
    """Return the phrase that finds *words*. Its end is open: a Japanese text may go on where the question ends."""
    runs = _RUN.findall(fold(words))
    if not runs:
        return None
    *before, (japanese, word) = runs
    found = tokens(" ".join(japanese or word for japanese, word in before))
    if len(japanese) == 1:
        return Phrase((*found, japanese), prefix=True)
    return Phrase((*found, *(_pairs(japanese) if japanese else (word,))), prefix=not japanese and words.endswith("*"))


def phrases(question: str) -> list[Phrase]:
    """Return what must all be found: each word, and each text in quotation marks, is a phrase.

    >>> phrases('"zero carbon" 公募')
    [Phrase(tokens=('zero', 'carbon'), prefix=False), Phrase(tokens=('公募',), prefix=False)]

    Raises BadQuestion where nothing is left to look for, or there is too much of it.
    """
    if len(question) > LONGEST_QUESTION:
        raise BadQuestion(f"expected at most {LONGEST_QUESTION} characters, got {len(question)}")
    asked = (_phrase(quoted or word) for quoted, word in _WORD.findall(question))
    found = [phrase for phrase in dict.fromkeys(asked) if phrase]
    if not found:
        raise BadQuestion(f"expected a word to look for, got {question!r}")
    if len(found) > MOST_PHRASES:
        raise BadQuestion(f"expected at most {MOST_PHRASES} words, got {len(found)}")
    return found
