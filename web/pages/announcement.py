"""One announcement as it can be read, with all that is known of it: whose it is, since when, who else tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice

from markupsafe import Markup
from starlette.exceptions import HTTPException

from feeds.event_dates import own_name
from store.announcement import Archived, Attachment
from store.archive import Archive
from store.news import News
from store.runs import Runs
from web.citation import bibtex, plain, ris
from web.linked_data import linked_data, open_graph
from web.pages.fitted import fitted
from web.pages.page import Asked, Site
from web.reading import Reading, Words, preview, reading

_BUDGET = 45_000  # characters of text on a page, of all languages: some 60 kB of Japanese, compressed
_PREVIEW, _PREVIEWS = 600, 12_000  # characters of a file, and of all
_MOST_TEXTS = 3


@dataclass(frozen=True, slots=True)
class Told:
    """An announcement beside its text as it is shown."""

    announcement: Archived
    reading: Reading


def one(site: Site, asked: Asked) -> Archived:
    """Return the announcement that the path names. Raises HTTPException where there is none."""
    found = Archive(site.database).get(f"urn:uuid:{asked.named['id']}")
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return found


def announcement(site: Site, asked: Asked) -> str:
    """Return the page. Raises HTTPException where there is no such announcement."""
    found, reader = fitted(one(site, asked)), asked.reader
    tellings = News(site.database).tellings([found]).get(found.id, ())
    others = [telling for telling in tellings if telling.id not in found.translations]
    texts = [found, *_translations(site, found)]
    words = Words(site.translated("Picture", reader.language), site.translated("Table", reader.language))
    address = site.address(asked.path)
    called = site.title(found.source)
    run = Runs(site.database).at(found.source, found.first_seen)
    return site.page(
        "announcement.html",
        asked,
        announcement=found,
        texts=[Told(each, reading(each, budget=_BUDGET // len(texts), words=words)) for each in texts],
        others=others,
        source=site.source(found.source),
        events=[(event, own_name(found, event)) for event in found.events],
        files=_files(found),
        route=run.route if run else "",
        citation=plain(found, source=called, language=reader.language),
        bibtex=bibtex(found, source=called),
        ris=ris(found, source=called),
        linked_data=linked_data(found, address=address, translations=texts[1:]),
        open_graph=open_graph(found, address=address),
    )


def _files(found: Archived) -> Sequence[tuple[Attachment, Markup]]:
    """Return the files, each with how its text begins: of few files more is shown than of many."""
    most = min(_PREVIEW, _PREVIEWS // max(1, len(found.attachments)))
    return [(file, preview(file.text, most).markup) for file in found.attachments]


def _translations(site: Site, found: Archived) -> Sequence[Archived]:
    """Return one translation in each other language, as many as stand side by side."""
    archive = Archive(site.database)
    by_language = {found.language: found}
    for translation in filter(None, map(archive.get, found.translations)):
        if not translation.gone:
            by_language.setdefault(translation.language, translation)
    return [fitted(one) for one in islice(by_language.values(), 1, _MOST_TEXTS)]
