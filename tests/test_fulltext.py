"""Both engines find the same announcements, in title, text and files, and answer whatever is asked."""

from collections.abc import Iterable
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.announcement import Attachment
from store.archive import Archive
from store.query import Query
from store.search import LONGEST_QUESTION, BadQuestion
from tests.builders import NOON, an_announcement
from tests.conftest import LATER, OpenDatabase

ASKING = settings(max_examples=100, deadline=None)

KANA = "のはがをにでとてしたいうくこさすせそちつなねまみもやよらりるれ"  # 32
LATIN = "abcdefghijklmnopqrstuvwxyz012345"
# Title and text of what the three organisations announce, or could.
NEWS = [
    ("脱炭素先行地域の募集(第7回)について", "環境省は、脱炭素先行地域の公募を令和8年7月1日から開始します。"),
    (
        "令和８年度「デコ活」補助事業の公募開始について",
        "公募期間は令和８年６月１１日(木)から７月１０日(金)１７時まで必着。",
    ),
    ("地球温暖化対策計画の閣議決定について", "2050年ネット・ゼロに向け、2035年度60%減、2040年度73%減を目指します。"),
    ("鯨類の座礁に関する調査結果", "鯨の調査は水産庁と行い、海洋プラスチックごみの影響を確かめました。"),
    ("捕鯨に関する意見募集(パブリックコメント)", "意見募集の締切は7月31日です。郵送又はe-Govで受け付けます。"),
    ("公募型共同研究の採択課題", "採択された12件の課題を公表します。環境研究総合推進費。"),
    ("環境省とIGESが連携協定を締結", "公益財団法人地球環境戦略研究機関(IGES)と連携します。"),
    ("IGES共同研究:1.5℃ロードマップ", "地球環境戦略研究機関は、日本の1.5℃ロードマップを公表した。"),
    ("東京都,ゼロカーボンシティを表明", "ゼロカーボンシティは1,127自治体となりました。"),
    ("ｾﾞﾛｶｰﾎﾞﾝｼﾃｨ一覧の更新", "半角カナの一覧を更新しました。お問い合せは環境省地域脱炭素政策調整担当参事官室まで。"),
    ("ゼロ・カーボンシティ国際フォーラム", "ＩＣＬＥＩ日本と共催。会場:横浜市、オンライン併用。"),
    ("生物多様性のための30by30アライアンス", "陸と海の30%以上を保全する目標。OECM(自然共生サイト)の認定。"),
    ("水俣条約第6回締約国会議(COP6)の結果", "水銀に関する水俣条約のCOP6がジュネーブで開かれました。"),
    ("COP31に向けた日本の立場", "気候変動枠組条約第31回締約国会議に向け、関係省庁が協議。"),
    ("PFOS及びPFOAに関する対応の手引き", "PFAS(有機フッ素化合物)の水質管理。ng/Lで示す。"),
    ("Ｌアラートと熱中症警戒情報", "熱中症特別警戒アラートの運用を開始。WBGT(暑さ指数)35以上。"),
    ("審議会の開催:中央環境審議会地球環境部会", "中環審の部会を傍聴できます。Web会議で配信。"),
    ("国立公園における人々と時々の自然", "佐々木環境大臣が、瀬戸内海国立公園を視察。時々雨。"),
    ("𠮷野熊野国立公園の指定80周年", "𠮷野山の桜。葛󠄀城市も参加。"),
    ("탄소 중립 한중일 환경장관회의", "한중일 환경장관이 탄소 중립을 논의했다. 日中韓三カ国環境大臣会合(TEMM26)。"),
    ("Zero Carbon City Declaration", "The zero-carbon transition needs cities. Net zero by 2050."),
    ("Zero-carbon buildings: a policy guide", "A zero carbon building code for Asian cities, with case studies."),
    ("Zero tolerance for carbon leakage", "Carbon markets and border adjustment: zero is not enough."),
    ("Call for Proposals: Asia Low Carbon Innovation", "The call closes on 31 July 2026 at 17:00 JST."),
    ("A catalogue of category 1 emissions", "Scope 3 category 11; the catalogue concatenates sources."),
    ("The cat and the climate", "A cat knows a warm place; its cats’ place too."),
    ("ICLEI World Congress 2027", "Mayors of São Paulo, Malmö, Łódź and İzmir join ICLEI’s World Congress."),
    ("COP31: what cities expect", "COP 31 and the Local Governments and Municipal Authorities constituency (LGMA)."),
    ("SB64 in Bonn: outcomes for NDCs", "NDC 3.0, GST-2 and the Paris Agreement’s Article 6.2 and 6.4."),
    ("CO₂ and CH4: the 1.5 °C budget", "CO2 emissions fell by 3.2 % (−12 MtCO₂e) in FY2025."),
    (
        "Call for applications: GreenClimateCities™",
        "E-mail iclei.japan@example.org; see https://www.iclei.org/en/call_2026.html.",
    ),
    (
        "Rock'n'roll for the planet -- \"Live\" AND loud",
        "NOT a drill OR a joke: (title:body) NEAR/5 ^first {set} + 2*3.",
    ),
    ("Résumé of the naïve façade", "Café society; coöperate; piñata; Straße; ﬁne ligatures."),
    ("Климат и города", "Нулевой углерод: города за климат."),
    ("المدن والمناخ", "مدن خالية من الكربون"),
    ("ASEAN状態の大気質:PM2.5とEANET", "EANETの第27回政府間会合(IG27)。酸性雨。PM2.5。"),
    ("under_score and hyphen-ated identifiers", "snake_case, kebab-case, v1.2.3, 2026-06-11, 12:30:59."),
    (
        "circular economy 循環経済 & サーキュラーエコノミー",
        "循環経済(サーキュラーエコノミー)工程表。Plastic資源循環法。",
    ),
    ("資料1", "別紙のとおり。"),
    ("ー", "々〆〇"),
]
# fmt: off
QUESTIONS = [
    "公募", "公募 令和8年", "公募 令和８年", "令和8年", "令和８年", "令和8", "鯨", "捕鯨", "鯨類", "環境",
    "環境省", "環境省地域", "脱炭素", "脱炭素先行地域", "IGES", "iges", "ＩＧＥＳ", "とIGES", "IGESが",
    "環境省とIGESが連携", "ゼロカーボン", "ｾﾞﾛｶｰﾎﾞﾝ", "ゼロ・カーボン", "カーボンシティ", "シティ", "ティ",
    "時々", "人々", "佐々木", "𠮷野", "탄소", "중립", "COP6", "COP31", "COP 31", '"COP 31"', "cop*",
    "zero carbon", '"zero carbon"', "zero-carbon", "zero*", "carbon zero", '"carbon zero"', "cat", "cat*",
    "cats", "category", "co2", "CO₂", "1.5", "1.5℃", "PM2.5", "2050", "malmo", "Malmö", "łódź", "izmir",
    "résumé", "strasse", "fine", "coöperate", "климат", "города*", "الكربون", "rock'n'roll", "NOT", "AND",
    "OR loud", "NEAR/5", "title:body", "^first", "2*3", "iclei.org", "under_score", "score", "hyphen ated",
    "v1.2", "2026-06-11", "12:30", "循環経済", "エコノミー 循環", "・", "ー", "々", "〇", "市", "の",
    '"公募 開始"', '"', "'", '\\', "%", "_", "*", "公募*", "e-Gov", "e gov", "日", "-公募", "公募 -令和",
    "30by30", "30", "by", "2026年", "平成元年", "2026年7月", "令和８年７月１日", "title:公募", "title:cat",
    "title:zero*",
    "title:鯨", 'title:"zero carbon"', "公募 OR 鯨", "公募 OR zero OR 탄소", "公募 -環境", '"zero carbon" -policy',
    "-公募", "-source:moej-ja", "source:moej-ja 公募", "language:ja", "language:en OR cat", "has:pdf", "公募 has:event",
    "topic:jcm", "since:2026", "until:2026", "公募 since:2026-06-11", "公募 until:2026-06-11",
    "title:zero -title:carbon", "OR", "公募 OR",
    "has:nothing", "since:soon", "鯨 OR 捕", "(公募 OR 鯨) 調査", "organisation:moej 環境 OR 鯨",
]
# fmt: on
# Each word beside the next three: both, one of them, one without the other, one in the title.
PAIRS = [
    shape.format(one, other)
    for one, *others in zip(*(QUESTIONS[start::4] for start in range(4)), strict=False)
    for other, shape in zip(others, ("{} {}", "{} OR {}", "{} -{}"), strict=True)
] + [f"title:{asked}" for asked in QUESTIONS[::2]]


