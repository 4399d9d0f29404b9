"""One run of one source: what is asked for, in which order, what is kept, and what is said of the rest."""

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crawler.answer import Answer
from crawler.crawl import Crawl, Document, Wanted
from crawler.discovery import discover
from crawler.errors import RouteFailed
from crawler.plan import DOCUMENTS, HORIZON, Plan
from crawler.spec import Feed, Listing, Page, Sitemap, Source, WordPress
from crawler.tally import Tally
from store.archive import Archive
from store.database import Database
from store.runs import Run, RunOutcome, Runs
from store.stores import Stores
from tests.builders import NOON, an_announcement
from tests.declared import SITE, a_source, an_answer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOKYO = ZoneInfo("Asia/Tokyo")
LISTING, OTHER = Listing(url=f"{SITE}/news/", older="a.older"), Listing(url=f"{SITE}/all/", older="a.older")
FEED, POSTS = Feed(url=f"{SITE}/feed/"), WordPress(url=f"{SITE}/wp-json/posts")
SITEMAP = Sitemap(url=f"{SITE}/sitemap.xml")
PAGE = Page(title="h1", date=".date", body=".body")
HTML = "text/html; charset=utf-8"


@dataclass
class Wire:
    """A source, the site that it watches, and the archive that it fills.

    What the site answers is an answer, or the reason why there is none; it answers 304 to its own validators.
    """

    stores: Stores
    runs: Runs
    source: type[Source] = field(default_factory=lambda: a_source(routes=(LISTING, OTHER), page=PAGE))
    answers: dict[str, Answer | str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def serve(self, path: str, body: str | bytes = "", *, to: str = "", **answer: Any) -> None:
        """Answer *body* at *path*, or at *to* after a redirect."""
        self.answers[f"{SITE}{path}"] = an_answer(body, **{"url": f"{SITE}{to or path}", "content_type": HTML} | answer)

    def fail(self, path: str, reason: str) -> None:
        self.answers[f"{SITE}{path}"] = reason

    def announce(self, *names: str) -> None:
        """Serve a page each."""
        for name in names:
            self.serve(f"/news/{name}", a_page(name))

    def run(self, *, pages: bool = True, **planned: Any) -> Run:
        """Run once from the first request to the last; without *pages*, as if killed before the first of them."""
        self.asked.clear()
        plan = Plan(**{"now": NOON} | planned)
        run = self.runs.start(self.source.name, now=plan.now, every_route=plan.every_route)
        crawl = Crawl(self.source, plan, Tally(run), self.stores)
        waiting = deque(crawl.begin())
        while waiting:
            wanted = waiting.popleft()
            if isinstance(wanted, Document):
                waiting.extend(self._document(crawl, wanted))
            elif pages and isinstance(wanted, Wanted):
                self._page(crawl, wanted)
        crawl.end(finished=pages)
        return crawl.tally.finished(plan.now)

    def _document(self, crawl: Crawl, document: Document) -> Iterator[Document | Wanted]:
        answer = self._ask(document.url, crawl.validators(document.url))
        if isinstance(answer, str):
            return crawl.on_document_error(document, answer)
        return crawl.on_document(document, answer)

    def _page(self, crawl: Crawl, wanted: Wanted) -> None:
        headers = crawl.validators(wanted.candidate.url) if wanted.known else {}
        answer = self._ask(wanted.candidate.url, headers)
        if isinstance(answer, str):
            crawl.on_page_error(wanted, answer)
        elif reading := crawl.on_page(wanted, answer):
            crawl.keep(reading)

    def _ask(self, url: str, headers: dict[str, str]) -> Answer | str:
        self.asked.append(url.removeprefix(SITE))
        answer = self.answers.get(url, Answer(url=url, status=404))
        if isinstance(answer, Answer) and answer.etag and headers.get("If-None-Match") == answer.etag:
            return replace(answer, status=304, body=b"")
        return answer

    def stored(self) -> list[str]:
        return sorted(each.url.removeprefix(f"{SITE}/news/") for each in self.stores.archive.all())

    def text(self, name: str) -> str:
        found = self.stores.archive.get(f"{SITE}/news/{name}")
        assert found is not None
        return found.text


@pytest.fixture
def wire(open_database: Callable[[str], Database]) -> Wire:
    database = open_database("sqlite")
    return Wire(replace(Stores.of(database), archive=Archive(database, grace=timedelta(0))), Runs(database))


def a_page(title: str, text: str = "", date: str = "") -> str:
    body = f"<p>{text or f'About {title}.'}</p>"
    return f'<main><h1>{title}</h1><p class="date">{date}</p><div class="body">{body}</div></main>'


def a_list(*names: str, older: str = "") -> str:
    links = "".join(f'<a href="/news/{name}">{name}</a>' for name in names)
    return links + (f'<a class="older" href="{older}">older</a>' if older else "")


def a_feed(*items: tuple[str, datetime]) -> str:
    inside = "".join(
        f"""<item><title>{name}</title><link>{SITE}/news/{name}?utm_source=rss</link>
        <pubDate>{at:%d %b %Y %H:%M:%S +0000}</pubDate></item>"""
        for name, at in items
    )
    return f'<rss version="2.0"><channel><title>News</title>{inside}</channel></rss>'


def a_sitemap(**names: str) -> str:
    inside = "".join(
        f"<url><loc>{SITE}/news/{name}</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</url>"
        for name, at in names.items()
    )
    return f"<urlset>{inside}</urlset>"


def an_index(**parts: str) -> str:
    inside = "".join(
        f"<sitemap><loc>{SITE}/{part}.xml</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</sitemap>"
        for part, at in parts.items()
    )
    return f"<sitemapindex>{inside}</sitemapindex>"


# Which route carries a run


def test_the_first_route_that_works_carries_the_run(wire: Wire) -> None:
    wire.serve("/news/", a_list("a", "b"))
    wire.announce("a", "b")
    run = wire.run()
    assert (run.outcome, run.route, run.problems) == (RunOutcome.OK, f"{SITE}/news/", ())
    assert (wire.stored(), wire.asked) == (["a", "b"], ["/news/", "/news/a", "/news/b"])
    assert run.counts["new"] == 2


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (500, "", "expected status 200, got 500"),
        (404, "", "expected status 200, got 404"),
        (200, "", "expected a page, got nothing"),
        (200, "<p>We have moved</p>", "expected addresses that match '/news/[a-z0-9-]+/?'"),
    ],
)
def test_a_route_that_fails_is_followed_by_the_next_and_named(
    wire: Wire, status: int, body: str, expected: str
) -> None:
    wire.serve("/news/", body, status=status)
    wire.serve("/all/", a_list("a"))
    wire.announce("a")
    run = wire.run()
    assert (run.outcome, run.route) == (RunOutcome.DEGRADED, f"{SITE}/all/")
    assert (run.problems, wire.stored()) == ((f"a-source: {SITE}/news/: {expected}",), ["a"])


