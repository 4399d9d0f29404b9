"""A day begins in Japan, whatever part of it is left out; an era's year is a year."""

import doctest
from datetime import UTC, datetime

import pytest

from store import days
from store.days import moment


@pytest.mark.parametrize(
    ("written", "begins"),
    [
        ("2026", datetime(2025, 12, 31, 15, tzinfo=UTC)),
        ("2026-08", datetime(2026, 7, 31, 15, tzinfo=UTC)),
        ("2026-08-01", datetime(2026, 7, 31, 15, tzinfo=UTC)),
        ("2026-08-01T09:00", datetime(2026, 8, 1, 0, tzinfo=UTC)),
        ("令和8年", datetime(2025, 12, 31, 15, tzinfo=UTC)),
        ("２０２６年８月１日", datetime(2026, 7, 31, 15, tzinfo=UTC)),
        ("2026-08-01T09:00:00Z", datetime(2026, 8, 1, 9, tzinfo=UTC)),
        ("2026-08-01T09:00:00-05:00", datetime(2026, 8, 1, 14, tzinfo=UTC)),
    ],
)
def test_a_day_begins_in_japan(written: str, begins: datetime) -> None:
    assert moment(written) == begins


@pytest.mark.parametrize(
    "written", ["", "today", "2026-13", "2026-02-30", "26-8-1", "2026-08-01-", "2026年度", "令和日"]
)
def test_what_is_no_day_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="expected a day such as 2026-08-01"):
        moment(written)


def test_the_examples_hold() -> None:
    assert doctest.testmod(days).failed == 0
