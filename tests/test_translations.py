"""A pair follows from what pages say and share, whoever came first; and what is not one announcement is no pair."""

from __future__ import annotations

import random
import tomllib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select, update

from store.announcement import Announcement, Attachment
from store.archive import Archive
from store.database import Database
from store.pairing.meaning import INSTALLED, Nearness
from store.tables import announcements, translations
from store.translations import Translations
from tests.builders import NOON, an_announcement
from tests.conftest import LATER, OpenDatabase, Tell
from tests.scoring import Score

LABELLED = Path(__file__).parent / "labelled"
TOKYO = ZoneInfo("Asia/Tokyo")
EN = "https://www.env.go.jp/en/press/press_02402.html"
JA = "https://www.env.go.jp/press/press_05205.html"
PDF = Attachment(url="https://www.env.go.jp/content/1.pdf", type="application/pdf")

Pairs = dict[frozenset[str], str]


def japanese(**changes: Any) -> Announcement:
    plain = {"url": JA, "title": "環境省からのお知らせ", "text": "詳細は追ってお知らせします。", "published": NOON}
    return an_announcement(**plain | changes)


def english(**changes: Any) -> Announcement:
    plain = {"source": "moej-en", "language": "en", "url": EN, "title": "A Notice", "text": "More will follow."}
    return an_announcement(**plain | {"published": NOON} | changes)


def paired(database: Database, *saved: Announcement, nearness: Nearness | None = None, batch: int = 100) -> Pairs:
    """Save, let a pass go over what is new, and return the pairs of addresses with their reasons."""
    archive = Archive(database)
    for announcement in saved:
        archive.save(announcement, now=LATER)
    Translations(database, nearness=nearness, batch=batch).pair(now=LATER)
    return pairs_in(archive)


def pairs_in(archive: Archive) -> Pairs:
    stored = {each.id: each for each in archive.all()}
    found = {
        (each.id, other): reason
        for each in stored.values()
        for other, reason in zip(each.translations, each.translation_reasons, strict=True)
    }
    assert found == {(other, one): reason for (one, other), reason in found.items()}
    return {frozenset((stored[one].url, stored[other].url)): reason for (one, other), reason in found.items()}


def by(reason: str, *ends: str) -> Pairs:
    return {frozenset(ends or (JA, EN)): reason}


def test_nothing_in_common_makes_no_pair(database: Database) -> None:
    assert paired(database, japanese(), english()) == {}


def test_a_link_from_either_side_makes_a_pair(database: Database) -> None:
    assert paired(database, japanese(), english(alternates=(JA,))) == by("link")


def test_a_link_to_an_alias_makes_a_pair(database: Database) -> None:
    alias = "https://www.env.go.jp/press/110402.html"
    assert paired(database, japanese(aliases=(alias,)), english(alternates=(f"{alias}#top",))) == by("link")


def test_a_link_that_both_pages_have_counts_before_one_that_a_third_has(database: Database) -> None:
    other = japanese(url="https://www.env.go.jp/press/press_00001.html", title="別の知らせ", alternates=(EN,))
    assert paired(database, other, japanese(alternates=(EN,)), english(alternates=(JA,))) == by("link")


def test_a_link_between_organisations_makes_no_pair(database: Database) -> None:
    assert paired(database, japanese(), english(organisation="iges", alternates=(JA,))) == {}


def test_a_link_in_one_language_makes_no_pair(database: Database) -> None:
    assert paired(database, japanese(), japanese(url=EN, title="続報", alternates=(JA,))) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://www.iges.or.jp/jp/pub/bus-fleets/ja", "https://www.iges.or.jp/en/pub/bus-fleets/en"),
        ("https://japan.iclei.org/ja/news/roof-rules/", "https://japan.iclei.org/en/news/roof-rules"),
        ("https://news.example.org/press/river-survey.html", "https://news.example.org/en/press/river-survey.html"),
        ("https://news.example.org/river-survey-ja", "https://news.example.org/river-survey-en"),
        ("https://ja.example.org/river-survey", "https://en.example.org/river-survey"),
    ],
)
def test_an_address_that_differs_by_the_language_only_makes_a_pair(database: Database, one: str, other: str) -> None:
    assert paired(database, japanese(url=one), english(url=other)) == by("address", one, other)


def test_a_number_in_both_addresses_makes_no_pair(database: Database) -> None:
    assert paired(database, japanese(url=EN.replace("/en/", "/")), english()) == {}