def fill(archive: Archive, news: Iterable[tuple[str, str]]) -> None:
    for number, (title, body) in enumerate(news):
        archive.save(an_announcement(url=f"https://www.env.go.jp/press/{number}", title=title, text=body), now=NOON)


def found(archive: Archive, question: str) -> list[str]:
    return [hit.announcement.title for hit in archive.search(Query(words=question), limit=100).hits]


def answer(archive: Archive, question: str) -> list[str] | str:
    try:
        return found(archive, question)
    except BadQuestion as error:
        return str(error)


@pytest.mark.parametrize(
    ("question", "title", "body"),
    [
        ("公募", "令和8年度の公募について", ""),
        ("公募", "お知らせ", "本日、公募を開始した。"),
        ("環境", "中央環境審議会", ""),
        ("環境省", "環境省", ""),
        ("脱炭素", "地域脱炭素移行", ""),
        ("鯨", "捕鯨", ""),
        ("鯨", "鯨類の調査", ""),
        ("鯨", "鯨", ""),
        ("IGES", "環境省とIGESが締結", ""),
        ("環境省とIGES", "環境省とIGESが締結", ""),
        ("令和8年", "令和８年６月", ""),
        ("令和８年", "令和8年6月", ""),
        ("令和8年", "令和８年度", ""),
        ("zero-carbon", "A zero carbon city", ""),
        ('"zero carbon"', "A zero-carbon city", ""),
        ("Zero Carbon", "carbon near zero", ""),
        ("cat*", "A category", ""),
        ("cafe", "Café", ""),
        ("ゼロカーボン", "ｾﾞﾛｶｰﾎﾞﾝシティ", ""),
        ("co2", "CO₂", ""),
        ("c", "C言語と環境", ""),
        ("2026年", "令和８年度", ""),
        ("令和元年", "2019年の報告", ""),
        ("平成31年", "2019年の報告", ""),
        ("令和8年6月", "お知らせ", "2026年6月11日"),
        ("title:公募", "公募", ""),
        ("公募 OR 鯨", "鯨類", ""),
        ("公募 -鯨", "公募", ""),
        ("-鯨", "公募", ""),
        ("source:moej-ja -language:en", "公募", ""),
    ],
)
def test_a_word_is_found(archive: Archive, question: str, title: str, body: str) -> None:
    fill(archive, [(title, body)])
    assert found(archive, question) == [title]


