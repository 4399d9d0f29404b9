"""What a search gives: the best first, the newest first, in pages that neither shift nor repeat while news arrives."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from store.announcement import Attachment
from store.archive import Archive
from store.index.results import MOST_RANKED, Hit, Results, Sort
from store.query import Query
from store.search import BadQuestion
from tests.builders import NOON, an_announcement

DAY = timedelta(days=1)
CALLS = Query(words="公募")


def save(
    archive: Archive, number: int, *, title: str = "お知らせ", text: str = "公募を始めます。", days: int = 0
) -> None:
    published = NOON - days * DAY
    made = an_announcement(
        url=f"https://www.env.go.jp/press/{number}.html", title=f"{title} {number}", text=text, published=published
    )
    archive.save(made, now=NOON)


def titles(results: Results) -> list[str]:
    return [hit.announcement.title for hit in results.hits]


def first(archive: Archive, words: str) -> Hit:
    return archive.search(Query(words=words)).hits[0]


def walk(archive: Archive, query: Query, sort: Sort, *, limit: int = 7, arriving: int = 0) -> list[str]:
    """Every page of an answer; between two, announcements of all dates arrive."""
    seen: list[str] = []
    cursor = None
    for page in range(1000):
        results = archive.search(query, limit=limit, sort=sort, cursor=cursor)
        seen += titles(results)
        cursor = results.following
        for number in range(arriving):
            save(archive, 100_000 + page * 10 + number, text="公募" * 40, days=number * 9 - 5)
        if cursor is None:
            return seen
    raise AssertionError("expected an end")


def shown(hit: Hit) -> str:
    return "".join(f"[{piece.text}]" if piece.hit else piece.text for piece in hit.snippet)


def test_a_title_ranks_before_a_text_and_many_before_few_and_new_before_old(archive: Archive) -> None:
    save(archive, 1, text="公募について。" + "環境の保全。" * 50, days=3)
    save(archive, 2, text="公募。公募。公募。" + "環境の保全。" * 50, days=4)
    save(archive, 3, title="公募の結果", text="採択された課題。", days=900)
    save(archive, 4, text="公募について。" + "環境の保全。" * 50, days=1)
    assert titles(archive.search(CALLS)) == ["公募の結果 3", "お知らせ 2", "お知らせ 4", "お知らせ 1"]


def test_newest_first_is_by_date_alone(archive: Archive) -> None:
    for number in (2, 0, 1):
        save(archive, number, days=number)
    assert titles(archive.search(CALLS, sort=Sort.NEWEST)) == ["お知らせ 0", "お知らせ 1", "お知らせ 2"]


@pytest.mark.parametrize("sort", Sort)
def test_pages_hold_everything_once_while_news_arrives(archive: Archive, sort: Sort) -> None:
    for number in range(40):
        save(archive, number, days=number % 13)
    before = {f"お知らせ {number}" for number in range(40)}
    walked = walk(archive, CALLS, sort, arriving=2)
    assert len(walked) == len(set(walked))
    assert before <= set(walked)


def test_what_is_not_ranked_follows_newest_first(archive: Archive) -> None:
    for number in range(MOST_RANKED + 30):
        save(archive, number, days=number)
    save(archive, 5000, title="公募", days=MOST_RANKED + 50)
    walked = walk(archive, CALLS, Sort.RELEVANCE, limit=150)
    assert len(walked) == MOST_RANKED + 31
    assert len(set(walked)) == len(walked)
    assert walked[MOST_RANKED:] == [
        *(f"お知らせ {number}" for number in range(MOST_RANKED, MOST_RANKED + 30)),
        "公募 5000",
    ]


def test_without_words_the_newest_come_first_in_pages(archive: Archive) -> None:
    for number in range(20):
        save(archive, number, days=number)
    assert walk(archive, Query(), Sort.RELEVANCE) == [f"お知らせ {number}" for number in range(20)]


@pytest.mark.parametrize("cursor", ["x", "r1", "1.5", "r1.99999", "9" * 30, "-", "r-1.0", "１"])
def test_a_cursor_of_ones_own_making_is_refused(archive: Archive, cursor: str) -> None:
    with pytest.raises(BadQuestion, match="cursor: expected one that came with an answer"):
        archive.search(CALLS, cursor=cursor)


def test_a_cursor_of_an_answer_in_another_order_is_refused(archive: Archive) -> None:
    for number in range(3):
        save(archive, number)
    cursor = archive.search(CALLS, limit=1).following
    for query, sort in ((CALLS, Sort.NEWEST), (Query(source="moej-ja"), Sort.RELEVANCE)):
        with pytest.raises(BadQuestion, match="in this order"):
            archive.search(query, sort=sort, cursor=cursor)


def test_a_hit_shows_where_it_answers(archive: Archive) -> None:
    save(archive, 1, text="前置き。第2次公募を始めます。")
    hit = first(archive, "公募")
    assert (shown(hit), hit.found_in) == ("前置き。第2次[公募]を始めます。", "")


def test_a_hit_in_an_attachment_says_so(archive: Archive) -> None:
    file = Attachment(url="https://www.env.go.jp/1.pdf", type="application/pdf", title="別紙", text="申請様式を示す。")
    archive.save(an_announcement(attachments=(file,)), now=NOON)
    hit = first(archive, "申請様式")
    assert (shown(hit), hit.found_in) == ("[申請様式]を示す。", "別紙")
    assert (shown(first(archive, "別紙")), first(archive, "別紙").found_in) == ("[別紙]", "別紙")


def test_what_only_a_title_answers_has_no_snippet(archive: Archive) -> None:
    save(archive, 1, title="公募の結果", text="採択された課題。")
    hit = first(archive, "公募")
    assert [piece.text for piece in hit.title if piece.hit] == ["公募"]
    assert hit.snippet == ()


def test_what_is_gone_is_left_out_where_asked_for(archive: Archive) -> None:
    save(archive, 1)
    archive.mark_gone("https://www.env.go.jp/press/1.html", now=NOON + DAY)
    assert len(archive.search(CALLS).hits) == 1
    assert archive.search(Query(words="公募", gone=False)).hits == ()
    save(archive, 1)
    assert len(archive.search(Query(words="公募", gone=False)).hits) == 1


def test_options_and_fields_narrow_alike(archive: Archive) -> None:
    save(archive, 1, days=3)
    archive.save(an_announcement(url="https://iclei.org/1", source="iclei", text="公募", topics=("jcm",)), now=NOON)
    for option, field in (("source", "iclei"), ("topic", "jcm"), ("organisation", "moej"), ("language", "ja")):
        narrowed: dict[str, Any] = {option: field}
        by_option = archive.search(replace(CALLS, **narrowed))
        assert titles(by_option) == titles(archive.search(Query(words=f"公募 {option}:{field}")))
        assert by_option.hits


def test_a_day_is_one_of_japan(archive: Archive) -> None:
    """What the ministry dates 2026-06-11 was published on the 10th, 15:00, in UTC."""
    midnight = NOON.replace(hour=15) - DAY
    archive.save(an_announcement(text="公募", published=midnight), now=NOON)
    assert archive.search(Query(words="公募 since:2026-06-11 until:2026-06-12")).hits
    assert not archive.search(Query(words="公募 until:2026-06-11")).hits
