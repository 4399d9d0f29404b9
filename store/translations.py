"""Which announcements are one in two languages: a pass over what is new or changed, to be made after a crawl.

What pages say of themselves comes first (evidence, in store.pairing), then what their wordings share (agreement), and
last, as a mere proposal, what is near in meaning (meaning). The outcome follows from what is in the archive, not from
the order in which it came: with each announcement all are considered again whose translation it could change.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, and_, delete, insert, select, update

from store.database import Database
from store.pairing.evidence import STATED, Edge, Reason, described, edges, paired_by_files, partners
from store.pairing.meaning import INSTALLED, Nearness
from store.pairing.proposals import Proposals
from store.pairing.vicinity import Vicinity
from store.stories import settle
from store.tables import announcements, translations

_MOST = 2_000  # announcements a pass
_BATCH = 100  # announcements: one transaction, which others who write wait for

_Pair = tuple[int, int]


class Translations:
    """The pairs of announcements in *database*. Without *nearness* nothing is proposed."""

    def __init__(self, database: Database, *, nearness: Nearness | None = INSTALLED, batch: int = _BATCH) -> None:
        self._database = database
        self._nearness = nearness
        self._batch = batch

    def pair(self, *, now: datetime) -> int:
        """Look for the translations of what is new or changed, and return how many announcements that were.

        The latest come first, and at most a few thousand a pass: the next one goes on, as it does behind one that was
        cut short. A large import is so paired beside the news, not before it.
        """
        considered = 0
        while considered < _MOST and (count := self._pair_some(now)):
            considered += count
        return considered

    def _pair_some(self, now: datetime) -> int:
        columns = announcements.c
        waiting = (
            select(columns.number).where(columns.paired.is_(None)).order_by(columns.number.desc()).limit(self._batch)
        )
        with self._database.writing() as connection:
            fresh = frozenset(connection.scalars(waiting.limit(self._batch)))
            if fresh:
                settle(connection, sorted(_paired_anew(connection, fresh, self._nearness)))
                connection.execute(update(announcements).where(columns.number.in_(fresh)).values(paired=now))
            return len(fresh)


def _paired_anew(connection: Connection, fresh: frozenset[int], nearness: Nearness | None) -> set[int]:
    """Bring the pairs at *fresh*, and at all whom that touches, up to date; return whose pairs changed."""
    changed = _pair_as_stated(connection, fresh)
    around = Vicinity(connection, fresh)
    changed |= _pair_by_names(connection, around, fresh | changed)
    return changed | _propose(connection, around, fresh | changed, nearness)


def _pair_as_stated(connection: Connection, fresh: frozenset[int]) -> set[int]:
    """Pair by what pages say, as the surest edges come first; return whose pairs changed."""
    members, found = _connected(connection, fresh)
    return _replace(connection, members, STATED, _assigned(connection, found))


def _connected(connection: Connection, fresh: frozenset[int]) -> tuple[set[int], set[Edge]]:
    """Return all that edges and pairs connect with *fresh*, and the edges: none of them reaches beyond."""
    members: set[int] = set()
    found: set[Edge] = set()
    border = set(fresh) | paired_by_files(connection, fresh)
    while border:
        members |= border
        found |= edges(connection, border, fresh)
        ends = {end for edge in found for end in (edge.one, edge.other)}
        border = (ends | {other for _, other in partners(connection, border, STATED)}) - members
    return members, found


def _assigned(connection: Connection, found: Collection[Edge]) -> dict[_Pair, Reason]:
    """Return the pairs that *found* make, so that nobody has two translations into one language."""
    known = described(connection, {end for edge in found for end in (edge.one, edge.other)})
    files = {edge for edge in found if edge.reason is Reason.ATTACHMENT}
    told = Vicinity(connection, known)

    def rank(edge: Edge) -> tuple[object, ...]:
        one, other = known[edge.one], known[edge.other]
        return STATED.index(edge.reason), -edge.said, abs(one.published - other.published), *sorted((one.id, other.id))

    pairs: dict[_Pair, Reason] = {}
    taken: set[tuple[int, str]] = set()
    for edge in sorted(found, key=rank):
        ends = {(edge.one, known[edge.other].language), (edge.other, known[edge.one].language)}
        if not ends & taken and not (edge in files and told.contradict(edge.one, edge.other)):
            pairs[edge.one, edge.other] = edge.reason
            taken |= ends
    return pairs


def _pair_by_names(connection: Connection, around: Vicinity, touched: Collection[int]) -> set[int]:
    """Pair by numbers and names those around *touched* of whom no page says more; return whose pairs changed."""
    affected = _affected(connection, around, touched, Reason.NAMES)
    pairs = {
        _ordered(number, other): Reason.NAMES
        for number in affected
        for language in around.candidates(number)
        if (other := around.match(number, language)) is not None
    }
    return _replace(connection, affected, (Reason.NAMES,), pairs)


def _propose(connection: Connection, around: Vicinity, touched: Collection[int], nearness: Nearness | None) -> set[int]:
    """Propose pairs among those around *touched* whom facts leave alone; return whose proposals changed.

    Where nobody can tell what is near in meaning, what was proposed before stays as long as no fact speaks against it.
    """
    affected = _affected(connection, around, touched, Reason.MEANING)
    if nearness is None:
        before = {_ordered(*pair) for pair in partners(connection, affected, (Reason.MEANING,))}
        pairs = {pair for pair in before if around.may_propose(*pair)}
    else:
        proposals = Proposals(around, nearness)
        pairs = {
            _ordered(number, other)
            for number in affected
            for language in around.candidates(number)
            if (other := proposals.match(number, language)) is not None
        }
    return _replace(connection, affected, (Reason.MEANING,), dict.fromkeys(pairs, Reason.MEANING))


def _affected(connection: Connection, around: Vicinity, touched: Collection[int], reason: Reason) -> set[int]:
    near = {other for number in touched for other in around.around(number)}
    return near | {other for _, other in partners(connection, near, (reason,))}


def _replace(
    connection: Connection, numbers: Collection[int], reasons: Collection[Reason], pairs: dict[_Pair, Reason]
) -> set[int]:
    """Let *pairs* be all that *numbers* have for one of *reasons*; return whose pairs changed."""
    before = {(_ordered(*pair), reason) for reason in reasons for pair in partners(connection, numbers, (reason,))}
    after = set(pairs.items())
    changed = {pair for pair, _ in before ^ after}
    known = described(connection, {number for pair in changed for number in pair})
    both = [each for one, other in changed for each in ((one, known[other].id), (other, known[one].id))]
    for number, other in both:
        held = and_(translations.c.announcement == number, translations.c.other == other)
        connection.execute(delete(translations).where(held))
    rows = [
        {"announcement": number, "other": known[other].id, "reason": reason}
        for (one, two), reason in after - before
        for number, other in ((one, two), (two, one))
    ]
    if rows:
        connection.execute(insert(translations), rows)
    return set(known)


def _ordered(one: int, other: int) -> _Pair:
    return min(one, other), max(one, other)
