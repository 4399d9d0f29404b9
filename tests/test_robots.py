"""What search engines may fetch and list, which is nothing unless the operator says so."""

from __future__ import annotations

import pytest
from lxml import etree
from protego import Protego

from store.archive import Archive
from store.database import Database
from store.roll import Roll
from tests.asking import BASE, asking_site
from tests.builders import NOON, an_announcement

SPACE = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def test_robots_are_kept_from_the_pages_and_let_to_the_feeds(database: Database) -> None:
    rules = Protego.parse(asking_site(database)("/robots.txt").text)
    assert not rules.can_fetch(f"{BASE}/", "x")
    assert not rules.can_fetch(f"{BASE}/announcements/1", "x")
    assert rules.can_fetch(f"{BASE}/feeds/all.atom", "x")
    assert rules.can_fetch(f"{BASE}/calendar.ics", "x")


def test_there_is_a_sitemap_only_where_it_was_asked_for(database: Database) -> None:
    assert asking_site(database)("/sitemap.xml").status_code == 404
    rules = Protego.parse(asking_site(database, indexed=True)("/robots.txt").text)
    assert rules.can_fetch(f"{BASE}/announcements/1", "x")
    assert list(rules.sitemaps) == [f"{BASE}/sitemap.xml"]


def test_the_sitemap_lists_every_announcement_that_is_not_gone(database: Database) -> None:
    archive, ask = Archive(database), asking_site(database, indexed=True)
    for number in range(3):
        archive.save(an_announcement(url=f"https://www.env.go.jp/{number}", text=f"{number}"), now=NOON)
    archive.mark_gone("https://www.env.go.jp/1", now=NOON)
    parts = etree.fromstring(ask("/sitemap.xml").content).xpath("//s:loc/text()", namespaces=SPACE)
    pages, announcements = (etree.fromstring(ask(part.removeprefix(BASE)).content) for part in parts)
    assert f"{BASE}/calendar" in pages.xpath("//s:loc/text()", namespaces=SPACE)
    listed = announcements.xpath("//s:loc/text()", namespaces=SPACE)
    assert [ask(each.removeprefix(BASE)).status_code for each in listed] == [200, 200]
    assert announcements.xpath("//s:lastmod/text()", namespaces=SPACE) == ["2026-06-11T03:00:00+00:00"] * 2
    assert ask("/sitemap-2.xml").status_code == ask("/sitemap-99999999999999999999.xml").status_code == 404


def test_a_part_keeps_its_announcements(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.roll.PART", 2)
    archive, roll = Archive(database), Roll(database)

    def parts() -> list[list[str]]:
        return [[id_ for id_, _ in roll.part(number)] for number in range(1, roll.parts() + 1)]

    for number in range(5):
        archive.save(an_announcement(url=f"https://www.env.go.jp/{number}", text=f"{number}"), now=NOON)
    before = parts()
    archive.save(an_announcement(url="https://www.env.go.jp/5", text="5"), now=NOON)
    assert sum(map(len, before)) == 5
    assert max(map(len, before)) == 2
    assert parts()[: len(before) - 1] == before[:-1]
