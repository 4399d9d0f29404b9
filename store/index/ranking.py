"""Tokens and a question in, a score out: how well an announcement answers. Pure, and the same for either engine.

An engine's own ranking would have to look at every announcement that has the words; here only the newest are scored.
"""

from __future__ import annotations

from datetime import timedelta

from store.search import Phrase, Question

_TITLE = 3.0  # a word in the title counts as much as very many in the text
_SATURATED = 1.2  # so many times in a text of usual length count half of very many (BM25's k1)
_BY_LENGTH = 0.6  # how much a long text must have more of a word (BM25's b)
_USUAL_LENGTH = 4000  # characters of tokens
_NEWS = timedelta(days=365)  # at this age what being new counts is half


def score(question: Question, title: str, body: str, *, age: timedelta) -> float:
    """Return how well the tokens of *title* and *body* answer *question*: a word in the title before words in the text,
    many before few, and what is new before what is of some *age*, compared with the newest answer.
    """
    heading, text = f" {title} ", f" {body} "
    slack = _SATURATED * (1 - _BY_LENGTH + _BY_LENGTH * len(text) / _USUAL_LENGTH)
    found = sum(max(_found(phrase, heading, text, slack) for phrase in clause) for clause in question.words())
    return found + 1 / (1 + age / _NEWS)


def _found(phrase: Phrase, heading: str, text: str, slack: float) -> float:
    tokens = f" {' '.join(phrase.tokens)}{'' if phrase.prefix else ' '}"
    times = text.count(tokens)
    return (_TITLE if tokens in heading else 0.0) + times / (times + slack)