@pytest.mark.parametrize(
    ("question", "title", "body"),
    [
        ("cat", "A category", "concatenated"),
        ("carbon zero*", "carbon", "near one"),
        ('"carbon zero"', "zero carbon", "carbon, not zero"),
        ("京都", "東京と都市", "東京、都市"),
        ("環境省", "環境と省エネ", ""),
        ("令和8年", "令和18年", "令和8月"),
        ("公募 鯨", "公募", ""),
        ("題末文頭", "題末", "文頭"),
        ("end begin", "ending", "beginning"),
        ("令和8年", "令和9年", "2027年"),
        ("2026年", "令和8号", "12026年"),
        ("title:公募", "お知らせ", "公募"),
        ("公募 -お知らせ", "お知らせ", "公募"),
        ("公募 OR 鯨", "お知らせ", "募集"),
        ("source:moej", "公募", ""),
        ("source:moej-ja language:en", "公募", ""),
        ("has:pdf", "公募", ""),
        ("all", "公募", "source moej ja"),
        ("sour*", "公募", "moej"),
        ('"IGES sour*"', "IGES", "moej"),
    ],
)
def test_what_only_resembles_it_is_not_found(archive: Archive, question: str, title: str, body: str) -> None:
    fill(archive, [(title, body)])
    assert found(archive, question) == []


def test_a_word_is_found_in_the_files_too(archive: Archive) -> None:
    file = Attachment(
        url="https://www.env.go.jp/1.pdf", type="application/pdf", title="別紙 要領", text="申請様式 Annex"
    )
    archive.save(an_announcement(attachments=(file,)), now=NOON)
    assert all(found(archive, question) for question in ("要領", "申請様式", "annex"))


def test_both_engines_find_the_same(open_database: OpenDatabase) -> None:
    sqlite, postgresql = (Archive(open_database(kind)) for kind in ("sqlite", "postgresql"))
    fill(sqlite, NEWS)
    fill(postgresql, NEWS)
    asked = [*QUESTIONS, *PAIRS]
    assert len(asked) > 250
    answers = {question: answer(sqlite, question) for question in asked}
    assert {question: answer(postgresql, question) for question in asked} == answers
    assert sum(1 for found in answers.values() if found and isinstance(found, list)) > 150


