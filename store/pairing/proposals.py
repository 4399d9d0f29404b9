"""Titles that are near in meaning: who is whose best match among those whom facts leave alone.

How near is near enough nobody can say, only how much nearer than the next: where there is no next nothing is proposed.
"""

from __future__ import annotations

from store.pairing.meaning import Nearness
from store.pairing.vicinity import Vicinity

_MARGIN = 0.02  # of a cosine


class Proposals:
    """What *nearness* has to say of the announcements *around*."""

    def __init__(self, around: Vicinity, nearness: Nearness) -> None:
        self._around = around
        self._nearness = nearness
        self._choices: dict[tuple[int, str], int | None] = {}

    def match(self, number: int, language: str) -> int | None:
        """Return the announcement in *language* that is nearest to *number*, as *number* is to it."""
        best = self._choice(number, language)
        own = self._around.row(number).language
        if best is None or self._choice(best, own) != number:
            return None
        compared = len(self._others(number, language)) > 1 or len(self._others(best, own)) > 1
        return best if compared else None

    def _choice(self, number: int, language: str) -> int | None:
        if (number, language) not in self._choices:
            self._choices[number, language] = self._nearest(number, language)
        return self._choices[number, language]

    def _nearest(self, number: int, language: str) -> int | None:
        others = self._others(number, language)
        if not others:
            return None
        [row] = self._nearness([self._around.title(number)], [self._around.title(other) for other in others])
        ranked = sorted(zip(row, others, strict=True), reverse=True)
        return ranked[0][1] if len(ranked) == 1 or ranked[0][0] - ranked[1][0] >= _MARGIN else None

    def _others(self, number: int, language: str) -> list[int]:
        around = self._around
        possible = around.candidates(number)[language]
        return [each for each in possible if around.may_propose(number, each) and not around.contradict(number, each)]
