"""Announcements and notices in, messages for people out: a subject, plain text, and HTML. Pure.

This module alone knows what a message says, in the reader's language and zone. A subject is one line without control
characters; HTML is escaped throughout, and shows the addresses that it leads to, which services make plain text of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from feeds.channels import organisation_name
from feeds.entries import entry
from feeds.event_dates import dates, zone_name
from feeds.text import beginning, line
from store.announcement import Archived, From, Precision

_MOST_NAMED = (100, 50, 20, 10, 5, 2, 1)  # the most that one message names, and fewer for services of short messages
_MOST_FILES = 10
_LONGEST_SUBJECT = 150
_WORDS = {
    "en": {
        "one": "zerowire: 1 new announcement",
        "several": "zerowire: {count} new announcements",
        "day": "{news}, {day}",
        "week": "{news}, week to {day}",
        "titled": "{name}: {title}",
        "more": "and {count} more",
        "notices": "zerowire: {count} faults and recoveries",
        "files": "Attachments",
        "published": "Published: {when}",
        "seen": "First seen: {when}",
    },
    "ja": {
        "one": "【zerowire】脱炭素政策の新着情報1件",
        "several": "【zerowire】脱炭素政策の新着情報{count}件",
        "day": "{news}（{day}）",
        "week": "{news}（{day}までの1週間）",
        "titled": "{name}：{title}",
        "more": "ほか{count}件",
        "notices": "【zerowire】障害・復旧のお知らせ（{count}件）",
        "files": "添付資料",
        "published": "発表：{when}",
        "seen": "掲載確認：{when}",
    },
}

_templates = Environment(
    loader=PackageLoader("feeds.push"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Notice:
    """What an operator is to know: that something failed, or works again; ``id`` is that of this very fault or end."""

    id: str
    title: str
    text: str
    when: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent to a person: the same as plain text and as HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a message is: ``language`` is ``en`` or ``ja``, ``zone`` is where the times that it tells are."""

    language: str
    zone: tzinfo

    def say(self, what: str, **told: Any) -> str:
        return _WORDS[self.language][what].format(**told)

    def day(self, day: date) -> str:
        return f"{day.year}年{day.month}月{day.day}日" if self.language == "ja" else f"{day.day} {day:%B %Y}"

    def moment(self, moment: datetime) -> str:
        """Return *moment* with its zone named."""
        local = moment.astimezone(self.zone)
        told, zone = f"{local:%H:%M}", zone_name(local, self.language)
        return f"{self.day(local)}{told}（{zone}）" if self.language == "ja" else f"{self.day(local)}, {told} {zone}"

    def published(self, announcement: Archived) -> str:
        """Return when *announcement* was published, or, where its source does not say, when it was first seen."""
        by_day = announcement.precision is Precision.DAY and announcement.published_from is not From.FIRST_SEEN
        when = self.day(announcement.published) if by_day else self.moment(announcement.published)
        return self.say("seen" if announcement.published_from is From.FIRST_SEEN else "published", when=when)


def news(
    announcements: Sequence[Archived], reader: Reader, *, digest: str = "", day: date | None = None, longest: int
) -> Message:
    """Return a message of *announcements*: of one, of several, or a *digest* of a ``day`` or ``week`` up to *day*.

    They are grouped by organisation, the newest first; of many the newest are named and the others counted, so that
    neither text is much longer than *longest* characters.
    """
    newest = sorted(announcements, key=lambda each: each.published, reverse=True)
    subject = _subject(newest, reader, digest, day)
    made = (_news(subject, newest, most, reader) for most in _MOST_NAMED if most == 1 or most < 2 * len(newest))
    for message in made:
        if max(len(message.text), len(message.html)) <= longest:
            break
    return message


def notices(told: Sequence[Notice], reader: Reader) -> Message:
    """Return a message of one notice or several, in the language that they are in."""
    subject = _short(told[0].title) if len(told) == 1 else reader.say("notices", count=len(told))
    shown = [
        {"title": line(each.title), "when": reader.moment(each.when), "lines": list(map(line, each.text.splitlines()))}
        for each in told
    ]
    return _message("notices", subject, notices=shown)


def _subject(newest: Sequence[Archived], reader: Reader, digest: str, day: date | None) -> str:
    count = len(newest)
    if count == 1 and not digest:
        name = organisation_name(newest[0].organisation, reader.language)
        return _short(reader.say("titled", name=name, title=entry(newest[0]).title))
    counted = reader.say("one" if count == 1 else "several", count=count)
    return reader.say(digest, news=counted, day=reader.day(day)) if day else counted


def _news(subject: str, newest: Sequence[Archived], most: int, reader: Reader) -> Message:
    groups: dict[str, list[dict[str, Any]]] = {}
    for announcement in newest[:most]:
        name = line(organisation_name(announcement.organisation, reader.language))
        groups.setdefault(name, []).append(_item(announcement, reader))
    more = reader.say("more", count=len(newest) - most) if len(newest) > most else ""
    return _message("news", subject, groups=groups, more=more, files=reader.say("files"))


def _item(announcement: Archived, reader: Reader) -> dict[str, Any]:
    made = entry(announcement)
    return {
        "title": made.title,
        "language": made.language,
        "url": made.url if made.url.startswith(("https://", "http://")) else "",
        "published": reader.published(announcement),
        "summary": "" if made.summary == made.title else beginning(made.summary),
        "dates": dates(announcement, reader.language),
        "files": made.files[:_MOST_FILES],
    }


def _message(template: str, subject: str, **shown: Any) -> Message:
    text, html = (_templates.get_template(f"{template}.{kind}").render(shown) for kind in ("txt", "html"))
    return Message(subject, text.strip() + "\n", html)


def _short(title: str) -> str:
    words = line(title)
    return words if len(words) <= _LONGEST_SUBJECT else f"{words[: _LONGEST_SUBJECT - 1]}…"
