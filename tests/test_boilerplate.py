"""What a site repeats is learnt and dropped, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from crawler.answer import Answer
from crawler.boilerplate import FEWEST, edges, is_repeated, without
from crawler.crawl import Crawl, Wanted
from crawler.plan import Plan
from crawler.spec import Page, Source
from crawler.tally import Tally
from store.database import Database
from store.runs import Runs
from store.stores import Stores
from tests.builders import NOON
from tests.declared import a_source, an_answer

CONTACT = "<p>Press office: telephone 03-0000-0000, weekdays from nine to five.</p>"
PANEL = "<h2>Become a member</h2><p>Members exchange experience in webinars and save money on tools.</p>"
TOPICS = ("Buses", "Schools", "Ferries", "Kitchens", "Wetlands", "Heat", "Timber", "Markets", "Islands", "Snow")


def body(topic: str) -> str:
    """An article of its own words, in which no two sentences are those of another topic."""
    said = (f"<p>{topic} were the subject of the {topic.lower()} round, number {number}.</p>" for number in range(9))
    return "".join(said)


def test_a_block_at_the_ends_has_a_key_and_a_heading_has_none() -> None:
    assert edges(f"{body('Buses')}{CONTACT}") & edges(f"{body('Schools')}{CONTACT}") == edges(CONTACT)
    assert edges("<h2>Contact</h2>") == set()


def test_a_repeated_block_goes_and_so_does_the_heading_that_it_leaves_bare() -> None:
    assert without(f"{body('Buses')}{PANEL}", edges(PANEL)) == body("Buses")


def test_a_repeated_block_in_the_midst_of_a_text_stays() -> None:
    html = f"{body('Buses')}{CONTACT}{body('Schools')}"
    assert without(html, edges(CONTACT)) == html


def test_an_emptied_list_goes_with_its_items() -> None:
    html = f"{body('Buses')}<ul><li>Share on Facebook</li><li>Share on X</li></ul>"
    assert without(html, edges("<ul><li>Share on Facebook</li><li>Share on X</li></ul>")) == body("Buses")


@pytest.mark.parametrize(
    ("announcements", "of", "repeated"), [(1, 1, False), (3, 3, False), (4, 4, True), (4, 30, False)]
)
def test_a_block_is_the_sites_when_several_and_a_good_part_of_its_announcements_have_it(
    announcements: int, of: int, *, repeated: bool
) -> None:
    assert is_repeated(announcements, of=of) is repeated


class Site:
    """A source without any selector, and the archive that it fills."""

    def __init__(self, database: Database) -> None:
        self.stores = Stores.of(database)
        self.runs = Runs(database)
        self.source: type[Source] = a_source(page=Page())
        self.day = NOON

    def crawl(self, *topics: str, times: int = 1) -> None:
        """Crawl a page for each of *topics*, so many times."""
        for _ in range(times):
            self.day += timedelta(days=1)
            run = self.runs.start("a-source", now=self.day, every_route=True)
            crawl = Crawl(self.source, Plan(now=self.day, recheck=True), Tally(run), self.stores)
            names = "".join(f'<a href="/news/{topic.lower()}">{topic}</a>' for topic in topics)
            [document] = [asked for asked in crawl.begin() if not isinstance(asked, Wanted)]
            for wanted in list(crawl.on_document(document, an_answer(f"<main>{names}</main>"))):  # type: ignore[arg-type]
                if isinstance(wanted, Wanted) and (reading := crawl.on_page(wanted, self.page(wanted.candidate.url))):
                    crawl.keep(reading)
            crawl.end()

    def page(self, url: str) -> Answer:
        topic = url.rpartition("/")[2].title()
        article = f"<article><h1>{topic} of the year</h1>{body(topic)}{PANEL}{CONTACT}</article>"
        return an_answer(f"<html><body><main>{article}</main></body></html>", url=url)

    def texts(self) -> dict[str, str]:
        return {each.title: each.text for each in self.stores.archive.all()}


@pytest.fixture
def site(open_database: Callable[[str], Database]) -> Site:
    return Site(open_database("sqlite"))


def test_without_any_selector_what_a_site_repeats_goes_from_every_announcement(site: Site) -> None:
    site.crawl(*TOPICS)
    assert len(site.texts()) == len(TOPICS)
    for title, text in site.texts().items():
        assert "Press office" not in text
        assert "member" not in text
        assert text.count(title.split()[0]) >= 9


def test_what_comes_after_the_learning_is_clean_at_once(site: Site) -> None:
    site.crawl(*TOPICS[:-1])
    site.crawl(*TOPICS)
    assert "Press office" not in site.texts()["Snow of the year"]


def test_a_block_of_one_announcement_stays_however_often_it_is_fetched(site: Site) -> None:
    site.crawl("Buses", times=FEWEST + 2)
    assert "Press office" in site.texts()["Buses of the year"]


def test_cleaning_makes_no_revision_and_moves_no_date(site: Site) -> None:
    site.crawl(*TOPICS)
    assert all(each.revisions == () and each.updated == each.first_seen for each in site.stores.archive.all())


def test_a_cleaned_announcement_is_the_same_when_it_is_fetched_again(site: Site) -> None:
    site.crawl(*TOPICS, times=3)
    assert all(each.revisions == () for each in site.stores.archive.all())