@pytest.mark.parametrize("question", ["公募", "公募開始", "公募 開始", "open call", '"open call"'])
@pytest.mark.parametrize("times", [1, 40])
def test_a_word_in_a_title_ranks_above_one_in_a_text(archive: Archive, question: str, times: int) -> None:
    news = [("お知らせ", "公募開始。open call。" * times), ("別のお知らせ", "本文")]
    fill(archive, [*news, ("研究の公募開始 Open call", "研究を支援する要領を定めた。" * 100)])
    assert found(archive, question) == ["研究の公募開始 Open call", "お知らせ"]


def test_equal_matches_are_in_the_order_of_news(archive: Archive) -> None:
    for number, at in enumerate((NOON, LATER)):
        archive.save(an_announcement(url=f"https://www.env.go.jp/{number}", title="公募", published=at), now=LATER)
    assert [hit.announcement.published for hit in archive.search(Query(words="公募")).hits] == [LATER, NOON]


def test_an_edit_moves_the_index(archive: Archive) -> None:
    archive.save(an_announcement(title="旧題", text="鯨 whale"), now=NOON)
    archive.save(an_announcement(title="新題", text="猫 cat"), now=LATER)
    assert [bool(found(archive, word)) for word in ("旧題", "鯨", "whale", "新題", "猫", "cat")] == [False] * 3 + [
        True
    ] * 3


SIGNS = st.sampled_from(
    [*" \"'*():&|!<>()\\^{}+-_%・公募ー゙々\0\u3000", "AND ", "NEAR(", " OR ", "zero", ":*", "ﷺ", "-", "title:"]
)
ASKED = st.one_of(st.text(), st.lists(SIGNS).map("".join))


def ask_anything(archive: Archive, times: int) -> None:
    fill(archive, NEWS)

    @settings(ASKING, max_examples=times)
    @given(ASKED)
    def ask(question: str) -> None:
        began = perf_counter()
        assert answer(archive, question) is not None
        assert perf_counter() - began < 2

    ask()


def test_any_text_as_a_question_is_answered_or_refused(archive: Archive) -> None:
    ask_anything(archive, 100)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ten_thousand_texts_as_questions_are_answered_or_refused(archive: Archive) -> None:
    ask_anything(archive, 10_000)


def test_any_title_is_found_by_its_own_words(archive: Archive) -> None:
    @ASKING
    @given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters='\0"'), max_size=60))
    def ask(words: str) -> None:
        archive.save(an_announcement(title=f"x {words}"), now=NOON)
        assert answer(archive, f'"x {words}"') == [f"x {words}"]

    ask()


def test_a_question_of_any_length_is_answered_at_once(archive: Archive) -> None:
    fill(archive, NEWS)
    longest = [
        "の" * LONGEST_QUESTION,
        " ".join(KANA),
        "* ".join(LATIN),
        "x" * LONGEST_QUESTION,
        '"' + "の " * 499,
        "\0" * 5000,
    ]
    began = perf_counter()
    for question in longest:
        answer(archive, question)
    assert perf_counter() - began < 2


def test_a_long_text_is_found_from_its_first_word_to_its_last(archive: Archive) -> None:
    """A report of 60 pages: more words than a tsvector has positions, and some hundreds of times the same one."""
    middle = "環境省は環境の保全に関する環境基本計画を定め、脱炭素社会を目指す。" * 1500
    fill(archive, [("白書", f"巻頭言。{middle}中程の鯨類調査。{middle}巻末資料")])
    assert all(found(archive, question) for question in ("巻頭言", "脱炭素社会", "鯨類調査", "巻末資料"))


@pytest.mark.parametrize(
    "body",
    [
        "x" * 100_000,
        "あ" * 100_000,
        " ".join(f"{number:0>400}" for number in range(4000)),
        "🐋" * 10_000,
        "é\u0301" * 9000,
    ],
    ids=["word", "kana", "numbers", "emoji", "accents"],
)
def test_no_text_is_too_odd_to_be_kept(archive: Archive, body: str) -> None:
    fill(archive, [("公募", body)])
    assert found(archive, "公募") == ["公募"]
