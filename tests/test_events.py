"""What is announced reaches the calendar, once, with its times; what is merely mentioned does not."""

import doctest
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import events as events_module
from crawler.events import DEADLINE, EVENT, MENTION, RULES, Rule, events, kind, place
from store.announcement import Event
from tests.conftest import Tell
from tests.scoring import Score

TOKYO = ZoneInfo("Asia/Tokyo")
JULY = datetime(2026, 7, 10, 9, tzinfo=TOKYO)

Key = tuple[str, datetime, datetime | None, bool]


@dataclass(frozen=True)
class Passage:
    """An announcement of the labelled set, and what a careful reader finds in it."""

    name: str
    held_out: bool
    expected: frozenset[Key]
    found: frozenset[Key]


def labelled() -> list[Passage]:
    with (Path(__file__).parent / "labelled" / "events.toml").open("rb") as file:
        return [_passage(entry) for entry in tomllib.load(file)["passage"]]


def _passage(entry: dict[str, Any]) -> Passage:
    zone = ZoneInfo(entry.get("zone", "Asia/Tokyo"))
    published = datetime.combine(entry["published"], time(9), zone) if "published" in entry else None
    found = events(entry["text"].strip(), title=entry["title"], zone=zone, published=published)
    return Passage(
        name=entry["name"],
        held_out=entry.get("held_out", False),
        expected=frozenset(_key(expected, zone) for expected in entry["events"]),
        found=frozenset((event.kind, event.starts, event.ends, event.all_day) for event in found),
    )


def _key(expected: str, zone: ZoneInfo) -> Key:
    kind, _, span = expected.partition(" ")
    starts, *ends = (datetime.fromisoformat(moment) for moment in span.split("/"))
    ends = [end if end.tzinfo else end.replace(tzinfo=zone) for end in ends]
    return kind, starts if starts.tzinfo else starts.replace(tzinfo=zone), ends[0] if ends else None, "T" not in span


def score(passages: Iterable[Passage]) -> Score:
    passages = list(passages)
    return Score(
        right=sum(len(passage.expected & passage.found) for passage in passages),
        wrong=sum(len(passage.found - passage.expected) for passage in passages),
        missed=sum(len(passage.expected - passage.found) for passage in passages),
    )


def test_of_the_labelled_events_most_are_found_and_hardly_anything_else(told: Tell) -> None:
    passages = labelled()
    whole = score(passages)
    told(f"events, all {len(passages)} passages", whole)
    told("events, the rules' own", score(one for one in passages if not one.held_out))
    told("events, held out", score(one for one in passages if one.held_out))
    differing = [one.name for one in passages if one.expected != one.found]
    assert whole.precision >= 0.95, differing
    assert whole.recall >= 0.85, differing


def test_half_of_the_labelled_passages_are_japanese_and_a_third_announce_nothing() -> None:
    passages = labelled()
    assert len(passages) >= 70
    assert sum(passage.name.startswith("ja") for passage in passages) * 2 == len(passages)
    assert sum(not passage.expected for passage in passages) * 3 >= len(passages)
    assert sum(passage.held_out for passage in passages) * 3 >= len(passages)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.examples[0])
def test_every_rule_holds_for_its_examples(rule: Rule) -> None:
    for example in rule.examples:
        assert rule.words.search(events_module._marked(example)), example
        assert kind(example) == rule.kind, example


@pytest.mark.parametrize(
    "words",
    [
        "協議会は、◆までに計画を策定する予定です",
        "市民協議会が◆から配布を行います",
        "改正法は◆に施行され、検討会で運用を議論しています",
        "教室の空調を◆から運転します",
        "法案を◆までに国会に提出する方針です",
        "気候変動適応法(◆公布)に基づく検討会",
        "採択結果は◆までに応募者全員に通知します",
        "シンポジウムの動画を◆に公開しました",
        "◆に開催された第2回検討会の議事録",
        "募集期間が◆に終了しました",
        "イベント終了後、◆からアーカイブ配信を行います",
        "Solar panels installed from ◆ must be recyclable",
        "Fares rise by two euros per day from ◆",
        "From ◆, buildings must meet the new standard",
        "The city will join the network on ◆",
        "will host a battery that must be ready by ◆",
        "Proposals tabled by the Commission on ◆",
        "The recording of the webinar is available until ◆",
        "Participants of the course will receive a certificate by ◆",
        "The conference centre opened on ◆",
        "★Fares rise on ◆",
        "◆",
        "",
    ],
)
def test_what_does_not_take_place_on_a_day_is_a_mention_of_it(words: str) -> None:
    assert kind(words) == MENTION


