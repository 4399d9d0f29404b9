"""Newest first is one number, unique, in the order of publication; of one moment, the later run stands first."""

from contextlib import closing
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.archive import Archive
from store.database import Database
from store.places import earliest
from store.query import Query
from tests.builders import NOON, an_announcement, an_archived

HOUR = timedelta(hours=1)


def save(archive: Archive, name: str, published: datetime | None, seen: datetime) -> None:
    url = f"https://www.env.go.jp/press/{name}.html"
    archive.save(an_announcement(url=url, title=name, text=f"{name}の本文", published=published), now=seen)


def order(archive: Archive) -> list[str]:
    return [announcement.title for announcement in archive.find(Query())]


def test_what_a_later_run_found_of_one_moment_stands_first_and_each_run_in_its_order(archive: Archive) -> None:
    for run in range(3):
        for name in "abc":
            save(archive, f"{run}{name}", NOON, NOON + run * HOUR)
    assert order(archive) == ["2a", "2b", "2c", "1a", "1b", "1c", "0a", "0b", "0c"]


def test_what_was_published_later_stands_first_whenever_it_is_found(archive: Archive) -> None:
    for name, published in (("b", NOON), ("c", NOON - HOUR), ("a", NOON + timedelta(seconds=1))):
        save(archive, name, published, NOON + HOUR)
    assert order(archive) == ["a", "b", "c"]


def test_an_export_is_taken_in_with_its_order(archive: Archive, elsewhere: Archive) -> None:
    for run in range(3):
        for name in "abc":
            save(archive, f"{run}{name}", NOON, NOON + run * HOUR)
    elsewhere.take_in(*archive.all())
    assert order(elsewhere) == order(archive)


def test_a_day_before_1970_has_its_place(archive: Archive) -> None:
    for name, published in (
        ("b", NOON.replace(year=1911)),
        ("a", NOON.replace(year=1969)),
        ("c", NOON.replace(year=3)),
    ):
        archive.take_in(an_archived(url=f"https://www.env.go.jp/{name}", title=name, published=published))
    assert order(archive) == ["a", "b", "c"]


def test_a_naive_moment_has_no_place() -> None:
    with pytest.raises(ValueError, match="expected an aware datetime"):
        earliest(datetime(2026, 6, 11))  # noqa: DTZ001


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=20))
def test_the_order_is_that_of_dates_then_of_runs_newest_first(taken: list[tuple[int, int]]) -> None:
    """Found in any order of runs, as an import may have it."""
    with closing(Database("sqlite://")) as database:
        archive = Archive(database)
        for number, (published, seen) in enumerate(taken):
            url = f"https://www.env.go.jp/{number}"
            moments = {"published": NOON + published * HOUR, "first_seen": NOON + seen * HOUR}
            archive.take_in(an_archived(url=url, title=str(number), text=f"本文{number}", **moments))
        published_first = [taken[int(title)][0] for title in order(archive)]
        assert published_first == sorted((published for published, _ in taken), reverse=True)
