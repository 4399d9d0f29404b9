"""What a site answered is remembered: its validators, its failures, which rest, and the page that it no longer has."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import StatementError

from store.database import Database
from store.identity import key
from store.visits import Visit, Visits
from tests.builders import NOON
from tests.conftest import LATER

URL = "https://www.env.go.jp/press/press_05099.html"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANSWER = Visit(
    checked=NOON,
    etag='W/"abc"',
    last_modified="Thu, 11 Jun 2026 03:00:00 GMT",
    body_hash="0" * 64,
    named={"candidates": [{"url": URL, "title": "公募"}], "further": []},
)


@pytest.fixture
def visits(database: Database) -> Visits:
    return Visits(database)


def visit(visits: Visits, url: str = URL, source: str = "moej-ja") -> Visit:
    return visits.of(source)[key(url)]


def test_an_answer_is_kept_whole(visits: Visits) -> None:
    visits.answered("moej-ja", URL, ANSWER)
    assert visits.of("moej-ja") == {key(URL): ANSWER}


def test_the_last_answer_counts(visits: Visits) -> None:
    visits.answered("moej-ja", URL, ANSWER)
    visits.answered("moej-ja", URL, Visit(checked=LATER))
    assert visit(visits) == Visit(checked=LATER)


def test_an_unchanged_answer_keeps_the_validators(visits: Visits) -> None:
    visits.answered("moej-ja", URL, ANSWER)
    visits.unchanged("moej-ja", URL, now=LATER)
    assert (visit(visits).checked, visit(visits).etag, visit(visits).named) == (LATER, ANSWER.etag, ANSWER.named)


def test_a_failure_keeps_the_validators(visits: Visits) -> None:
    visits.answered("moej-ja", URL, ANSWER)
    visits.failed("moej-ja", URL, now=LATER)
    assert (visit(visits).checked, visit(visits).etag, visit(visits).failures) == (LATER, ANSWER.etag, 1)


def test_one_page_is_one_visit_however_it_is_spelt(visits: Visits) -> None:
    for spelling in (URL, URL.replace("https", "http"), f"{URL}/#top"):
        visits.failed("moej-ja", spelling, now=NOON)
    assert [kept.failures for kept in visits.of("moej-ja").values()] == [3]


def test_every_source_has_visits_of_its_own(visits: Visits) -> None:
    visits.answered("moej-ja", URL, ANSWER)
    visits.failed("moej-en", URL, now=LATER)
    assert (visit(visits), visit(visits, source="moej-en").etag) == (ANSWER, None)
    assert visits.of("iges-ja") == {}


@pytest.mark.parametrize(
    ("failures", "rest"),
    [(2, HOUR), (3, 2 * HOUR), (4, 4 * HOUR), (9, 128 * HOUR), (10, 7 * DAY), (1000, 7 * DAY)],
)
def test_a_page_that_fails_rests_longer_each_time_and_a_week_at_most(failures: int, rest: timedelta) -> None:
    failed = Visit(checked=NOON, failures=failures)
    assert failed.rests(NOON + rest - timedelta(seconds=1))
    assert not failed.rests(NOON + rest)


def test_a_page_that_failed_once_is_tried_at_the_next_run(visits: Visits) -> None:
    visits.failed("moej-ja", URL, now=NOON)
    assert not visit(visits).rests(NOON)
    visits.failed("moej-ja", URL, now=NOON)
    assert visit(visits).rests(NOON)


def test_an_answer_forgives_what_failed_before(visits: Visits) -> None:
    def forgiven() -> bool:
        return (visit(visits).failures, visit(visits).missing_since) == (0, None)

    visits.missing("moej-ja", URL, now=NOON)
    visits.answered("moej-ja", URL, ANSWER)
    assert forgiven()
    visits.missing("moej-ja", URL, now=NOON)
    visits.unchanged("moej-ja", URL, now=NOON)
    assert forgiven()


def test_a_page_missing_twice_a_day_apart_is_gone(visits: Visits) -> None:
    found = [visits.missing("moej-ja", URL, now=NOON + after) for after in (0 * DAY, HOUR, DAY - HOUR, DAY, 2 * DAY)]
    assert found == [False, False, False, True, True]
    assert (visit(visits).missing_since, visit(visits).failures) == (NOON, 5)


def test_a_page_missing_twice_with_an_answer_between_is_not_gone(visits: Visits) -> None:
    visits.missing("moej-ja", URL, now=NOON)
    visits.unchanged("moej-ja", URL, now=NOON + HOUR)
    assert not visits.missing("moej-ja", URL, now=NOON + DAY)


def test_a_naive_time_is_refused(visits: Visits) -> None:
    with pytest.raises(StatementError, match="expected an aware datetime"):
        visits.failed("moej-ja", URL, now=datetime(2026, 6, 11, 12, 0))  # noqa: DTZ001
    assert visits.of("moej-ja") == {}