def found(text: str, *, title: str = "お知らせ", published: datetime | None = JULY) -> list[str]:
    """Return the events in *text* in short: kind, days or times, and the zone unless it is Tokyo's."""
    return [_spelled(event) for event in events(text, title=title, zone=TOKYO, published=published)]


def _spelled(event: Event) -> str:
    form = "%Y-%m-%d" if event.all_day else "%Y-%m-%dT%H:%M"
    span = "/".join(moment.strftime(form) for moment in (event.starts, event.ends) if moment)
    return f"{event.kind} {span}" + ("" if event.timezone == "Asia/Tokyo" else f" {event.timezone}")


def test_a_day_is_all_day_and_a_time_is_in_the_zone_it_is_printed_in() -> None:
    assert found("開催日:8月21日") == ["event 2026-08-21"]
    assert found("Date: 21 August 2026, 10:00-11:00 CEST") == ["event 2026-08-21T10:00/2026-08-21T11:00 Etc/GMT-2"]


def test_a_session_printed_in_two_zones_is_one_session() -> None:
    assert found("日時:8月21日 10:00~11:00(トルコ時間)/16:00~17:00(日本時間)") == [
        "event 2026-08-21T16:00/2026-08-21T17:00"
    ]


@pytest.mark.parametrize(
    ("text", "deadline"),
    [
        ("公募期間:8月3日~8月21日", "deadline 2026-08-21"),
        ("公募期間:8月3日10時~8月21日", "deadline 2026-08-21"),
        ("公募期間:8月3日10時~8月21日17時", "deadline 2026-08-21T17:00"),
        ("公募期間:8月3日から同月21日17時まで", "deadline 2026-08-21T17:00"),
        (
            "Applications are open from 3 August; deadline extended from 14 to 21 August, 17:00",
            "deadline 2026-08-21T17:00",
        ),
        ("応募書類は8月21日(日本時間正午)までに提出してください", "deadline 2026-08-21T12:00"),
        ("締切:8月21日正午必着", "deadline 2026-08-21T12:00"),
        ("Register by 23:59 JST on 21 August 2026", "deadline 2026-08-21T23:59"),
        ("Registration is open until 21 August.", "deadline 2026-08-21"),
    ],
)
def test_a_period_to_apply_in_is_a_deadline_at_its_end(text: str, deadline: str) -> None:
    assert found(text) == [deadline]


def test_each_event_comes_once_and_in_order() -> None:
    text = "9月3日に開催します。\n申込締切:8月21日\n日時:9月3日 14:00~16:00(13:30開場)\n9月3日に説明会を開きます。"
    assert found(text, title="説明会を開催します(9月3日)") == [
        "deadline 2026-08-21",
        "event 2026-09-03T14:00/2026-09-03T16:00",
    ]


def test_a_meeting_and_its_sessions_are_several_events() -> None:
    text = "会期:9月3日~4日\n- 開会式 9月3日 10:00~11:00\n- 見学会 9月4日 13:00~15:00"
    assert len(found(text)) == 3


def test_a_list_of_days_is_as_many_events() -> None:
    assert found("説明会が東京と名古屋で9月3日と9月8日に開催されます。") == ["event 2026-09-03", "event 2026-09-08"]


def test_a_number_of_days_is_a_range() -> None:
    assert found("9月8日から3日間の研修を開きます。") == ["event 2026-09-08/2026-09-10"]


@pytest.mark.parametrize(
    "text", ["9月3日から9月8日に延期します", "The workshop has been moved from 3 to 8 September 2026."]
)
def test_what_was_moved_takes_place_on_the_later_day_only(text: str) -> None:
    assert found(text) == ["event 2026-09-08"]


