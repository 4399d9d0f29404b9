"""An announcement in, references to it out: a line for people, BibTeX and RIS for their programs. Pure.

This module alone knows how these formats are written, and what bites in them: a brace counts in BibTeX though a
backslash stands before it, and a comma parts a person's name in RIS. A date is told where the source tells one. What
others call the day of access is the day on which the archive first saw the page: a reference stays what it was.
"""

from __future__ import annotations

import re
from datetime import date
from zoneinfo import ZoneInfo

from babel.dates import format_date

from feeds.channels import organisation_name
from feeds.text import address, line
from store.announcement import Archived, From

_IN_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
    | {character: f"\\{character}" for character in "%&#_$"}
)
_LIGATURE = re.compile(r"(?<=([-'`,<>]))(?=\1)|(?<=[?!])(?=`)")  # two that would be set as one other character
_IN_BABEL = {"en": "english", "ja": "japanese"}


def plain(announcement: Archived, *, source: str, language: str) -> str:
    """Return one line that names *announcement* for readers of *language*; *source* is the title of its source.

    In Japanese it is as SIST 02 has it for a web page.
    """
    author, title, url = _author(announcement, language), _title(announcement), address(announcement.url)
    published, seen = _published(announcement), _seen(announcement)
    if language == "ja":
        told = (f"{author}. “{title}”", line(source), published.isoformat() if published else "")
        return f"{'. '.join(filter(None, told))}. {url}, (参照 {seen.isoformat()})."
    day = _day(published) if published else "n.d"
    return f"{author}. “{title}”. {line(source)}, {day}. {url} (archived {_day(seen)})."


def bibtex(announcement: Archived, *, source: str) -> str:
    """Return *announcement* as an entry that BibTeX and biblatex read, ``@online``, in Unicode."""
    published = _published(announcement)
    fields = {
        "author": f"{{{_in_latex(_author(announcement, announcement.language))}}}",
        "title": f"{{{_in_latex(_title(announcement))}}}",
        "date": published.isoformat() if published else "",
        "organization": _in_latex(line(source)),
        "url": address(announcement.url),
        "urldate": _seen(announcement).isoformat(),
        "langid": _IN_BABEL.get(announcement.language, ""),
    }
    told = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@online{{{key(announcement)},\n{told}}}\n"


def ris(announcement: Archived, *, source: str) -> str:
    """Return *announcement* as a record of RIS (the specification of 2011): a web page, ``ELEC``, in lines that end in
    CRLF. It is to be sent as UTF-8.
    """
    author = _in_ris(_author(announcement, announcement.language))
    published = _published(announcement)
    fields = (
        ("TY", "ELEC"),
        ("ID", key(announcement)),
        ("AU", author),
        ("TI", _title(announcement)),
        ("T2", line(source)),
        ("PB", author),
        ("PY", f"{published:%Y}" if published else ""),
        ("DA", f"{published:%Y/%m/%d}" if published else ""),
        ("Y2", f"{_seen(announcement):%Y/%m/%d}"),
        ("LA", announcement.language),
        ("UR", address(announcement.url)),
    )
    told = "".join(f"{tag}  - {value}\r\n" for tag, value in fields if value)
    return f"{told}ER  - \r\n"


def key(announcement: Archived) -> str:
    """Return what names *announcement* in a bibliography, or a file with its reference, and never changes: its
    organisation, day, and the beginning of its id (``moej-20260611-eb0e70d3``).
    """
    parts = announcement.organisation, f"{announcement.published:%Y%m%d}", announcement.id.rpartition(":")[2][:8]
    return "-".join(re.sub(r"[^A-Za-z0-9]+", "", part) for part in parts)


def _author(announcement: Archived, language: str) -> str:
    return line(organisation_name(announcement.organisation, language)) or "zerowire"


def _title(announcement: Archived) -> str:
    return line(announcement.title) or address(announcement.url)


def _published(announcement: Archived) -> date | None:
    return None if announcement.published_from is From.FIRST_SEEN else announcement.published.date()


def _seen(announcement: Archived) -> date:
    return announcement.first_seen.astimezone(ZoneInfo(announcement.timezone)).date()


def _day(day: date) -> str:
    return str(format_date(day, "d MMMM y", locale="en"))


def _in_latex(text: str) -> str:
    return _LIGATURE.sub("{}", text.translate(_IN_LATEX))


def _in_ris(author: str) -> str:
    """Return the name of an organisation without the comma behind which a person's first name would stand."""
    name, _, rest = author.partition(", ")
    return f"{name} ({rest})" if rest else name
