"""Calendar days as people print them, Japanese and English: folded text in, ``Run`` out.

A run is what stands beside one month: "25 and 26 January 2023", "12月7日~10日", "R5.1.31". This module alone knows the
eras, the names of the months, and what may stand between two days. A year that is not printed is for others to tell.

No pattern has an unbounded part: none looks further than a line or so, and a text of any length takes linear time.
"""

import re
from dataclasses import dataclass, replace

ERAS = (
    {"令": 2018, "平": 1988, "昭": 1925, "大": 1911, "明": 1867}
    | {"㋿": 2018, "㍻": 1988, "㍼": 1925, "㍽": 1911, "㍾": 1867}
    | {"R": 2018, "H": 1988, "S": 1925}
)
"""The year before an era's first. When it began and ended is not held against a date: 平成33年 was printed for 2021."""

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """From one day of a month to another, or one day; and where in the text."""

    first: int
    last: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Days of one month, printed together; ``ranged`` if a dash, not an "and", leads here from the run before.

    ``year`` is ``None`` where none is printed; ``later`` is 0 for 同年, the year of the date before, and 1 for 翌年.
    """

    year: int | None
    later: int | None
    month: int
    days: tuple[Days, ...]
    start: int
    end: int
    ranged: bool = False


SP = r"[ ]{0,3}"
_NAME = (
    r"(?P<name>(?i:january|february|march|april|may|june|july|august|september|october|november|december)(?![A-Za-z])"
    r"|(?i:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)(?![A-Za-z])(?:\.(?=,?[ ]{0,3}[0-9]))?"
    r"|(?i:may)\.(?=[ ][0-9]{1,2},[ ]))"
)
DAY_NAME = r"(?i:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?)(?![A-Za-z])\.?"
_WEEKDAY = (
    rf"(?:{SP}(?:\([月火水木金土日祝休振曜・,、/ ]{{1,8}}\)|[月火水木金土日]曜日?|[㈪-㈰]|\({DAY_NAME}\))"
    rf"|,?[ ]{DAY_NAME}(?!,?[ ][0-9]))?"
)
_DASH = r"(?:[-~ー]|から|より|(?:to|till?|until|through)(?=[ ]))"
_AND = r"(?:,?[ ]and(?=[ ])|[ ]?&|及び|および|並びに|又は|または|と|[・/])"
_DAY = r"[0-9]{1,2}"
_NTH = rf"{_DAY}(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[0-9]{4})(?![0-9])"
_ERA_YEAR = (
    r"(?:(?P<era>令和?|平成?|昭和?|大正|明治|[㋿㍻㍼㍽㍾]|(?<![0-9A-Za-z_.])[RHS]\.?)"
    rf"{SP}(?P<counted>元|0[1-9]|[1-9][0-9]?)|(?P<year>[0-9]{{4}}))"
)
# in English a day is a number that is not an hour, a decimal, or the next date's day
_ENGLISH_DAY = rf"{_NTH}(?![0-9A-Za-z]|[:.][0-9]|[ ]?[AaPp]\.?[Mm]|{SP}(?:of[ ])?{_NAME.replace('?P<name>', '?:')})"

_JAPANESE = re.compile(
    rf"(?<![0-9])(?:{_ERA_YEAR}{SP}年{SP}(?:\([^()\n]{{2,9}}\){SP})?"  # 令和8年(2026年)
    r"|(?P<later>[同翌])年|(?<!年)(?<!年[ ])|(?<=[今本]年))"  # no 毎年: that is no day of one year
    rf"(?P<month>{_DAY}){SP}月{SP}"
    rf"(?P<days>(?:{_DAY}(?:{SP}日{_WEEKDAY})?{SP}(?:{_DASH}|{_AND}|[、,]){SP}){{0,5}}{_DAY}){SP}日(?![間目]){_WEEKDAY}"
)
_NUMERIC = re.compile(
    rf"(?<![0-9A-Za-z_/])(?<![0-9A-Za-z][.-]){_ERA_YEAR}(?P<sep>[./]|(?<=[0-9]{{4}})-)(?P<month>{_DAY})(?P=sep)"
    rf"(?P<days>{_DAY})(?![0-9A-Za-z_]|[./][0-9A-Za-z])(?!(?P=sep)[0-9]){_WEEKDAY}"
)
_NUMERIC_END = re.compile(
    rf"(?:(?<=~)|(?<=~[ ])|(?<=[0-9)]-))(?P<month>{_DAY})[./](?P<days>{_DAY})"
    rf"(?![0-9A-Za-z_:]|[./][0-9A-Za-z]){_WEEKDAY}"
)
_DAY_FIRST = re.compile(
    r"(?:(?<![0-9A-Za-z])|(?<=[a-z]{3}))(?<![0-9][.:/])"  # "Date14 and 15 October", as table cells run together
    rf"(?P<days>(?:{_NTH}{_WEEKDAY}(?:{SP}{_DASH}|{_AND}|,){SP}(?:{DAY_NAME},?[ ])?){{0,5}}{_NTH}){_WEEKDAY}"
    rf"(?:{SP}(?:of[ ])?|-){_NAME}{_WEEKDAY}(?:(?:,?{SP}|-){_YEAR}|(?!,?{SP}[0-9]{{4}})){_WEEKDAY}"
)
_MONTH_FIRST = re.compile(
    rf"(?<![A-Za-z]){_NAME}{SP}(?P<days>{_ENGLISH_DAY}{_WEEKDAY}"
    rf"(?:{SP}{_DASH}{SP}{_ENGLISH_DAY}|(?:,[ ]{_ENGLISH_DAY}){{0,4}}{_AND}{SP}{_ENGLISH_DAY})?)"
    rf"{_WEEKDAY}(?:,?{SP}{_YEAR}|(?!,?{SP}[0-9]{{4}})){_WEEKDAY}"
)
_FORMS = (_JAPANESE, _NUMERIC, _DAY_FIRST, _MONTH_FIRST)

_START = re.compile(
    r"[0-9JFMASONDRH令平昭大明同翌㋿㍻㍼㍽㍾]"
    r"(?:(?<=[0-9])(?<![0-9].)|(?<=[A-Z])(?<![A-Za-z].)(?=[0-9A-Za-z元.])|(?<=[^0-9A-Z]))"
)
_NUMBER = re.compile(rf"({_DAY})(?:st|nd|rd|th|{SP}日)?{_WEEKDAY}")
_RANGE = re.compile(_DASH)
_LIST = re.compile(_AND)
_JOIN = re.compile(rf"{SP}(?:(?P<range>{_DASH})|{_AND}|[、,]){SP}(?:{DAY_NAME},?[ ])?")
_AGAIN = re.compile(rf"(?P<same>同月{SP})?(?P<days>{_DAY})(?:st|nd|rd|th|日){_WEEKDAY}")


def next_start(text: str, at: int) -> int | None:
    """Return the first place from *at* on where a run may begin."""
    found = _START.search(text, at)
    return found.start() if found else None


def match(text: str, at: int) -> Run | None:
    """Return the run that begins at *at*.

    >>> match("28 February - 3 March 2023", 0)
    Run(year=None, later=None, month=2, days=(Days(first=28, last=28, start=0, end=11),), start=0, end=11, ranged=False)
    """
    for form in _FORMS:
        if printed := form.match(text, at):
            return _run(text, printed)
    return None


def follow(text: str, before: Run, at: int) -> Run | None:
    """Return the run that a dash, a comma or an "and" at *at* joins to the run *before*.

    Two of a list that both print their year stand for themselves: they are not joined.
    """
    join = _JOIN.match(text, at)
    run = join and (match(text, join.end()) or _run(text, _NUMERIC_END.match(text, join.end())))
    if not join or not run or (before.year and run.year and not join["range"]):
        return None
    return replace(run, ranged=bool(join["range"]))


def again(text: str, before: Run, at: int) -> Run | None:
    """Return the later day of *before*'s month with which a list goes on at *at*: ", 18th", "、22日", "から同月30日".

    What says that it is of the same month is sure to be a day, and may end a range.
    """
    join = _JOIN.match(text, at)
    printed = join and _AGAIN.match(text, join.end())
    if not join or not printed or int(printed["days"]) <= before.days[-1].last:
        return None
    day = Days(first=int(printed["days"]), last=int(printed["days"]), start=printed.start(), end=printed.end())
    ranged = bool(printed["same"] and join["range"])
    return Run(year=None, later=0, month=before.month, days=(day,), start=day.start, end=day.end, ranged=ranged)


def _run(text: str, printed: re.Match[str] | None) -> Run | None:
    if printed is None:
        return None
    parts, day_first = printed.groupdict(), printed.re is _DAY_FIRST
    year, days = _year(parts), _days(text, printed, day_first=day_first)
    # without a year, "may 2" and "10 march" are words: a capital says that they are months
    if year is None and (parts.get("name") or "M")[0].islower():
        return None
    start, end = days[0].start if day_first else printed.start(), printed.end()
    days[0], days[-1] = replace(days[0], start=start), replace(days[-1], end=end)
    later = {"同": 0, "翌": 1}.get(parts.get("later") or "")
    return Run(year=year, later=later, month=_month(parts), days=tuple(days), start=start, end=end)


def _year(parts: dict[str, str | None]) -> int | None:
    if year := parts.get("year"):
        return int(year)
    if (era := parts.get("era")) and (counted := parts.get("counted")):
        return ERAS[era[0]] + (1 if counted == "元" else int(counted))
    return None


def _month(parts: dict[str, str | None]) -> int:
    name = parts.get("name")
    return MONTHS.index(name[:3].lower()) + 1 if name else int(parts["month"] or 0)


def _days(text: str, printed: re.Match[str], *, day_first: bool) -> list[Days]:
    """Return the days of a run: neighbours and ranges as one, the others of a list each.

    Of numbers that make no such list ("COP 30 - 12 January", "Room 5, 26 January") the one next to the month is a day.
    """
    days: list[Days] = []
    listed = not day_first or _LIST.search(printed["days"])
    for number in _NUMBER.finditer(text, *printed.span("days")):
        day = Days(first=int(number[1]), last=int(number[1]), start=number.start(), end=number.end())
        if not days:
            days.append(day)
            continue
        ranged = _RANGE.search(text, days[-1].end, day.start) is not None
        step = day.first - days[-1].last
        if step == 1 or (ranged and step > 0):
            days[-1] = replace(days[-1], last=day.last, end=day.end)
        elif listed and step > 0:
            days.append(day)
        elif day_first:
            days = [day]
        else:
            break
    return days
