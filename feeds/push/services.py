"""Messages out through apprise, which knows mail, Slack, Teams and a hundred services more. The only module that
knows it.

It is an optional part of zerowire (the extra ``notify``). It logs addresses with their passwords: its log is shut.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import re
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

from feeds.push.messages import Message

INSTALLED = importlib.util.find_spec("apprise") is not None

_LONGEST_CALL = 30  # seconds
_CALL = re.compile(r"@(?=everyone|here|channel|all)", re.IGNORECASE)
_TITLE = 250  # characters: some services have it in the body
_ANY_LENGTH = 1_000_000


@dataclass(frozen=True, slots=True)
class Service:
    """A service at an address, as apprise knows it; ``longest`` is how many characters a message may have."""

    known: Any
    longest: int

    def __repr__(self) -> str:
        return "Service()"

    def send(self, message: Message) -> bool:
        """Send *message*, as HTML where the service shows it, and say whether it was taken.

        One that is not done in time counts as not taken, though it may yet be: it can't be called back. Nor can the
        part of several recipients that took it.
        """
        is_html = self.known.resolve_format("html") == "html"
        body, body_format = (message.html, "html") if is_html else (_inert(message.text), "text")
        # Where a service has no titles, apprise puts ours into the HTML as it is.
        title = escape(message.subject) if is_html and self.known.title_maxlen <= 0 else message.subject
        title = title if is_html else _inert(title)
        sender = _apprise().Apprise()
        sender.add(self.known)
        return bool(sender.notify(body=body, title=title, body_format=body_format, timeout=_LONGEST_CALL))


def _inert(text: str) -> str:
    """Return *text* so that no chat takes a site's words for a call to everybody, or for a link that hides where to."""
    return _CALL.sub("@\u2060", text).replace("](", "]\u2060(")


def service(address: str) -> Service | None:
    """Return the service at *address*, None where apprise knows none."""
    known = _apprise().Apprise.instantiate(address)
    if known is None:
        return None
    is_limited = known.body_maxlen != _apprise().NotifyBase.body_maxlen  # mail, for one, says nothing of its own
    return Service(known, known.body_maxlen - _TITLE if is_limited else _ANY_LENGTH)


@lru_cache(maxsize=1)
def _apprise() -> Any:
    logging.getLogger("apprise").disabled = True
    return importlib.import_module("apprise")
