"""What the archive holds comes back out of both formats, whatever it is made of, and always as the same bytes."""

import json
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from html import unescape
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import feedparser
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from feeds import atom_rss
from feeds.channels import Channel
from feeds.jsonfeed import json_feed
from feeds.opml import opml
from store.announcement import Archived, Attachment
from store.query import Query
from tests.builders import NOON, an_archived, contents

BASE = "https://wire.example"
ALL = Channel("all", "Zero-carbon policy news", Query())
JAPANESE = Channel("moej-ja", "環境省 報道発表", Query(source="moej-ja"), "ja")
ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
PDF = Attachment(url="https://www.env.go.jp/content/1.pdf", type="application/pdf", title="別紙1", length=1234)
ZIP = Attachment(url="https://www.env.go.jp/content/2.zip", type="application/zip")

Write = Callable[..., bytes]


def atom(channel: Channel, announcements: Sequence[Archived], *, base_url: str) -> bytes:
    return atom_rss.atom(contents(channel, announcements, base_url))


def rss(channel: Channel, announcements: Sequence[Archived], *, base_url: str) -> bytes:
    return atom_rss.rss(contents(channel, announcements, base_url))


both = pytest.mark.parametrize("write", [atom, rss])


def as_atom(*announcements: Archived, channel: Channel = ALL) -> Any:
    return read(atom(channel, announcements, base_url=BASE))


def as_rss(*announcements: Archived, channel: Channel = ALL) -> Any:
    return read(rss(channel, announcements, base_url=BASE))


def read(document: bytes) -> Any:
    parsed = feedparser.parse(BytesIO(document))
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


def at(hour: int, **changes: Any) -> Archived:
    return an_archived(url=f"https://www.env.go.jp/press/{hour}.html", published=NOON.replace(hour=hour), **changes)


@both
def test_the_same_announcements_give_the_same_bytes(write: Write) -> None:
    announcements = [at(1, attachments=(PDF, ZIP)), at(2, tags=("公募",))]
    assert write(ALL, announcements, base_url=BASE) == write(ALL, announcements, base_url=BASE)


@both
def test_the_order_is_the_one_given(write: Write) -> None:
    announcements = [an_archived(url=f"https://www.env.go.jp/{n}", title=str(n)) for n in (2, 1, 3)]
    feed = read(write(ALL, announcements, base_url=BASE))
    assert [entry.title for entry in feed.entries] == ["2", "1", "3"]


@both
def test_an_id_is_the_stored_one(write: Write) -> None:
    feed = read(write(ALL, [an_archived()], base_url=BASE))
    assert [entry.id for entry in feed.entries] == [an_archived().id]


def test_an_rss_guid_is_no_permalink() -> None:
    guid = etree.fromstring(rss(ALL, [an_archived()], base_url=BASE)).find("channel/item/guid")
    assert guid is not None
    assert guid.attrib == {"isPermaLink": "false"}


@both
def test_link_title_text_and_summary_come_back(write: Write) -> None:
    entry = read(write(ALL, [an_archived()], base_url=BASE)).entries[0]
    assert entry.link == "https://www.env.go.jp/press/press_05099.html"
    assert entry.title == "脱炭素先行地域の選定結果について"
    assert [(content.type, content.value) for content in entry.content] == [("text/html", an_archived().html)]
    assert entry.summary == "選定結果の公表"


def test_a_publication_is_told_in_the_sources_zone_and_an_update_in_utc() -> None:
    midnight = datetime(2026, 6, 11, tzinfo=ZoneInfo("Asia/Tokyo"))
    announcement = an_archived(published=midnight, first_seen=midnight)
    entry = etree.fromstring(atom(ALL, [announcement], base_url=BASE)).find(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}published") == "2026-06-11T00:00:00+09:00"
    assert entry.findtext(f"{ATOM}updated") == "2026-06-11T03:00:00+00:00"
    item = etree.fromstring(rss(ALL, [announcement], base_url=BASE)).find("channel/item")
    assert item.findtext("pubDate") == "Thu, 11 Jun 2026 00:00:00 +0900"