def test_half_a_list_is_no_list(wire: Wire) -> None:
    wire.serve("/news/", a_list("a"), whole=False)
    wire.serve("/all/", a_list("a"))
    wire.announce("a")
    assert wire.run().problems == (f"a-source: {SITE}/news/: expected a whole answer, got a part of it",)


def test_the_reason_why_a_route_did_not_answer_is_said(wire: Wire) -> None:
    wire.fail("/news/", "robots.txt of news.example.org does not allow it")
    run = wire.run()
    assert (
        f"a-source: {SITE}/news/: expected an answer: robots.txt of news.example.org does not allow it" in run.problems
    )


def test_a_run_without_a_route_fails_names_each_and_leaves_the_archive_as_it_is(wire: Wire) -> None:
    wire.serve("/news/", a_list("a"), etag='"1"')
    wire.announce("a")
    wire.run()
    before = list(wire.stores.archive.all())
    wire.serve("/news/", status=503)
    wire.serve("/all/", "<p>Nothing here</p>")
    run = wire.run(now=NOON + HOUR)
    assert (run.outcome, run.route, run.counts["failed"]) == (RunOutcome.FAILED, "", 2)
    assert [problem.split(": ")[1] for problem in run.problems] == [f"{SITE}/news/", f"{SITE}/all/"]
    assert list(wire.stores.archive.all()) == before


def test_the_run_after_a_failed_one_is_well_again(wire: Wire) -> None:
    wire.run()
    wire.serve("/news/", a_list("a"))
    wire.announce("a")
    assert wire.run(now=NOON + HOUR).outcome is RunOutcome.OK


def test_every_route_is_asked_where_all_are_to_speak_and_what_all_name_is_joined(wire: Wire) -> None:
    wire.serve("/news/", a_list("a", "b"))
    wire.serve("/all/", a_list("b", "a"))
    wire.announce("a", "b")
    run = wire.run(every_route=True)
    assert wire.asked == ["/news/", "/news/a", "/news/b", "/all/"]
    assert (run.outcome, run.problems) == (RunOutcome.OK, ())


def test_what_only_a_later_route_names_is_taken_and_said(wire: Wire) -> None:
    wire.serve("/news/", a_list("a"))
    wire.serve("/all/", a_list("a", "b", "c"))
    wire.announce("a", "b", "c")
    run = wire.run(every_route=True)
    assert (wire.stored(), run.outcome) == (["a", "b", "c"], RunOutcome.DEGRADED)
    assert run.problems == (f"a-source: {SITE}/news/: expected 2 more announcements, which {SITE}/all/ names",)


