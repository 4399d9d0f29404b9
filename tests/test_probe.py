"""A probe asks every route of a source, says what each names, and asks for no page."""

import pytest

from crawler.answer import Answer
from crawler.crawl import Document
from crawler.probe import Probe, Report
from crawler.spec import Feed, Listing, Sitemap
from tests.declared import SITE, a_source, an_answer

LISTING = '<a href="/news/a">A forum</a><a href="/news/b">B</a>'
INDEX = f"<sitemapindex><sitemap><loc>{SITE}/part.xml</loc></sitemap></sitemapindex>"
PART = f"<urlset><url><loc>{SITE}/news/a</loc></url></urlset>"
FIRST, SECOND, THIRD = (Document(number, "", is_first=True) for number in range(3))


@pytest.fixture
def probe() -> Probe:
    routes = (
        Listing(url=f"{SITE}/news/", verified=True),
        Feed(url=f"{SITE}/feed/"),
        Sitemap(url=f"{SITE}/sitemap.xml"),
    )
    return Probe(a_source(routes=routes))


def reports(probe: Probe) -> list[Report]:
    return list(probe.reports())


def test_every_route_is_asked_at_once(probe: Probe) -> None:
    assert [document.url for document in probe.begin()] == [f"{SITE}/news/", f"{SITE}/feed/", f"{SITE}/sitemap.xml"]


def test_a_route_that_works_is_reported_with_a_sample(probe: Probe) -> None:
    assert list(probe.on_document(FIRST, an_answer(LISTING))) == []
    assert reports(probe)[0] == Report(
        source="a-source",
        kind="listing",
        route=f"{SITE}/news/",
        verified=True,
        candidates=2,
        sample_title="A forum",
        sample_url=f"{SITE}/news/a",
        problem="",
    )
    assert probe.works()


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (an_answer(LISTING, status=404), "expected status 200, got 404"),
        (an_answer("<p>Moved</p>"), "expected addresses that match '/news/[a-z0-9-]+/?'"),
        (an_answer(""), "expected a page, got nothing"),
        (an_answer(LISTING, whole=False), "expected a whole answer, got a part of it"),
    ],
)
def test_a_route_that_does_not_work_is_reported_with_what_was_expected(
    probe: Probe, answer: Answer, problem: str
) -> None:
    assert list(probe.on_document(FIRST, answer)) == []
    assert (reports(probe)[0].candidates, reports(probe)[0].problem) == (0, f"a-source: {SITE}/news/: {problem}")
    assert not probe.works()


def test_a_route_that_did_not_answer_is_reported_with_the_reason(probe: Probe) -> None:
    document = Document(1, f"{SITE}/feed/", is_first=True)
    assert list(probe.on_document_error(document, "robots.txt of news.example.org does not allow it")) == []
    assert reports(probe)[1].problem == (
        f"a-source: {SITE}/feed/: expected an answer: robots.txt of news.example.org does not allow it"
    )


def test_the_parts_of_a_sitemap_are_asked_for_and_counted(probe: Probe) -> None:
    [part] = probe.on_document(THIRD, an_answer(INDEX, url=f"{SITE}/sitemap.xml"))
    assert part == Document(2, f"{SITE}/part.xml", is_first=False)
    assert list(probe.on_document(part, an_answer(PART, url=part.url))) == []
    assert (reports(probe)[2].candidates, reports(probe)[2].sample_url) == (1, f"{SITE}/news/a")


def test_a_sitemap_that_names_itself_is_not_asked_for_ever(probe: Probe) -> None:
    [itself] = probe.on_document(THIRD, an_answer(INDEX, url=f"{SITE}/part.xml"))
    assert list(probe.on_document(itself, an_answer(INDEX, url=itself.url))) == []


def test_a_source_works_as_long_as_one_of_its_routes_does(probe: Probe) -> None:
    list(probe.on_document(FIRST, an_answer("", status=500)))
    list(probe.on_document(THIRD, an_answer(PART)))
    assert probe.works()


def test_a_fault_of_ours_is_no_sign_of_health(probe: Probe) -> None:
    list(probe.on_document(FIRST, an_answer(LISTING)))
    probe.fault(f"{SITE}/feed/", "KeyError: 'x'")
    assert not probe.works()


def test_a_probe_asks_as_if_it_had_never_asked_before(probe: Probe) -> None:
    list(probe.on_document(FIRST, an_answer(LISTING, etag='"1"')))
    assert probe.validators(f"{SITE}/news/") == {}