def test_what_never_changed_is_as_old_as_it_says() -> None:
    entry = as_atom(an_archived(published=NOON - timedelta(days=30))).entries[0]
    assert entry.updated_parsed == entry.published_parsed


def test_an_entry_tells_its_update_from_its_publication() -> None:
    entry = as_atom(an_archived(updated=NOON + timedelta(days=2))).entries[0]
    assert (entry.published_parsed.tm_mday, entry.updated_parsed.tm_mday) == (11, 13)


@both
def test_an_empty_feed_is_valid_and_has_a_fixed_time(write: Write) -> None:
    feed = read(write(ALL, [], base_url=BASE))
    assert feed.entries == []
    assert tuple(feed.feed.updated_parsed)[:6] == (2000, 1, 1, 0, 0, 0)


def test_an_atom_feed_links_itself_and_the_site() -> None:
    feed = as_atom(an_archived()).feed
    links = {(link.rel, link.type, link.href) for link in feed.links}
    assert links == {
        ("self", "application/atom+xml", "https://wire.example/feeds/all.atom"),
        ("alternate", "text/html", f"{BASE}/"),
    }
    assert feed.id == "https://wire.example/feeds/all.atom"


def test_an_rss_feed_links_itself_and_the_site() -> None:
    feed = as_rss(an_archived()).feed
    assert feed.link == f"{BASE}/"
    assert [(link.type, link.href) for link in feed.links if link.rel == "self"] == [
        ("application/rss+xml", "https://wire.example/feeds/all.rss")
    ]


def test_a_public_address_with_a_slash_is_the_same_address() -> None:
    document = atom(ALL, [], base_url=f"{BASE}/")
    assert b'"https://wire.example/feeds/all.atom"' in document


def test_the_page_is_linked_in_its_language() -> None:
    (link,) = as_atom(an_archived()).entries[0].links
    assert dict(link) == {
        "rel": "alternate",
        "type": "text/html",
        "href": "https://www.env.go.jp/press/press_05099.html",
        "hreflang": "ja",
    }


def test_atom_has_every_attachment_with_its_length_where_it_is_known() -> None:
    entry = as_atom(an_archived(attachments=(PDF, ZIP))).entries[0]
    assert [dict(enclosure) for enclosure in entry.enclosures] == [
        {"type": "application/pdf", "href": PDF.url, "length": "1234", "title": "別紙1"},
        {"type": "application/zip", "href": ZIP.url, "title": "2.zip"},
    ]
    assert entry.link == an_archived().url


def test_rss_has_the_first_attachment() -> None:
    (enclosure,) = as_rss(an_archived(attachments=(PDF, ZIP))).entries[0].enclosures
    assert (enclosure.href, enclosure.type, enclosure.length) == (PDF.url, "application/pdf", "1234")


def test_rss_says_0_where_the_length_is_unknown() -> None:
    (enclosure,) = as_rss(an_archived(attachments=(ZIP,))).entries[0].enclosures
    assert enclosure.length == "0"


@both
def test_the_text_ends_with_links_to_the_attachments_it_lacks(write: Write) -> None:
    announcement = an_archived(html=f'<p><a href="{PDF.url}">別紙</a></p>', attachments=(PDF, ZIP))
    text = read(write(ALL, [announcement], base_url=BASE)).entries[0].content[0].value
    assert text.count(PDF.url) == 1
    assert text.endswith(f'<p>添付資料</p>\n<ul><li><a href="{ZIP.url}">2.zip</a></li></ul>')


@both
def test_an_attachment_with_an_ampersand_in_its_address_is_linked_once(write: Write) -> None:
    file = Attachment(url="https://www.env.go.jp/get?a=1&b=2", type="application/pdf")
    announcement = an_archived(html='<a href="https://www.env.go.jp/get?a=1&amp;b=2">PDF</a>', attachments=(file,))
    assert "添付資料" not in read(write(ALL, [announcement], base_url=BASE)).entries[0].content[0].value


@both
def test_an_attachment_that_is_not_on_the_web_is_left_out(write: Write) -> None:
    script = Attachment(url="javascript:alert(1)", type="text/html")
    assert b"javascript" not in write(ALL, [an_archived(attachments=(script,))], base_url=BASE)