def test_a_date_in_both_addresses_makes_a_pair_only_where_the_wordings_agree(database: Database) -> None:
    one, other = "https://www.iges.or.jp/jp/news/20260713", "https://www.iges.or.jp/en/news/20260713"
    told, told_in_english = japanese(url=one, text="62社が参加しました。"), english(url=other, text="Staff moved.")
    assert paired(database, told, told_in_english) == {}
    assert paired(database, replace(told_in_english, text="62 companies took part.")) == by("names", one, other)


def test_a_file_that_both_attach_makes_a_pair(database: Database) -> None:
    assert paired(database, japanese(attachments=(PDF,)), english(attachments=(PDF,))) == by("attachment")


def test_a_file_that_a_third_attaches_makes_none_anymore(database: Database) -> None:
    third = japanese(url="https://www.env.go.jp/press/press_00001.html", title="公募要領", attachments=(PDF,))
    assert paired(database, japanese(attachments=(PDF,)), english(attachments=(PDF,))) == by("attachment")
    assert paired(database, third) == {}


def test_a_file_makes_no_pair_of_two_meetings(database: Database) -> None:
    third, fourth = japanese(title="第3回会合", attachments=(PDF,)), english(title="Fourth Meeting", attachments=(PDF,))
    assert paired(database, third, fourth) == {}


COUNT = {"title": "参加自治体が1,152に", "text": "COP31に46都道府県、640市が参加しました。"}
COUNT_IN_ENGLISH = {"title": "1,152 Have Joined", "text": "46 prefectures and 640 cities took part in COP31."}


def test_numbers_and_names_in_common_make_a_pair(database: Database) -> None:
    assert paired(database, japanese(**COUNT), english(**COUNT_IN_ENGLISH)) == by("names")


def test_numbers_in_common_make_no_pair_of_what_lies_weeks_apart(database: Database) -> None:
    late = english(**COUNT_IN_ENGLISH, published=NOON - timedelta(days=9))
    assert paired(database, japanese(**COUNT), late) == {}


def test_numbers_that_a_second_announcement_has_too_make_no_pair(database: Database) -> None:
    again = english(**COUNT_IN_ENGLISH | {"title": "1,152 Again", "url": f"{EN}?2"})
    assert paired(database, japanese(**COUNT), english(**COUNT_IN_ENGLISH), again) == {}


def test_the_surest_fact_is_the_reason(database: Database) -> None:
    shared = {"attachments": (PDF,)}
    pair = (japanese(**COUNT, **shared), english(**COUNT_IN_ENGLISH, **shared, alternates=(JA,)))
    assert paired(database, *pair) == by("link")


def test_a_better_partner_that_comes_later_takes_the_place(database: Database) -> None:
    late = japanese(url="https://www.env.go.jp/press/press_00001.html", title="続報", alternates=(EN,))
    assert paired(database, japanese(**COUNT), english(**COUNT_IN_ENGLISH)) == by("names")
    assert paired(database, late) == by("link", late.url, EN)


def test_an_edit_that_takes_the_fact_away_takes_the_pair_away(database: Database) -> None:
    assert paired(database, japanese(**COUNT), english(**COUNT_IN_ENGLISH)) == by("names")
    assert paired(database, english(text="Figures will follow.")) == {}


def test_an_announcement_is_considered_once(database: Database) -> None:
    Archive(database).save(japanese(), now=NOON)
    assert Translations(database).pair(now=NOON) == 1
    assert Translations(database).pair(now=LATER) == 0


def test_translations_are_one_story(database: Database) -> None:
    paired(database, japanese(), english(alternates=(JA,)), japanese(url=f"{JA}?x", title="別件", text="別の話です。"))
    stories = [each.story for each in Archive(database).all()]
    assert (stories[0], stories[2]) == (stories[1], None)
    assert stories[0] is not None


def test_an_export_keeps_pairs_and_reasons(archive: Archive, database: Database, elsewhere: Archive) -> None:
    paired(database, japanese(), english(alternates=(JA,)))
    elsewhere.take_in(*archive.all())
    assert pairs_in(elsewhere) == by("link")


class Cut(Exception):
    """The pass ends here."""


def test_a_pass_that_is_cut_short_is_taken_up_where_it_was(database: Database) -> None:
    """The third title that is compared ends the process, so to speak: what came before stays, nothing is torn."""
    world = labelled("tuned")[:20]
    whole = fresh_pairs(database, world)
    unpair(database)
    with pytest.raises(Cut):
        Translations(database, nearness=_cut_short(), batch=3).pair(now=LATER)
    with database.reading() as connection:
        waiting = list(connection.scalars(select(announcements.c.number).where(announcements.c.paired.is_(None))))
    assert 0 < len(waiting) < len(world)
    assert len(waiting) % 3 == len(world) % 3
    assert paired(database, nearness=_by_length, batch=3) == whole


