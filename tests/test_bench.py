"""The generated archive that the benchmark measures: the same at any size and on any day."""

from __future__ import annotations

import pytest

from bench.announcements import VOCABULARIES, announcement, rare, seen
from store.archive import Archive, Outcome

SAMPLE = range(1000, 1300)


def test_an_announcement_follows_from_the_seed_and_its_number_alone() -> None:
    assert [announcement(number) for number in SAMPLE] == [announcement(number) for number in reversed(SAMPLE)][::-1]
    assert announcement(7, seed=1) != announcement(7, seed=2)


@pytest.mark.parametrize("language", sorted(VOCABULARIES))
def test_a_rare_word_stands_in_about_ten_announcements_of_ten_thousand(language: str) -> None:
    every = (announcement(number) for number in range(17, 10_000, 500))
    assert 5 <= sum(rare(language, 17) in made.text for made in every) <= 15
    assert not any(rare(language, 17) in announcement(number).text for number in SAMPLE if number % 500 != 17)


def test_every_announcement_is_new_once_and_unchanged_afterwards(archive: Archive) -> None:
    saved = [archive.save(announcement(number), now=seen(number)) for number in (*range(280, 320), *range(280, 320))]
    assert saved == [Outcome.NEW] * 40 + [Outcome.SAME] * 40