def test_a_later_route_that_fails_is_good_to_know_and_no_fault(wire: Wire) -> None:
    wire.serve("/news/", a_list("a"))
    wire.announce("a")
    run = wire.run(every_route=True)
    assert (run.outcome, run.problems) == (
        RunOutcome.OK,
        (f"a-source: {SITE}/all/: expected status 200, got 404",),
    )


# An unchanged site


def test_an_unchanged_site_costs_one_conditional_request_a_route(wire: Wire) -> None:
    wire.serve("/news/", a_list("a"), etag='"1"')
    wire.announce("a")
    wire.run()
    run = wire.run(now=NOON + timedelta(minutes=5))
    assert (wire.asked, run.outcome, run.counts["new"]) == (["/news/"], RunOutcome.OK, 0)


def test_a_route_that_says_what_it_said_is_not_read(wire: Wire) -> None:
    wire.serve("/news/", a_list("a"))
    crawl = Crawl(wire.source, Plan(now=NOON), Tally(wire.run()), wire.stores)
    same, other = an_answer(a_list("a")), an_answer(a_list("a", "b"))
    answers = [same, replace(same, status=304), other, replace(other, status=503)]
    assert [crawl.reads(Document(0, same.url, is_first=True), answer) for answer in answers] == [
        False,
        False,
        True,
        False,
    ]


def test_what_was_read_elsewhere_is_taken_and_so_is_why_it_was_not(wire: Wire) -> None:
    crawl = Crawl(wire.source, Plan(now=NOON), Tally(wire.run()), wire.stores)
    first, listed = Document(0, f"{SITE}/news/", is_first=True), an_answer(a_list("a"))
    [wanted] = crawl.on_document(first, listed, discover(LISTING, listed, wire.source))
    assert isinstance(wanted, Wanted)
    given_up = RouteFailed("a-source", first.url, "expected a document that can be read")
    assert list(crawl.on_document(first, listed, given_up)) == []
    crawl.end()
    assert str(given_up) in crawl.tally.finished(NOON).problems


@pytest.mark.parametrize("etag", ['"1"', None], ids=["304", "the same bytes"])
def test_a_crawl_that_was_killed_before_its_pages_is_completed_by_the_next(wire: Wire, etag: str | None) -> None:
    wire.serve("/news/", a_list("a", "b"), etag=etag)
    wire.announce("a", "b")
    wire.run(pages=False)
    assert wire.stored() == []
    wire.run(now=NOON + HOUR)
    assert wire.stored() == ["a", "b"]


def test_an_error_with_the_bytes_of_before_is_an_error(wire: Wire) -> None:
    wire.serve("/news/", a_list("a"))
    wire.announce("a")
    wire.run()
    wire.serve("/news/", a_list("a"), status=500)
    assert wire.run(now=NOON + HOUR).outcome is RunOutcome.FAILED


def test_a_304_to_a_question_that_was_not_asked_is_no_answer(wire: Wire) -> None:
    wire.serve("/news/", status=304)
    assert wire.run().problems[0] == f"a-source: {SITE}/news/: expected status 200, got 304"


def test_validators_are_sent_as_they_were_given(wire: Wire) -> None:
    wire.serve("/news/", a_list("a"), etag='W/"1"', last_modified="Thu, 11 Jun 2026 03:00:00 GMT")
    wire.run(pages=False)
    crawl = Crawl(wire.source, Plan(now=NOON), Tally(wire.run()), wire.stores)
    assert crawl.validators(f"{SITE}/news/") == {
        "If-None-Match": 'W/"1"',
        "If-Modified-Since": "Thu, 11 Jun 2026 03:00:00 GMT",
    }
    assert crawl.validators(f"{SITE}/all/") == {}


# Each page once


def test_a_page_is_asked_for_once_however_it_is_spelt_and_whoever_names_it(wire: Wire) -> None:
    wire.source = a_source(routes=(FEED, LISTING, SITEMAP), page=PAGE)
    wire.serve("/feed/", a_feed(("a", NOON)))
    wire.serve("/news/", '<a href="a/">A</a><a href="http://news.example.org/news/a#top">A</a><a href="/news/a">A</a>')
    wire.serve("/sitemap.xml", a_sitemap(a="2026-06-11"))
    wire.announce("a")
    run = wire.run(every_route=True)
    assert wire.asked.count("/news/a") + wire.asked.count("/news/a/") == 1
    assert (run.counts["new"], run.problems) == (1, ())


def test_addresses_that_led_to_an_announcement_are_known_from_then_on(wire: Wire) -> None:
    wire.serve("/news/", a_list("old-a"))
    wire.serve("/news/old-a", a_page("a"), to="/news/a")
    wire.run()
    wire.serve("/news/", a_list("old-a", "a"))
    wire.run(now=NOON + timedelta(minutes=5))
    assert (wire.stored(), wire.asked) == (["a"], ["/news/"])


