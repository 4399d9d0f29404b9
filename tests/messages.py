"""The words of the pages, gathered from templates, code and titles, into the catalogue of each language.

By hand, after words of a page have changed: ``make messages``, then translate what is new in the catalogues.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from crawler.spec import load
from crawler.topics import topics
from feeds.channels import Group, channels

ROOT = Path(__file__).parents[1]
CATALOGUE = ROOT / "web" / "locale" / "ja" / "LC_MESSAGES" / "zerowire.po"
_METHODS = [("templates/**.html", "jinja2"), ("pages/**.py", "python")]
_OPTIONS = {"templates/**.html": {"newstyle_gettext": "true", "silent": "false"}}
_KEYWORDS = DEFAULT_KEYWORDS | {"translated": None}
_NAMED_BY_SOURCES = (Group.SOURCE, Group.SEARCH)  # their titles are in the language of what they hold


def gathered() -> Catalog:
    """Return every message there is, without a translation."""
    catalog = Catalog(project="zerowire", charset="utf-8")
    found = extract_from_dir(str(ROOT / "web"), _METHODS, _OPTIONS, _KEYWORDS)
    for name, line, message, comments, context in sorted(found, key=lambda each: (each[0], each[1])):
        catalog.add(message, locations=[(f"web/{name}", line)], auto_comments=comments, context=context)
    for channel in channels(load().values(), topics({}).copy()):
        if channel.group not in _NAMED_BY_SOURCES:
            catalog.add(channel.title, locations=[("feeds/channels.py", 0)])
    return catalog


def translated() -> Catalog:
    """Return the Japanese catalogue as it is."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="ja")


def main() -> None:
    """Bring the catalogue up to what the pages say: what is new is empty, what is no more is gone."""
    catalog = translated() if CATALOGUE.exists() else Catalog(locale="ja", project="zerowire", charset="utf-8")
    catalog.update(gathered(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    with CATALOGUE.open("wb") as file:
        write_po(file, catalog, width=0, no_location=True, omit_header=False, sort_output=False)


if __name__ == "__main__":
    main()
