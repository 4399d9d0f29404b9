"""Five real texts of the watched sites, in pages as those sites make them; skipped where the texts are not there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from html import escape
from pathlib import Path

import pytest

from crawler.announce import announcement
from crawler.answer import Answer
from crawler.candidate import Candidate
from crawler.digest import Question, digest
from crawler.spec import load
from store.announcement import Announcement, Event

SEEDS = Path(__file__).parent.parent.parent / "shared" / "seeds"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
SOURCES = load()
PANELS = ("Got any questions?", "Sed ut perspiciatis", "Rates and Dues", "Application Form", "Fee Structure")


@dataclass(frozen=True)
class Seed:
    """The page that is made of a text, and what of it is title and body; the rest is noise."""

    source: str
    url: str
    page: str
    title: str
    body: tuple[str, ...]

    def read(self) -> Announcement:
        """Return the announcement that the page becomes."""
        source = SOURCES[self.source]
        answer = Answer(url=self.url, body=self.page.encode(), content_type="text/html; charset=utf-8")
        read = digest(answer, Question(asked=self.url, page=source.page, zone=source.zone()))
        assert read.verdict is None
        candidate = Candidate(url=self.url, address=self.url)
        return announcement(source, candidate, read.extracted, url=self.url, now=NOW)


def lines(number: str) -> list[str]:
    found = list(SEEDS.glob(f"{number}_*.txt")) if SEEDS.is_dir() else []
    if not found:
        pytest.skip("the texts are not on this machine")
    return [line.strip() for line in found[0].read_text("utf-8").splitlines() if line.strip()]


def marked(text: list[str]) -> str:
    return "".join(
        f"<li>{escape(line[1:].strip())}</li>" if line[0] == "•" else f"<p>{escape(line)}</p>" for line in text
    )


def html(language: str, head: str, body: str) -> str:
    menu = "".join(f'<li><a href="/section-{number}/">Section {number}</a></li>' for number in range(40))
    start = f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">{head}</head><body>'
    return f"{start}<nav><ul>{menu}</ul></nav><main>{body}</main><footer>All rights reserved</footer></body></html>"


def citytalk(number: str, published: str) -> Seed:
    title, *body = lines(number)
    head = f'<title>{escape(title)} - CityTalk</title><meta property="article:published_time" content="{published}">'
    content = f'<div class="entry-content">{marked(body)}</div>'
    article = f'<article><h1 class="entry-title">{escape(title)}</h1>{content}</article>'
    reply = '<section id="respond"><h3>Leave A Reply</h3><p>Your email address will not be published.</p></section>'
    url = f"https://talkofthecities.iclei.org/seed-{number}/"
    return Seed("citytalk", url, html("en-US", head, article + reply), title, tuple(body))


def iges_event() -> Seed:
    title, days, *rest = lines("001")
    end = next(at for at, line in enumerate(rest) if line == "Leave A Reply")
    body = [days, *rest[:end]]
    details = f'<div class="event-details"><h2>Event Details</h2><dl><dt>Date</dt><dd>{days}</dd></dl></div>'
    content = (
        f'<div class="field field--name-body">{marked(body)}</div><div class="comments">{marked(rest[end:])}</div>'
    )
    article = (
        f'<h1 class="page-title">{escape(title)}</h1><article class="node"><div class="addtocal">Add to Calendar</div>'
    )
    page = html("en", f"<title>{escape(title)} | IGES</title>", f"{article}{details}{content}</article>")
    return Seed("iges-en-events", "https://www.iges.or.jp/en/events/20230126", page, title, tuple(body))


def moej_release() -> Seed:
    kind, day, tag, title, *rest = lines("002")
    end = rest.index("For Japanese")
    head = f'<p class="category">{kind}</p><p class="date">{day}</p><ul class="tags"><li>{tag.strip("• ")}</li></ul>'
    noise = f'<div class="for-jp"><p>{rest[end]}</p></div><div class="attach"><p>{rest[end + 1]}</p></div>'
    install = f'<div class="plugin_install">{marked(rest[end + 2 :])}</div>'
    body = f'<div class="well">{head}<h1>{escape(title)}</h1>{marked(rest[:end])}{noise}{install}</div>'
    url = "https://www.env.go.jp/en/headline/2558.html"
    return Seed("moej-en", url, html("en", f"<title>{escape(title)} | MOEJ</title>", body), title, tuple(rest[:end]))


def japan_event() -> Seed:
    first, days, *rest = lines("003")
    end = next(at for at, line in enumerate(rest) if line.startswith("Associate Partnership"))
    title = "Zero Carbon City International Forum"
    panels = f'<div class="modal" style="display:none">{marked([first, *rest[end:]])}</div>'
    content = f'<div class="entry-content">{marked([days, *rest[:end]])}</div>'
    page = html("en", f"<title>{title}</title>", f'<article class="events"><h1>{title}</h1>{content}</article>{panels}')
    url = "https://japan.iclei.org/en/events/zero-carbon-city-international-forum"
    return Seed("iclei-japan-en", url, page, title, (days, *rest[:end]))


def seeds() -> list[Seed]:
    return [
        citytalk("000", "2020-08-05T09:00:00+00:00"),
        iges_event(),
        moej_release(),
        japan_event(),
        citytalk("004", "2020-10-14T09:00:00+00:00"),
    ]


def plain(text: str) -> str:
    return "".join(text.replace("•", "").split())


def test_every_line_of_substance_comes_out_with_its_title() -> None:
    for seed in seeds():
        read = seed.read()
        assert read.title == seed.title
        assert [line for line in seed.body if plain(line) not in plain(read.text)] == []


def test_no_noise_comes_out() -> None:
    noise = (
        *PANELS,
        "Leave A Reply",
        "Your email address",
        "Get Adobe Reader",
        "Add to Calendar",
        "Event Details",
        "Section 3",
    )
    for seed in seeds():
        assert [words for words in noise if words in seed.read().text] == []


def test_each_is_in_the_language_of_most_of_it() -> None:
    assert [seed.read().language for seed in seeds()] == ["en"] * 5


def test_each_is_dated_by_its_page_or_not_at_all() -> None:
    days = [read.published.date() if (read := seed.read()).published else None for seed in seeds()]
    assert days == [date(2020, 8, 5), None, date(2021, 11, 19), None, date(2020, 10, 14)]


def at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)  # type: ignore[misc,arg-type]


def events(seed: Seed) -> list[Event]:
    return [event for event in seed.read().events if event.kind == "event"]


def test_the_events_are_on_their_days() -> None:
    _, iges, _, japan, _ = seeds()
    assert [(event.starts.date(), event.ends and event.ends.date(), event.all_day) for event in events(iges)] == [
        (date(2023, 1, 25), date(2023, 1, 26), True)
    ]
    assert [(event.starts.date(), event.ends and event.ends.date()) for event in events(japan)] == [
        (date(2022, 3, 9), date(2022, 3, 10))
    ]


def test_sessions_that_are_printed_in_two_zones_are_each_one_event() -> None:
    found = [(event.starts.astimezone(UTC), event.ends and event.ends.astimezone(UTC)) for event in events(seeds()[4])]
    sessions = [(at(2020, 10, 21, 8), at(2020, 10, 21, 9, 30)), (at(2020, 10, 22, 8), at(2020, 10, 22, 10))]
    assert [session for session in sessions if session not in found] == []
    assert (at(2020, 10, 22, 14), at(2020, 10, 22, 15, 30)) in found