@pytest.mark.parametrize("table", ["| {} | {} | {} |", "{}\t{}\t{}"])
def test_the_column_of_a_table_tells_what_its_dates_are(table: str) -> None:
    rows = [("会場", "開催日", "申込期限"), ("仙台", "9月8日", "8月21日"), ("名古屋", "9月9日", "8月24日")]
    assert found("\n".join(table.format(*row) for row in rows)) == [
        "deadline 2026-08-21",
        "deadline 2026-08-24",
        "event 2026-09-08",
        "event 2026-09-09",
    ]


@pytest.mark.parametrize("table", ["| {} | {} |", "{}\t{}"])
def test_the_first_cell_of_a_row_tells_what_its_date_is(table: str) -> None:
    rows = [("名称", "省エネセミナー"), ("日時", "9月8日 14:00~16:00"), ("会場", "県民会館"), ("申込期限", "8月21日")]
    assert found("\n".join(table.format(*row) for row in rows)) == [
        "deadline 2026-08-21",
        "event 2026-09-08T14:00/2026-09-08T16:00",
    ]


def test_the_line_above_tells_what_a_date_is_over_a_blank_one() -> None:
    assert found("1. 日時\n\n9月8日 14:00~16:00\n\n2. 締切\n\n8月21日") == [
        "deadline 2026-08-21",
        "event 2026-09-08T14:00/2026-09-08T16:00",
    ]


def test_the_title_is_read_too() -> None:
    assert found("参加費は無料です。", title="国際フォーラムを開催します(9月3日・4日、京都市)") == [
        "event 2026-09-03/2026-09-04"
    ]
    assert found("内容は記事のとおり。", title="大臣記者会見録(令和8年7月10日9:15~9:28)") == []


def test_a_day_without_a_year_is_to_come_rather_than_gone_by() -> None:
    december = datetime(2026, 12, 10, tzinfo=TOKYO)
    assert found("1月20日に開催します。締切は12月25日です。", published=december) == [
        "deadline 2026-12-25",
        "event 2027-01-20",
    ]


def test_without_a_date_of_publication_the_first_event_tells_the_year() -> None:
    text = "参加登録は1月8日まで受け付けます。\n開催日:2027年1月21日"
    assert found(text, published=None) == ["deadline 2027-01-08", "event 2027-01-21"]
    assert found("開催日:1月21日", published=None) == []


def test_what_was_held_is_an_event_of_its_own_page_only() -> None:
    held = "7月1日、京都市でフォーラムを開催しました。"
    assert found(held) == ["event 2026-07-01"]
    assert found("1\n2\n3\n" + held, title="開催報告:フォーラム") == ["event 2026-07-01"]
    assert found("1\n2\n3\n" + held) == []
    assert found("昨年のフォーラムは2025年7月2日に開催しました。") == []
    assert found("12月1日、京都市でフォーラムを開催しました。") == []  # in the future: a wrong year


def test_a_deadline_that_has_passed_and_a_stamp_of_the_page_are_nothing() -> None:
    assert found("締切は7月9日です。") == []
    assert found("Press Release\nJuly 10, 2026", title="Third Workshop") == []


@pytest.mark.parametrize(
    ("text", "title", "name"),
    [
        ("日時:9月3日 10:00~11:00", "第3回検討会の開催について", "第3回検討会の開催について"),
        ("- 札幌:9月3日\n- 盛岡:9月8日に開催", "研修の日程", "研修の日程: 札幌"),
        ("| 回 | 日時 |\n|---|---|\n| 第1回 | 9月3日 |", "連続講座", "連続講座: 第1回"),
        ("公募説明会を9月3日に開催します。", "第2次公募について", "公募説明会"),
        ("9月3日に「都市の鉱山を掘る」を開催します。", "公開シンポジウム「都市の鉱山を掘る」", "都市の鉱山を掘る"),
        ("An online briefing is held on 3 September 2026.", "Call for Proposals", "Online briefing"),
        ("1\n\nPaying for Shade\n\n3 September @ 10:00 – 11:30", "Our sessions", "Our sessions: Paying for Shade"),
        ("Online (Zoom)\n3 September 2026, 16:00-17:30", "Heat Plans", "Heat Plans"),
        ("The forum takes place on 3 September 2026.", "City Forum 2026", "City Forum 2026"),
    ],
)
def test_an_event_is_named_by_its_session_or_by_the_announcement(text: str, title: str, name: str) -> None:
    assert events(text, title=title, zone=TOKYO, published=JULY)[0].title == name


