"""The archive keeps one announcement for one page, its identity and its dates for good, and its earlier wordings."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy.exc import StatementError

from store.announcement import Announcement, Archived, Attachment, Event, From, Precision, Revision
from store.archive import Archive, Known, Outcome
from store.database import Database
from store.export import line
from store.identity import first_id
from store.query import Query
from tests.builders import NOON, an_announcement, an_archived
from tests.conftest import LATER

DAY = timedelta(days=1)
JAPAN = timezone(timedelta(hours=9))
URL = an_announcement().url
OTHER = "https://www.env.go.jp/press/press_05100.html"
LONG = "環境省は、脱炭素先行地域の第7回の募集を開始しました。" * 10
PDF = Attachment(
    url="https://www.env.go.jp/content/1.pdf", type="application/pdf", title="別紙", length=2048, text="表"
)
UNREAD = Attachment(url="https://www.env.go.jp/content/2.pdf", type="application/pdf", title="要領")
TALK = Event(kind="event", starts=NOON, ends=LATER, timezone="Asia/Tokyo", place="横浜市", title="脱炭素セミナー")
CALL = Event(kind="deadline", starts=LATER, all_day=True)


def full(**changes: Any) -> Archived:
    """An announcement with something in every field."""
    everything: dict[str, Any] = {
        "id": "urn:uuid:00000000-0000-5000-8000-000000000001",
        "aliases": ("https://www.env.go.jp/press/1.html", "https://www.env.go.jp/press/B.html"),
        "title_language": "en",
        "precision": Precision.DAY,
        "timezone": "Asia/Tokyo",
        "first_seen": LATER,
        "updated": LATER + DAY,
        "gone": LATER + 2 * DAY,
        "tags": ("地球環境", "公募"),
        "topics": ("zero-carbon",),
        "attachments": (PDF, UNREAD, replace(UNREAD, url="https://www.env.go.jp/3.pdf", problem="status 404")),
        "events": (TALK, CALL),
        "alternates": ("https://www.env.go.jp/en/press/1.html",),
        "translations": ("urn:uuid:00000000-0000-5000-8000-000000000003",),
        "translation_reasons": ("link",),
        "revisions": (
            Revision(seen=LATER, title="旧題", text="旧文", attachments=(replace(PDF, text=""),)),
            Revision(seen=LATER + DAY, title="題", text="文"),
        ),
    }
    return an_archived(**everything | changes)


def get(archive: Archive, url: str = URL) -> Archived:
    found = archive.get(url)
    assert found is not None
    return found


def titles(archive: Archive, query: Query) -> list[str]:
    return [announcement.title for announcement in archive.find(query)]


def test_an_announcement_is_new_once(archive: Archive) -> None:
    assert archive.save(an_announcement(), now=NOON) is Outcome.NEW
    assert archive.save(an_announcement(), now=LATER) is Outcome.SAME
    assert len(archive.find(Query())) == 1


def test_an_edit_changes_the_same_announcement(archive: Archive) -> None:
    archive.save(an_announcement(), now=NOON)
    assert archive.save(an_announcement(text="訂正"), now=LATER) is Outcome.CHANGED
    assert [announcement.text for announcement in archive.find(Query())] == ["訂正"]


def test_white_space_is_no_change(archive: Archive) -> None:
    archive.save(an_announcement(title="公募 開始", text="一行\n二行"), now=NOON)
    assert archive.save(an_announcement(title="公募\u3000開始 ", text="一行\r\n\n二行\n"), now=LATER) is Outcome.SAME
    assert (get(archive).text, get(archive).updated) == ("一行\n二行", NOON)


def test_every_field_of_a_page_is_kept(archive: Archive) -> None:
    page = an_announcement(
        aliases=(OTHER,),
        tags=("公募",),
        topics=("zero-carbon",),
        attachments=(PDF,),
        events=(TALK, CALL),
        precision=Precision.DAY,
        timezone="Asia/Tokyo",
    )
    archive.save(page, now=LATER)
    names = Announcement.__dataclass_fields__
    assert {name: getattr(get(archive), name) for name in names} == {name: getattr(page, name) for name in names}


def test_an_edit_replaces_every_part(archive: Archive) -> None:
    archive.save(an_announcement(attachments=(PDF, replace(PDF, url=OTHER)), events=(TALK, CALL)), now=NOON)
    archive.save(an_announcement(title="訂正", tags=("新",), attachments=(PDF,), events=(CALL,)), now=LATER)
    found = get(archive)
    assert (found.tags, found.attachments, found.events) == (("新",), (PDF,), (CALL,))


def test_an_edit_changes_the_topics(archive: Archive) -> None:
    archive.save(an_announcement(topics=("waste", "energy", "energy")), now=NOON)
    assert get(archive).topics == ("energy", "waste")
    archive.save(an_announcement(topics=("transport",), text="訂正"), now=LATER)
    assert get(archive).topics == ("transport",)


def test_a_naive_time_is_refused(archive: Archive) -> None:
    naive = datetime(2026, 6, 11, 12, 0)  # noqa: DTZ001
    archive.save(an_announcement(), now=NOON)
    for ask in (lambda: archive.mark_gone(URL, now=naive), lambda: archive.find(Query(since=naive))):
        with pytest.raises((StatementError, ValueError), match="expected an aware datetime"):
            ask()


def test_times_come_back_as_utc_but_publication_in_the_zone_of_the_source(archive: Archive) -> None:
    archive.save(an_announcement(timezone="Asia/Tokyo"), now=LATER.astimezone(JAPAN))
    found = get(archive)
    assert found.first_seen.isoformat() == "2026-06-11T04:00:00+00:00"
    assert found.published.isoformat() == "2026-06-11T12:00:00+09:00"


def test_what_no_database_takes_is_left_out_and_the_rest_is_kept(archive: Archive) -> None:
    odd = an_announcement(title="公\0募", text="要\ud800領", html="\0", tags=("\0",), url=f"{URL}?\0", aliases=("\0",))
    assert archive.save(odd, now=NOON) is Outcome.NEW
    assert archive.save(odd, now=LATER) is Outcome.SAME
    assert [(found.title, found.text, found.html) for found in archive.all()] == [("公募", "要領", "")]


@pytest.mark.parametrize(
    "change",
    [
        {"title": "訂正:脱炭素先行地域の選定結果について"},
        {"text": "訂正"},
        {"published": NOON + DAY},
        {"title": "訂正", "text": "訂正", "published": None, "published_from": From.FIRST_SEEN},
        {"url": URL.replace("https", "http")},
        {"url": f"{URL}/"},
        {"url": f"{URL}?utm_source=mail", "aliases": (URL,)},
        {"url": OTHER, "aliases": (URL,), "title": "訂正"},
        {"source": "moej-ja-2", "language": "en"},
    ],
)
def test_an_id_never_moves(archive: Archive, change: dict[str, Any]) -> None:
    archive.save(an_announcement(), now=LATER)
    assert archive.save(an_announcement(**change), now=LATER + DAY) is not Outcome.NEW
    assert [(kept.id, kept.url) for kept in archive.find(Query())] == [(first_id(URL), URL)]


def test_a_title_changed_before_its_day_of_publication_keeps_the_id(archive: Archive) -> None:
    archive.save(an_announcement(published=NOON + DAY), now=NOON)
    assert archive.save(an_announcement(published=NOON + DAY, title="訂正"), now=LATER) is Outcome.CHANGED


def test_a_title_changed_as_the_hour_becomes_known_keeps_the_id(archive: Archive) -> None:
    midnight = datetime(2026, 6, 11, tzinfo=JAPAN)
    archive.save(an_announcement(published=midnight, precision=Precision.DAY, timezone="Asia/Tokyo"), now=LATER)
    edited = an_announcement(title="訂正", published=NOON, timezone="Asia/Tokyo")
    assert archive.save(edited, now=LATER + DAY) is Outcome.CHANGED


def test_an_announcement_is_found_by_id_and_by_every_address(archive: Archive) -> None:
    archive.save(an_announcement(aliases=(OTHER,)), now=NOON)
    named = (first_id(URL), first_id(URL).removeprefix("urn:uuid:"), URL, OTHER, f"http://{OTHER[8:]}/", f"{URL}#top")
    assert {get(archive, name).id for name in named} == {first_id(URL)}


@pytest.mark.parametrize("name", ["", "urn:uuid:", "x", "https://www.env.go.jp/", "環境", "\0", "\ud800"])
def test_what_is_not_here_is_not_found(archive: Archive, name: str) -> None:
    archive.save(an_announcement(), now=NOON)
    assert archive.get(name) is None


def test_an_alias_leads_to_the_announcement_and_appears_in_it(archive: Archive) -> None:
    archive.save(an_announcement(), now=NOON)
    assert archive.save(an_announcement(aliases=(OTHER, URL)), now=LATER) is Outcome.SAME
    assert get(archive, OTHER).url == URL
    assert get(archive).aliases == (OTHER,)


def test_an_alias_that_is_the_address_of_another_stays_with_it(archive: Archive) -> None:
    archive.save(an_announcement(), now=NOON)
    archive.save(an_announcement(url=OTHER, title="別の題", aliases=(URL,)), now=NOON)
    archive.save(an_announcement(url=f"{OTHER}?page=3", title="別の題"), now=NOON)
    archive.save(an_announcement(url=f"{OTHER}?page=3", title="別の題", aliases=(URL,)), now=NOON)
    assert get(archive, URL).url == URL
    assert get(archive, f"{OTHER}?page=3").url == f"{OTHER}?page=3"


def test_an_announcement_has_at_most_32_addresses(archive: Archive) -> None:
    archive.save(an_announcement(aliases=tuple(f"{URL}?from={number}" for number in range(100))), now=NOON)
    archive.save(an_announcement(aliases=tuple(f"{URL}?to={number}" for number in range(100))), now=NOON)
    assert len(get(archive).aliases) <= 32


def test_copies_without_end_are_at_most_32_addresses_and_the_newest_is_among_them(archive: Archive) -> None:
    for number in range(40):
        archive.save(an_announcement(url=f"{URL}?session={number}", text=LONG), now=NOON)
    [only] = archive.find(Query())
    assert len(only.aliases) <= 32
    assert archive.get(only.url) == archive.get(f"{URL}?session=39") == only


def test_the_same_text_at_a_new_address_is_the_same_announcement(archive: Archive) -> None:
    archive.save(an_announcement(text=LONG), now=NOON)
    assert archive.save(an_announcement(text=LONG, url=OTHER), now=LATER) is Outcome.SAME
    assert get(archive, OTHER).id == first_id(URL)
    assert get(archive).aliases == (OTHER,)


@pytest.mark.parametrize(
    "difference",
    [
        {"published": NOON - DAY},
        {"text": "短い。"},
        {"source": "moej-en"},
        {"title": "別の題"},
        {"attachments": (PDF,)},
    ],
)
def test_an_announcement_that_differs_from_its_like_is_its_own(archive: Archive, difference: dict[str, Any]) -> None:
    archive.save(an_announcement(text=difference.get("text", LONG)), now=NOON)
    assert archive.save(an_announcement(**{"text": LONG, "url": OTHER} | difference), now=LATER) is Outcome.NEW


def test_an_address_that_comes_back_with_another_title_and_date_is_another_announcement(archive: Archive) -> None:
    archive.save(an_announcement(), now=NOON)
    again = an_announcement(title="第8回の選定", published=NOON + DAY)
    assert archive.save(again, now=NOON + DAY) is Outcome.NEW
    assert get(archive).title == "第8回の選定"
    assert get(archive, first_id(URL)).title == an_announcement().title
    assert len({announcement.id for announcement in archive.find(Query())}) == 2


def test_an_address_that_changes_hands_again_and_again_loses_nothing(archive: Archive) -> None:
    """As when a cache serves the old page and the new one in turn."""
    june, july = an_announcement(), an_announcement(title="第8回の選定", published=NOON + 30 * DAY)
    outcomes = [archive.save(page, now=NOON + 31 * DAY) for page in (june, july, june, july, june)]
    assert outcomes == [Outcome.NEW, Outcome.NEW, Outcome.SAME, Outcome.SAME, Outcome.SAME]
    assert sorted(titles(archive, Query())) == sorted([june.title, july.title])


def test_what_is_known_of_an_address_is_found_in_whatever_spelling(archive: Archive) -> None:
    archive.save(an_announcement(aliases=(OTHER,)), now=LATER)
    asked = [URL, f"{URL}/", OTHER.replace("https", "http"), "https://www.env.go.jp/press/"]
    known = Known(id=first_id(URL), url=URL, found_at=URL, published=NOON, first_seen=LATER, updated=LATER)
    assert archive.known(iter(asked)) == dict.fromkeys(asked[:3], known)


def test_a_whole_sitemap_can_be_asked_for(archive: Archive) -> None:
    archive.save(an_announcement(), now=LATER)
    assert list(archive.known([*(f"{OTHER}?page={number}" for number in range(70_000)), URL])) == [URL]


def test_recent_announcements_are_those_of_a_source_newest_first(archive: Archive) -> None:
    for day in range(4):
        archive.save(
            an_announcement(url=f"{URL}?{day}", title=f"題{day}", published=NOON + day * DAY), now=NOON + 9 * DAY
        )
    archive.save(an_announcement(url=OTHER, source="iges-ja", published=NOON + 3 * DAY), now=NOON + 9 * DAY)
    archive.mark_gone(f"{URL}?2", now=NOON + 9 * DAY)
    assert [known.url for known in archive.recent("moej-ja", since=NOON + DAY)] == [f"{URL}?3", f"{URL}?1"]


def test_a_revision_keeps_the_earlier_wording(archive: Archive) -> None:
    archive.save(an_announcement(title="題", text="一"), now=NOON)
    archive.save(an_announcement(title="題", text="二"), now=NOON + DAY)
    archive.save(an_announcement(title="新題", text="三"), now=NOON + 2 * DAY)
    assert get(archive).revisions == (
        Revision(seen=NOON, title="題", text="一"),
        Revision(seen=NOON + DAY, title="題", text="二"),
    )


def test_an_edit_within_the_grace_period_makes_no_revision(archive: Archive) -> None:
    archive.save(an_announcement(), now=NOON)
    assert archive.save(an_announcement(text="訂正"), now=NOON + timedelta(minutes=14)) is Outcome.CHANGED
    assert get(archive).revisions == ()


def test_corrections_again_and_again_do_not_put_off_a_revision(archive: Archive) -> None:
    """Each within the grace period of the one before: what stood longer than that is kept."""
    for minutes in range(0, 60, 14):
        archive.save(an_announcement(text=f"第{minutes}版"), now=NOON + timedelta(minutes=minutes))
    assert [revision.text for revision in get(archive).revisions] == ["第14版", "第42版"]


@pytest.mark.parametrize("moves", ["閲覧数：1,23{}", "Printed on 1{} June 2026", "あと{}日", "いいね！ 3{}"])
def test_what_only_moves_is_no_edit(archive: Archive, moves: str) -> None:
    outcomes = [archive.save(an_announcement(text=f"本文\n{moves.format(n)}"), now=NOON + n * DAY) for n in range(1, 5)]
    assert outcomes == [Outcome.NEW, *[Outcome.SAME] * 3]


def test_a_page_that_shows_banners_in_turn_is_not_edited_each_time(archive: Archive) -> None:
    for hour in range(12):
        banner = "特集A" if hour % 2 else "特集B"
        archive.save(an_announcement(text=f"本文\n{banner}"), now=NOON + timedelta(hours=hour))
    assert len(get(archive).revisions) == 2
    assert get(archive).updated == NOON + timedelta(hours=2)


def test_an_edit_that_is_taken_back_once_is_an_edit(archive: Archive) -> None:
    for hour, text in enumerate(("旧", "新", "旧")):
        archive.save(an_announcement(text=text), now=NOON + timedelta(hours=hour))
    assert [revision.text for revision in get(archive).revisions] == ["旧", "新"]


def test_a_revision_tells_which_files_there_were(archive: Archive) -> None:
    archive.save(an_announcement(attachments=(PDF,)), now=NOON)
    archive.save(an_announcement(attachments=()), now=LATER)
    assert [revision.attachments for revision in get(archive).revisions] == [(replace(PDF, text=""),)]


def test_better_known_facts_of_an_unchanged_page_are_no_edit(archive: Archive) -> None:
    archive.save(an_announcement(), now=NOON)
    facts: dict[str, Any] = {"topics": ("jcm",), "events": (TALK,), "tags": ("公募",), "alternates": (f"{OTHER}/en",)}
    assert archive.save(an_announcement(**facts), now=LATER) is Outcome.SAME
    kept = get(archive)
    assert {name: getattr(kept, name) for name in facts} == facts
    assert kept.updated == NOON
    assert archive.search(Query(words="topic:jcm has:event")).hits


def test_what_was_read_anew_takes_the_place_of_that_wording(archive: Archive) -> None:
    archive.save(an_announcement(text="旧 ナビ"), now=NOON)
    archive.save(an_announcement(text="新 ナビ"), now=LATER)
    before = get(archive)
    assert archive.rewrite(before.id, an_announcement(text="旧"), seen=NOON)
    assert archive.rewrite(before.id, an_announcement(text="新"), seen=LATER)
    assert not archive.rewrite(before.id, an_announcement(text="新"), seen=LATER)
    after = get(archive)
    assert ([revision.text for revision in after.revisions], after.text) == (["旧"], "新")
    assert replace(after, text=before.text, revisions=before.revisions) == before


def test_a_wording_that_is_not_here_is_not_rewritten(archive: Archive) -> None:
    archive.save(an_announcement(), now=NOON)
    for named, seen in ((get(archive).id, LATER), ("urn:uuid:0", NOON)):
        with pytest.raises(KeyError, match=r"is here|first seen at"):
            archive.rewrite(named, an_announcement(), seen=seen)


def test_an_archive_takes_in_what_another_made_of_the_same_pages(archive: Archive, elsewhere: Archive) -> None:
    """There it was first seen under another address, and has another id."""
    archive.save(an_announcement(aliases=(OTHER,)), now=NOON)
    elsewhere.save(an_announcement(url=OTHER, aliases=(URL,)), now=NOON)
    assert elsewhere.take_in(*archive.all()) == 0
    assert elsewhere.count() == 1


def test_the_grace_period_is_a_choice(database: Database) -> None:
    archive = Archive(database, grace=timedelta(0))
    archive.save(an_announcement(), now=NOON)
    archive.save(an_announcement(text="訂正"), now=NOON)
    assert [revision.text for revision in get(archive).revisions] == [an_announcement().text]


def test_a_date_of_publication_never_moves(archive: Archive) -> None:
    archive.save(an_announcement(), now=LATER)
    for change in ({"published": NOON + DAY}, {"published": NOON - DAY, "text": "訂正"}):
        archive.save(an_announcement(**change), now=NOON + 2 * DAY)
        assert get(archive).published == NOON


def test_a_date_of_publication_is_never_in_the_future(archive: Archive) -> None:
    archive.save(an_announcement(published=NOON + DAY), now=NOON)
    archive.save(an_announcement(published=NOON + DAY, text="訂正"), now=NOON + 2 * DAY)
    assert get(archive).published == NOON


def test_an_announcement_without_a_date_is_of_the_time_it_was_first_seen_for_good(archive: Archive) -> None:
    undated = an_announcement(published=None, published_from=From.FIRST_SEEN)
    archive.save(undated, now=NOON)
    archive.save(replace(undated, text="訂正", published=NOON - DAY, published_from=From.PAGE), now=LATER)
    assert (get(archive).published, get(archive).published_from) == (NOON, From.FIRST_SEEN)


def test_updated_moves_only_when_the_content_does(archive: Archive) -> None:
    archive.save(an_announcement(), now=NOON)
    archive.save(an_announcement(summary="要約", html="<p></p>", tags=("新",)), now=LATER)
    assert get(archive).updated == NOON
    archive.save(an_announcement(text="訂正"), now=LATER + DAY)
    assert (get(archive).first_seen, get(archive).updated) == (NOON, LATER + DAY)


def test_what_is_removed_is_gone_once_and_stays_here(archive: Archive) -> None:
    archive.save(an_announcement(aliases=(OTHER,)), now=NOON)
    assert archive.mark_gone(URL, now=LATER)
    assert not archive.mark_gone(URL, now=LATER + DAY)
    assert (get(archive).gone, get(archive).updated) == (LATER, NOON)


def test_a_page_that_moved_is_not_gone_with_its_old_address(archive: Archive) -> None:
    archive.save(an_announcement(text=LONG), now=NOON)
    archive.save(an_announcement(text=LONG, url=OTHER), now=LATER)
    assert not archive.mark_gone(URL, now=LATER + DAY)
    assert [known.found_at for known in archive.known([URL]).values()] == [OTHER]
    assert archive.mark_gone(OTHER, now=LATER + DAY)


def test_what_comes_back_is_gone_no_more(archive: Archive) -> None:
    archive.save(an_announcement(), now=NOON)
    archive.mark_gone(URL, now=LATER)
    assert archive.save(an_announcement(), now=LATER + DAY) is Outcome.SAME
    assert (get(archive).gone, get(archive).updated) == (None, NOON)


def test_an_address_that_is_not_here_can_not_be_gone(archive: Archive) -> None:
    assert not archive.mark_gone(URL, now=NOON)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(), ["四", "三", "二", "一"]),
        (Query(source="iges-ja"), ["二"]),
        (Query(organisation="iges"), ["三", "二"]),
        (Query(language="en"), ["四", "三"]),
        (Query(organisation="iges", language="en"), ["三"]),
        (Query(topic="energy"), ["三", "一"]),
        (Query(topic="transport", gone=False), ["一"]),
        (Query(topic="topic"), []),
        (Query(since=NOON + DAY), ["四", "三", "二"]),
        (Query(until=NOON + DAY), ["一"]),
        (Query(since=(NOON + DAY).astimezone(JAPAN), until=NOON + 2 * DAY), ["二"]),
        (Query(gone=False), ["四", "二", "一"]),
        (Query(words="text -"), ["四", "三"]),
        (Query(words="text", gone=False, language="en", source="iclei-en", organisation="iclei"), ["四"]),
        (Query(source="iges"), []),
        (Query(source="\0", organisation="\ud800", language="x" * 1000), []),
    ],
)
def test_a_query_narrows_by_every_field(archive: Archive, query: Query, expected: list[str]) -> None:
    rows = [("一", "moej-ja", "moej", "ja"), ("二", "iges-ja", "iges", "ja"), ("三", "iges-en", "iges", "en")]
    for day, (title, source, organisation, language) in enumerate([*rows, ("四", "iclei-en", "iclei", "en")]):
        told = {"title": title, "source": source, "organisation": organisation, "language": language}
        text = "本文" if language == "ja" else "a text"
        topics = ("energy", "transport") if title in "一三" else ("waste",)
        page = an_announcement(url=f"{URL}?{day}", text=text, published=NOON + day * DAY, topics=topics, **told)
        archive.save(page, now=NOON + day * DAY)
    archive.mark_gone(f"{URL}?2", now=NOON + 9 * DAY)
    assert titles(archive, query) == expected
    assert archive.count(replace(query, words="")) >= len(expected)


def test_the_newest_come_first_then_those_seen_last_then_in_order_of_arrival(archive: Archive) -> None:
    for title, published, seen in [
        ("d", NOON, LATER),
        ("a", LATER, LATER + DAY),
        ("e", NOON, LATER),
        ("c", NOON, LATER + DAY),
        ("b", LATER, LATER),
    ]:
        archive.save(an_announcement(url=f"{URL}?{title}", title=title, published=published), now=seen)
    assert titles(archive, Query()) == ["a", "b", "c", "d", "e"]
    assert [found.title for found in archive.find(Query(), limit=2)] == ["a", "b"]


def test_as_many_are_counted_as_are_found(archive: Archive) -> None:
    for number in range(3):
        archive.save(an_announcement(url=f"{URL}?{number}", title=f"題{number}"), now=NOON)
    archive.mark_gone(URL + "?1", now=LATER)
    assert (archive.count(Query()), archive.count(Query(gone=False)), archive.count(Query(source="x"))) == (3, 2, 0)


def test_all_are_handed_out_in_the_order_of_arrival(archive: Archive) -> None:
    urls = [f"{URL}?{number}" for number in range(201)]
    for number, url in enumerate(urls):
        archive.save(an_announcement(url=url, title=url, published=NOON - number * DAY), now=NOON)
    assert [announcement.url for announcement in archive.all()] == urls


def test_files_that_nobody_read_yet_are_told_those_of_the_newest_first(archive: Archive) -> None:
    other = replace(UNREAD, url=f"{OTHER}.pdf")
    archive.save(an_announcement(attachments=(PDF, UNREAD)), now=LATER)
    archive.save(an_announcement(url=OTHER, published=LATER, attachments=(other, UNREAD)), now=LATER)
    archive.save(
        an_announcement(url=f"{URL}?old", published=NOON - DAY, attachments=(replace(UNREAD, url=URL),)), now=LATER
    )
    urls = [file.url for file in archive.unread_files("moej-ja", limit=10)]
    assert urls == [UNREAD.url, other.url, URL]
    assert len(archive.unread_files("moej-ja", limit=2)) == 2
    assert archive.unread_files("iges-ja", limit=10) == []


def test_what_was_read_of_a_file_is_kept_and_found_wherever_it_is_attached(archive: Archive) -> None:
    for url in (URL, OTHER):
        archive.save(an_announcement(url=url, attachments=(UNREAD,)), now=NOON)
    archive.read_file(UNREAD.url, length=2048, kind="application/pdf", text="申請様式", problem="")
    assert get(archive).attachments == (replace(UNREAD, length=2048, text="申請様式"),)
    assert len(archive.find(Query(words="申請様式"))) == len(archive.find(Query(words="環境省"))) == 2
    assert archive.unread_files("moej-ja", limit=10) == []


def test_a_file_that_can_not_be_read_is_not_tried_again(archive: Archive) -> None:
    archive.save(an_announcement(attachments=(UNREAD,)), now=NOON)
    archive.read_file(UNREAD.url, length=None, kind=UNREAD.type, text="", problem="status 404")
    assert archive.unread_files("moej-ja", limit=10) == []
    assert get(archive).attachments[0].problem == "status 404"


def test_an_edit_keeps_what_was_read_of_its_files(archive: Archive) -> None:
    archive.save(an_announcement(attachments=(UNREAD,)), now=NOON)
    archive.read_file(UNREAD.url, length=2048, kind="application/pdf", text="申請様式", problem="")
    archive.save(an_announcement(text="訂正", attachments=(UNREAD,)), now=LATER)
    assert titles(archive, Query(words="申請様式")) == [an_announcement().title]


def test_a_page_rewritten_without_what_was_no_news_is_no_change(archive: Archive) -> None:
    archive.save(an_announcement(text="本文。メールニュース登録はこちら"), now=NOON)
    assert archive.rewrite(get(archive).id, replace(get(archive), text="本文。"), seen=NOON)
    assert (get(archive).text, get(archive).updated, get(archive).revisions) == ("本文。", NOON, ())
    assert archive.find(Query(words="メールニュース")) == []
    assert archive.save(an_announcement(text="本文。"), now=LATER) is Outcome.SAME


def test_an_export_taken_in_elsewhere_is_the_same_to_the_letter(archive: Archive, elsewhere: Archive) -> None:
    archive.save(an_announcement(aliases=(f"{URL}?b", f"{URL}?A", f"{URL}?_")), now=NOON)
    archive.save(an_announcement(text="訂正"), now=LATER)
    archive.save(an_announcement(title="第8回", published=NOON + DAY), now=NOON + DAY)
    archive.take_in(full(url=OTHER))
    archive.mark_gone(URL, now=NOON + 2 * DAY)
    assert all(elsewhere.take_in(announcement) for announcement in archive.all())
    assert [line(announcement) for announcement in elsewhere.all()] == [
        line(announcement) for announcement in archive.all()
    ]


def test_what_was_taken_in_is_known_to_the_next_crawl(archive: Archive, elsewhere: Archive) -> None:
    archive.save(an_announcement(aliases=(OTHER,)), now=NOON)
    elsewhere.take_in(get(archive))
    assert elsewhere.save(an_announcement(url=OTHER), now=LATER) is Outcome.SAME
    assert titles(elsewhere, Query(words="脱炭素")) == [an_announcement().title]


def test_every_field_is_taken_in(archive: Archive) -> None:
    assert archive.take_in(full())
    assert archive.get(full().id) == full()


def test_what_is_here_already_is_left_as_it_is(archive: Archive) -> None:
    archive.take_in(full())
    assert not archive.take_in(full(title="別の題"))
    assert [announcement.title for announcement in archive.all()] == [full().title]


def test_writers_at_once_lose_nothing(archive: Archive) -> None:
    pages = [an_announcement(url=f"{URL}?{number}", title=f"題{number}") for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda page: archive.save(page, now=NOON), pages))
    assert outcomes == [Outcome.NEW] * 40
    assert len(archive.find(Query())) == 40


def test_one_announcement_saved_by_several_at_once_is_one(archive: Archive) -> None:
    pages = [an_announcement(url=f"{URL}?{number}", title=f"題{number}") for number in range(10) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda page: archive.save(page, now=NOON), pages))
    assert sorted(outcomes) == [Outcome.NEW] * 10 + [Outcome.SAME] * 30


def test_what_fails_half_way_leaves_nothing(archive: Archive) -> None:
    naive = Event(kind="event", starts=datetime(2026, 6, 11, 12, 0))  # noqa: DTZ001
    archive.save(an_announcement(), now=NOON)
    with pytest.raises((StatementError, ValueError), match="expected an aware datetime"):
        archive.save(an_announcement(text="訂正", events=(naive,)), now=LATER)
    assert (get(archive).text, get(archive).revisions) == (an_announcement().text, ())
    assert archive.find(Query(words="訂正")) == []
