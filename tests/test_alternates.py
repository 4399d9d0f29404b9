"""What a page names as itself in another language is heard; the way to another home page, list or file is not."""

import pytest

from crawler.alternates import alternates, others
from crawler.markup import parsed

SITE = "https://news.example.org"
URL = f"{SITE}/en/news/forum"


def named(markup: str, url: str = URL) -> tuple[tuple[str, str], ...]:
    return alternates(parsed(f"<html><head></head><body>{markup}<p>Text.</p></body></html>"), url)


@pytest.mark.parametrize("tag", ["ja", "ja-JP", "JA", "jp"])
def test_a_link_element_names_a_version(tag: str) -> None:
    link = f'<link rel="alternate" hreflang="{tag}" href="/jp/news/20260713">'
    assert named(link) == (("ja", f"{SITE}/jp/news/20260713"),)


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="alternate" hreflang="x-default" href="/ja/news/forum">',
        '<link rel="alternate" hreflang="ja" type="application/rss+xml" href="/ja/feed/">',
        '<link rel="alternate" hreflang="ja" href="/ja/">',
        '<link rel="alternate" hreflang="ja" href="https://news.example.org">',
        '<link rel="canonical" hreflang="ja" href="/ja/news/forum">',
        '<link rel="alternate" hreflang="ja">',
    ],
)
def test_other_link_elements_name_none(link: str) -> None:
    assert named(link) == ()


@pytest.mark.parametrize(
    "words",
    ["For Japanese", "Japanese", "[Japanese version]", "日本語", "日本語版はこちら", "＞日本語ページ", "in Japanese"],
)
def test_a_link_that_names_a_language_leads_to_the_version(words: str) -> None:
    assert named(f'<a href="/ja/news/forum"><span>{words}</span></a>') == (("ja", f"{SITE}/ja/news/forum"),)


@pytest.mark.parametrize("words", ["English", "English version", "英語版", "英文はこちら", "【英語版】"])
def test_a_japanese_page_names_its_english_version(words: str) -> None:
    link = f'<a href="/en/headline/2601.html">{words}</a>'
    assert named(link, f"{SITE}/press/110402.html") == (("en", f"{SITE}/en/headline/2601.html"),)


@pytest.mark.parametrize("path", ["/", "/ja", "/ja/index.html", "/ja/news", "/ja/news/2026/forum", "/files/ja.pdf"])
def test_a_home_page_a_list_and_a_file_are_no_version(path: str) -> None:
    assert named(f'<a href="{path}">日本語</a>') == ()


@pytest.mark.parametrize("words", ["Japanese cities", "日本語教育", "Programme (Japanese)", "英語での発表について"])
def test_a_link_that_says_more_than_a_language_names_none(words: str) -> None:
    assert named(f'<a href="/ja/news/forum">{words}</a>') == ()


def test_links_that_lead_to_several_pages_name_none() -> None:
    assert named('<a href="/ja/news/a">日本語</a><a href="/ja/news/b">日本語</a>') == ()


def test_the_own_language_and_address_are_no_other_version() -> None:
    spoken = (("en", URL), ("ja", f"{SITE}/ja/news/forum"), ("de", f"{SITE}/alias"))
    assert others(spoken, "en", (URL, f"{SITE}/alias")) == (f"{SITE}/ja/news/forum",)