# Back along pagers and months


def test_a_back_fill_follows_the_pager_to_its_date_and_no_further(wire: Wire) -> None:
    wire.source = a_source(routes=(replace(LISTING, group="li", date="b"),), page=PAGE)
    dates = ["2026-06-11", "2026-05-11", "2026-04-11", "2026-03-11"]
    for number, date in enumerate(dates):
        path = f"/news/?page={number}" if number else "/news/"
        wire.serve(path, f"<li><b>{date}</b>{a_list(f'n{number}', older=f'?page={number + 1}')}</li>")
        wire.announce(f"n{number}")
    wire.run(since=datetime(2026, 5, 1, tzinfo=TOKYO), asked=True)
    assert wire.stored() == ["n0", "n1"]
    assert [path for path in wire.asked if "page=" in path] == ["/news/?page=1", "/news/?page=2"]


def test_an_ordinary_run_follows_no_pager(wire: Wire) -> None:
    wire.serve("/news/", a_list("a", older="?page=1"))
    wire.announce("a")
    wire.run(every_route=True)
    assert "/news/?page=1" not in wire.asked


def test_a_back_fill_asks_for_no_month_before_its_date(wire: Wire) -> None:
    route = replace(LISTING, month=r"/(\d{4})(\d\d)\.html")
    wire.source = a_source(routes=(route,), page=PAGE)
    months = [f"/{month}.html" for month in ("202606", "202605", "202604", "202512")]
    links = "".join(f'<a class="older" href="{month}">m</a>' for month in months)
    for month in ("", *months):
        wire.serve(month or "/news/", a_list(f"n{month[1:7]}") + links)
    wire.run(since=datetime(2026, 5, 31, 23, tzinfo=TOKYO), asked=True, pages=False)
    assert wire.asked == ["/news/", "/202606.html", "/202605.html"]


def test_a_back_fill_takes_a_feed_page_by_page_until_there_is_none(wire: Wire) -> None:
    wire.source = a_source(routes=(FEED,), page=PAGE)
    for number, path in enumerate(("/feed/", "/feed/?paged=2", "/feed/?paged=3")):
        wire.serve(path, a_feed((f"n{number}", NOON - number * DAY)))
        wire.announce(f"n{number}")
    run = wire.run(since=NOON - 9 * DAY, asked=True)
    assert (wire.stored(), run.outcome) == (["n0", "n1", "n2"], RunOutcome.OK)
    assert "/feed/?paged=4" in wire.asked


@pytest.mark.parametrize(
    ("status", "body"), [(404, ""), (410, ""), (400, '{"code": "rest_post_invalid_page_number"}'), (200, "[]")]
)
def test_a_pager_ends_where_the_site_says_so_and_that_is_no_fault(wire: Wire, status: int, body: str) -> None:
    wire.source = a_source(routes=(POSTS,), page=PAGE)
    post = {"link": f"{SITE}/news/a", "title": {"rendered": "a"}, "date_gmt": "2026-06-11T00:00:00", "modified_gmt": ""}
    wire.serve("/wp-json/posts?per_page=100&page=1", json.dumps([post]))
    wire.serve("/wp-json/posts?page=2&per_page=100", body, status=status)
    wire.announce("a")
    run = wire.run(since=NOON - 9 * DAY, asked=True)
    assert (run.outcome, run.problems) == (RunOutcome.OK, ())


@pytest.mark.parametrize("failed", [500, 503, "expected an answer"])
def test_a_pager_that_breaks_is_a_failure(wire: Wire, failed: int | str) -> None:
    wire.serve("/news/", a_list("a", older="?page=1"))
    wire.announce("a")
    if isinstance(failed, int):
        wire.serve("/news/?page=1", status=failed)
    else:
        wire.fail("/news/?page=1", failed)
    run = wire.run(since=NOON - 9 * DAY, asked=True)
    assert (run.outcome, wire.stored()) == (RunOutcome.FAILED, ["a"])
    assert run.problems[0].startswith(f"a-source: {SITE}/news/?page=1: expected ")


@pytest.mark.parametrize("older", ["?page={}&utm_source=x", "?page={}&sid={}", "/news/?b={}&a={}#x", "?page=1"])
def test_paging_links_with_changing_parameters_lead_in_no_circle(wire: Wire, older: str) -> None:
    class Endless(dict[str, Answer | str]):
        def get(self, url: str, _default: object = None) -> Answer:
            following = older.format(len(wire.asked), len(wire.asked))
            return Answer(url=url, body=a_list("a", "b", older=following).encode())

    wire.answers = Endless()
    wire.run(since=NOON - 9 * DAY, asked=True, pages=False)
    assert len(wire.asked) <= 4