@both
def test_tags_and_topics_are_categories_each_once(write: Write) -> None:
    announcement = an_archived(tags=("公募", "地球環境"), topics=("finance", "公募"))
    entry = read(write(ALL, [announcement], base_url=BASE)).entries[0]
    assert [tag.term for tag in entry.tags] == ["公募", "地球環境", "finance"]


@both
def test_the_author_is_the_organisation(write: Write) -> None:
    announcements = [at(2), at(1, language="en")]
    feed = read(write(ALL, announcements, base_url=BASE))
    assert [entry.author for entry in feed.entries] == ["環境省", "Ministry of the Environment, Japan"]


def test_an_atom_entry_names_its_language_and_the_feed_its_own() -> None:
    root = etree.fromstring(atom(JAPANESE, [at(2), at(1, language="en")], base_url=BASE))
    assert root.get(LANG) == "ja"
    assert [entry.get(LANG) for entry in root.iter(f"{ATOM}entry")] == ["ja", "en"]


def test_an_rss_item_names_its_language_and_the_feed_its_own() -> None:
    feed = as_rss(at(2), at(1, language="en"), channel=JAPANESE)
    assert feed.feed.language == "ja"
    assert [entry.language for entry in feed.entries] == ["ja", "en"]


def test_a_feed_of_several_languages_claims_none_in_rss() -> None:
    assert "language" not in as_rss(an_archived()).feed


@both
def test_markup_in_a_title_is_text(write: Write) -> None:
    title = '<script>alert("1")</script> & <b>公募</b> ]]>'
    (entry,) = read(write(ALL, [an_archived(title=title)], base_url=BASE)).entries
    assert (unescape(entry.title) if entry.title_detail.type == "text/html" else entry.title) == title


def test_markup_in_a_summary_is_text() -> None:
    entry = etree.fromstring(rss(ALL, [an_archived(summary="1 < 2 & <b>")], base_url=BASE)).find("channel/item")
    assert entry is not None
    assert entry.findtext("description") == "1 &lt; 2 &amp; &lt;b&gt;"


@both
def test_without_a_summary_there_is_the_beginning_of_the_text(write: Write) -> None:
    announcement = an_archived(summary="", text="脱炭素先行地域を選定しました。" * 40)
    summary = read(write(ALL, [announcement], base_url=BASE)).entries[0].summary
    assert summary == "脱炭素先行地域を選定しました。" * 20 + "…"


@both
def test_a_text_without_an_end_is_cut_all_the_same(write: Write) -> None:
    entry = read(write(ALL, [an_archived(summary="", text="鯨" * 1000)], base_url=BASE)).entries[0]
    assert entry.summary == "鯨" * 299 + "…"


@both
def test_a_page_without_html_or_text_is_still_an_entry_with_content(write: Write) -> None:
    entry = read(write(ALL, [an_archived(html="", text="")], base_url=BASE)).entries[0]
    assert entry.link in entry.content[0].value


@both
def test_text_stands_in_for_missing_html(write: Write) -> None:
    entry = read(write(ALL, [an_archived(html="", text="一\n\n二 < 三")], base_url=BASE)).entries[0]
    assert entry.content[0].value == "<p>一</p>\n<p>二 &lt; 三</p>"


@both
def test_an_address_is_written_as_a_uri(write: Write) -> None:
    announcement = an_archived(url="https://www.env.go.jp/報道 [1]?q=%E7%92%B0&r=1")
    (entry,) = read(write(ALL, [announcement], base_url=BASE)).entries
    assert entry.link == "https://www.env.go.jp/%E5%A0%B1%E9%81%93%20%5B1%5D?q=%E7%92%B0&r=1"


def test_what_is_no_language_and_no_media_type_is_not_passed_on() -> None:
    file = Attachment(url=PDF.url, type="pdf")
    entry = as_atom(an_archived(language="?", attachments=(file,))).entries[0]
    assert "hreflang" not in entry.links[0]
    assert entry.enclosures[0].type == "application/octet-stream"


