"""A seed and a number in, an announcement out: an archive of any size, without a page of anybody's.

Announcement *i* follows from the seed and *i* alone, so that a smaller archive is the beginning of a larger one and
nothing is held in memory. Words come as often as words do (Zipf): some stand in every text of their language, and so in
half the archive, most in few. ``rare`` and ``rare_pair`` name words that stand in about ten announcements, however many
there are. About 3 % tell what another source told before, about 10 % translate an earlier one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate, product
from random import Random
from zoneinfo import ZoneInfo

from store.announcement import Announcement, Attachment, Event, From, Precision

SEED = 4
END = datetime(2026, 6, 1, tzinfo=UTC)  # nothing is published later, and all is seen after it
_DAYS = 3650
_TOLD_AGAIN, _TRANSLATED = 0.03, 0.10
_NEARBY = 200  # so many numbers before it, at most, is what an announcement tells again or translates
_BLOCK, _CYCLE = 10_000, 500  # a rare word comes every _CYCLE announcements of a block, in either language
_STRIDE = 1_000_003  # from one rare word to the next, so that they look different
_A_RUN = 100  # announcements that one run finds
_SHORTEST, _LONGEST = 300, 3000  # characters of a text
_ZIPF = 2.7  # flattens the first ranks
_A_SUBJECT, _A_STYLE = 25, 12  # words that a text is about, at the least, and sentences that its writer can


@dataclass(frozen=True, slots=True)
class Stream:
    """One of the sources: what its announcements have in common."""

    name: str
    organisation: str
    language: str
    timezone: str
    site: str
    kind: str  # of news: release, news, event or publication


_BERLIN, _TOKYO = "Europe/Berlin", "Asia/Tokyo"
STREAMS = (
    Stream("moej-ja", "moej", "ja", _TOKYO, "https://www.env.go.jp/press/press_{:07d}.html", "release"),
    Stream("moej-ja-kaiken", "moej", "ja", _TOKYO, "https://www.env.go.jp/annai/kaiken/kaiken_{:07d}.html", "news"),
    Stream("moej-en", "moej", "en", _TOKYO, "https://www.env.go.jp/en/press/press_{:07d}.html", "release"),
    Stream("iges-ja-news", "iges", "ja", _TOKYO, "https://www.iges.or.jp/jp/news/{:07d}", "news"),
    Stream("iges-ja-events", "iges", "ja", _TOKYO, "https://www.iges.or.jp/jp/events/{:07d}", "event"),
    Stream("iges-ja-pub", "iges", "ja", _TOKYO, "https://www.iges.or.jp/jp/pub/paper-{:07d}/ja", "publication"),
    Stream("iges-en-news", "iges", "en", _TOKYO, "https://www.iges.or.jp/en/news/{:07d}", "news"),
    Stream("iges-en-events", "iges", "en", _TOKYO, "https://www.iges.or.jp/en/events/{:07d}", "event"),
    Stream("iges-en-pub", "iges", "en", _TOKYO, "https://www.iges.or.jp/en/pub/paper-{:07d}/en", "publication"),
    Stream("iclei", "iclei", "en", _BERLIN, "https://iclei.org/news/item-{:07d}/", "news"),
    Stream("citytalk", "iclei", "en", _BERLIN, "https://talkofthecities.iclei.org/story-{:07d}/", "news"),
    Stream("daring-cities", "iclei", "en", _BERLIN, "https://daringcities.org/session-{:07d}/", "event"),
    Stream("iclei-japan-ja", "iclei", "ja", _TOKYO, "https://japan.iclei.org/ja/news/{:07d}/", "news"),
    Stream("iclei-japan-en", "iclei", "en", _TOKYO, "https://japan.iclei.org/news/{:07d}/", "news"),
)
_SHARES = (30, 5, 6, 8, 5, 5, 6, 5, 6, 14, 5, 3, 5, 4)
TOPICS = ("adaptation", "biodiversity", "buildings", "carbon-pricing", "energy", "finance", "local", "transport")

_JAPANESE = (  # noqa: SIM905  (words are read as a text is)
    "環境 地域 事業 計画 対策 支援 情報 推進 脱炭素 気候変動 温室効果ガス 排出量 再生可能エネルギー 自治体 企業 "
    "会議 調査 検討会 実施 公募 補助金 結果 意見 募集 報告書 国際 協力 連携 都市 社会 資源循環 廃棄物 水素 省エネ 目標 "
    "方針 法律 制度 基準 評価 指針 技術 開発 導入 設備 住宅 建築物 交通 物流 太陽光発電 風力発電 蓄電池 電力 森林 海洋 "
    "生物多様性 自然 保全 適応 影響 災害 防災 熱中症 健康 水質 大気 土壌 化学物質 汚染 規制 監視 測定 研究 分析 予測 "
    "シナリオ モデル データ 統計 市場 投資 金融 資金 予算 税制 取引 価格 消費 生産 供給 需要 産業 農業 漁業 林業 観光 "
    "教育 人材 育成 普及 啓発 参加 市民 団体 大学 学校 若者 世代 国民 生活 行動 変革 移行 公正 雇用 経済 成長 持続 "
    "可能性 課題 解決 方法 事例 手引き 共有 発信 議論 交流 研修 講演 発表 審査 選定 認定 登録 表彰 申請 受付 締切 "
    "説明会 懇談会 審議会 委員会 部会 閣僚 大臣 政府 省庁 条約 協定 締約国 交渉 枠組み 宣言 合意 声明 首脳 途上国 "
    "アジア 太平洋 島しょ国 欧州 協働 共創 循環 経営 戦略 工程表 見直し 改定 策定 公表 閣議決定 施行 改正 案 概要 資料"
).split()
_ENGLISH = (  # noqa: SIM905  (words are read as a text is)
    "climate cities policy energy report carbon government development emissions action plan support local global "
    "finance transition project national community data research water public adaptation resilience sustainability "
    "infrastructure biodiversity agreement framework ministry council mayor network partnership programme strategy "
    "target assessment investment technology market transport building waste nature forest ocean region country "
    "meeting workshop webinar conference dialogue training survey guideline standard regulation law budget fund loan "
    "grant subsidy tax price trade industry agriculture fishery tourism school university student citizen youth "
    "worker employment health heat flood drought storm disaster risk insurance housing district neighbourhood park "
    "river coast island mountain soil air pollution chemical plastic recycling packaging food diet farm battery "
    "hydrogen solar wind geothermal grid storage vehicle bus bicycle railway port airport shipping steel cement "
    "glass timber concrete roof window pump boiler lighting appliance consumption production supply demand scenario "
    "model forecast indicator inventory baseline audit disclosure taxonomy bond bank investor company supplier "
    "secretariat delegate negotiator ambassador minister parliament municipality prefecture province village"
).split()
_RULES_JA = (
    "%sの%sに向けて、%sを{}。",
    "%sは、%sと%sについて%sで{}。",
    "このうち%sでは、%sの%sを%sとともに{}。",
    "また、%sに係る%sの%sを{}。",
    "%s及び%sは、%sにおける%sを{}。",
    "なお、%sの%sは%sから%sまでに{}。",
    "%s、%s、%sなどの%sを{}。",
    "%sによると、%sの%sが%sを上回り、%sを{}。",
    "あわせて%sに%sを設け、%sの観点から%sを{}。",
    "%sでの%sを踏まえ、%sの%sを%sが{}。",
    "%sが%sとなったことから、%sは%sを{}。",
    "%sを対象に%sと%sを{}。",
    "%sの%sにあたっては、%sのほか%sを{}。",
    "%s（%s）を%sとして{}。",
    "%sから%sへと%sを{}。",
    "%sほど%sの%sが問われ、%sは%sを{}。",
    "さらに%s上の%sとして%sを{}。",
    "%sだけでなく%sにも%sを{}。",
    "%s、とりわけ%sでは%sが%sを{}。",
    "こうした%sは%sの%sにつながり、%sを{}。",
    "前年の%sに続き、%sの%sで%sを{}。",
    "%s並みの%sへ、%sの%sを{}。",
    "%sの下、%sごとに%sを{}。",
    "今後は%sを通じ%sと%sを{}。",
    "%sとしては、%sより%sを%sへ{}。",
    "%sにより%sの%sを減らし、%sを{}。",
    "%s側の%s、%s側の%sをともに{}。",
    "第一に%s、第二に%sを%sで{}。",
)
_VERBS_JA = (  # noqa: SIM905  (words are read as a text is)
    "進めます 公表しました 開始します 決定しました 取りまとめました 支援します 実施しています 強化します 募集します "
    "検討しました 見直すこととしました 求めています 目指します 開催しました 拡大していきます 紹介します 分析しました "
    "提案しています 確認しました 設置しました 促しています 評価しました 受け付けます 示しています 定めました "
    "改めました 共有しました 重視しています 導入します 補います 把握しました 予測しています 整えます 束ねます"
).split()
_RULES_EN = (
    "%s and %s {} %s across %s. ",
    "In %s, %s {} %s with %s. ",
    "The %s of %s {} %s by %s. ",
    "%s {} %s, while %s and %s follow. ",
    "For %s, this %s {} a %s on %s. ",
    "According to %s, %s {} %s more than %s. ",
    "With %s in %s, the %s {} new %s. ",
    "Without %s, no %s {} %s or %s. ",
    "%s, %s and %s together {} %s. ",
    "It is %s that {} %s, from %s to %s. ",
    "Those behind %s {} %s for every %s. ",
    "As %s grew, %s {} its %s under %s. ",
    "Both %s and %s {} %s before %s. ",
    "%s now {} what %s once called %s. ",
)
_VERBS_EN = (  # noqa: SIM905  (words are read as a text is)
    "supports announced launched adopted reviews expands welcomed published funds measures reduced strengthens joined "
    "proposes hosts confirmed shapes tested plans revised explores links doubled awarded opens compared informs leads "
    "requires examined presents shares delayed replaced accelerates maps"
).split()
_TITLES = {
    ("ja", "release"): ("%sの%sについて", "%s（%s）の公表について", "「%s%s」の募集を開始します", "%sに係る%sの結果"),
    ("ja", "news"): ("%sが%sを開催", "%sと%sをめぐる動き", "%s：%sへの期待", "%sに関する%sの会見"),
    ("ja", "event"): ("%sセミナー「%s」", "%sシンポジウム：%sを考える", "第%s回 %s研究会"),
    ("ja", "publication"): ("%sにおける%sの分析", "%sと%s：政策提言", "%s報告書　%s編"),
    ("en", "release"): ("%s on %s", "Results of %s for %s", "Call for %s: %s"),
    ("en", "news"): ("%s joins %s", "How %s changes %s", "%s: a year of %s"),
    ("en", "event"): ("Webinar: %s and %s", "%s forum on %s", "Dialogue on %s with %s"),
    ("en", "publication"): ("%s in %s: evidence and options", "Assessing %s under %s", "%s and %s: a policy brief"),
}
_AGAIN = {
    "ja": ("関係機関の発表を、次のとおりお知らせします。\n", "\n詳しくは発表元をご覧ください。"),
    "en": ("We share this announcement of a partner with our readers.\n", "\nThe full text is with the publisher."),
}
_PLANTED = {
    "ja": "「%s」地区の%sでも、%sの取組が始まりました。",
    "en": "A first example comes from %s, where %s meets %s. ",
}
_KATAKANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノマミムメモラリルレロ"
_PLACES = "山川田村松高大小中上下北東西南森島岡谷原"
_RARE_KANJI = "鷺麓鱗蕨鵜鯨鶴亀蝶蛍藍葵萩菫蓬蔦椿楓梓榊樟槇櫂櫛"
_SYLLABLES = [consonant + vowel for consonant, vowel in product("bdfgklmnprstvz", "aeo")]


class Vocabulary:
    """The words of a language, the frequent first, and the rules by which they make sentences."""

    def __init__(self, words: Sequence[str], rules: Sequence[str], verbs: Sequence[str]) -> None:
        self._words = words
        self._weights = list(accumulate(1 / (rank + _ZIPF) for rank in range(len(words))))
        self._rules = [rule.format(verb) for rule, verb in product(rules, verbs)]
        sample = "".join(self._rules)
        usual = Random(0).choices(words, cum_weights=self._weights, k=1000)  # noqa: S311  (no secret)
        words_length = sum(map(len, usual)) / len(usual)
        self._length = (len(sample) + sample.count("%s") * (words_length - 2)) / len(self._rules)

    def fill(self, random: Random, rule: str) -> str:
        return rule % tuple(random.choices(self._words, cum_weights=self._weights, k=rule.count("%s")))

    def text(self, random: Random, length: int) -> str:
        """Return paragraphs of about *length* characters, a line each. A text has its subject: its words come again."""
        count = max(round(length / self._length), 1)
        rules = random.choices(random.choices(self._rules, k=_A_STYLE), k=count)
        rule = "".join(rule.rstrip() + "\n" if at % 5 == 4 else rule for at, rule in enumerate(rules))
        slots = rule.count("%s")
        subject = random.choices(self._words, cum_weights=self._weights, k=_A_SUBJECT + slots // 4)
        return (rule % tuple(random.choices(subject, k=slots))).strip()


def _japanese() -> list[str]:
    """Return nouns; then what is composed of two, places, names in katakana and figures, as they fall."""
    random = Random(0)  # noqa: S311  (no secret)
    compounds = {"".join(random.sample(_JAPANESE, 2)) for _ in range(4000)}
    places = {
        f"{a}{b}{kind}" for a, b in product("山川田村松高大小中上下北東西南森島岡谷原", repeat=2) for kind in "市町"
    }
    names = {"".join(random.choices(_KATAKANA, k=random.randint(3, 5))) for _ in range(1500)}
    figures = {f"{random.randint(2, 900)}{unit}" for unit in ("件", "億円", "万トン", "名", "％") for _ in range(150)}
    return _JAPANESE + _mixed(random, compounds | places | names | figures)


def _english() -> list[str]:
    random = Random(0)  # noqa: S311  (no secret)
    heads = ("bio", "geo", "hydro", "electro", "photo", "micro", "macro", "thermo", "agro", "eco", "inter", "multi")
    stems = ("graph", "therm", "chem", "morph", "spher", "metr", "gen", "cycl", "stabil", "mobil", "nutri", "veget")
    ends = ("ation", "al", "ic", "ology", "ity", "ance", "ative", "ics")
    terms = {"".join(parts) for parts in product(heads, stems, ends)}
    names = {"".join(random.choices(_SYLLABLES, k=random.randint(2, 4))).capitalize() for _ in range(4000)}
    units = ("cities", "million", "tonnes", "percent")
    figures = {f"{random.randint(2, 900)} {unit}" for unit in units for _ in range(150)}
    return _ENGLISH + _mixed(random, terms | names | figures)


def _mixed(random: Random, words: set[str]) -> list[str]:
    ordered = sorted(words)
    random.shuffle(ordered)
    return ordered


VOCABULARIES = {"ja": Vocabulary(_japanese(), _RULES_JA, _VERBS_JA), "en": Vocabulary(_english(), _RULES_EN, _VERBS_EN)}
COMMON = {"ja": _JAPANESE[:10], "en": _ENGLISH[:10]}


def rare(language: str, number: int) -> str:
    """Return the rare word that announcement *number* holds if it is in this language, as about nine others do."""
    which = (number // _BLOCK * _CYCLE + number % _CYCLE) * _STRIDE
    alphabet, first = (_KATAKANA, "ヴ") if language == "ja" else (_SYLLABLES, "X")
    return first + "".join(alphabet[which // len(alphabet) ** place % len(alphabet)] for place in range(5))


def rare_pair(number: int) -> str:
    """Return the two characters that announcement *number* holds, of the first block, if it is Japanese."""
    which = number % _CYCLE
    return _RARE_KANJI[which // len(_RARE_KANJI)] + _RARE_KANJI[which % len(_RARE_KANJI)]


def announcement(number: int, seed: int = SEED) -> Announcement:
    """Return announcement *number* of an archive; what it repeats or translates has a lower number."""
    random, kind = _begin(number, seed)
    if kind == "first":
        return _first(random, number, random.choices(STREAMS, _SHARES)[0])
    before = announcement(_before(random, number, seed), seed)
    return _told_again(random, number, before) if kind == "again" else _translated(random, number, before)


def seen(number: int) -> datetime:
    """Return when announcement *number* is found: some at a time, as a run finds them."""
    return END + timedelta(minutes=number // _A_RUN)


def _begin(number: int, seed: int) -> tuple[Random, str]:
    random = Random(seed << 40 | number)  # noqa: S311  (no secret)
    drawn = random.random()
    if number < _NEARBY or drawn >= _TOLD_AGAIN + _TRANSLATED:
        return random, "first"
    return random, "again" if drawn < _TOLD_AGAIN else "translation"


def _before(random: Random, number: int, seed: int) -> int:
    other = number - random.randint(1, _NEARBY // 2)
    while _begin(other, seed)[1] != "first":
        other -= 1
    return other


def _first(random: Random, number: int, stream: Stream, published: datetime | None = None) -> Announcement:
    vocabulary, language = VOCABULARIES[stream.language], stream.language
    text = vocabulary.text(random, min(max(int(random.lognormvariate(6.8, 0.65)), _SHORTEST), _LONGEST - 500))
    text = f"{text}\n{_planted(random, number, language)}"
    when, precision = (published, Precision.DAY) if published else _published(random, stream)
    return Announcement(
        source=stream.name,
        organisation=stream.organisation,
        language=language,
        timezone=stream.timezone,
        url=stream.site.format(number),
        title=vocabulary.fill(random, random.choice(_TITLES[language, stream.kind])),
        text=text,
        html=_html(text),
        summary=text[:120].partition("\n")[0],
        published=when,
        published_from=From.LISTING,
        precision=precision,
        tags=tuple(sorted(set(random.choices(COMMON[language], k=random.randint(0, 3))))),
        topics=tuple(sorted(set(random.choices(TOPICS, k=random.randint(0, 2))))),
        attachments=tuple(_files(random, number, vocabulary)),
        events=tuple(_events(random, stream, when)),
    )


def _told_again(random: Random, number: int, before: Announcement) -> Announcement:
    """Return *before* as another source of its language tells it: a sentence around it, perhaps the end left out."""
    others = [each for each in STREAMS if each.language == before.language and each.name != before.source]
    stream = random.choice(others)
    lines = before.text.splitlines()
    kept = lines[: max(len(lines) - random.randint(0, 1), 1)]
    introduction, end = _AGAIN[before.language]
    text = f"{introduction if random.random() < 0.7 else ''}{chr(10).join(kept)}{end}"
    zone = ZoneInfo(stream.timezone)
    day = _midnight((before.published or END).astimezone(zone) + timedelta(days=random.randint(0, 3)))
    return replace(
        before,
        source=stream.name,
        organisation=stream.organisation,
        timezone=stream.timezone,
        url=stream.site.format(number),
        text=text,
        html=_html(text),
        published=min(day, END),
        precision=Precision.DAY,
        attachments=(),
        events=(),
    )


def _translated(random: Random, number: int, before: Announcement) -> Announcement:
    """Return another announcement of the organisation in the other language; one in two says what it translates."""
    others = [each for each in STREAMS if each.language != before.language and each.organisation == before.organisation]
    stream = random.choice(others)
    day = _midnight((before.published or END).astimezone(ZoneInfo(stream.timezone)))
    made = _first(random, number, stream, min(day + timedelta(days=random.randint(0, 2)), END))
    return replace(made, alternates=(before.url,) if random.random() < 0.5 else (), topics=before.topics)


def _planted(random: Random, number: int, language: str) -> str:
    rule = _PLANTED[language]
    with_rare = VOCABULARIES[language].fill(random, rule.replace("%s", rare(language, number), 1))
    if language == "ja" and number < _BLOCK:
        return with_rare + VOCABULARIES["ja"].fill(random, rule.replace("%s", rare_pair(number), 1))
    return with_rare


def _published(random: Random, stream: Stream) -> tuple[datetime, Precision]:
    """Return a day of the ten years; of most English sources also the minute, in office hours."""
    day = (END - timedelta(days=random.randint(1, _DAYS))).astimezone(ZoneInfo(stream.timezone))
    if random.random() < (0.9 if stream.language == "ja" else 0.3):
        return _midnight(day), Precision.DAY
    return _midnight(day).replace(hour=random.randint(8, 18), minute=random.randint(0, 59)), Precision.MINUTE


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _files(random: Random, number: int, vocabulary: Vocabulary) -> list[Attachment]:
    if random.random() >= 0.1:
        return []
    text = vocabulary.text(random, random.randint(1000, 10_000))
    return [
        Attachment(
            url=f"https://files.example.org/content/{number:09d}.pdf",
            type="application/pdf",
            title=vocabulary.fill(random, "%s %s (PDF)"),
            length=random.randint(50_000, 4_000_000),
            text=text,
        )
    ]


def _events(random: Random, stream: Stream, published: datetime) -> list[Event]:
    if stream.kind != "event" and random.random() >= 0.1:
        return []
    day = _midnight(published.astimezone(ZoneInfo(stream.timezone))) + timedelta(days=random.randint(7, 60))
    starts = day.replace(hour=random.randint(9, 17))
    if stream.kind != "event":
        return [Event(kind="deadline", starts=starts, timezone=stream.timezone, title="")]
    ends = starts + timedelta(hours=random.randint(1, 6))
    return [Event(kind="event", starts=starts, ends=ends, timezone=stream.timezone, place="online")]


def _html(text: str) -> str:
    return "".join(f"<p>{line}</p>" for line in text.splitlines())