def test_a_pager_that_always_names_something_else_ends_some_day(wire: Wire) -> None:
    class Endless(dict[str, Answer | str]):
        def get(self, url: str, _default: object = None) -> Answer:
            following = f"?page={len(wire.asked)}"
            return Answer(url=url, body=a_list(f"n{len(wire.asked)}", older=following).encode())

    wire.answers = Endless()
    wire.source = a_source(routes=(LISTING,))
    run = wire.run(since=NOON - 9 * DAY, asked=True, pages=False)
    assert len(wire.asked) == DOCUMENTS + 1
    assert run.problems == (f"a-source: {SITE}/news/: expected at most {DOCUMENTS} documents, left 1 for the next run",)


# Sitemaps


def sitemap_wire(wire: Wire, **parts: str) -> Wire:
    wire.source = a_source(routes=(SITEMAP,), page=PAGE)
    wire.serve("/sitemap.xml", an_index(**parts))
    return wire


def test_the_parts_of_a_sitemap_are_followed(wire: Wire) -> None:
    sitemap_wire(wire, one="", two="")
    wire.serve("/one.xml", a_sitemap(a="2026-06-11"))
    wire.serve("/two.xml", a_sitemap(b="2026-06-10"))
    wire.announce("a", "b")
    run = wire.run()
    assert (wire.stored(), run.outcome, run.route) == (["a", "b"], RunOutcome.OK, f"{SITE}/sitemap.xml")


def test_parts_of_a_sitemap_that_are_older_than_a_back_fill_are_not_asked_for(wire: Wire) -> None:
    sitemap_wire(wire, new="2026-06-11T00:00:00Z", old="2020-06-11T00:00:00Z")
    wire.serve("/new.xml", a_sitemap(a="2026-06-11"))
    wire.announce("a")
    wire.run(since=NOON - 9 * DAY, asked=True)
    assert (wire.stored(), "/old.xml" in wire.asked) == (["a"], False)


def test_a_part_without_announcements_is_no_fault_and_a_broken_one_is(wire: Wire) -> None:
    sitemap_wire(wire, empty="", good="")
    wire.serve("/empty.xml", "<urlset/>")
    wire.serve("/good.xml", a_sitemap(a="2026-06-11"))
    wire.announce("a")
    assert wire.run().problems == ()
    wire.serve("/empty.xml", status=500)
    run = wire.run(now=NOON + HOUR)
    assert (run.outcome, run.problems) == (
        RunOutcome.FAILED,
        (f"a-source: {SITE}/empty.xml: expected status 200, got 500",),
    )


def test_a_sitemap_whose_parts_are_all_empty_is_a_failed_route(wire: Wire) -> None:
    sitemap_wire(wire, one="", two="")
    wire.serve("/one.xml", "<urlset/>")
    wire.serve("/two.xml", "<urlset/>")
    run = wire.run()
    assert (run.outcome, len(run.problems)) == (RunOutcome.FAILED, 1)
    assert run.problems[0].startswith(f"a-source: {SITE}/one.xml: expected announcements, the list is there and")


def test_an_undated_address_in_a_sitemap_is_only_for_a_back_fill_that_was_asked_for(wire: Wire) -> None:
    sitemap_wire(wire, one="")
    wire.serve("/one.xml", a_sitemap(undated="", dated="2026-06-11"))
    wire.announce("undated", "dated")
    wire.run(since=NOON - HORIZON, every_route=True)
    assert wire.stored() == ["dated"]
    wire.run(since=NOON - HORIZON, every_route=True, asked=True, now=NOON + HOUR)
    assert wire.stored() == ["dated", "undated"]


# What is too old


def test_what_is_dated_before_an_asked_back_fill_is_not_asked_for(wire: Wire) -> None:
    wire.source = a_source(routes=(FEED,), page=PAGE)
    wire.serve("/feed/", a_feed(("new", NOON), ("old", NOON - 10 * DAY)))
    wire.announce("new", "old")
    wire.run(since=NOON - 9 * DAY, asked=True)
    assert (wire.stored(), "/news/old" in wire.asked) == (["new"], False)


def test_the_day_from_which_a_back_fill_is_asked_for_belongs_to_it(wire: Wire) -> None:
    wire.source = a_source(routes=(replace(LISTING, group="li", date="b"),), page=PAGE)
    wire.serve("/news/", f"<li><b>2026-06-11</b>{a_list('a')}</li><li><b>2026-06-10</b>{a_list('b')}</li>")
    wire.announce("a", "b")
    wire.run(since=NOON.replace(hour=0), asked=True)
    assert wire.stored() == ["a"]