@pytest.mark.parametrize(
    ("words", "text", "where"),
    [
        ("授与式は、◆に東京都内で行います", "", "東京都内"),
        ("will take place in Naha from ◆", "", "Naha"),
        ("The summit opens on ◆ in Fortaleza", "", "Fortaleza"),
        ("will hold the forum in Kyoto and online on ◆", "", "Kyoto and online"),
        ("日時⏎◆⧖", "1 日時\n◆\n2 場所\n県庁東館10階", "県庁東館10階"),
        ("When: ◆", "When: …\nWhere: Port Hall", "Port Hall"),
        ("説明会:◆(オンライン)", "会場:仙台\n会場:広島", "online"),
        ("日時⏎◆⧖", "会場:仙台\n会場:広島", ""),
    ],
)
def test_a_place_is_told_if_it_is_clear(words: str, text: str, where: str) -> None:
    assert place(words, text) == where


PIECES = st.sampled_from(
    [
        *(
            "2026年9月3日",
            "9月3日",
            "3 September 2026",
            "14:00~16:00",
            "10:00 JST",
            "から",
            "まで",
            "に開催します",
            "締切",
        ),
        *(
            "公募期間:",
            "会場",
            "| ",
            "|",
            "\n",
            "\n\n",
            "。",
            ". ",
            "The ",
            "forum ",
            "on ",
            "by ",
            "register ",
            "held ",
            "(",
            ")",
        ),
        *("◆", "◇", "⏎", "★", "⧖", "◎", "●", "-", "・", "「", "」", "昨年", "延期", "3日間", "\u3000", "\x00", "ﷺ"),
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC) | st.just(TOKYO))  # noqa: DTZ001


@settings(deadline=None)
@given(text=TEXTS, title=TEXTS, published=st.none() | MOMENTS)
def test_any_text_is_survived_and_what_is_found_is_in_order_once_and_aware(
    text: str, title: str, published: datetime | None
) -> None:
    some = events(text, title=title, zone=TOKYO, published=published)
    assert list(some) == sorted(some, key=lambda event: (event.starts, event.kind))
    assert len({(event.kind, event.starts) for event in some}) == len(some)
    for event in some:
        assert event.kind in (EVENT, DEADLINE)
        assert event.starts.tzinfo is not None
        assert event.ends is None or event.ends >= event.starts
        assert not event.all_day or event.starts.time() == time()


@given(day=st.dates(date(2026, 7, 10), date(2027, 2, 1)), minute=st.integers(0, 1438))
def test_every_announced_moment_is_told_as_it_is(day: date, minute: int) -> None:
    starts = datetime.combine(day, time(), TOKYO) + timedelta(minutes=minute)
    text = f"The workshop will be held on {starts:%d %B %Y, %H:%M} - 23:59."
    assert found(text) == [f"event {starts:%Y-%m-%dT%H:%M}/{day}T23:59"]


def test_no_pattern_has_an_unbounded_part() -> None:
    """So that each attempt to match looks at a bounded stretch, and a text takes time in proportion to its length."""
    patterns = [value for value in vars(events_module).values() if isinstance(value, re.Pattern)]
    for pattern in (*patterns, *(rule.words for rule in RULES)):
        bare = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "x", pattern.pattern)
        assert not re.search(r"[*+]|\{[0-9]+,\}", bare), pattern


@pytest.mark.parametrize(
    "unit", ["2026/12/1 ", "| 2026/12/1 ", "the forum on 1 May 2027 and ", "。", "\n", "| a ", "公募の"]
)
def test_a_long_monotonous_text_comes_to_an_end(unit: str) -> None:
    assert len(found(unit * (100_000 // len(unit)), title="フォーラム")) <= 1


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(events_module).failed == 0
