"""Addresses in a database: which announcement each leads to, and which may still be taken."""

from __future__ import annotations

from sqlalchemy import Connection, Row, Select, bindparam, delete, func, insert, or_, select

from store.announcement import Announcement
from store.identity import key
from store.tables import addresses, announcements

_MOST_ALIASES = 32

# Made once: to make them for every announcement would take longer than to run them.
_AMONG = addresses.c.key.in_(bindparam("keys", expanding=True))
_ROWS = select(addresses.c.key, announcements).join_from(addresses, announcements).where(_AMONG)
_HOLDERS = select(addresses.c.key, addresses.c.announcement).where(_AMONG)
_COUNT = select(func.count()).select_from(addresses).where(addresses.c.announcement == bindparam("number"))
_ADD = insert(addresses)


def at_its_address(connection: Connection, announcement: Announcement) -> Row | None:  # type: ignore[type-arg]
    """Return the row of the announcement to which the address of *announcement* leads, or else one of its aliases."""
    keys = [key(address) for address in (announcement.url, *announcement.aliases)]
    rows = {row.key: row for row in connection.execute(_ROWS, {"keys": keys})}
    return rows.get(keys[0]) or min(rows.values(), key=lambda row: row.number, default=None)


def name(connection: Connection, number: int, announcement: Announcement) -> None:
    """Let the announcement's addresses lead to *number*: its own without fail, an alias where it is free."""
    wanted = {key(address): address for address in (*announcement.aliases, announcement.url)}
    own = key(announcement.url)
    holders = {row.key: row.announcement for row in connection.execute(_HOLDERS, {"keys": list(wanted)})}
    if holders.setdefault(own, 0) != number:
        connection.execute(delete(addresses).where(or_(addresses.c.key == own, addresses.c.key.in_(_too_many(number)))))
        _add(connection, number, announcement.url)
    free = [address for spelt, address in wanted.items() if spelt not in holders]
    if free:
        room = max(_MOST_ALIASES - connection.execute(_COUNT, {"number": number}).scalar_one(), 0)
        _add(connection, number, *free[:room])


def name_new(connection: Connection, number: int, announcement: Announcement, *, taken: bool) -> None:
    """The same for an announcement that has no address yet; *taken* says whether another has one of them."""
    if taken:
        name(connection, number, announcement)
    else:
        spelt = {key(address): address for address in (announcement.url, *announcement.aliases)}
        _add(connection, number, *[*spelt.values()][:_MOST_ALIASES])


def _too_many(number: int) -> Select[tuple[str]]:
    """Return the aliases of *number* that leave no room for one more; the address it was first seen at is none."""
    first = select(announcements.c.url).where(announcements.c.number == number).scalar_subquery()
    aliases = select(addresses.c.key).where(addresses.c.announcement == number, addresses.c.address != first)
    return aliases.order_by(addresses.c.key).offset(_MOST_ALIASES - 2)


def _add(connection: Connection, number: int, *spelt: str) -> None:
    if spelt:
        connection.execute(_ADD, [{"key": key(at), "address": at, "announcement": number} for at in spelt])