NASTY = "\x00\x08\x0b\x0c\x1b\x7f\x85\ud800\udfff\ufdd0\ufffe\uffff\U0001fffe\u2028\u202e\ufeff\r\n\t ]]><&'\";%漢é😀"
texts = st.text(st.one_of(st.sampled_from(NASTY), st.characters()), max_size=20)
filled = texts.filter(bool)
attachments = st.builds(
    Attachment,
    url=st.one_of(texts, texts.map("https://www.env.go.jp/{}".format)),
    type=texts,
    title=texts,
    length=st.one_of(st.none(), st.integers(min_value=0)),
    text=texts,
)
hostile = st.builds(
    an_archived,
    id=st.uuids().map("urn:uuid:{}".format),
    url=filled,
    title=filled,
    source=filled,
    organisation=filled,
    language=st.one_of(filled, st.sampled_from(["ja", "en", "zh-Hant"])),
    text=texts,
    html=texts,
    summary=texts,
    tags=st.lists(texts, max_size=2).map(tuple),
    topics=st.lists(texts, max_size=2).map(tuple),
    attachments=st.lists(attachments, max_size=2).map(tuple),
)


hostile_feeds = st.lists(hostile, max_size=3, unique_by=lambda announcement: announcement.id)


@settings(max_examples=150, deadline=None)
@given(hostile_feeds, filled)
@example([an_archived(title=NASTY, text=NASTY, html=NASTY, summary=NASTY, tags=(NASTY,))], NASTY)
@example([an_archived(url="\x00", title="\x00", organisation="\ud800", language="\ufffe")], "\x00")
def test_no_text_costs_a_feed(announcements: Sequence[Archived], title: str) -> None:
    assert_each_can_be_read(announcements, title)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=10_000, deadline=None)
@given(hostile_feeds, filled)
def test_no_text_of_ten_thousand_costs_a_feed(announcements: Sequence[Archived], title: str) -> None:
    assert_each_can_be_read(announcements, title)


def assert_each_can_be_read(announcements: Sequence[Archived], title: str) -> None:
    channel = Channel("all", title, Query())
    ids = [announcement.id for announcement in announcements]
    items = json.loads(json_feed(contents(channel, announcements, BASE)))["items"]
    assert [item["id"] for item in items] == ids
    assert all(plain(item["title"]) == item["title"] for item in items)
    outlines = etree.fromstring(opml([channel], base_url=BASE)).findall(".//outline[@xmlUrl]")
    assert [outline.get("text") for outline in outlines] == [plain(title) or "all"]
    for write in (atom, rss):
        document = write(channel, announcements, base_url=BASE)
        assert [entry.id for entry in read(document).entries] == ids
        root = etree.fromstring(document)
        entries = [*root.iter(f"{ATOM}entry"), *root.iter("item")]
        titles = [entry.findtext(f"{ATOM}title") or unescaped(entry.findtext("title")) for entry in entries]
        assert all(titles)
        for announcement, found in zip(announcements, titles, strict=True):
            assert found == plain(announcement.title) or not plain(announcement.title)


@settings(max_examples=300, deadline=None)
@given(filled)
def test_feedparser_reads_any_title_back(title: str) -> None:
    (entry,) = as_atom(an_archived(title=title)).entries
    assert entry.title == as_feedparser_has_it(plain(title)) or not plain(title)


def unescaped(title: str | None) -> str:
    """Return an RSS title as readers see it: where it holds anything like markup it is escaped for HTML."""
    told = title or ""
    return unescape(told) if "&" in told else told


def plain(text: str) -> str:
    """Return *text* as one line without what XML 1.0 forbids and what turns its direction, told in another way."""
    return " ".join("".join(character for character in text if legal(ord(character))).split())


def legal(code: int) -> bool:
    control = unicodedata.category(chr(code)) == "Cc" and chr(code) not in "\t\n\r\x85"
    noncharacter = 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
    turns = 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069 or code == 0xFEFF
    return not (control or 0xD800 <= code < 0xE000 or noncharacter or turns)


def as_feedparser_has_it(text: str) -> str:
    """Return *text* after feedparser's repair of UTF-8 that was read as Latin-1, which it applies to right text too."""
    try:
        return text.encode("iso-8859-1").decode("utf-8").strip()
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text
