"""What a page tells machines about itself is heard; what merely looks like it is not."""

import json
from typing import Any

import pytest

from crawler.markup import parsed
from crawler.metadata import Metadata, metadata

STAMP = "2026-06-11T10:00:00+09:00"


def about(markup: str) -> Metadata:
    return metadata(parsed(markup))


def with_statement(statement: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps(statement)}</script>'


@pytest.mark.parametrize(
    "statement",
    [
        {"@type": "NewsArticle", "datePublished": STAMP},
        {"@type": ["Thing", "Article"], "datePublished": STAMP},
        [{"@type": "Organization"}, {"@type": "BlogPosting", "datePublished": STAMP}],
        {"@context": "https://schema.org", "@graph": [{"@type": "WebPage", "datePublished": STAMP}]},
        {"@type": "Report", "datePublished": STAMP, "dateModified": "2026-07-01"},
    ],
)
def test_the_date_in_json_ld_is_that_of_an_article(statement: Any) -> None:
    assert about(with_statement(statement)).published == STAMP


@pytest.mark.parametrize(
    "statement",
    [
        {"@type": "Event", "startDate": STAMP, "datePublished": STAMP},
        {"@type": "Article", "dateModified": STAMP},
        {"@type": "Article", "datePublished": 2026},
        {"@type": {"odd": "Article"}, "datePublished": STAMP},
        {"@type": [["Article"], {"a": 1}], "datePublished": STAMP},
        {"datePublished": STAMP},
        {"@type": "Article", "comment": [{"@type": "Article", "datePublished": STAMP}]},
        "a text",
        None,
        7,
    ],
)
def test_another_date_in_json_ld_is_none_of_publication(statement: Any) -> None:
    assert about(with_statement(statement)).published == ""


@pytest.mark.parametrize("broken", ["{", "", "[" * 100_000, '{"@type": "Article", "datePublished": "2026'])
def test_broken_json_ld_costs_nothing_else(broken: str) -> None:
    page = f'<script type="application/ld+json">{broken}</script>{with_statement({})}<h1>Title</h1>'
    assert about(page) == Metadata(title="Title", published="", canonical="", language="", tags=())


@pytest.mark.parametrize(
    "markup",
    [
        f'<meta property="article:published_time" content=" {STAMP} ">',
        f'<meta itemprop="datePublished" content="{STAMP}">',
        f'<time itemprop="datePublished" datetime="{STAMP}">11 June</time>',
        f'<article><time class="entry-date published" datetime="{STAMP}">11 June</time></article>',
        f'<time pubdate datetime="{STAMP}">11 June</time>',
    ],
)
def test_a_date_of_publication_is_found_where_it_is_marked_as_one(markup: str) -> None:
    assert about(markup).published == STAMP


@pytest.mark.parametrize(
    "markup",
    [
        f'<meta property="article:modified_time" content="{STAMP}">',
        f'<article><time class="updated" datetime="{STAMP}">11 June</time></article>',
        f'<aside><time class="published" datetime="{STAMP}">another article</time></aside>',
        f'<time datetime="{STAMP}">the day of the event</time>',
        "<p>Published 11 June 2026</p>",
        '<meta property="article:published_time" content="">',
    ],
)
def test_a_date_that_nobody_marked_is_not_taken_for_it(markup: str) -> None:
    assert about(markup).published == ""


def test_json_ld_counts_before_open_graph() -> None:
    og = '<meta property="article:published_time" content="2026-01-01">'
    assert about(og + with_statement({"@type": "Article", "datePublished": STAMP})).published == STAMP


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("<h1>A  forum\n of <em>cities</em></h1><title>A forum of cities - ICLEI</title>", "A forum of cities"),
        ("<h1>A forum</h1><title>IGES</title>", "A forum"),
        ("<h1>ICLEI</h1><h1>A forum</h1><title>A forum | ICLEI</title>", "A forum"),
        ("<h1>ICLEI</h1><h1>A forum</h1><title>ICLEI | A forum</title>", "A forum"),
        (
            '<h1>ICLEI</h1><meta property="og:site_name" content="ICLEI"><meta property="og:title" content="A forum">',
            "A forum",
        ),
        ('<meta property="og:title" content="COP31 – a view"><title>x</title>', "COP31 – a view"),
        (
            '<meta property="og:title" content="COP31 – a view - IGES"><meta property="og:site_name" content="IGES">',
            "COP31 – a view",
        ),
        ("<title>COP31 – a view | IGES</title>", "COP31 – a view"),
        ("<title>脱炭素先行地域 ／ 報道発表資料 ／ 環境省</title>", "脱炭素先行地域"),
        ("<title>How cities act - CityTalk</title>", "How cities act"),
        ("<title>A forum</title>", "A forum"),
        ("<h1></h1><h1> </h1>", ""),
        ("<h1>One</h1><h1>Two</h1>", "One"),
        ("", ""),
    ],
)
def test_the_title_is_the_heading_or_what_the_page_calls_itself_without_the_site(markup: str, title: str) -> None:
    assert about(markup).title == title


def test_the_canonical_address_the_language_and_the_tags_are_as_the_page_says() -> None:
    page = """<html lang="ja-JP"><head><link rel="canonical" href=" /ja/news/a ">
    <meta property="article:tag" content="脱炭素"><meta property="article:tag" content="COP31"></head></html>"""
    assert about(page) == Metadata(
        title="", published="", canonical="/ja/news/a", language="ja-jp", tags=("脱炭素", "COP31")
    )
