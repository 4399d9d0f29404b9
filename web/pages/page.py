"""What every page is made with: the archive and what else there is to tell, and a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from markupsafe import Markup

from feeds.channels import Channel, Group
from store.database import Database
from web.assets import Assets
from web.languages import words
from web.pages.templates import Templates
from web.parameters import Given
from web.reader import Reader
from web.standing import Watch, Watched


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a page: who reads, the ``path`` without root and language, those parameters of the address that the
    page knows, and what stood for the names in its path.
    """

    reader: Reader
    path: str
    given: Given = ()
    named: Mapping[str, Any] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """Return what the address gives for *name*, empty where it says nothing; the last where it says it twice."""
        return dict(self.given).get(name, "")

    @property
    def query(self) -> str:
        """The parameters as they stand in an address, with their question mark; empty where there are none."""
        given = [(name, text) for name, text in self.given if text]
        return f"?{urlencode(given)}" if given else ""


class Unusual(Exception):
    """A page that is no answer to keep: that there is none, or why."""

    def __init__(self, status: HTTPStatus, page: str) -> None:
        super().__init__(status.phrase)
        self.status, self.page = status, page


@dataclass(frozen=True, kw_only=True)
class Site:
    """What there is to show: the archive in ``database``, the ``channels`` over it, how the sources stand, for readers
    at ``base_url``. ``indexed`` says whether search engines are let in.
    """

    database: Database
    channels: Sequence[Channel]
    watch: Watch
    base_url: str
    indexed: bool
    kept: dict[str, tuple[float, Markup]] = field(default_factory=dict)  # parts of pages, and since when

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return self.watch.now()

    @property
    def root(self) -> str:
        """The path below which the site is found, empty or ``/wire``."""
        return urlsplit(self.base_url).path.rstrip("/")

    def address(self, path: str) -> str:
        """Return the public address of *path*, which is the same whatever name a request gave the host."""
        return f"{self.base_url.rstrip('/')}{path}"

    @cached_property
    def assets(self) -> Assets:
        return Assets()

    @cached_property
    def _templates(self) -> Templates:
        return Templates()

    @cached_property
    def topics(self) -> dict[str, str]:
        """The titles of the topics, by name."""
        return {one.name: one.title for one in self.channels if one.group is Group.TOPIC}

    def page(self, template: str, asked: Asked, **told: Any) -> str:
        """Return the page that *template* makes of what is *told*."""
        reader = asked.reader
        return self._templates.filled(template, reader.language, site=self, asked=asked, reader=reader, **told)

    def source(self, name: str) -> Watched | None:
        """Return the source *name*, None where it is no more."""
        return next((one for one in self.watch.watched if one.name == name), None)

    def title(self, name: str) -> str:
        """Return the title of the source *name*, the name itself where it is no more."""
        found = self.source(name)
        return found.title if found else name

    def choices(self, reader: Reader) -> Mapping[str, Mapping[str, str]]:
        """Return the values of each filter, by its name, with what they are called."""
        watched = self.watch.watched
        return {
            "organisation": {one.organisation: reader.organisation(one.organisation) for one in watched},
            "source": {one.name: one.title for one in watched},
            "language": {one.language: one.language for one in watched},
            "topic": {name: self.translated(title, reader.language) for name, title in self.topics.items()},
        }

    def translated(self, text: str, language: str) -> str:
        """Return what *text*, a title of ours, is called in *language*."""
        return words(language).gettext(text)