def test_a_first_run_takes_what_stands_on_the_front_page_whatever_its_age(wire: Wire) -> None:
    wire.source = a_source(routes=(FEED, POSTS), page=PAGE)
    wire.serve("/feed/", a_feed(("new", NOON), ("old", NOON - 400 * DAY)))
    wire.serve("/feed/?paged=2", a_feed(("older", NOON - 500 * DAY)))
    wire.announce("new", "old", "older")
    wire.run(since=NOON - HORIZON, every_route=True)
    assert wire.stored() == ["new", "old"]


# Pages again


def revisit_wire(wire: Wire) -> Wire:
    """A wire that has crawled one page, which has a validator, an hour ago."""
    wire.serve("/news/", a_list("a"), etag='"1"')
    wire.serve("/news/a", a_page("a"), etag='"a1"')
    wire.run(now=NOON - HOUR)
    return wire


def test_a_recent_page_is_looked_at_again_at_its_rhythm_with_its_validators(wire: Wire) -> None:
    revisit_wire(wire)
    run = wire.run()
    assert (wire.asked, run.counts["same"]) == (["/news/", "/news/a"], 1)
    wire.run(now=NOON + timedelta(minutes=10))
    assert wire.asked == ["/news/"]


def test_an_edit_is_found_whether_a_route_still_names_the_page_or_not(wire: Wire) -> None:
    revisit_wire(wire)
    wire.serve("/news/", a_list("b"))
    wire.announce("b")
    wire.serve("/news/a", a_page("a", "Another wording."))
    run = wire.run()
    assert (run.counts["changed"], wire.text("a")) == (1, "Another wording.")


def test_what_only_the_route_says_is_not_lost_when_its_page_changes(wire: Wire) -> None:
    wire.serve("/news/", a_list("a"))
    wire.serve("/news/a", '<div class="body">First wording.</div>')
    wire.run(now=NOON - HOUR)
    wire.serve("/news/a", '<div class="body">Another wording.</div>')
    run = wire.run()
    assert (run.outcome, run.counts["changed"]) == (RunOutcome.OK, 1)
    assert [each.title for each in wire.stores.archive.all()] == ["a"]


def test_a_recheck_asks_for_recent_pages_at_once(wire: Wire) -> None:
    revisit_wire(wire)
    wire.run(now=NOON - HOUR + timedelta(minutes=1), recheck=True)
    assert wire.asked == ["/news/", "/news/a"]


def test_a_page_older_than_a_week_is_left_alone(wire: Wire) -> None:
    revisit_wire(wire)
    wire.run(now=NOON + 8 * DAY, recheck=True)
    assert wire.asked == ["/news/"]


def test_a_change_that_a_killed_run_saw_is_asked_for_by_the_next(wire: Wire) -> None:
    wire.serve("/news/", a_list("a"))
    wire.serve("/news/a", a_page("a"))
    wire.run(now=NOON - 30 * DAY)
    wire.serve("/news/", '<a href="/news/a">a (updated)</a>')
    wire.run(pages=False)
    assert wire.asked == ["/news/"]
    wire.run(now=NOON + HOUR)
    assert wire.asked == ["/news/", "/news/a"]


def test_a_change_whose_page_could_not_be_had_is_asked_for_again(wire: Wire) -> None:
    wire.serve("/news/", a_list("a"))
    wire.serve("/news/a", a_page("a"))
    wire.run(now=NOON - 30 * DAY)
    wire.serve("/news/", '<a href="/news/a">a (updated)</a>')
    wire.serve("/news/a", status=500)
    wire.run()
    wire.serve("/news/a", a_page("a"))
    wire.run(now=NOON + HOUR)
    assert wire.asked == ["/news/", "/news/a"]
    wire.run(now=NOON + 2 * HOUR)
    assert wire.asked == ["/news/"]


def test_a_candidate_that_changed_asks_for_its_page_whatever_its_age(wire: Wire) -> None:
    wire.serve("/news/", a_list("a"))
    wire.serve("/news/a", a_page("a"), etag='"a1"')
    wire.run(now=NOON - 30 * DAY)
    wire.serve("/news/", '<a href="/news/a">a (updated)</a>')
    wire.serve("/news/a", a_page("a", "Updated."), etag='"a2"')
    run = wire.run()
    assert (run.counts["changed"], wire.text("a")) == (1, "Updated.")
    wire.run(now=NOON + timedelta(minutes=5))
    assert wire.asked == ["/news/"]


def test_a_tracking_parameter_that_changes_is_no_change(wire: Wire) -> None:
    wire.serve("/news/", '<a href="/news/a?utm_source=x1">a</a>')
    wire.announce("a")
    wire.run(now=NOON - 30 * DAY)
    wire.serve("/news/", '<a href="/news/a?utm_source=x2">a</a>')
    wire.run()
    assert wire.asked == ["/news/"]


