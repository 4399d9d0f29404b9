"""What only moves is dropped, and nothing else is: a table of lines as pages print them."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from store.movement import settled

MOVES = """
閲覧数：1,234
閲覧数: 98
閲覧数 １２３
（閲覧数：1,234）
閲覧回数：532回
アクセス数：10,482件
累計アクセス数：1,048,200
アクセスカウンター：0012345
ページビュー：4,321
再生回数：1.2万回
1,234回閲覧
532回の表示
この記事は532回閲覧されました。
あなたは1,234人目の訪問者です
今日のアクセス：17
ダウンロード数：45
1,234 views
1 view
1.2K views
Views: 1,234
Page views: 98
Total views: 12,001
Hits: 5321
532 reads
Read 532 times
This page has been viewed 1,204 times.
Downloaded 77 times
You are visitor no. 10,482
Visitor counter: 004521
12 users online
印刷日時：2026年6月12日 10:33
印刷日：令和8年6月12日（金）
出力日時: 2026/06/12 10:33:05
表示日時：2026年6月12日 午前10時33分
現在の日時：2026年6月12日（金）10時33分
現在時刻 10:33:05
本日は2026年6月12日（金）です。
最終アクセス：2026-06-12T10:33:05Z
このページは2026年6月12日 10:33に表示されました
このページは、2026年6月12日10時33分に印刷されたものです。
Printed on 12 June 2026
Printed: Friday, June 12th, 2026 at 10:33 am
This page was printed on 2026-06-12 10:33:05 UTC
Print date: 12/06/2026
Last accessed: 12 Jun 2026
Last viewed on 12 June 2026, 10:33 JST
Current date and time: 12 June 2026 10:33
Current time is 10:33
Today is Friday, 12 June 2026
Page generated in 0.12 seconds
Page generated on 12 June 2026 at 10:33 GMT
5 days left
Only 3 days left!
12 hours remaining
30 days to go
3 days left to apply
Registration closes in 3 days
Starts in 2 weeks
あと3日
残り12時間
【あと 3日！】
12 shares
Share (12)
Shares: 1.4K
35 likes
35 people like this
8 retweets
いいね！ 35
いいね！35件
シェア：12
ツイート 5
はてなブックマーク：8
""".strip().splitlines()

STAYS = """
最終更新日：2026年6月11日
更新日時：2026年6月11日 17時00分
Last updated: 11 June 2026
Last modified on 11 June 2026 at 17:00
公開日：2026年6月11日
2026年6月11日
11 June 2026
10:33
2026年6月1日現在
応募締切：2026年6月30日（火）17時必着
提出期限 令和8年6月30日
Deadline: 30 June 2026, 17:00 JST
Closes on 30 June 2026
The consultation closes in 30 days.
Proposals must be sent within 3 days.
公募期間は残り少なくなっています。
2050年まで残り24年
参加者数：120名
定員：120名
申込者数：35名
来場者数：1,234人
応募件数：35件
意見の提出数：1,234件
12 participants
35 cities
12 comments were received
Comments: 12
the committee's views
The committee's views: 12 members agreed
Two views on carbon pricing
View 2026
The 2026 report was read by 532 mayors
当サイトの閲覧数は1,234回でした。
閲覧数が多い記事
アクセス：東京駅から徒歩10分
アクセス数の集計を2026年6月に改めました
再生可能エネルギー：36%
市場シェア：12%
シェア12%を占める
Market share: 12
12% share
PV：1,234
PV: 12 MW
Printed on recycled paper
Printed in 3 colours
印刷部数：500部
現在の排出量：1,234トン
Current emissions: 1,234
Current members: 12
Today, 35 cities joined the race.
本日、12都市が参加を表明しました。
本日から3日間開催します
あと3日間の猶予を求めた
残り3件の採択を発表
Only 3 cities left
30 days of public consultation
Five days remain before the deadline of 30 June
Page 3
第3回
3
""".strip().splitlines()


@pytest.mark.parametrize("line", MOVES)
def test_what_moves_by_itself_is_dropped(line: str) -> None:
    assert settled(line) == ""


@pytest.mark.parametrize("line", STAYS)
def test_what_an_announcement_says_stays(line: str) -> None:
    assert settled(line) == line


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("2026年6月11日 | 閲覧数：1,234", "2026年6月11日"),
        ("閲覧数：1,234｜環境省", "環境省"),
        ("11 June 2026 • 1,234 views • 12 shares", "11 June 2026"),
        ("By the secretariat / 532 reads / Kyoto", "By the secretariat / Kyoto"),
        ("公募  閲覧数：1,234  環境省", "公募  環境省"),
        ("応募締切：2026年6月30日（あと3日）", "応募締切：2026年6月30日"),
        ("応募締切（6月30日）まであと3日", "応募締切（6月30日）まで"),
        ("Deadline: 30 June 2026 (3 days left)", "Deadline: 30 June 2026"),
    ],
)
def test_what_shares_a_line_with_it_stays(line: str, rest: str) -> None:
    assert settled(line) == rest


@pytest.mark.parametrize("counter", ["閲覧数\n1,234", "Views:\n1,234", "いいね！\n35"])
def test_a_counter_may_stand_in_two_lines(counter: str) -> None:
    assert settled(f"公募を開始します。\n{counter}\n以上") == "公募を開始します。\n以上"


def test_lines_that_stay_keep_their_order_and_their_blank_lines() -> None:
    assert settled("\n一\n\n12 views\n二\n") == "\n一\n\n二\n"


def test_a_counter_in_a_sentence_stays() -> None:
    text = "この動画は公開から1年で閲覧数：1,234回に達し、環境省の広報として最も多くの都市で見られました。"
    assert settled(text) == text


def test_two_fetches_of_one_page_settle_to_one_text() -> None:
    first = "公募を開始します。\n閲覧数：1,234\n印刷日時：2026年6月12日 10:33\n締切（6月30日）まであと18日"
    second = "公募を開始します。\n閲覧数：1,301\n印刷日時：2026年6月13日 9:01\n締切（6月30日）まであと17日"
    assert settled(first) == settled(second)


FRAGMENTS = st.sampled_from(
    [*MOVES, *STAYS, *"|｜•·\t\n /　()（）（あと3日）", "まで", "あと3日", "閲覧数", "1,234", "views", "  ", " / "]
)


@settings(max_examples=1000)
@given(st.lists(FRAGMENTS, max_size=12).map("".join) | st.text())
@example("閲覧数\n閲覧数\n1,234\n12")
@example("締切まで（あと（あと3日）3日）あと3日あと3日")
@example("a |12 views / 12 views")
def test_settling_again_changes_nothing_and_nothing_is_added(text: str) -> None:
    once = settled(text)
    assert settled(once) == once
    assert len(once) <= len(text)


@pytest.mark.parametrize("width", [110, 990, 1_000_000])
@pytest.mark.parametrize(
    "piece",
    [
        "12 views|",
        "閲覧数 ",
        "1",
        "1 ",
        "Printed on 1 ",
        "（あと3日",
        "\u2003",
        "残り",
        "本日は1月",
        "あと3日（",
        "a b ",
        "1 views\n",
    ],
)
def test_a_megabyte_of_anything_is_read_to_its_end(piece: str, width: int) -> None:
    text = f"{(piece * width)[:width]}9\n" * (1_000_000 // width)
    assert len(settled(text)) <= len(text)