def _cut_short() -> Nearness:
    asked = count(1)

    def near(titles: Sequence[str], others: Sequence[str]) -> list[list[float]]:
        if next(asked) > 2:
            raise Cut
        return [[0.0] * len(others)] * len(titles)

    return near


def unpair(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(delete(translations))
        connection.execute(update(announcements).values(paired=None))


@pytest.mark.parametrize("seed", range(2))
def test_neither_the_order_nor_the_batches_change_the_pairs(open_database: OpenDatabase, seed: int) -> None:
    world = labelled("tuned")
    whole = fresh_pairs(open_database("sqlite"), world)
    shuffled = random.Random(seed).sample(world, len(world))  # noqa: S311
    database = open_database("postgresql")
    for start in range(0, len(shuffled), 16):
        found = paired(database, *shuffled[start : start + 16], nearness=_by_length, batch=3 + 6 * seed)
    assert found == whole


def _by_length(titles: Sequence[str], others: Sequence[str]) -> list[list[float]]:
    return [[-abs(len(title) * 2.5 - len(other)) for other in others] for title in titles]


def fresh_pairs(database: Database, world: Sequence[Announcement]) -> Pairs:
    return paired(database, *world, nearness=_by_length)


def labelled(half: str) -> list[Announcement]:
    return [_labelled(each) for each in _read(half)]


def _read(half: str) -> list[dict[str, Any]]:
    made = tomllib.loads((LABELLED / f"translations-{half}.toml").read_text("utf-8"))
    return list(made["announcement"])


def _labelled(given: dict[str, Any]) -> Announcement:
    source, files = given["source"], given.get("files", ())
    return an_announcement(
        source=source,
        organisation=source.partition("-")[0],
        language="ja" if "ja" in source.split("-") else "en",
        url=given["url"],
        title=given["title"],
        text=given["text"],
        alternates=tuple(given.get("alternates", ())),
        attachments=tuple(Attachment(url=url, type="application/pdf") for url in files),
        published=datetime.fromisoformat(given["day"]).replace(tzinfo=TOKYO),
        timezone="Asia/Tokyo",
    )


def _true_pairs(half: str) -> set[frozenset[str]]:
    telling: dict[str, list[str]] = defaultdict(list)
    for each in _read(half):
        telling[each["tells"]].append(each["url"])
    return {frozenset(urls) for urls in telling.values() if len(urls) == 2}


@pytest.mark.parametrize("half", ["tuned", "held-out"])
def test_facts_find_the_labelled_pairs_and_no_other(database: Database, half: str, told: Tell) -> None:
    found, true = paired(database, *labelled(half)), _true_pairs(half)
    right = {pair: reason for pair, reason in found.items() if pair in true}
    score = Score(right=len(right), wrong=len(found) - len(right), missed=len(true) - len(right))
    told(f"translations, {half}, {len(true)} pairs among {len(labelled(half))} announcements", score)
    for reason, many in Counter(found.values()).items():
        told(f"translations, {half}, by {reason}", f"{Counter(right.values())[reason]} of {many} right")
    assert score.precision >= 0.98
    assert score.recall >= 0.85


ASIDE = japanese(url="https://www.env.go.jp/press/press_00002.html", title="猫", text="猫の話です。")


def test_a_proposal_gives_way_to_a_fact(database: Database) -> None:
    late = japanese(url="https://www.env.go.jp/press/press_00001.html", title="続報", alternates=(EN,))
    assert paired(database, japanese(), english(), ASIDE, nearness=_by_length) == by("meaning")
    assert paired(database, late, nearness=_by_length) == by("link", late.url, EN)


def test_a_proposal_stays_where_nobody_can_propose(database: Database) -> None:
    assert paired(database, japanese(), english(), ASIDE, nearness=_by_length) == by("meaning")
    later = japanese(url=f"{JA}?later", title="その後のお知らせ", text="別の話です。")
    assert paired(database, later, nearness=None) == by("meaning")


def test_nothing_is_proposed_where_there_is_no_choice(database: Database) -> None:
    assert paired(database, japanese(), english(), nearness=_by_length) == {}


@pytest.mark.skipif(INSTALLED is None, reason="needs the extra pairing, which knows what titles mean")
def test_what_facts_leave_open_is_proposed_by_meaning(database: Database) -> None:
    found = paired(database, *labelled("held-out"), nearness=INSTALLED)
    proposed = {pair for pair, reason in found.items() if reason == "meaning"}
    assert len(proposed & _true_pairs("held-out")) == 1
    assert len(proposed) <= 2