def test_what_is_new_is_asked_for_before_what_is_looked_at_again(wire: Wire) -> None:
    for number in range(60):
        known = an_announcement(
            source="a-source", url=f"{SITE}/news/k{number}", title=f"k{number}", published=NOON - HOUR
        )
        wire.stores.archive.save(known, now=NOON - HOUR)
    wire.serve("/news/", a_list("a"))
    wire.announce("a", *(f"k{number}" for number in range(60)))
    run = wire.run()
    assert (wire.asked[1], len(wire.asked)) == ("/news/a", 51)
    assert run.problems == (f"a-source: {SITE}/news/: expected at most 50 pages, left 11 for the next run",)


# Pages that are missing


def test_a_page_that_was_never_there_is_a_failure_that_is_named(wire: Wire) -> None:
    wire.serve("/news/", a_list("a"))
    run = wire.run()
    assert (run.outcome, run.counts["failed"]) == (RunOutcome.FAILED, 1)
    assert run.problems == (f"a-source: {SITE}/news/a: expected a page, got status 404",)


@pytest.mark.parametrize("status", [404, 410])
def test_a_known_page_that_is_missing_once_stays_and_is_noted(wire: Wire, status: int) -> None:
    revisit_wire(wire).serve("/news/a", status=status)
    run = wire.run()
    assert (run.outcome, run.counts["gone"]) == (RunOutcome.OK, 0)
    assert run.problems == (f"a-source: {SITE}/news/a: expected a page, got status {status}",)
    assert [each.gone for each in wire.stores.archive.all()] == [None]


def test_a_known_page_that_is_missing_twice_a_day_apart_is_gone(wire: Wire) -> None:
    revisit_wire(wire).serve("/news/a", status=404)
    wire.run()
    wire.run(now=NOON + 23 * HOUR)
    assert "/news/a" not in wire.asked
    run = wire.run(now=NOON + DAY)
    assert (run.outcome, run.counts["gone"]) == (RunOutcome.OK, 1)
    assert [each.gone for each in wire.stores.archive.all()] == [NOON + DAY]


def test_a_challenge_that_says_404_deletes_nothing(wire: Wire) -> None:
    challenge = (Path(__file__).parent / "verdicts" / "challenge.akamai-denied.403.html").read_text("utf-8")
    revisit_wire(wire).serve("/news/a", challenge, status=404)
    assert "got challenge (status 404" in wire.run().problems[0]
    for days in (2, 4, 6):
        wire.run(now=NOON + days * DAY)
    assert [each.gone for each in wire.stores.archive.all()] == [None]


def test_a_page_that_comes_back_in_between_was_never_gone(wire: Wire) -> None:
    revisit_wire(wire).serve("/news/a", status=404)
    wire.run()
    wire.announce("a")
    wire.run(now=NOON + DAY)
    wire.serve("/news/a", status=404)
    wire.run(now=NOON + 2 * DAY)
    assert [each.gone for each in wire.stores.archive.all()] == [None]


# Pages that are no announcement


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"to": "/login"}, f"expected an announcement, got to {SITE}/login"),
        ({"to": "/"}, f"expected an announcement, got to {SITE}/"),
        ({"url": "https://elsewhere.example.org/news/a"}, "expected an announcement, got to https://elsewhere."),
        ({"content_type": "application/pdf"}, "expected a page, got application/pdf"),
        ({"content_type": "image/png; x=y"}, "expected a page, got image/png"),
        ({"whole": False}, "expected the page, got truncated (status 200, "),
        ({"status": 503}, "expected the page, got maintenance (status 503, "),
        ({"status": 403}, "expected the page, got refused (status 403, "),
        ({"body": ""}, "expected a text at '.body'"),
        ({"body": "<!-- nothing -->"}, "expected a text at '.body'"),
        ({"body": "<h1>Title</h1><div class='body'> </div>"}, "expected a text at '.body'"),
    ],
)
def test_what_is_no_announcement_is_named_not_stored_and_rests(
    wire: Wire, answer: dict[str, Any], expected: str
) -> None:
    wire.serve("/news/", a_list("a"))
    wire.serve("/news/a", **{"body": a_page("a"), **answer})
    run = wire.run()
    assert (run.outcome, run.counts["failed"], wire.stored()) == (RunOutcome.FAILED, 1, [])
    assert [problem.startswith("a-source: http") and expected in problem for problem in run.problems] == [True]
    wire.run(now=NOON + timedelta(minutes=5))
    wire.run(now=NOON + timedelta(minutes=10))
    assert wire.asked == ["/news/"]


def test_a_known_page_that_turns_into_something_else_stays_as_it_was(wire: Wire) -> None:
    before = revisit_wire(wire).text("a")
    wire.serve("/news/a", a_page("Log in", "Please log in."), to="/login")
    run = wire.run()
    assert (wire.text("a"), run.counts["changed"], run.outcome) == (before, 0, RunOutcome.FAILED)


