"""Newest first as one number: the place of an announcement in the order of publication.

A place is the second of publication and, below it, a tie-break, so that what is published between two moments is a
range of places, for the tables as for the search index. Of one second, what a later run found stands before what an
earlier one did, and within a run the order in which its source lists them stays.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select

from store.tables import announcements

_TIE_BITS = 30
_RUN_BITS = 15  # so many announcements one run may find of a single second, and so many runs
_RUN = 1 << _RUN_BITS
_SECONDS = 1 << 33  # before and after 1970 that have places of their own: the years from 1698 to 2242
_AMONG = announcements.c.place.between(bindparam("start"), bindparam("end"))
_NEWEST = select(announcements.c.place, announcements.c.first_seen).where(_AMONG)
_NEWEST = _NEWEST.order_by(announcements.c.place.desc()).limit(1)
_LOWEST = select(func.min(announcements.c.place)).where(_AMONG)


def earliest(moment: datetime) -> int:
    """Return the lowest place of what is published in the second of *moment* or later. Raises ValueError if naive."""
    if moment.tzinfo is None:
        raise ValueError(f"expected an aware datetime, got {moment!r}")
    seconds = int(moment.timestamp() // 1)
    return max(-_SECONDS, min(seconds, _SECONDS - 1)) << _TIE_BITS


def of_its_second(place: int, published: datetime) -> bool:
    """Say whether *place* is one of what was published in the second of *published*."""
    return place >> _TIE_BITS << _TIE_BITS == earliest(published)


def between(place: int, later: int) -> timedelta:
    """Return how much later what stands at place *later* was published than what stands at *place*."""
    return timedelta(seconds=(later >> _TIE_BITS) - (place >> _TIE_BITS))


def free_place(connection: Connection, published: datetime, first_seen: datetime) -> int:
    """Return the place of one more announcement: nobody else's."""
    start = earliest(published)
    second = {"start": start, "end": start + (1 << _TIE_BITS) - 1}
    top = connection.execute(_NEWEST, second).first()
    if top is None:
        return start + (1 << (_TIE_BITS - 1)) + _RUN - 1
    run = top.place >> _RUN_BITS << _RUN_BITS
    if top.first_seen < first_seen:
        return int(run + _RUN + _RUN - 1)
    among = {"start": run, "end": top.place} if top.first_seen == first_seen else second
    return int(connection.execute(_LOWEST, among).scalar_one()) - 1
