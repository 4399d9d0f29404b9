"""What moves on a page by itself and is no news: counters, stamps of the present time, days left. Pure.

A text comes in, the text goes out without it. This module alone knows what such things look like. It is careful: a
counter or a stamp is dropped where it stands alone, on a line or between the separators of one, in its usual form;
within a sentence it stays. "最終更新日" and "Last updated" stay, too: they are the source's own word that it touched
the page, no clock moves them, and where they move there is something to look at. So do comments (a hearing counts
them), participants, applications, places left, and "as of" dates: those are what an announcement is about.
"""

from __future__ import annotations

import re

_LONGEST_LINE, _LONGEST_PART = 1000, 120  # characters: what is longer is prose
_DIGIT = re.compile(r"\d")
_SEPARATOR = re.compile(r"([|｜•·\t]|\s[/／]\s|\s{2,})")

_NUMBER = r"\d(?:[\d,.]{0,14}\d)?[KM万]?"
_COLON = r"\s*[:：]?\s*"
_VIEWS = (
    r"(?:(?:page|total|unique)\s?)?views?|reads|(?:page\s?)?hits|page\s?visits|downloads|view count"
    r"|visitor (?:count|counter|number)"
)
_VIEWS_JA = (
    "(?:総|累計)?(?:閲覧|アクセス|表示|ダウンロード)(?:回数|数|件数)|(?:総|累計)?再生回数|アクセスカウンター?"
    "|ページビュー数?|PV数|ビュー数|今日のアクセス|本日のアクセス|現在の閲覧者数?"  # PV alone is photovoltaics
)
_LIKES = (
    r"(?:facebook |twitter |total )?(?:shares?|likes?|retweets?|tweets?|bookmarks?)"
    "|(?:シェア|いいね|ツイート|リツイート|リポスト|ブックマーク|はてなブックマーク|はてブ|共有)数?"
)

# What a date and a time are made of: 2026年6月12日（金）午後3時5分, Fri 12th June 2026 at 10:33 am JST.
_MOMENT = (
    r"(?=\D{0,30}\d)(?:\d|[\s,.:：/()（）+-]|令和|平成|元年|[年月日時分秒頃]|[月火水木金土日]曜日?|午前|午後|[火水木金土]"
    r"|[ap]\.?m\b|at\b|on\b|of\b|st\b|nd\b|rd\b|th\b|T(?=\d)|Z\b|JST|UTC|GMT"
    r"|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b"
    r"|jan(?:uary)?\b|feb(?:ruary)?\b|mar(?:ch)?\b|apr(?:il)?\b|may\b|june?\b|july?\b|aug(?:ust)?\b|sept?(?:ember)?\b"
    r"|oct(?:ober)?\b|nov(?:ember)?\b|dec(?:ember)?\b){1,60}+"
)
_PRESENT = (
    r"printed(?: on| at)?|print(?:ing)? date(?: and time)?|date printed|this page was printed(?: on| at)?"
    r"|last (?:accessed|visited|viewed)(?: on| at)?|(?:the )?current (?:date(?: and time)?|time)(?: is)?|server time"
    r"|today(?:['’]s date)?(?: is)?|(?:this )?page (?:was )?(?:generated|displayed|rendered|loaded)(?: on| at)?"
)
_PRESENT_JA = (
    "(?:印刷|出力|表示|プリント|アクセス|最終アクセス|最終閲覧)(?:日時|日|時刻)|最終アクセス"
    "|現在の?(?:日時|時刻|日付|時間)|(?:本日|今日)の日付|本日は?|今日は?"
)

_LEFT = r"\d{1,4}\s?(?:days?|hours?|hrs?|minutes?|mins?|weeks?)\s?(?:left|remaining|to go)"
_BEGINS_OR_ENDS = "(?:starts?|starting|begins?|opens?|closes?|closing|ends?|ending|expires?)"
_LEFT_JA = r"(?:あと|残り)\s?\d{1,4}\s?(?:日間?|時間|分|週間)"