def test_the_reason_why_a_page_did_not_answer_is_said(wire: Wire) -> None:
    wire.serve("/news/", a_list("a", "b"))
    wire.fail("/news/a", "robots.txt of news.example.org does not allow it")
    wire.announce("b")
    run = wire.run()
    assert wire.stored() == ["b"]
    assert run.problems == (
        f"a-source: {SITE}/news/a: expected a page: robots.txt of news.example.org does not allow it",
    )


def test_a_page_that_rests_is_tried_again_later(wire: Wire) -> None:
    wire.serve("/news/", a_list("a"))
    for minutes in (0, 5):
        wire.run(now=NOON + timedelta(minutes=minutes))
    wire.announce("a")
    wire.run(now=NOON + timedelta(minutes=50))
    assert wire.stored() == []
    wire.run(now=NOON + timedelta(minutes=70))
    assert wire.stored() == ["a"]


REDESIGNED = "<main><article><h1>a</h1>" + "".join(
    f"<p>Sentence number {n} of a page that nobody described, long enough to be found.</p>" for n in range(9)
)


def test_a_page_without_its_declared_text_is_searched_and_warned_about(wire: Wire) -> None:
    wire.serve("/news/", a_list("a"))
    wire.serve("/news/a", REDESIGNED)
    run = wire.run()
    assert (run.outcome, run.counts["new"]) == (RunOutcome.DEGRADED, 1)
    assert run.problems == (f"a-source: {SITE}/news/a: expected the text at '.body'",)
    assert "Sentence number 8" in wire.text("a")


def test_what_was_searched_for_never_changes_what_is_known_and_is_not_asked_for_every_time(wire: Wire) -> None:
    before = revisit_wire(wire).text("a")
    wire.serve("/news/a", REDESIGNED)
    run = wire.run()
    assert (run.outcome, run.counts["changed"], wire.text("a")) == (RunOutcome.DEGRADED, 0, before)
    wire.run(now=NOON + timedelta(minutes=10))
    assert wire.asked == ["/news/"]


# Limits, and what a page becomes


def test_an_ordinary_run_asks_for_fifty_pages_and_leaves_the_rest_to_the_next(wire: Wire) -> None:
    names = [f"n{number}" for number in range(70)]
    wire.serve("/news/", a_list(*names), etag='"1"')
    wire.announce(*names)
    run = wire.run()
    assert (len(wire.stored()), run.outcome) == (50, RunOutcome.OK)
    assert run.problems == (f"a-source: {SITE}/news/: expected at most 50 pages, left 20 for the next run",)
    run = wire.run(now=NOON + timedelta(minutes=5))
    assert (len(wire.stored()), run.problems) == (70, ())


def test_a_back_fill_may_ask_for_more(wire: Wire) -> None:
    names = [f"n{number}" for number in range(70)]
    wire.serve("/news/", a_list(*names))
    wire.announce(*names)
    wire.run(since=NOON - 9 * DAY, asked=True)
    assert len(wire.stored()) == 70


def test_pages_are_asked_for_in_the_order_of_the_list(wire: Wire) -> None:
    wire.serve("/news/", a_list("c", "a", "b"))
    wire.announce("a", "b", "c")
    wire.run()
    assert wire.asked[1:] == ["/news/c", "/news/a", "/news/b"]


def test_an_announcement_is_made_of_what_the_route_and_the_page_say(wire: Wire) -> None:
    wire.source = a_source(routes=(FEED,), page=PAGE)
    wire.serve("/feed/", a_feed(("a", NOON - DAY)))
    wire.serve("/news/a", a_page("A forum", "Text.", "11 June 2026"))
    wire.run()
    [stored] = wire.stores.archive.all()
    assert (stored.title, stored.text, stored.published) == ("A forum", "Text.", datetime(2026, 6, 11, tzinfo=TOKYO))
    assert (stored.url, set(stored.aliases)) == (f"{SITE}/news/a", {f"{SITE}/news/a?utm_source=rss"})


def test_a_page_in_shift_jis_is_read(wire: Wire) -> None:
    wire.serve("/news/", a_list("a"))
    body = a_page("公募", "環境省は、脱炭素先行地域の公募を始めます。").encode("cp932")
    wire.serve("/news/a", body, content_type="text/html")
    wire.run()
    assert wire.text("a") == "環境省は、脱炭素先行地域の公募を始めます。"


def test_a_fault_of_ours_fails_the_run_and_is_named(wire: Wire) -> None:
    tally = Tally(wire.runs.start("a-source", now=NOON, every_route=False))
    Crawl(wire.source, Plan(now=NOON), tally, wire.stores).fault(f"{SITE}/news/a", "KeyError: 'x'")
    said = f"a-source: {SITE}/news/a: expected no fault of ours: KeyError: 'x'"
    assert [str(error) for error in tally.failures] == [said]
