"""What an entry shows: a clean text with what belongs to it below, and nothing that acts."""

from dataclasses import replace
from datetime import timedelta
from html import escape
from typing import Any

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.entries import Entry, entry
from store.announcement import Attachment, Event
from store.news import Telling
from tests.builders import NOON, an_archived

URL = "https://www.env.go.jp/press/press_05099.html"
MEETING = Event(kind="event", starts=NOON, timezone="Asia/Tokyo", title="説明会", place="オンライン")


def made(*tellings: Telling, **changes: Any) -> Entry:
    return entry(an_archived(**changes), tellings)


def a_telling(**changes: str) -> Telling:
    said = {
        "id": "urn:uuid:2",
        "url": "https://www.iges.or.jp/jp/news/1",
        "title": "選定 & 公募",
        "language": "ja",
        "organisation": "iges",
        "source": "iges-ja-news",
    }
    return Telling(**said | changes)


def test_addresses_are_resolved_and_pictures_found_where_scripts_would_put_them() -> None:
    html = made(html='<p><a href="../a.html">a</a><img src="x.gif" data-src="/i/1.png" alt="図"></p>').html
    assert 'href="https://www.env.go.jp/a.html"' in html
    assert 'src="https://www.env.go.jp/i/1.png"' in html


def test_what_acts_is_left_out() -> None:
    html = made(html='<p onclick="x()">公募<script>x()</script><a href="java&#11;script:x()">a</a></p>').html
    assert "x()" not in html.replace("https://www.env.go.jp/press/java%0Bscript:x()", "")
    assert "公募" in html


def test_what_is_removed_as_illegal_leaves_no_address_that_acts() -> None:
    for hidden in (
        "java\x0bscript:alert(1)",
        "java&#11;script:alert(1)",
        "&#1;javascript:alert(1)",
        "\ufdd0javascript:x",
    ):
        links = addresses(made(html=f'<a href="{hidden}">a</a>').html)
        assert all(link.startswith("https://") for link in links), links


def test_dates_are_told_below_the_text() -> None:
    html = made(events=(MEETING,)).html
    assert html.endswith("<p>日程</p>\n<ul><li>説明会：2026年6月11日（木）12:00（日本時間、オンライン）</li></ul>")


def test_others_that_tell_it_are_named_and_linked_and_translations_apart_from_them() -> None:
    english = a_telling(id="urn:uuid:3", language="en", title="Selected", url="https://www.env.go.jp/en/1.html")
    found = made(a_telling(), english, translations=("urn:uuid:3",))
    assert [other.url for other in found.others] == ["https://www.iges.or.jp/jp/news/1"]
    assert [(other.url, other.language) for other in found.translations] == [("https://www.env.go.jp/en/1.html", "en")]
    assert (
        "<p>他機関の発表</p>\n<ul><li>地球環境戦略研究機関（IGES）："
        '<a href="https://www.iges.or.jp/jp/news/1" lang="ja" hreflang="ja">選定 &amp; 公募</a></li></ul>'
    ) in found.html
    assert "<p>他の言語版</p>\n<ul><li>地球環境" in found.html


def test_an_entry_in_another_language_has_its_headings_in_english() -> None:
    assert "<p>Also announced by</p>" in made(a_telling(), language="fr").html


def test_a_text_that_would_fill_a_feed_is_cut_where_a_block_ends() -> None:
    html = made(html="<p>環境</p>" * 30_000).html
    body, _, link = html.rpartition("\n")
    assert body.endswith("<p>環境</p>")
    assert len(escape(body).encode()) <= 200_000
    assert link == f'<p><a href="{URL}">続きは発表元のページへ</a></p>'


def test_a_text_without_blocks_is_cut_to_its_beginning() -> None:
    assert len(made(html="環" * 300_000).html) < 1_000


def test_a_text_full_of_marks_is_cut_as_well() -> None:
    assert len(escape(made(html="<p>&lt;</p>" * 100_000).html).encode()) < 210_000


def test_an_old_page_never_changed_is_as_old_as_it_says_and_an_edit_as_its_edit() -> None:
    old = NOON - timedelta(days=900)
    assert made(published=old).updated == old
    assert made(published=old, updated=NOON + timedelta(days=1)).updated == NOON + timedelta(days=1)


def test_what_turns_the_direction_of_text_is_left_out() -> None:
    found = made(title="公募\u202e.pdf", summary="\u2066説明", html="<p>本文\u202d</p>")
    assert (found.title, found.summary, found.html) == ("公募.pdf", "説明", "<p>本文</p>")


MARKUP = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<a href='",
                "'>",
                "<img src=x onerror=a()>",
                "<svg><script>",
                "</script>",
                "javascript:",
                "&#",
            ]
        ),
    ),
    max_size=12,
).map("".join)


@settings(max_examples=150, deadline=None)
@given(MARKUP, MARKUP, MARKUP)
def test_no_text_in_any_field_acts(html: str, title: str, name: str) -> None:
    found = made(
        a_telling(title=title or "a", url=f"https://www.iges.or.jp/{name}"),
        html=html,
        title=title or "a",
        attachments=(Attachment(url=f"https://www.env.go.jp/{name}", type="application/pdf", title=title),),
        events=(Event(kind="event", starts=NOON, title=title, place=name),),
    )
    tree = html5lib.parseFragment(found.html, treebuilder="lxml", namespaceHTMLElements=False)
    elements = [element for part in tree if not isinstance(part, str) for element in part.iter()]
    assert {str(element.tag) for element in elements}.isdisjoint({"script", "svg", "style", "iframe", "form"})
    assert not [name for element in elements for name in element.attrib if name.startswith("on")]
    assert all(link.startswith(("https://", "http://", "mailto:")) for link in addresses(found.html))


def addresses(html: str) -> list[str]:
    tree = html5lib.parseFragment(html, treebuilder="lxml", namespaceHTMLElements=False)
    elements = [element for part in tree if not isinstance(part, str) for element in part.iter()]
    return [element.get(name) for element in elements for name in ("href", "src") if element.get(name) is not None]


@pytest.mark.parametrize(("kind", "shown"), [("pdf", "application/octet-stream"), ("text/csv", "text/csv")])
def test_what_is_no_media_type_is_not_passed_on(kind: str, shown: str) -> None:
    (file,) = made(attachments=(Attachment(url="https://www.env.go.jp/1", type=kind),)).files
    assert file.type == shown


@pytest.mark.parametrize("url", ["http://", "https:///1.pdf", "https://:80/1.pdf", "ftp://www.env.go.jp/1.pdf"])
def test_a_file_that_is_nowhere_on_the_web_is_none(url: str) -> None:
    assert made(attachments=(Attachment(url=url, type="application/pdf"),)).files == ()


def test_no_field_of_one_announcement_fills_a_feed() -> None:
    file = Attachment(url="https://www.env.go.jp/1.pdf", type="application/pdf", title="別紙")
    found = made(
        *(a_telling(id=f"urn:uuid:{number}") for number in range(5_000)),
        title="題" * 1_000_000,
        summary="要" * 1_000_000,
        tags=("札" * 1_000_000,) * 5 + tuple(map(str, range(5_000))),
        attachments=tuple(replace(file, url=f"https://www.env.go.jp/{number}.pdf") for number in range(5_000)),
        events=(MEETING,) * 5_000,
    )
    assert (len(found.title), len(found.summary), len(found.files)) == (500, 2_000, 100)
    assert len(found.others) == 20
    assert len(found.html) < 60_000