_ALONE = (
    # 1,234 views; Views: 1,234; Read 532 times; You are visitor no. 1,234; 12 users online
    rf"{_NUMBER}\s?(?:{_VIEWS})",
    rf"(?:{_VIEWS})\s*[:：(（]\s*{_NUMBER}",
    rf"(?:this (?:page|article) (?:has been|was) )?(?:read|viewed|visited|downloaded|shared){_COLON}{_NUMBER}\s?times?",
    rf"you are (?:our )?visitor (?:no\.?|number|#)?\s?{_NUMBER}",
    rf"{_NUMBER}\s?(?:users?|visitors?|guests?) online|(?:users?|visitors?|guests?) online{_COLON}{_NUMBER}",
    # 閲覧数：1,234; 1,234回閲覧; この記事は532回閲覧されました; あなたは1,234人目の訪問者です
    rf"(?:{_VIEWS_JA}){_COLON}{_NUMBER}\s?(?:回|件|人)?",
    rf"{_NUMBER}\s?(?:回(?:の?(?:閲覧|表示|再生|ダウンロード))数?|ビュー)",
    rf"この(?:ページ|記事)は、?{_NUMBER}回(?:閲覧|表示|アクセス|印刷)されました",
    rf"あなたは、?{_NUMBER}\s?(?:人目|番目)の(?:訪問者|来訪者|お客様)です",
    # 12 shares; いいね！ 35; 35 people like this
    rf"{_NUMBER}\s?(?:people )?(?:{_LIKES})(?: this)?",
    rf"(?:{_LIKES})[!！]?\s*[:：(（]?\s*{_NUMBER}\s?(?:件|回|人)?",
    # Printed on 12 June 2026; 印刷日時：2026年6月12日 10:33; このページは…に表示されました
    rf"(?:{_PRESENT}){_COLON}{_MOMENT}",
    rf"(?:{_PRESENT_JA}){_COLON}{_MOMENT}(?:です)?",
    rf"このページは、?{_MOMENT}に(?:表示|印刷|出力|生成)され(?:ました|たものです)",
    r"(?:this )?page (?:was )?(?:generated|rendered|loaded) in [\d.]{1,8} ?(?:s|ms|seconds?)",
    # 5 days left; Registration closes in 3 days; あと3日
    rf"(?:only |just )?{_LEFT}(?: to [a-z]{{1,12}})?",
    rf"(?:[a-z]{{1,15}} ){{0,3}}{_BEGINS_OR_ENDS} in \d{{1,4}} (?:days?|hours?|minutes?|weeks?)(?!\.)",  # no sentence
    _LEFT_JA,
)
_MOVES = re.compile(rf"[\s(（\[【]*(?:{'|'.join(_ALONE)})[\s)）\]】。.!！]*", re.IGNORECASE)
_LABEL = re.compile(rf"\s*(?:{_VIEWS}|{_VIEWS_JA}|{_LIKES})[!！]?\s*[:：]?\s*", re.IGNORECASE)
_BARE = re.compile(rf"\s*{_NUMBER}\s?(?:回|件|人)?\s*", re.IGNORECASE)
# What is left of a term that is printed with its countdown: 応募締切：6月30日（あと3日）, 開催まであと3日.
_COUNTDOWN = re.compile(
    rf"\s*[(（\[【]\s*(?:{_LEFT}|{_LEFT_JA})\s*[!！]?[)）\]】]|(?<=まで)\s*{_LEFT_JA}\s*$", re.IGNORECASE
)


def settled(text: str) -> str:
    """Return *text* without what only moves; the lines that stay, stay in their order.

    Doing so again changes nothing, and it takes time in proportion to the length.

    >>> settled("公募を開始します。\\n2026年6月11日 | 閲覧数：1,234")
    '公募を開始します。\\n2026年6月11日'
    """
    kept: list[str] = []
    for line in text.split("\n"):
        rest = _still(line)
        if rest is None:
            continue
        if kept and _BARE.fullmatch(rest) and _LABEL.fullmatch(kept[-1]):
            kept.pop()  # a counter in two lines, its name over its number
            continue
        kept.append(rest)
    return "\n".join(kept)


def _still(line: str) -> str | None:
    """Return *line* without what moves in it, None where nothing else was in it."""
    if len(line) > _LONGEST_LINE or not _DIGIT.search(line):
        return line
    while (rest := _without(line)) != line:  # what stood around it may be one of its kind now
        if not rest:
            return None
        line = rest
    return line


def _without(line: str) -> str:
    parts = _SEPARATOR.split(line)  # a part, what separates it from the next, the next …
    still = [_without_countdown(part) for part in parts[::2]]
    separators = ["", *parts[1::2]]
    staying = [place for place, part in enumerate(still) if not _moves(part)]
    if len(staying) == len(still) and still == parts[::2]:
        return line
    rest = "".join(separators[place] + still[place] for place in staying)
    return rest.removeprefix(separators[staying[0]]).rstrip() if staying else ""


def _moves(part: str) -> bool:
    return len(part) <= _LONGEST_PART and _MOVES.fullmatch(part) is not None


def _without_countdown(part: str) -> str:
    return _COUNTDOWN.sub("", part) if len(part) <= _LONGEST_PART else part
