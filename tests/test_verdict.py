"""Is this really the page? Every page that is none is named for what it is, and none that is one is refused.

``tests/verdicts`` holds pages by name: ``REASON[+REASON].WHAT.STATUS.html`` is no page, for one of the reasons;
``good.WHAT.html`` is one, and looks like none.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.answer import Answer
from crawler.decode import decode
from crawler.extract import extract
from crawler.spec import Source, load
from crawler.verdict import Case, Verdict, verdict
from demo import pages
from demo.replica import Replica

HERE = Path(__file__).parent
SOURCES = load()
ASKED = "https://www.iges.or.jp/en/news/20261020"
BAD = sorted(path.name for path in (HERE / "verdicts").glob("*.html") if not path.name.startswith("good."))
TRAPS = sorted(path.name for path in (HERE / "verdicts").glob("good.*.html"))

BEACONS = """<script src="/_Incapsula_Resource?SWJIYLWA=719d34d3&ns=1&cb=12" async></script>
<script>window.__CF$cv$params={r:'8f2c'};a.src='/cdn-cgi/challenge-platform/scripts/jsd/main.js';</script>
<script>window.awsWafCookieDomainList=['.example.org'];document.cookie='seen=1';</script>
<script src="https://www.google.com/recaptcha/api.js"></script><div class="g-recaptcha"></div>"""
BANNER = """<div id="onetrust-consent-sdk"><h2>We value your privacy</h2><p>We use cookies to improve this website. By
clicking "Accept all", you agree to it.</p><button>Accept all</button></div>"""
BANNER_JA = """<div class="cookie-consent"><p>当サイトでは、利便性の向上のためにCookieを使用しています。閲覧を続けるには
同意が必要です。</p><button>同意する</button></div>"""
LOGIN_BOX = '<header><form><input name="user"><input type="password"><button>Log in</button></form></header>'
FRAME = "<header><nav>" + "".join(f'<a href="/section-{n}/">Section {n}</a>' for n in range(15)) + "</nav></header>"
WORDINGS = [
    ("maintenance", "Planned maintenance", "<h1>Down for maintenance</h1><p>We're back at six. Thank you.</p>"),
    ("maintenance", "Archive", "<h1>Sorry</h1><p>We are down for system maintenance. Please come back later.</p>"),
    ("maintenance", "お知らせ", "<h1>メンテナンス中です</h1><p>現在、サーバーの保守作業を行っております。</p>"),
    (
        "maintenance",
        "サーバーメンテナンスのお知らせ",
        "<p>下記の日時は、サービスを停止しております。</p>",
    ),
    ("maintenance", "503 Service Unavailable", "<p>The archive rests.</p>"),
    ("soft-404", "Nothing here", "<h1>Error 404: page not found</h1><p>Try the menu above.</p>"),
    ("soft-404", "404 - Not Found", "<h1>Oops!</h1><p>It went with the old website.</p>"),
    ("soft-404", "Page does not exist", "<h1>404</h1><p>A search may help.</p>"),
    ("soft-404", "Library", "<p>The document you requested has gone. You may have followed an old link.</p>"),
    ("soft-404", "ページが見つかりません", "<h1>404 Not Found</h1><p>メニューからお探しください。</p>"),
    ("soft-404", "図書館", "<h2>指定されたページは存在しません</h2><p>このページは、移動したか削除されました。</p>"),
    ("soft-404", "図書館", "<h1>404エラー</h1><p>申し訳ございません。お探しのページは見つかりませんでした。</p>"),
    ("login", "Sign in", "<h1>Members only</h1><p>The minutes are kept for member cities.</p>"),
    ("login", "Minutes", "<p>Please log in to read the minutes.</p><form><input type=password></form>"),
    ("login", "会員専用ページ", "<p>閲覧するには、会員登録が必要です。</p>"),
    ("challenge", "Security check", "<h1>Are you human?</h1><p>Tick the box, please.</p>"),
    ("challenge", "Blocked", "<p>Your request was blocked. Your access to this site has been limited.</p>"),
    ("challenge", "アクセスがブロックされました", "<p>お客様のアクセスは、不正な要求として遮断されました。</p>"),
    ("refused", "403 Forbidden", "<p>No.</p>"),
    ("refused", "アクセス禁止", "<p>このページを閲覧する権限がありません。</p>"),
    ("unavailable", "502 Bad Gateway", "<p>openresty</p>"),
    ("unavailable", "エラー", "<p>システムエラーが発生しました。</p>"),
    ("unavailable", "Error", "<p>Sorry, something went wrong.</p>"),
    ("consent", "Cookie settings", "<p>By continuing you accept our cookies.</p><button>Continue</button>"),
    ("consent", "同意のお願い", "<p>閲覧を続けるには、利用規約に同意していただく必要があります。</p>"),
]


@dataclass(frozen=True)
class Published:
    """A page of the replica that is an announcement, as the golden files list them."""

    source: type[Source]
    url: str
    title: str
    html: str

    def case(self, html: str | None = None, **changes: Any) -> Case:
        html = self.html if html is None else html
        return read(html, url=self.url, source=self.source, **changes)


def read(html: str, *, url: str = ASKED, status: int = 200, source: type[Source] | None = None, **known: Any) -> Case:
    """A case as the crawl makes one, of a page that answers at *url*."""
    page = extract(html, url, source.page if source else None)
    answer = Answer(url=url, status=status, content_type="text/html")
    given: dict[str, Any] = {"asked": url, "title": page.title, "text": page.text} | known
    return Case(answer=answer, html=html, **given)


def fetched(replica: Replica, url: str) -> tuple[str, str]:
    """The address that answers in the end, and its HTML; empty where there is no page."""
    parts = urlsplit(url)
    answer = replica.answer(parts.netloc, unquote(parts.path), parts.query)
    if answer.location:
        return fetched(replica, answer.location)
    is_page = answer.status == 200 and answer.media_type.startswith("text/html")
    return url, decode(answer.body, answer.media_type) if is_page else ""


def golden(replica: Replica) -> Iterator[Published]:
    for name, source in SOURCES.items():
        for record in json.loads((HERE / "golden" / f"{name}.json").read_text("utf-8")):
            url, html = fetched(replica, record["url"])
            if html:
                yield Published(source, url, record["title"], html)


def new_replica() -> Replica:
    return Replica(now=lambda: datetime(2026, 11, 21, tzinfo=UTC))


@cache
def published() -> list[tuple[Published, Case]]:
    return [(page, page.case()) for page in golden(new_replica())]


def stored(name: str) -> str:
    return (HERE / "verdicts" / name).read_text("utf-8")


def reasons(name: str) -> list[str]:
    return name.partition(".")[0].split("+")


def status(name: str) -> int:
    return int(name.split(".")[-2])


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_page_is_named_for_what_it_is(name: str) -> None:
    allowed = name.split(".", maxsplit=1)[0].split("+")
    html = stored(name)
    assert verdict(read(html, status=status(name))) in allowed
    assert verdict(read(html, status=status(name), source=SOURCES["iges-en-news"])) in allowed
    assert verdict(read(html, status=status(name), title="", text="")) in allowed


@pytest.mark.parametrize("name", [name for name in BAD if name.startswith("challenge.")])
def test_a_challenge_is_one_with_any_status(name: str) -> None:
    case = read(stored(name))
    for code in (200, 202, 403, 429, 503):
        assert verdict(replace(case, answer=replace(case.answer, status=code))) is Verdict.CHALLENGE, code


@pytest.mark.parametrize(("reason", "title", "body"), WORDINGS)
@pytest.mark.parametrize("frame", ["", FRAME], ids=["bare", "framed"])
def test_it_may_be_worded_otherwise_and_stand_in_the_frame_of_the_site(
    reason: str, title: str, body: str, frame: str
) -> None:
    html = f"<html><head><title>{title} | IGES</title></head><body>{frame}<main>{body}</main></body></html>"
    assert verdict(read(html)) == reason
    assert verdict(read(html, promised="Forty buyers finish the summer academy")) == reason
    assert verdict(read(html, earlier_text="共同研究を公募します。応募の期限は12月18日です。" * 9)) == reason


@pytest.mark.parametrize("name", TRAPS)
def test_an_announcement_about_such_things_passes(name: str) -> None:
    html = stored(name)
    assert verdict(read(html)) is None
    assert verdict(read(html, source=SOURCES["iges-en-news"])) is None
    assert verdict(read(html, title="", text="")) is None


@pytest.mark.parametrize("name", TRAPS)
def test_it_passes_all_the_more_where_the_route_gave_its_title(name: str) -> None:
    case = read(stored(name))
    assert verdict(replace(case, promised=case.title)) is None
    assert verdict(replace(case, earlier_text=case.text)) is None


def test_every_announcement_of_the_replica_passes() -> None:
    assert len(published()) >= 150
    for page, case in published():
        assert verdict(case) is None, page.url
        assert verdict(replace(case, promised=page.title)) is None, page.url
        assert verdict(replace(case, earlier_text=case.text)) is None, page.url
        assert verdict(replace(case, promised="もっと見る")) is None, page.url


def test_a_new_design_is_no_reason() -> None:
    replica = new_replica()
    for source in SOURCES.values():
        replica.redesign(source.host())
    refused = [(page.url, found) for page in golden(replica) if (found := verdict(page.case()))]
    assert refused == []


@pytest.mark.parametrize("added", [BEACONS, BANNER, BANNER_JA, LOGIN_BOX], ids=["beacons", "banner", "同意", "login"])
def test_what_firewalls_banners_and_log_ins_add_to_a_page_is_no_reason(added: str) -> None:
    for page, _ in published()[::3]:
        assert verdict(page.case(page.html.replace("<header", f"{added}<header", 1))) is None, page.url


def test_every_announcement_that_was_cut_is_truncated() -> None:
    for page, case in published():
        for share in (0.1, 0.3, 0.5, 0.7, 0.9):
            cut = page.html[: int(len(page.html) * share)]
            assert verdict(replace(case, html=cut, title="", text="")) is Verdict.TRUNCATED, (page.url, share)


def test_a_body_that_ended_early_and_a_part_of_one_are_truncated() -> None:
    page, case = published()[0]
    for answer in (Answer(url=page.url, whole=False), Answer(url=page.url, status=206)):
        assert verdict(replace(case, answer=answer)) is Verdict.TRUNCATED


def test_a_page_without_end_tags_that_says_no_less_than_before_is_whole() -> None:
    page, _ = published()[0]
    case = page.case(page.html.replace("</body>", "").replace("</html>", "").replace("</main>", ""))
    assert verdict(case) is Verdict.TRUNCATED
    assert verdict(replace(case, earlier_text=case.text)) is None


def test_the_sites_own_error_page_is_a_soft_404_with_200() -> None:
    replica = new_replica()
    for host in sorted({source.host() for source in SOURCES.values()}):
        for path in ("/no-such/", "/ja/news/no-such/", "/jp/news/20991231", "/press/press_99999.html"):
            url = f"https://{host}{path}"
            html = replica.answer(host, path).body.decode()
            assert verdict(read(html, url=url)) is Verdict.SOFT_404, url
            assert verdict(read(html, url=url, status=404)) is Verdict.NOT_FOUND, url


def test_another_page_at_the_address_is_one_whatever_is_known() -> None:
    found = published()
    for (page, case), (other, another) in zip(found, [*found[1:], found[0]], strict=True):
        swapped = replace(case, html=other.html, title=another.title, text=another.text)
        if other.source is page.source:
            assert verdict(swapped) is Verdict.OTHER_PAGE, (page.url, other.url)
            assert verdict(replace(swapped, promised=page.title)) is Verdict.OTHER_PAGE, (page.url, other.url)
            assert verdict(replace(swapped, earlier_text=case.text)) is Verdict.OTHER_PAGE, (page.url, other.url)


def test_a_page_may_name_its_address_otherwise() -> None:
    html = (
        '<html><head><title>{}</title><link rel="canonical" href="{}"></head><body><h1>{}</h1><p>{}</p></body></html>'
    )
    text = "The draft is open for comments until 11 December 2026, by post or by e-mail."
    for claimed in (
        *("http://www.iges.or.jp/en/news/20261020/", "https://iges.or.jp/en/news/20261020", "/en/news/20261020#top"),
        *("https://www.iges.or.jp/en/media/20261020", "https://dev.iges.or.jp/en/news/20261020.html?lang=en"),
        *("https://citytalk.example/a-post-that-was-printed-here", "", "mailto:info@iges.or.jp", "http://[", "//"),
    ):
        assert verdict(read(html.format("Draft plan", claimed, "Draft plan", text))) is None, claimed


def test_the_same_name_in_another_language_is_another_page() -> None:
    link = '<link rel="canonical" href="/jp/news/20261020">'
    html = f"<html><head><title>計画</title>{link}</head><body><p>案</p></body></html>"
    assert verdict(read(html)) is Verdict.OTHER_PAGE


def test_a_wrong_address_is_excused_by_the_promised_title() -> None:
    html = '<html><head><title>Draft plan</title><link rel="canonical" href="/"></head><body><p>Now.</p></body></html>'
    assert verdict(read(html)) is Verdict.OTHER_PAGE
    assert verdict(read(html, promised="Draft plan")) is None


def test_a_redirect_to_the_home_page_or_up_leads_to_another_page() -> None:
    replica = new_replica()
    for page in {page.source: page for page, _ in published()}.values():
        for address in (f"https://{page.source.host()}/", page.url.rstrip("/").rpartition("/")[0] + "/"):
            url, html = fetched(replica, address)
            case = read(html or "<html><body><h1>News</h1></body></html>", url=url, asked=page.url, promised=page.title)
            assert verdict(case) in (Verdict.OTHER_PAGE, Verdict.LISTING), (page.url, url)


def test_a_redirect_within_the_site_is_no_reason() -> None:
    for page, case in published():
        asked = page.url.replace("https:", "http:").rstrip("/") + "?utm_source=rss"
        assert verdict(replace(case, asked=asked)) is None
        assert verdict(replace(case, asked=f"https://{page.source.host()}/?p=4711")) is None


@pytest.mark.parametrize(
    ("url", "html", "reason"),
    [
        ("https://www.iges.or.jp/user/login?to=20261020", '<h1>IGES</h1><input type="password">', Verdict.LOGIN),
        ("https://login.example.org/oauth2/authorize", '<h1>Welcome</h1><input type="password">', Verdict.LOGIN),
        ("https://consent.example.org/v2/collectConsent", "<h1>Before you continue</h1><p>…</p>", Verdict.CONSENT),
        ("https://www.iges.or.jp/404.html", "<h1>Page not found</h1><p>Try the search.</p>", Verdict.SOFT_404),
        (
            "https://sorry.example.org/maintenance.html",
            "<h1>メンテナンス</h1><p>お待ちください。</p>",
            Verdict.MAINTENANCE,
        ),
        ("https://www.iges.or.jp/cdn-cgi/challenge", "<h1>One more step</h1><p>…</p>", Verdict.CHALLENGE),
        ("https://www.iges.or.jp/en/search?q=20261020", "<h1>Search results</h1><p>0 results</p>", Verdict.LISTING),
    ],
)
def test_the_address_in_the_end_is_a_witness(url: str, html: str, reason: Verdict) -> None:
    case = read(f"<html><body>{html}</body></html>", url=url, asked=ASKED)
    assert verdict(case) is reason


@pytest.mark.parametrize("share", [0, 0.05, 0.1, 0.18])
def test_a_page_that_lost_four_fifths_of_its_text_is_shrunken(share: float) -> None:
    for page, case in published():
        shorter = replace(case, earlier_text=case.text, text=case.text[: int(len(case.text) * share)])
        assert verdict(shorter) is Verdict.SHRUNKEN, page.url


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 1, 1.5])
def test_a_page_that_lost_less_or_grew_is_revised(share: float) -> None:
    for page, case in published():
        text = (case.text + case.text[::-1])[: int(len(case.text) * share)]
        assert verdict(replace(case, earlier_text=case.text, text=text)) is None, page.url


def test_a_line_may_be_replaced() -> None:
    html = "<html><head><title>公募</title></head><body><h1>公募</h1><p>終了</p></body></html>"
    assert verdict(read(html, text="終了", earlier_text="公募は12月18日に締め切ります。")) is None


@pytest.mark.parametrize(
    ("code", "reason"),
    [(401, "login"), (403, "refused"), (404, "not-found"), (407, "login"), (410, "not-found"), (418, "refused"),
     (429, "unavailable"), (451, "refused"), (500, "unavailable"), (502, "unavailable"), (503, "maintenance"),
     (504, "unavailable"), (511, "login"), (204, "unavailable"), (302, "unavailable"), (999, "unavailable")],
)  # fmt: skip
def test_a_status_alone_is_a_reason(code: int, reason: str) -> None:
    for html in ("", "<html><body><p>…</p></body></html>", published()[0][0].html):
        assert verdict(read(html, status=code)) == reason


def test_503_with_a_time_to_come_back_is_maintenance() -> None:
    case = read(pages.out_of_order(503).decode(), status=503)
    assert verdict(replace(case, retry_after="120")) is Verdict.MAINTENANCE


def test_no_page_is_taken_for_another_kind() -> None:
    """The confusion table: what was expected, what was found; ``None`` is a page."""
    table: Counter[tuple[str | None, Verdict | None]] = Counter((None, verdict(case)) for _, case in published())
    table.update((None, verdict(read(stored(name)))) for name in TRAPS)
    for name in BAD:
        found = verdict(read(stored(name), status=status(name)))
        table[str(found) if found in reasons(name) else reasons(name)[0], found] += 1
    assert {pair: count for pair, count in table.items() if pair[0] != pair[1]} == {}
    assert table[None, None] >= 170
    assert table.total() - table[None, None] >= 100


FRAGMENTS = st.sampled_from(
    [
        *(
            "<html>",
            "<body class='error404'>",
            "<h1>",
            "</h1>",
            "<title>",
            "</title>",
            "<a href='/x'>",
            "<p>",
            "\0",
            "\ud800",
        ),
        *(
            '<meta http-equiv="refresh" content="0; url=/">',
            '<link rel="canonical" href="http://[">',
            "<!--",
            "<",
            "&#0;",
        ),
        *(
            '<meta property="og:url" content="//">',
            "<noscript>",
            "Page not found",
            "メンテナンス中",
            "ただいま、",
            "\n",
            " | ",
        ),
        *(
            "<div class=cookie>",
            "<nav>",
            "</nav>",
            "<script>",
            "Just a moment...",
            "_cf_chl_opt",
            "<?xml version='1.0'?>",
        ),
    ]
)
ANYTHING = st.text() | st.lists(FRAGMENTS, max_size=20).map("".join)
ADDRESSES = st.text() | st.sampled_from(
    [ASKED, "http://[", "https://a:99999/", "//", "https://ⓐ.example/％", "mailto:x"]
)


@given(st.lists(ANYTHING, min_size=6, max_size=6), ADDRESSES, ADDRESSES, st.integers(), st.booleans())
def test_nothing_raises(texts: list[str], asked: str, url: str, code: int, whole: bool) -> None:
    html, promised, title, text, earlier_text, retry_after = texts
    answer = Answer(url=url, status=code, whole=whole)
    known = {"promised": promised, "title": title, "text": text, "earlier_text": earlier_text}
    for at in (answer, replace(answer, status=200, whole=True)):
        assert verdict(Case(answer=at, html=html, asked=asked, retry_after=retry_after, **known)) in {None, *Verdict}


@given(ANYTHING)
def test_the_same_case_gets_the_same_verdict(html: str) -> None:
    case = Case(answer=Answer(url=ASKED), html=html, asked=ASKED)
    assert verdict(case) is verdict(case)


@pytest.mark.parametrize(
    "piece",
    ["<a href=x>", "<p>a", "<!--", "<", "サーバー", "the page ", "現在、", '<div class="cookie">a</div>', " | "],
)
def test_a_hostile_megabyte_takes_no_longer_than_its_size_allows(piece: str) -> None:
    long = piece * (1_000_000 // len(piece))
    start = perf_counter()
    verdict(Case(answer=Answer(url=ASKED), html=f"<html><title>{long}", asked=ASKED))
    verdict(Case(answer=Answer(url=ASKED), html=f"<html><body>{long}", asked=ASKED))
    verdict(
        Case(answer=Answer(url=ASKED), html="<p>", asked=ASKED, title=long, text=long, earlier_text=long, promised=long)
    )
    assert perf_counter() - start < 30  # a few seconds; squared it would be days
