"""The text of an announcement in, what it puts into a calendar out: events with their times, and deadlines. Pure.

This module alone knows which dates in a text are announced, and which are merely mentioned. ``dates`` finds them; the
words around each decide. The strongest rule wins; where two are equally strong a mention comes before a deadline, and a
deadline before an event. A date without a rule is a mention: what is missing can be read, what is wrong misleads.

What lies before the publication is no deadline, and an event only on its own page: in a report, or where the first
lines say that it was held. What lies after it and "was held" is a date whose year was guessed wrong.

No pattern has an unbounded part: a text of any length takes linear time.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from crawler.dates import Found, find
from store.announcement import Event, Precision

EVENT, DEADLINE, MENTION = "event", "deadline", "mention"


def events(text: str, *, title: str, zone: tzinfo, published: datetime | None) -> tuple[Event, ...]:
    """Return the events and deadlines that an announcement makes known, each once, the earliest first.

    *text* is plain; a paragraph, an item, a row of a table with a tab or "|" between its cells is a line. A day without
    a time is all day, and ends with the midnight that begins its last day. A period in which to apply is a deadline at
    its end. A day without a year is the one nearest to two months after *published*, or, if that is unknown, to the
    first event. More than 500 dates are no announcement but a table: the others are not looked at.

    >>> from datetime import UTC
    >>> [event] = events("締切は8月21日正午です。", title="公募", zone=UTC, published=datetime(2026, 7, 10, tzinfo=UTC))
    >>> event.kind, str(event.starts), event.all_day, event.title
    ('deadline', '2026-08-21 12:00:00+00:00', False, '公募')
    """
    page = _Page(title=title, text=text, zone=zone, published=published and published.astimezone(zone).date())
    announced = _announced(page, text, page.published and page.published + _AHEAD)
    if published is None and announced:
        announced = _announced(page, text, announced[0].starts.date())
    return tuple(announced)


def place(words: str, text: str = "") -> str:
    """Return where an event takes place: by the words around its date ``◆``, else where all of *text* does.

    That is the one place that the text labels; empty if it labels none, or several.

    >>> place("◆に京都市及びオンラインで開催します"), place("A clinic will be held online on ◆")
    ('京都市及びオンライン', 'online')
    >>> place("日時:◆", "日時:8月5日\\n会場:県民会館 大ホール")
    '県民会館 大ホール'
    """
    if named := _HELD_AT.search(words.rpartition("⏎")[2].replace("⧖", "")):
        return (named[1] or named[2] or named[3]).strip()
    labelled = {(label[1] or label[2]).strip() for label in _PLACE.finditer(text)}
    if len(labelled) == 1:
        return labelled.pop()
    return "online" if _ONLINE.search(words) else ""


def kind(words: str) -> str:
    """Return what the date ``◆`` in *words* is: ``event``, ``deadline`` or ``mention``.

    >>> kind("公募の締切は◆です"), kind("The treaty was adopted on ◆")
    ('deadline', 'mention')
    """
    marked = _marked(words)
    due = _DUE.search(marked) is not None  # what is due by a day does not take place on it
    rules = (rule for rule in RULES if not (due and rule.kind == EVENT))
    return next((rule.kind for rule in rules if rule.words.search(marked)), MENTION)


def _marked(words: str) -> str:
    return _APPLYING.sub(r"\g<0>●", _MEETING.sub(r"\g<0>◎", words))


class Rule(NamedTuple):
    """Words that make a date one of *kind*. Each of the *examples* is one by this rule.

    ``◆`` is the date, ``◇`` another one; ``⧖`` follows a date with hours from and to, ``◎`` a word for a meeting, ``●``
    one for taking part. ``…`` is a gap of up to 30 characters, ``……`` of 80. Before ``⏎`` stands the last line without
    a date, or the head of the column. ``★`` begins the first lines if the title names a meeting.
    """

    kind: str
    strength: int
    words: re.Pattern[str]
    examples: tuple[str, ...]


def _rule(kind: str, strength: int, words: str, *examples: str) -> Rule:
    gapped = words.replace("……", r"[^◆◇⏎。]{0,80}").replace("…", r"[^◆◇⏎。]{0,30}")
    return Rule(kind, strength, re.compile(gapped, re.IGNORECASE), examples)


_MEETING = re.compile(
    r"フォーラム|セミナー|ウェビナー|シンポジウム|ワークショップ|サミット|イベント|セッション|ラウンドテーブル|まつり|"
    r"スクール(?!バス)|カレッジ|ツアー|フェア|フェスタ|マルシェ|キャンペーン|キックオフ|コンクール|アカデミー|"
    r"(?:説明|研修|研究|勉強|学習|講演|講習|検討|審議|協議|懇談|交流|報告|発表|見学|体験|相談|展示|公聴|委員|上映|展覧|"
    r"茶話|集|部|総|大)会|会[合議]|研修|講座|講演|講習|式典|対話|(?:体験|親子|市民)教室|企画展|意見交換|"
    r"(?:表彰|授与|締結|署名|調印|開所|開会|閉会|記念|認定|贈呈)式|"
    r"\b(?:webinar|seminar|workshop|forum|conference|summit|symposium|congress|meeting|session|dialogue|round ?table|"
    r"briefing|training|(?<!the )course|academy|lecture|lesson|exhibition|hearing|ceremony|festival|clinic|event|tour|"
    r"hackathon|assembly|plenary|panel discussion|retreat|gathering|exchange(?! rate)|(?:site|study|field) visit|"
    r"(?:summer|winter|night) school|(?:book|job|trade) fair|(?:open|field|site|study|info|information) day|"
    r"(?-i:Day|Week|Fair))s?\b",
    re.IGNORECASE,
)
_APPLYING = re.compile(
    r"応募|申し?込み?|募集|公募|提出|登録|質問|意見|申請|エントリー|受け?付け?|傍聴|投票|予約|"
    r"\b(?:regist\w{2,9}|appl(?:y|ications?|icants?)|submi\w{1,8}|nominat\w{1,5}|proposals?|comments?|inputs?|"
    r"abstracts?|papers?|entries|expressions? of interest|sign(?:ed|ing)? up|accredit\w{1,6}|enrol\w{0,5}|questions?|"
    r"contributions?|feedback|responses?|bookings?|book|send|tenders?|bids?|rsvp|signatures?|votes?)\b",
    re.IGNORECASE,
)

_EVENTS = (
    (
        4,
        r"(?:日\s?時|開催(?:予定)?(?:日時?|期日|期間)|会\s?期|とき|実施日時?|開演|開講日?)[\s:⏎】\])」はが、|-]{0,6}◆",
        "日時⏎◆",
        "■日 時:◆⧖",
        "開催日は◆です",
    ),
    (
        4,
        (
            r"(?:^|⏎|[|*■-]\s?)(?:(?:event◎? )?dates?(?: (?:and|&) times?| ?/ ?times?)?|when|day◎)"
            r"\s?[:?|⏎]\s{0,2}(?:\w{3,6}day,? )?◆"
        ),
        "Date: ◆⧖",
        "- When: ◆",
        "Date and time⏎◆",
    ),
    (4, r"\bbe (?:\w{3,12} ){0,2}at (?:an?|the|our|its) ……◎…◆", "will be launched at an online event on ◆"),
    (3, r"実施期間[\s:⏎は]{0,4}◆", "実施期間:◆"),
    (
        3,
        r"◆[^◆◇⏎。]{0,120}(?:開催(?!状況|実績|済|された|した)|開講|開会|開幕|執り行|挙行|展示[しを])",
        "◆に京都市で開催します",
        "◆まで科学館に展示します",
    ),
    (
        3,
        r"◆……◎[^◆◇⏎。をが]{0,30}[をが][^◆◇⏎。を]{0,40}(?:行[いうわ]|開[きくか]|実施)",
        "◆に葉山町で研修を行います",
        "◆から3日間の研修を葉山町で開きます",
        "◆、対話「涼しい街路」が行われました",
    ),
    (3, r"◎…◆[^◆◇⏎。を]{0,60}(?:行[いうわ]|開[きくか]|実施|予定)", "授与式は、◆に東京都内で行います"),
    (3, r"◆……◎……[にへ](?:参加|出席|登壇)", "◆に開かれた第8回会議に出席しました"),
    (3, r"◆の[^◆◇⏎。、]{0,14}◎", "◆の発表会で報告します"),
    (
        3,
        r"(?:^|[⏎\s|・■-])(?:第[0-9]{1,3}[回部日]|[^⏎◆◇。、\s|]{0,12}(?:◎|会場))[\s:|(は]{0,4}◆",
        "- 説明会:◆",
        "仙台会場 ◆",
        "第2回 ◆⧖ 畑にたまる炭素",
    ),
    (3, r"◆[にへ](?:延期|変更|順延)", "マルシェは、◆に延期します"),
    (
        3,
        (
            r"\b(?:will (?:take place|convene|gather|meet (?:at|in|on|online|for|from))|tak(?:es?|ing) place|"
            r"(?:be|is|are) (?:\w{3,8} )?(?:held|hosted|organi[sz]ed))\b……◆"
        ),
        "will take place in Naha from ◆",
        "A clinic will be held online on ◆",
    ),
    (
        3,
        r"\bwill (?:hold|host|co-host|organi[sz]e|convene|stage|hear)\b[^◆◇⏎]{0,150}◆",
        "The Ministry will hold the forum in Kyoto and online on ◆",
    ),
    (
        3,
        r"◎……\b(?:opens?|starts?|begins?|runs?|follows|(?:is|are) (?:planned|scheduled|set))\b…◆",
        "A webinar for officials follows on ◆",
        "A second academy, this time in Spanish, runs from ◆",
    ),
    (2, r"\bopens?\b…◆…◎", "Daring Cities opens on ◆ with a session for mayors"),
    (3, r"\b(?:moved|postponed|rescheduled|brought forward)\b…\b(?:to|until|from) ◆", "has been moved to ◆"),
    (3, r"\b(?:at|to|by|with|in) (?:an?|the|our|its) [^◆◇⏎.]{0,40}◎[^◆◇⏎.]{0,40}◆", "and by a site visit on ◆"),
    (
        3,
        r"◆,? ……\b(?:gather|convene|come together|meet (?:at|in|online|for)|will (?:host|hold|discuss|speak))\b",
        "From ◆, eighty engineers meet at the university",
        "On ◆, IGES will host a session",
    ),
    (2, r"◎[^◆◇⏎.]{0,40}\b(?:on|from)(?: \w{3,6}day,?)? ◆|◎\s?[,(:@-]\s?◆", "our open day on Saturday, ◆"),
    (2, r"\b(?:join us|see you)\b……◆", "Join us in Yokohama on ◆"),
    (2, r"\brunning from ◆", "Running from ◆, the congress features"),
    (
        2,
        r"(?:日程|日時|スケジュール|開催日|会期|\b(?:dates?|when|schedule|sessions◎|programme)\b)[^⏎]{0,8}⏎[^◆◇。]{0,25}◆",
        "会場と日程⏎- 札幌:◆",
        "Schedule⏎- Lyon: ◆",
        "Dates⏎| Textiles | ◆ | Utrecht |",
    ),
    (2, r"◆⧖", "21 October, ◆⧖"),
    (2, r"◎[^◆◇⏎。]{0,60}\([^◆◇⏎。()]{0,10}◆", "勉強会「森を掘る」(札幌 ◆)"),
    (2, r"(?:開催|開講)…◆", "フォーラムを開催します(◆、京都市)"),
    (
        2,
        r"^★(?:[^⏎]{0,150}⏎)?(?-i:(?:[A-Z][a-z]{0,15}|[^◆◇。⏎a-zぁ-ん]){0,12}◆(?:[A-Z][a-z]{0,15}|[^◆◇。a-zぁ-ん]){0,12})$",
        "★Ulaanbaatar / Online⏎◆",
        "★Monday, ◆, Tokyo",
    ),
    (
        3,
        r"\b(?:(?:was|were) held|took place|met (?:at|in|for|on|online)|gathered|convened)\b……◆",
        "Mayors met at the pavilion on ◆",
    ),
    (3, r"\b(?:on|from)\b.{0,12}◆,……\b(?:was held|took place|met|gathered|convened)\b", "On Monday, ◆, leaders met"),
    (3, r"◆,? at (?:an?|the|our) ……◎", "spoke in Antalya on ◆, at a dialogue"),
    (3, r"\b(?:hosted|organi[sz]ed|attended|took part in)\b……◎…◆", "IGES hosted a workshop on ◆"),
    (3, r"◆,……\b(?:held|hosted|organi[sz]ed)\b……◎", "◆, at the university, IGES organised a symposium"),
    (3, r"◎……\bheld\b……◆", "the summit held in Nice on ◆"),
)
_DEADLINES = (
    (
        4,
        r"(?:締め?切り?|〆切り?|(?<!有効)(?<!使用)(?<!履行)期限)(?:日時?)?[^◆◇⏎。]{0,12}[⏎\s]?◆",
        "応募締切:◆【当日消印有効】",
        "| 応募の締切 | ◆ |",
        "提出期限⏎◆",
    ),
    (3, r"◆(?:まで|迄)?\W{0,3}(?:必着|消印|締め?切|〆切|厳守)", "◆(必着)", "◆まで【必着】"),
    (3, r"(?:締め?切り?|期限|deadline)[^⏎]{0,8}⏎[^◆◇。]{0,25}\|\s?◆", "申込期限⏎仙台 | ◆"),
    (3, r"◆(?:で|に|をもって)……締め?切", "参加登録は◆で締め切ります"),
    (4, r"●(?:の|予定)?期間…⏎?…◆", "公募期間:◆", "意見募集期間⏎◆"),
    (
        3,
        (
            r"◆(?:\(.{0,12}\))?(?:まで|迄)……(?:申し?込|応募|受け?付|募集|寄せ|エントリー|投票|予約|傍聴|はがき|電話|メール|"
            r"フォーム|ウェブ|持参|パブリック・?コメント|(?:提出|登録|申請|入力|返信|回答|送付|連絡|お知らせ|意見|質問)…"
            r"(?:ください|下さい|願い|いただ|受け|こと))"
        ),
        "◆までにフォームからお申し込みください",
        "◆まで、国立公園課で受け付けます",
        "◆までに電子申請システムで提出してください",
    ),
    (3, r"●…◆(?:まで|迄|\s?〆|締)", "応募の受付は◆までです", "質問の受付 ◆まで"),
    (
        4,
        r"\b(?:deadline|closing date|due|cut-?off|rsvp)\b(?! to )[^◆◇⏎]{0,150}◆|◆ (?:deadline|cut-?off)",
        "Abstract submission deadline: ◆",
        "apply by the ◆ deadline",
    ),
    (4, r"\bdue (?:on|by) ◇,?…\b(?:on|by) ◆", "Abstracts are due on ◇, full papers on ◆"),
    (
        3,
        (
            r"●……\b(?:(?:by|before|until|till|through|than|latest):?\s(?:(?:noon|midnight|the|end|of|on|\w{3,6}day),?\s){0,3}"
            r"|(?:clos(?:es?|ing)|ends?)\b[^◆◇⏎.]{0,20})◆"
        ),
        "Please register by ◆",
        "Registration ends on ◆",
        "Apply no later than ◆",
        "Anyone may nominate one work until ◆",
    ),
    (3, r"\b(?:until|by) ◆ to ……●", "Cities have until ◆ to submit their applications"),
    (3, r"\bsubmit\b……\bon ◆", "invited to submit full proposals on ◆"),
    (
        3,
        r"(?:\b(?:call|window|round|portal|consultation|survey|competition)\b|●)[^◆⏎]{0,100}\bclos(?:es|ing)\b…◆",
        "The call opened on ◇ and closes on ◆",
    ),
    (
        3,
        r"\bopen (?:until|till|for (?:public )?(?:consultation|[a-z]{4,12}●))……◆",
        "The statement remains open for signature until ◆",
    ),
    (4, r"(?:●|\bconsultation) (?:period|window)\b……◆", "The application period is from ◆"),
)
_MENTIONS = (
    (5, r"(?:昨年|前年|去年|前回|昨年度|当初)…◆", "前回のフォーラム(◆、横浜市)では"),
    (5, r"◆…予定(?:して|されて)いた", "◆に予定していたマルシェは"),
    (5, r"◆……(?:(?<![雨荒]天)中止[しとにが]|取りやめ)|\bcancell?ed\b", "◆のフォーラムは中止します"),
    (
        5,
        r"\b(?:last year|previous|originally|earlier)\b……◆",
        "The previous summit, on ◆",
        "originally scheduled for ◆",
    ),
    (5, r"(?:会見録|議事録|議事要旨|議事概要|\bminutes of|\btranscript\b)…◆", "大臣記者会見録(◆⧖"),
    (5, r"期間…◆(?:から|より|以降|~|…終了しました)", "受付期間:◆から定員に達するまで"),
    (
        4,
        r"(?:計画|契約|助成|有効|対象|調査|委託|履行|支援|実証|配信|視聴|公開|事業|掲載|販売|閲覧)の?(?:実施)?期間…◆",
        "補助事業の実施期間:◆",
        "契約期間は◆までです",
    ),
    (
        4,
        (
            r"(?:任期|(?:掲載|更新|発行|発表|公表|施行|適用|通知|着任|採用|交付決定|休館|休業)(?:予定)?(?:期間|時期|日|年月日)?)"
            r"[\s:⏎はが|]{1,3}…◆"
        ),
        "最終更新日:◆",
        "審査結果の通知 ◆",
        "任期は◆までで",
    ),
    (
        4,
        r"◆(?:から|より|以降|に)……●…(?:開始|始め|始ま)|●…◆(?:から|に|より)…(?:開始|始め|始ま)",
        "参加登録の受付は◆に始めます",
        "◆から受付を開始します",
    ),
    (4, r"◆\)?の(?:資料|議事|録画|動画|記録|様子)", "第3回会合(◆)の資料を掲載しました"),
    (4, r"報告書は?、?◆", "中間報告書は◆までに提出していただきます"),
    (4, r"◆(?:に|から|より|付けで)?、?(?:公布|施行|適用|発効|閣議決定)", "◆から施行され"),
    (4, r"(?:メンテナンス|停止|停電|\b(?:maintenance|outage)\b)……◆|◆……(?:停止|停電)", "◆⧖の間、システムを停止します"),
    (4, r"◆\)?(?:現在|時点|付け?(?!け)|公布|制定|改正|版)", "◆時点で"),
    (
        3,
        r"◆まで……(?:削減|達成|切り?替|公表|通知|完了|視聴|配信|閲覧|飼育|継続|整備|実現|決め|決定|廃止|有効)",
        "◆までに県有施設の電力を切り替える",
        "見逃し配信は◆まで視聴できます",
    ),
    (
        2,
        (
            r"◆……(?:公布|施行|閣議決定|署名(?!式)|締結(?!式)|採択|設立|発足|創設|設置|公表|発表(?!会)|掲載|更新|就任|発効|"
            r"適用|配布|郵送|移転|訪問)"
        ),
        "◆に公布されました",
    ),
    (
        4,
        r"\b(?:since|as of|as at|dated|embargo\w{0,4}(?: until)?|updated:?|version [0-9.]{1,6} of)[^◆◇⏎.]{0,15}◆",
        "has produced heat since ◆",
        "Last updated: ◆",
    ),
    (
        4,
        r"(?:●|\b(?:tickets?|call)\b)……\b(?:opens?(?! (?:until|till|for))|opened|starts?|begins?|began)\b…◆",
        "Registration begins on ◆",
    ),
    (
        3,
        (
            r"\b(?:adopted|established|founded|signed|published|launched|into force|effect(?:ive)?|passed|approved|"
            r"valid|notified|notification|announced|certified|elected|appointed|office|expected|expires?|available|"
            r"completed|finished|connected|bought|opened|closed|set up|contract|applies|apply● from)\b[^◆◇⏎.]{0,25}◆"
        ),
        "The results will be announced on ◆",
        "remain available until ◆",
        "The treaty was adopted on ◆",
    ),
    (4, r"^\w[\w .]{2,20}, ◆\s?[.:-]\s?\w", "Bonn, ◆: Registration has opened"),
)
RULES = tuple(
    sorted(
        (
            _rule(kind, *row)
            for kind, rows in ((MENTION, _MENTIONS), (DEADLINE, _DEADLINES), (EVENT, _EVENTS))
            for row in rows
        ),
        key=lambda rule: -rule.strength,
    )
)
"""What decides, the strongest first; equally strong ones in the order mention, deadline, event."""

_AHEAD = _RECENT = timedelta(days=60)
_REPORTED = timedelta(days=200)
_A_DAY = timedelta(days=1)
_WIDTH, _LABEL, _FIRST_LINES, _MOST = 160, 150, 3, 500

_DUE = re.compile(r"\b(?:by|until|till|before|after) ◆|◆(?:まで|迄)に", re.IGNORECASE)
_HELD = re.compile(
    r"◆[^◆◇⏎。]{0,120}(?:(?:開催|実施|参加|出席|登壇)し|(?:開催さ|開か|行わ)れ|行い|開き)ました"
    r"|(?<!be )(?<!is )(?<!are )(?<!being )\b(?:held|took place|met (?:at|in|for|on|online)|gathered|convened)\b"
    r"[^◆◇⏎]{0,80}◆"
    r"|◆,[^◆◇⏎]{0,80}(?<!be )\b(?:held|hosted|organi[sz]ed|took place|met|gathered|convened)\b"
    r"|(?<!be )\b(?:spoke|presented|hosted|organi[sz]ed|attended|took part)\b[^◆◇⏎]{0,80}◆",
    re.IGNORECASE,
)
_AND_THEN = re.compile(r"◆[^◆◇⏎。]{0,80}(?:(?:開催|参加|出席|登壇)し|(?:開催さ|開か|行わ)れ|行い|開き)、")
_REPORT = re.compile(
    r"報告|結果|を開催$|しました|(?<!be )\bheld\b|\b(?:reports?|outcomes?|recap|summary|highlights)\b", re.IGNORECASE
)
_NAMES_MEETING = re.compile(f"開催|{_MEETING.pattern}", re.IGNORECASE)
_MOVED = re.compile(r"◆[にへ](?:延期|変更|順延)|\b(?:moved|postponed|rescheduled)\b.{0,30}◆")
_STAMP = re.compile(r"★?(?:[^⏎]{0,200}⏎)?[^◆◇。:?]{0,25}◆(?!⧖)\W{0,4}")
_FOR_DAYS = re.compile(r"◆から([2-9]|[1-9][0-9])日間")
_LISTED = re.compile(
    r"(?:◇\s?(?:[,、・/&と]|and|及び|および|並びに)\s?){1,9}(?=◆)|(?<=◆)(?:\s?(?:[,、・/&と]|and|及び|および|並びに)\s?◇){1,9}"
)
_SESSION = re.compile(
    r"[\s|・■*-]{0,6}(?:(?P<before>[^◆◇⏎。:]{1,60}?)\s?[:|]\s?|(?P<short>[^\s◆◇⏎、。:|()A-Za-z]{1,16})[\s(])?◆⧖?"
    r"(?:[\s|:)]{0,4}(?P<behind>[\w「][^◆◇|。,※*]{1,40}))?"
)
_LABELS = re.compile(
    r"(?:\(?[0-9]{1,2}[.)]?\s?)?(?:.{0,20}(?:日\s?時|日程|期日|会\s?期|開催日|期間|概要)等?|とき|日|"
    r"(?:event )?dates?(?: ?(?:and|&|/) ?times?)?|when|day|time|schedule|sessions?|programme|timetable)",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    rf"[。.|]$|オンライン|会場|講師|場所|主催|\b(?:online|virtual|zoom|speakers?|venue|place|where|host|moderator)\b"
    rf"|^{_LABELS.pattern}$",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"第?[0-9]{1,3}[回部日]?目?|(?:day|session|part|week) [0-9a-z]{1,2}", re.IGNORECASE)
_CLAUSE = re.compile(r"[をはがに、]")
_QUOTED = re.compile(r"「([^「」◆◇⏎]{2,60})」")
_NOUN = re.compile(
    rf"\b(?:an?|the|our)\s((?:[\w'-]{{1,20}}\s){{1,4}}?(?:{_MEETING.pattern}))[^◆]{{0,80}}◆"
    rf"|((?<![一-鿿])(?!本|同|当|次回|各|標記)[一-鿿々ァ-ヶー0-9]{{0,20}}(?![a-z])(?:{_MEETING.pattern}))",
    re.IGNORECASE,
)
_HELD_AT = re.compile(
    r"◆(?:まで)?(?:[^◇⏎。]{0,40}[にをは、])?([^\s◆◇⧖⏎。、「」をはがに]{2,20})(?:で|にて|において)"
    r"(?=[^◆◇。]{0,60}(?:開催|開[きくか]|行[いうわ]|実施|執り行))"
    r"|\bin ([A-Z][\w'-]{1,20}(?:(?: and)? [A-Z][\w'-]{1,20}){0,3}(?: and online)?)(?=,? (?:on|from) [^◆]{0,12}◆|,? ◆)"
    r"|◆,? in ([A-Z][\w'-]{1,20}(?:(?: and)? [A-Z][\w'-]{1,20}){0,3}(?: and online)?)"
)
_PLACE = re.compile(
    r"(?:^|\n)[\s■○・*|()\[【0-9.-]{0,8}(?:開催)?(?:会\s?場|場\s?所|ところ)[】)\]]?(?:\s?[:：|]|\s)\s{0,3}([^\n|]{2,80})"
    r"|(?:^|\n)[\s*|-]{0,4}(?:venue|place|location|where)\s?[:：?|]\s{0,2}([^\n|]{2,80})",
    re.IGNORECASE,
)
_ONLINE = re.compile(
    r"オンライン|ウェビナー|ウェブ(?:会議|で)|\b(?:online|virtual(?:ly)?|webinar|zoom)\b", re.IGNORECASE
)
_END = re.compile(r"(?:[。！!]|(?<![Ww]hen)[?？])(?![」』)])|\.\s(?=\s?[A-Z])|\.$")
_MARKS = str.maketrans(
    {"◆": "■", "◇": "□", "★": "☆", "◎": "○", "●": "○", "⧖": " ", "⏎": " ", "\t": "|"}
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("〜∼", "~")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    title: str
    text: str
    zone: tzinfo
    published: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Passage:
    """A date and the words around it, as the rules have them. ``row`` counts the lines so far; 0 is the title."""

    found: Found
    words: str
    row: int


def _announced(page: _Page, text: str, anchor: date | None) -> list[Event]:
    passages = (
        *_passages(page, page.title, anchor, row=0),
        *_passages(page, text, anchor, row=1),
    )
    return _distinct((event for passage in passages if (event := _event(page, passage))), page.zone)


def _passages(page: _Page, text: str, anchor: date | None, *, row: int) -> Iterator[_Passage]:
    above: list[str] = []
    star = "★" if _NAMES_MEETING.search(page.title) else ""
    for line, dated in _lines(text, find(text, zone=page.zone, anchor=anchor)[:_MOST]):
        sessions = {at for found, at in dated if _has_hours(found)}
        for found, at in dated:
            if at in sessions and not _has_hours(found):
                continue  # "18:15-20:45 (18:00 開場)": when the doors open
            words = _words(line, at, above, hours=_has_hours(found))
            yield _Passage(found=found, words=star + words if 0 < row <= _FIRST_LINES else words, row=row)
        above = _above(line, above, dated=bool(dated))
        row += bool(line.strip())


def _lines(text: str, founds: Sequence[Found]) -> Iterator[tuple[str, list[tuple[Found, int]]]]:
    """Yield each line, ``◇`` for its dates, with the dates and their places in it. A date may reach over its end."""
    at, i = 0, 0
    while at < len(text):
        end, line, dated = _line_end(text, at), [], []
        length = 0
        while i < len(founds) and founds[i].start < end:
            if founds[i].start >= at:  # else another time of the same date
                line.append(_plain(text[at : founds[i].start]) + "◇")
                length += len(line[-1])
                at = founds[i].end
                end = _line_end(text, at)
            dated.append((founds[i], length - 1))
            i += 1
        yield "".join(line) + _plain(text[at:end]), dated
        at = end + 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end if end >= 0 else len(text)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(_MARKS)


def _has_hours(found: Found) -> bool:
    return found.precision is Precision.MINUTE and found.ends is not None and found.ends - found.starts < _A_DAY


def _above(line: str, above: list[str], *, dated: bool) -> list[str]:
    """Return the cells of the line that labels the next ones: the last without a date, or the first row of a table."""
    if dated:
        return [] if _END.search(line, max(0, len(line) - 3)) else above
    if not line.strip(" |:-") or ("|" in line and len(above) > 1):
        return above
    return line.strip(" |").split("|")


def _words(line: str, at: int, above: list[str], *, hours: bool) -> str:
    """Return the sentence around the date at *at* with what labels it: the line above, or the head of its column."""
    before, after = line[max(0, at - _WIDTH) : at], line[at + 1 : at + 1 + _WIDTH]
    begins = max((end.end() for end in _END.finditer(before)), default=0)
    before, after = before[begins:].lstrip(" |"), after.removeprefix(")")  # of a time: "5月22日(日本時間正午)まで"
    ends = _END.search(after)
    label = _label(line, at, above)
    if "|" in line:
        before = label + before.rpartition("◇")[2].lstrip(" |")
    elif not begins:
        before = label + before
    return _LISTED.sub("", f"{before}◆{'⧖' if hours else ''}{after[: ends.start()] if ends else after}")


def _label(line: str, at: int, above: list[str]) -> str:
    table = len(above) > 1
    if table and "|" not in line:
        return ""
    column = line.count("|", 1, at) if table else 0
    label = above[column].strip() if column < len(above) else ""
    return f"{label}⏎" if 0 < len(label) <= _LABEL else ""


def _event(page: _Page, passage: _Passage) -> Event | None:
    meant = kind(passage.words)
    if meant == DEADLINE:
        return _deadline(page, passage.found)
    if meant == MENTION or not _is_own(page, passage):
        return None
    starts, ends = _span(passage)
    return Event(
        kind=EVENT,
        starts=starts,
        ends=ends,
        timezone=passage.found.timezone,
        all_day=passage.found.precision is Precision.DAY,
        title=_name(page.title, passage.words),
        place=place(passage.words, page.text),
    )


def _span(passage: _Passage) -> tuple[datetime, datetime | None]:
    found = passage.found
    if found.precision is Precision.MINUTE:
        return found.starts, found.ends
    if found.ends and _MOVED.search(passage.words):  # from the one to the other
        return found.ends, None
    if not found.ends and (days := _FOR_DAYS.search(passage.words)):
        return found.starts, found.starts + (int(days[1]) - 1) * _A_DAY
    return found.starts, found.ends


def _deadline(page: _Page, found: Found) -> Event | None:
    ends, all_day = _last_moment(found)
    if page.published and ends.astimezone(page.zone).date() < page.published:
        return None
    return Event(kind=DEADLINE, starts=ends, timezone=found.timezone, all_day=all_day, title=page.title)


def _last_moment(found: Found) -> tuple[datetime, bool]:
    """Return when *found* is over, and whether that is a whole day. A time behind a range of days is its last day's."""
    if found.precision is Precision.DAY or not found.ends:
        return found.ends or found.starts, found.precision is Precision.DAY
    if found.ends.time() != time():
        return found.ends, False
    last = found.ends - _A_DAY
    if _TIME.search(found.printed, len(found.printed) // 2):
        return datetime.combine(last, found.starts.timetz()), False
    return last, True


_TIME = re.compile(r"[0-9][:時]|[AaPp]\.?[Mm]|正午|noon")


def _name(title: str, words: str) -> str:
    """Return what the event is called: what its line, a quotation or the noun in its sentence say, else the title."""
    label, _, line = words.lstrip("★").rpartition("⏎")
    if (session := _session(label, line)) and session.casefold() not in title.casefold():
        return session if _is_new(session, title) else f"{title}: {session}"
    quoted = [name[1] for name in _QUOTED.finditer(line) if name[1] in title or _MEETING.search(name[1])]
    nouns = [name[1] or name[2] for name in _NOUN.finditer(line)]
    if quoted or (nouns and all(_is_new(noun, title) for noun in nouns)):
        return quoted[0] if quoted else nouns[0][:1].upper() + nouns[0][1:]
    return title


def _session(label: str, line: str) -> str:
    """Return how a line that is no sentence names its session: before the date, behind it, or in the line above."""
    if not (printed := _SESSION.match(line)):
        return ""
    before = (printed["before"] or printed["short"] or "").rpartition("|")[2].strip()
    behind = (printed["behind"] or "").strip()
    if before:
        named = f"{before} {behind}".strip() if _COUNTED.fullmatch(before) else before
        return "" if _LABELS.fullmatch(before) else named
    if _MEETING.search(behind) and not _CLAUSE.search(behind):
        return behind
    return label if "⧖" in line and len(label) >= 8 and not _NO_NAME.search(label) else ""


def _is_new(name: str, title: str) -> bool:
    """Return whether *name* is that of a meeting, and of one that the title does not speak of."""
    meetings = [word[0].casefold() for word in _MEETING.finditer(name)]
    return bool(meetings) and not any(word in title.casefold() for word in meetings)


def _is_own(page: _Page, passage: _Passage) -> bool:
    """Return whether the event is still to come, or was held and is what the page is about."""
    held = _HELD.search(passage.words) is not None
    report = _REPORT.search(page.title) is not None
    own = report or passage.row <= _FIRST_LINES
    if page.published is None:
        return own or not held
    age = page.published - (passage.found.ends or passage.found.starts).astimezone(page.zone).date()
    if age < timedelta():
        return not held
    if not age:
        return not _STAMP.fullmatch(passage.words)
    held = held or report or _AND_THEN.search(passage.words) is not None
    return own and held and age <= (_REPORTED if report else _RECENT)


def _distinct(announced: Iterable[Event], zone: tzinfo) -> list[Event]:
    """Return each event once, in order. A day without a time is the first session that begins on it, if one does."""
    by_day: dict[tuple[str, date], list[Event]] = {}
    for event in announced:
        others = by_day.setdefault((event.kind, event.starts.astimezone(zone).date()), [])
        same = next((i for i, other in enumerate(others) if _is_same(event, other)), len(others))
        others[same : same + 1] = [min((*others[same : same + 1], event), key=_brevity)]
    distinct = (event for others in by_day.values() for event in others)
    return sorted(distinct, key=lambda event: (event.starts, event.kind))


def _is_same(event: Event, other: Event) -> bool:
    """Return whether two that begin on one day are one: a day alone says no more than that something begins."""
    if event.all_day == other.all_day:
        return event.starts == other.starts
    whole, timed = (event, other) if event.all_day else (other, event)
    return whole.ends is None or (timed.ends is not None and timed.ends.date() == whole.ends.date())


def _brevity(event: Event) -> tuple[bool, bool]:
    """Return what is smaller the more an event says of its times."""
    return event.all_day, event.ends is None
