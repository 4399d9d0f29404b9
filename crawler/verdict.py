"""Is this really the page? An answer in; out comes the reason why it is not the page that was asked for, or None. Pure.

Some things are plain facts: the body was cut, the address leads to a page above it, the page names another as its own
address, it has lost four fifths of its text. Everything else is told by what pages of its kind have in common, and no
single trait is enough, since an announcement may be *about* maintenance, log-ins or cookies:

* A **witness** counts two: the page's title or heading says so (the whole of it, never a part; both, if they say it in
  different words; twice, if it begins with the status), a sentence at its beginning does (two, if two do), its code
  bears a mark, the address that it was redirected to does, its status does. A faint mark, one that good pages bear
  too, counts one, and on an empty page two.
* A **circumstance** counts one: the page is bare (few links, few words), is hidden from search engines or sends its
  readers on, is a stranger (its title is none that the route gave, its text none that is known); to be empty counts
  two. They count nothing where the page has the title that the route gave, or tells its own address or date, as what
  is put in its place does not. A long text counts one against it.
* **Four** make a verdict, for the kind with the most witnesses. Any status but 200 makes one.

So "Access Denied" (title), "You don't have permission to access …" (sentence) and "Reference #18." (mark) are a
challenge, with 200 as with 403; an article called "Access denied" has one witness against it, and passes.

This module alone knows what such pages say. The marks are those that the vendors' pages are publicly known by.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from types import MappingProxyType
from typing import Any
from unicodedata import normalize
from urllib.parse import unquote, urlsplit

from lxml import etree

from crawler import markup
from crawler.answer import Answer
from crawler.decode import clean
from crawler.urls import absolute

_ENOUGH = 4
_LONG = 1500  # bytes of UTF-8, in which Japanese and English need about the same to say a thing
_SHORT = 600
_FEW_BYTES = 60
_FEW_LINKS = 10
_OPENING = 400  # characters
_NAME = 200
_COMPARED = 20_000


class Verdict(StrEnum):
    """Why an answer is not the page: the reason that the run gives. Where two fit alike, it is the first."""

    CHALLENGE = "challenge"  # a firewall asks for a proof of being human, or refuses
    MAINTENANCE = "maintenance"
    LOGIN = "login"
    CONSENT = "consent"
    REFUSED = "refused"  # the site itself shows the page to others only
    UNAVAILABLE = "unavailable"  # the server, or one before or behind it, is out of order
    SOFT_404 = "soft-404"  # it says "not found" with a status that says the contrary
    LISTING = "listing"  # navigation, tags, search results, people
    NOT_FOUND = "not-found"  # 404, 410
    TRUNCATED = "truncated"  # the connection or the server stopped in the middle
    OTHER_PAGE = "other-page"  # what stands there is another page
    SHRUNKEN = "shrunken"  # four fifths of the known text are gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What was asked for, what came, what was read in it, and what was known of it.

    ``promised`` is the title that the route gave with the address *asked*; ``title`` and ``text`` are what extraction
    made of *html*, empty where it was not tried; ``earlier_text`` is the archive's, of a known page; ``retry_after``
    is the header.
    """

    answer: Answer
    html: str
    asked: str
    promised: str = ""
    title: str = ""
    text: str = ""
    earlier_text: str = ""
    retry_after: str = ""


def _lines(text: str) -> list[str]:
    return list(filter(None, map(str.strip, text.splitlines())))


def _whole(text: str) -> re.Pattern[str]:
    """Return a pattern of names that are one of the alternatives in *text*, and nothing else."""
    return re.compile(rf"\W*(?:{'|'.join(_lines(text))})\W*")


def _begins(text: str) -> re.Pattern[str]:
    """Return a pattern of sentences that begin with one of the alternatives in *text*; what is quoted, nobody says."""
    return re.compile(rf"(?:^|[\n。.!?:、])\s*(?:{'|'.join(_lines(text))})")


def _literals(text: str) -> tuple[str, ...]:
    return tuple("|".join(_lines(text)).split("|"))


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What pages of one kind have in common, all of it in the spelling of ``_line``.

    ``marks`` and ``faint`` stand in the code. ``traits`` are classes of the page, or in parentheses what its build
    tells. ``places`` are folders, files and hosts.
    """

    names: re.Pattern[str]
    says: re.Pattern[str]
    marks: tuple[str, ...] = ()
    faint: tuple[str, ...] = ()
    traits: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()


# The vocabulary: alternatives, as many to a line as fit.

_THING = (
    r"(?:the |this |that |your )?(?:requested |web ?)?(?:page|url|content|article|file|document|resource|post|event)s?"
)
_MISSING = (
    r"(?:(?:was|is|were|are|has|could|can)(?: ?not|n't)|cannot|not|no longer|doesn't|does not)"
    r" (?:be |been )?(?:found|exists?|available|here|displayed)"
)
_ALAS = r"(?:(?:oops|uh-oh|sorry|we're sorry|we are sorry)\W+(?:but )?)?"
_UPKEEP = r"(?:scheduled |planned |routine |essential |site |website |system |some )*maintenance"
_THING_JA = r"(?:ページ|url|ファイル|記事|コンテンツ)"
_MISSING_JA = (
    r"(?:(?:が|は)、?(?:(?:見つか|みつか)り|存在し|あり|ござい|表示でき)ません(?:でした)?"
    r"|は、?(?:既に|すでに)?(?:移動|削除|名称))"
)
_NOW_JA = r"(?:ただいま|只今|現在)"
_SITE_JA = r"(?:当|本|この)?(?:ウェブ|web)?(?:サイト|システム|サービス|サーバー?|ホームページ|ページ)"
_UPKEEP_JA = r"(?:定期|臨時|緊急|計画|システム|サイト|サーバー?|ホームページの?)*(?:メンテナンス|保守(?:点検|作業)?)"
_ONGOING_JA = r"(?:メンテナンス中|[てで](?:おり|い)ます|停止中|休止中|ご利用いただけません)"

_CHALLENGE = _Kind(
    names=_whole(r"""
        just a moment|one moment, please|please wait|one more step|attention required|pardon our interruption
        access denied|request rejected|unauthorized request blocked|(?:web )?page blocked|not acceptable
        (?:sorry, )?you have been blocked|(?:your |this )?request (?:has been |was )?blocked
        access to .{1,60} (?:was|has been) (?:denied|blocked|limited)|blocked
        (?:human|bot|browser|security) (?:verification|detection)|(?:vercel )?security check(?:point)?|captcha
        (?:client|security|bot|robot) challenge(?: screen)?|are you (?:a )?(?:human|robot)|ddos-guard
        checking your browser.{0,60}|verify(?:ing)? (?:that )?you are.{0,50}|making sure you're not a bot
        (?:error.{0,3})?the request could not be satisfied|sucuri website firewall(?: - access denied)?
        しばらくお待ちください|閲覧できません(?: ?\(forbidden access)?|セキュリティ(?:チェック|確認)(?:中|中です)?
        アクセス(?:が|を|は)(?:拒否|ブロック|制限|遮断)(?:され|し)(?:ました|ています)|不正な?アクセス(?:を|が)検知.{0,8}
        (?:あなたは)?(?:ロボット|人間).{0,12}(?:確認|ですか).{0,6}
    """),
    says=_begins(r"""
        checking (?:if the site connection is secure|your browser|site connection)|this process is automatic
        (?:please )?(?:verify|confirm)(?:ing)? (?:that )?you are (?:a |not a )?(?:human|ro?bot)|press (?:&|and) hold
        .{0,60}needs to review the security of your connection|(?:in order )?to continue, we need to verify
        (?:please )?(?:enable|turn on|allow) (?:js|javascript|cookies)|you need to enable javascript
        javascript is (?:disabled|required)|this (?:site|page|app) requires javascript
        as you were browsing|.{0,60} made us think that you
        we(?:'re| are) verifying your browser|please (?:wait|stand by)[, ].{0,40}(?:verif|check|redirect|moment)
        you don't have permission to access|(?:sorry, )?you (?:have been|are|were) (?:blocked|unable to access)
        (?:your )?request unsuccessful|the requested url was rejected|your support id is|access denied by
        (?:the |this |your )?(?:request|access|ip)(?: address| to .{4,40})? (?:is|was|has been) (?:block|deni|limit)ed
        your request .{4,40} (?:was|has been) (?:block|deni)ed
        (?:the )?request could not be satisfied|(?:our|we).{0,20} detected (?:unusual|suspicious)
        (?:please )?(?:complete|solve) th(?:e|is) (?:captcha|security|verification)
        this website is using a security service|a potentially unsafe operation
        an appropriate representation of the requested
        you are seeing this because the administrator|指定したウェブページを表示することができません
        .{0,30}アクセス(?:は|が|を)、?.{0,20}(?:遮断|ブロック|拒否)|.{0,20}不正なアクセスを?検知
        .{0,20}(?:ロボット|ボット)(?:では|で)ない|.{0,20}人間であることを(?:確認|証明)
        .{0,30}javascript ?(?:と|を|および|及び).{0,16}有効|(?:お使いの)?ブラウザー?を(?:確認|チェック)
    """),
    # Cloudflare; Imperva, Akamai, AWS; F5, Sucuri, DataDome, PerimeterX; Kasada, Anubis, DDoS-Guard, Wordfence,
    # SiteGround, Imunify360; SiteGuard, Radware, ModSecurity, Azure, Fortinet, BunkerWeb, Fastly
    marks=_literals("""
        _cf_chl_opt|cf-browser-verification|cf-error-details|challenge-error-text|/cdn-cgi/challenge-platform/h/
        incident id:|incapsula incident id|errors.edgesuite.net|reference&#32;&#35;|reference #18.|/_sec/cp_challenge
        awswafintegration.gettoken|window.gokuprops|generated by cloudfront
        your support id is:|attack id:|sucuri_cloudproxy_js|sucuri-firewall-block|geo.captcha-delivery.com|px-captcha
        kpsdk.scriptstart|anubis_challenge|ddos-guard/js-challenge|generated by wordfence|sgcaptcha|imunify360
        siteguard lite|validate.perfdrive.com|mod_security|x-azure-ref|fortiguard|bunkerweb|_fs-ch-
    """),
    faint=_literals("""
        _incapsula_resource|/cdn-cgi/challenge-platform/|challenges.cloudflare.com|awswafcookiedomainlist
        token.awswaf.com|captcha-delivery.com|g-recaptcha|h-captcha|enable javascript|document.cookie
        location.reload|location.href|location.replace|(again)
    """),
    places=_set("challenge captcha cdn-cgi sgcaptcha _incapsula_resource blocked"),
)
_MAINTENANCE = _Kind(
    names=_whole(rf"""
        (?:we(?:'re| are) |(?:the |this )?(?:web)?site (?:is )?)?(?:currently )?(?:under|(?:down|closed) for) {_UPKEEP}
        {_UPKEEP}(?: mode| page| in progress)?|under construction|(?:web ?)?site (?:is )?(?:offline|down)
        (?:we'll |we will )?be (?:right )?back(?: soon| shortly)?
        (?:.{{1,40}} is )?temporarily (?:unavailable|closed|offline|down)
        (?:(?:http |error )?503(?: error)?\W{{1,3}})?service (?:temporarily )?unavailable
        {_NOW_JA}?、?(?:{_SITE_JA}は?、?)?{_UPKEEP_JA}(?:作業|実施)?(?:中(?:です|となります)?)?|工事中|準備中
        {_UPKEEP_JA}(?:実施)?(?:の|に関する|に伴う|による)?.{{0,12}}(?:お知らせ|ご案内|お詫び)
        (?:サービス|サイト|システム)(?:の?一時)?(?:停止|休止)(?:中|中です|のお知らせ)?
    """),
    says=_begins(rf"""
        .{{0,60}}(?:is|are|'re) (?:currently |temporarily |now )?(?:undergoing|under|performing|carrying out) {_UPKEEP}
        .{{0,60}}(?:down|offline|closed|unavailable) (?:for|due to) {_UPKEEP}
        (?:we|it)(?:'ll| will| should) be (?:right )?back(?: online| up)?(?: soon| shortly|[.!]|$)
        (?:please )?(?:check|come) back (?:again )?(?:in a|soon|later)
        (?:sorry, )?(?:we're|we are) (?:currently |temporarily )?(?:down|performing|carrying out|doing)
        {_NOW_JA}、?.{{0,30}}(?:メンテナンス|保守|点検|停止).{{0,16}}{_ONGOING_JA}|{_NOW_JA}、?.{{0,24}}メンテナンス中
        .{{0,16}}(?:サービス|サイト|システム)を.{{0,6}}(?:停止|休止)(?:中|して(?:おり|い)ます)
        {_SITE_JA}は、?.{{0,40}}{_ONGOING_JA}|{_UPKEEP_JA}のため、?.{{0,40}}{_ONGOING_JA}
        (?:サービス|サイト|システム)の?(?:復旧|再開)(?:は|まで)|{_UPKEEP_JA}(?:中です|中の?ため|を(?:行って(?:おり|い)|実施して(?:おり|い)|実施中))
    """),
    traits=_set("maintenance maintenance-mode maintenance-page in-maintenance coming-soon"),
    places=_set("maintenance maintenance.html mainte mainte.html sorry sorry.html 503.html"),
)
_LOGIN = _Kind(
    names=_whole(r"""
        (?:please )?(?:members? |user |site |staff )?(?:log|sign)[ -]?(?:in|on)(?: (?:required|page|to .{1,40}))?
        authentication required|members? only|restricted (?:content|area|page)|session (?:expired|timed? ?out)
        (?:protected|保護中): .{1,100}|認証(?:が必要です|画面|ページ)?|会員(?:専用|限定)(?:ページ|コンテンツ)?
        (?:会員|メンバー|ユーザー|職員)?(?:ログイン|サインイン)(?:画面|ページ|フォーム|してください|が必要です)?
    """),
    says=_begins(r"""
        (?:sorry, but )?(?:please |you (?:must|need to|have to) (?:be )?)(?:first )?(?:log|sign)(?:ged|ed)?[ -]?in
        (?:log|sign) in (?:to (?:view|read|continue|access)|with|using|below)
        (?:enter|type) your (?:password|user ?name|e-?mail|credentials)
        (?:this|the) (?:content|page|area|post) is (?:restricted|password[ -]protected|(?:only )?for .{0,12}members)
        the following is restricted to members
        (?:in order )?to (?:continue|view|read|access).{0,40}(?:log|sign) in|your session has (?:expired|timed out)
        (?:.{0,30}(?:には|は)、?.{0,16})?(?:ログイン|サインイン|会員登録)(?:を|が|して).{0,4}(?:必要|くだ|行って)
        この(?:ページ|コンテンツ|記事)は(?:パスワードで保護|.{0,10}会員)|セッションの?(?:有効期限|が切れ|がタイム)
        .{0,20}(?:ユーザー名|id|メールアドレス)(?:と|、|及び|および)パスワード
    """),
    marks=_literals('post-password-form|id="loginform"|kc-form-login|user-login-form|samlrequest'),
    traits=_set("(password) login user-login login-page page-login"),
    places=_set("""
        login login.html login.php log-in logon signin sign-in sign_in wp-login.php auth oauth oauth2 authorize saml
        saml2 sso adfs idp cas account accounts session sessions mypage
    """),
)
_CONSENT = _Kind(
    names=_whole(r"""
        before you continue(?: to .{1,30})?|we value your privacy|consent(?: required| management)?
        (?:manage )?(?:your )?(?:cookies?|privacy|data)(?: (?:consent|settings|preferences|choices|notice|policy))?
        cookie(?:の|・).{0,10}(?:について|同意|設定)|(?:クッキー|プライバシー)(?:の)?設定
        (?:ご?利用(?:規約|条件)への)?同意(?:の確認|画面|が必要です|のお願い)?
    """),
    says=_begins(rf"""
        (?:we|you|(?:this|our) (?:web ?)?site).{{0,30}} (?:use|store|process|value)s? .{{0,60}}(?:cookies|privacy|data)
        by (?:clicking|continuing|using) .{{0,60}}(?:accept|agree|consent)|before you continue|cookies help us
        (?:please )?(?:accept|choose|select|manage|confirm) .{{0,40}}(?:cookies|privacy|consent)|we need your consent
        if you (?:click|choose|select) .{{0,12}}(?:accept|agree)|{_SITE_JA}では、?.{{0,60}}(?:cookie|クッキー)
        .{{0,20}}(?:cookie|クッキー)の(?:使用|利用).{{0,20}}同意
        .{{0,30}}(?:続行|閲覧|続ける|ご覧|利用).{{0,12}}には、?.{{0,40}}同意
    """),
    faint=_literals("""
        onetrust|cookiebot|didomi|qc-cmp2|sp_message|usercentrics|cmplz|tcfapi|accept all|cookie-consent|同意する
    """),
    traits=_set("cookie-wall consent-page"),
    places=_set("consent cookie-wall cookiewall collectconsent cookie-consent gdpr"),
)
_REFUSED = _Kind(
    names=_whole(r"""
        access (?:denied|forbidden|restricted)|not authorized|unauthorized|permission denied|forbidden|アクセス禁止
        (?:error )?403(?: error)?(?:\W{1,3}forbidden)?(?:\W{1,3}access is denied)?
        アクセス(?:が)?(?:禁止|できません|権限).{0,14}|閲覧(?:権限)?(?:が|は)?(?:ありません|できません|制限.{0,8})
    """),
    says=_begins(r"""
        you (?:are not|aren't) (?:authorized|allowed|permitted)|you (?:do not|don't) have (?:permission|access)
        access (?:to .{1,40})?is (?:forbidden|denied|restricted|not allowed)|forbidden
        (?:this|the) (?:content|page|site) is not available in your (?:country|region)
        .{0,20}(?:ページ|サイト|コンテンツ|リソース).{0,12}(?:閲覧|アクセス)(?:する|が|は)?(?:権限|禁止|許可されて|できません)|アクセス権限が
    """),
    places=_set("403 403.html forbidden access-denied accessdenied unauthorized"),
)
_UNAVAILABLE = _Kind(
    names=_whole(r"""
        (?:http |error |server error )*(?:5\d\d|429)(?: error)?(?:\W{1,3}[a-z' -]{1,40})?|too many requests
        bad gateway|gateway time-?out|(?:internal )?server error(?: in .{1,40})?
        (?:error establishing a )?database (?:connection|error)|wordpress \W error|index of /.{0,80}|it works
        welcome to (?:nginx|openresty|centos)|apache2? .{0,30}(?:default|test) page.{0,20}
        (?:an? )?(?:application |system |unexpected |runtime )?error(?: has)?(?: occurred)?
        (?:this )?account (?:has been )?suspended|(?:this )?(?:site|domain)(?: name)? (?:is )?(?:for sale|parked)
        (?:システム|サーバー?|アプリケーション)?エラー(?:が発生しました|画面|ページ)?
        (?:ただいま)?アクセスが?集中.{0,20}|.{0,10}混み合って(?:い|おり)ます
    """),
    says=_begins(rf"""
        error establishing a database connection|there has been a critical error|connection timed out
        the server (?:encountered an|is temporarily unable)|(?:the )?service is temporar(?:y|il[ly]+) unavailable
        .{{0,6}}サーバー?が.{{0,24}}高負荷|(?:php )?(?:fatal|parse) error|server error in '/
        no healthy upstream|upstream connect error|backend fetch failed|(?:sorry, )?something went wrong
        (?:an?|some) (?:\w+ )?error (?:has )?occurred|the website encountered an unexpected error
        (?:the )?web server (?:is down|reported a)|if you see this page, the nginx|you are being rate limited
        this domain (?:name )?(?:has expired|is parked|may be for sale|is for sale)
        {_NOW_JA}、?.{{0,16}}(?:混み合って|集中して)|.{{0,16}}アクセスが集中(?:し|のため|によ)|.{{0,20}}エラーが発生(?:し|いた)
    """),
    traits=_set("error-page error500 error-500"),
    places=_set("500 500.html 502.html"),
)
_SOFT_404 = _Kind(
    names=_whole(rf"""
        (?:http |error )?(?:404|410)(?: error)?|(?:error )?(?:404|410)?(?: error)?\W*(?:not found|nothing found|gone)
        (?:(?:error )?(?:404|410)(?: error)?\W{{1,3}})?{_ALAS}{_THING} {_MISSING}|page (?:removed|deleted|expired)
        (?:not found|404)?\W*(?:(?:お探し|ご?指定|ご?要求|アクセス|該当)[^。]{{0,12}})?{_THING_JA}{_MISSING_JA}.{{0,16}}
        (?:404エラー|エラー ?404).{{0,20}}|(?:ページ|ファイル)が?(?:見つからない|なし)|掲載(?:期間)?終了(?:しました)?
    """),
    says=_begins(rf"""
        {_ALAS}{_THING} {_MISSING}|{_ALAS}{_THING} (?:that )?you(?:'re| are|'ve| have| were)? (?:look|try|request|want)
        {_ALAS}we (?:could ?n[o']t|can ?n[o']t|can't) (?:seem to )?find (?:the|that|this|a|what)
        there's (?:no page|nothing) here|it (?:looks|seems) like nothing was found
        the link you (?:clicked|followed) (?:may|might)|you (?:may|might) have (?:mistyped|followed)
        the requested (?:url|resource|address) .{{0,60}}not found|(?:この|当該|該当する?)?{_THING_JA}{_MISSING_JA}
        (?:申し訳(?:ございません|ありません)\W*)?(?:お探し|ご?指定|ご?要求|アクセス|ご覧)[^。]{{0,16}}{_THING_JA}
        urlが(?:間違|変更|正しく)|掲載期間が終了
    """),
    traits=_set("error404 error-404 page-404 page-not-found not-found path-404 __next_error__"),
    places=_set("404 404.html 404.php 404.aspx not-found notfound notfound.html page-not-found error"),
)
_LISTING = _Kind(
    names=_whole(r"""
        (?:tag|category|author|archives?|topic|keyword|month|year|day)s?: .{1,80}|.{1,60} archives?
        (?:all |latest |recent )?(?:news|events|posts|articles|publications|press releases|blog|archives?)
        search results?(?: for.{0,80}| page)?|(?:our )?(?:staff|team|people|members)|site ?map|home|top|search
        (?:お知らせ|ニュース|新着情報|記事|イベント|報道発表(?:資料)?|タグ|カテゴリー?)(?:一覧)?
        (?:「.{0,40}」の)?検索(?:結果)?.{0,40}|(?:タグ|カテゴリー?|投稿者|月別?|年別?): ?.{1,60}
        サイトマップ|スタッフ(?:紹介|一覧)?
    """),
    says=_begins(r"""
        (?:showing )?\d+(?: ?[-–] ?\d+)?(?: of \d+)? (?:results|items|posts|articles)|(?:search )?results for
        you searched for|no results (?:were )?found|検索(?:結果|キーワード)
        .{0,20}\d+ ?件(?:中|の(?:記事|検索結果)|見つかり|ヒット)
    """),
    marks=_literals('"collectionpage"|"searchresultspage"|"profilepage"|content="profile"'),
    faint=("(links)",),
    traits=_set("archive search search-results search-no-results author category tag blog"),
    places=_set("tag tags category author authors staff people search archive archives"),
)
_KINDS: Mapping[Verdict, _Kind] = MappingProxyType(
    {
        Verdict.CHALLENGE: _CHALLENGE,
        Verdict.MAINTENANCE: _MAINTENANCE,
        Verdict.LOGIN: _LOGIN,
        Verdict.CONSENT: _CONSENT,
        Verdict.REFUSED: _REFUSED,
        Verdict.UNAVAILABLE: _UNAVAILABLE,
        Verdict.SOFT_404: _SOFT_404,
        Verdict.LISTING: _LISTING,
    }
)

_BY_STATUS: Mapping[int, Verdict] = MappingProxyType(
    {
        401: Verdict.LOGIN,
        404: Verdict.SOFT_404,
        407: Verdict.LOGIN,
        410: Verdict.SOFT_404,
        429: Verdict.UNAVAILABLE,
        503: Verdict.MAINTENANCE,  # RFC 9110, 15.6.4: overload or maintenance
        511: Verdict.LOGIN,  # RFC 6585, 6: a network that wants a log-in first
    }
)


def verdict(case: Case) -> Verdict | None:
    """Return why the answer is not the page that was asked for; None where nothing is held against it."""
    if not case.answer.whole or case.answer.status == 206:
        return Verdict.TRUNCATED
    view = _view(case)
    if case.answer.status != 200:
        return _failed(case, view)
    if _is_unfinished(case, view):
        return Verdict.TRUNCATED
    if _is_as_before(case):
        return None
    return _worded(case, view) or _elsewhere(case, view) or (Verdict.SHRUNKEN if _is_shrunken(case) else None)


def _failed(case: Case, view: _View) -> Verdict:
    kind, _ = _best(case, view)
    return Verdict.NOT_FOUND if kind is Verdict.SOFT_404 and case.answer.status in (404, 410) else kind


def _worded(case: Case, view: _View) -> Verdict | None:
    """Return the kind that enough speaks for: at least one witness, of four points in all."""
    kind, count = _best(case, view)
    return kind if count > 1 and count + _circumstances(case, view) >= _ENOUGH else None


def _best(case: Case, view: _View) -> tuple[Verdict, int]:
    """Return the kind for which the most witnesses speak, and what they count."""
    counts = {reason: _witnesses(reason, kind, case, view) for reason, kind in _KINDS.items()}
    best = max(counts, key=lambda reason: counts[reason])
    return best, counts[best]


def _witnesses(reason: Verdict, kind: _Kind, case: Case, view: _View) -> int:
    called = _called(kind, case, view)
    said = "\n".join(line for line in view.opening if line not in called)
    spoken = (
        *({_letters(name) for name in called}),
        *(name for name in called if _NUMBERED.match(name)),
        *islice(kind.says.finditer(said), 2),
        any(mark in view.code for mark in kind.marks),
        not kind.places.isdisjoint(_segments(case.answer.url) - _segments(case.asked)),
        reason is _by_status(case.answer.status),
        reason is Verdict.MAINTENANCE and case.answer.status == 503 and bool(case.retry_after),
    )
    faint = any(mark in view.code or mark in view.traits for mark in kind.faint)
    return 2 * (sum(map(bool, spoken)) + len(kind.traits & view.traits)) + faint * (1 + view.is_empty)


def _called(kind: _Kind, case: Case, view: _View) -> set[str]:
    """Return the title and the heading that are names of the *kind*, but for the title that was promised."""
    promised = _line(case.promised)
    by = (filter(kind.names.fullmatch, names) for names in (view.titles, view.headings))
    return {name for names in by for name in islice(names, 1) if name != promised}


_NUMBERED = re.compile(r"\W*(?:http |error )*[45]\d\d\W.*[a-z]")


def _by_status(status: int) -> Verdict | None:
    if status == 200:
        return None
    return _BY_STATUS.get(status, Verdict.REFUSED if 400 <= status < 500 else Verdict.UNAVAILABLE)


def _circumstances(case: Case, view: _View) -> int:
    against = view.said > _LONG
    if _is_proper(case, view) or _is_promised(case, view):
        return -against
    return view.is_bare + view.is_hidden + 2 * view.is_empty + _is_stranger(case, view) - against


def _is_proper(case: Case, view: _View) -> bool:
    """Say whether the page tells its own address, or when it was published."""
    return view.is_dated or view.claimed in (_place(case.asked), _place(case.answer.url))


def _is_stranger(case: Case, view: _View) -> bool:
    """Say whether the page has neither the title that was promised nor the text that is known."""
    names = (*view.titles, *view.headings)
    untitled = bool(case.promised) and all(_kept(case.promised, name) < 0.15 for name in names)
    return untitled or (bool(case.earlier_text) and _kept(case.earlier_text, case.text) < 0.2)


def _is_promised(case: Case, view: _View) -> bool:
    """Say whether a name of the page is the title that was promised, or one of them a good part of the other."""
    promised = _letters(case.promised)
    for name in map(_letters, (*view.titles, *view.headings)):
        shorter, longer = sorted((promised, name), key=len)
        if shorter in longer and 3 * len(shorter) >= len(longer) > 0:
            return True
    return False


def _is_as_before(case: Case) -> bool:
    return bool(case.earlier_text) and not _is_shrunken(case) and _kept(case.earlier_text, case.text) >= 0.5


def _is_shrunken(case: Case) -> bool:
    """Say whether four fifths of the known text are gone; a line or two may be replaced."""
    now, before = (len("".join(text.split())) for text in (case.text, case.earlier_text))
    return before >= 50 and now * 5 <= before


def _is_unfinished(case: Case, view: _View) -> bool:
    """Say whether the HTML breaks off: it does not end, and leaves open what must be closed.

    HTML lets the end tags of ``html`` and ``body`` be left out; a page without them that is in order is whole.
    """
    code = view.code
    if "</html" in code or "</body" in code or not ("<html" in code or "<body" in code):
        return False
    if case.earlier_text and len(case.text) >= len(case.earlier_text):
        return False
    is_open = any(code.count(f"<{name}") > code.count(f"</{name}") for name in _CLOSED)
    has_begun = view.said > _FEW_BYTES
    return is_open or not has_begun or code.rfind("<") > code.rfind(">") or code.count("<!--") > code.count("-->")


def _elsewhere(case: Case, view: _View) -> Verdict | None:
    """Return ``OTHER_PAGE`` where the page sends on, lies above the one asked for, or says that it is another.

    The title that was promised excuses the last two: sites are moved, and address their pages wrongly.
    """
    asked, answered = _place(case.asked), _place(case.answer.url)
    if view.is_empty and view.refresh is not None and view.refresh != answered:
        return Verdict.OTHER_PAGE
    if _is_promised(case, view) or not (answered.is_above(asked) or _claims_another(case, view)):
        return None
    return Verdict.OTHER_PAGE


def _claims_another(case: Case, view: _View) -> bool:
    """Say whether the page names another of its site as its own address.

    Many an article names the home page by mistake: that counts where no date tells an article, and is a
    ``<link rel=canonical>``'s, or a stranger's.
    """
    claimed, own = view.claimed, (_place(case.asked), _place(case.answer.url))
    if not claimed.path and (view.is_dated or not (view.is_canonical or _is_stranger(case, view))):
        return False
    return bool(claimed.host) and all(claimed.is_near(place) and not claimed.is_same(place) for place in own)


# What is seen of a page.


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """``code`` is the page's HTML in lower case, ``opening`` how its text begins, ``said`` how many bytes that has.

    ``claimed`` is where it says that it lies, ``refresh`` where it sends its readers at once, None if nowhere.
    """

    titles: tuple[str, ...]
    headings: tuple[str, ...]
    opening: tuple[str, ...]
    code: str
    traits: frozenset[str]
    said: int
    claimed: _Place
    is_canonical: bool
    refresh: _Place | None
    is_bare: bool
    is_empty: bool
    is_hidden: bool
    is_dated: bool


_CLOSED = ("main", "article", "section", "div", "header", "nav", "footer", "form", "table", "ul", "script", "style")
_NEVER_SEEN = ("script", "style", "template", "title", "svg", "select", "textarea", "iframe", "noscript")
_FRAME = ("nav", "header", "footer", "aside", "menu")
_INLINE = _set("a abbr b cite em font i label mark q small span strong sub sup u")
_BANNER = "//body//*[not(self::main or self::article)][contains({0}, 'cookie') or contains({0}, 'consent')]".format(
    "translate(concat(@id, ' ', @class), 'CONSETKI', 'consetki')"
)
_CANONICAL = "//link[@rel='canonical']/@href"
_SHARED = "//meta[@property='og:url']/@content"
_ROBOTS = "//meta[translate(@name, 'ROBTS', 'robts') = 'robots']/@content"
_REFRESH = "//meta[translate(@http-equiv, 'REFSH', 'refsh') = 'refresh']/@content"
_PASSWORD = "//input[translate(@type, 'PASWORD', 'pasword') = 'password']"  # noqa: S105
_AT_ONCE = re.compile(r"\s*\d(?:\.\d*)?\s*(?:[;,]\s*(?:url\s*=)?\s*['\"]?([^'\"\s]*)|$)", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s[|\-–—/／«»‹›·:]\s|\s*[|｜]\s*")
_PUBLISHED = ("article:published_time", '"datepublished"', 'itemprop="datepublished"')


def _view(case: Case) -> _View:
    tree = markup.parsed(clean(case.html))
    code, url = case.html.lower(), case.answer.url
    titles, headings = tuple(map(_name, _titles(tree))), tuple(map(_name, _headings(tree)))
    canonical, refresh = _first(tree, _CANONICAL), _refresh(tree, url)
    claimed = _place(canonical or _first(tree, _SHARED), url)
    is_unlisted = "noindex" in _first(tree, _ROBOTS).lower()
    traits = frozenset(_traits(tree))
    links, instead = tree.xpath("count(//a[@href])"), "\n".join(_texts(tree.xpath("//noscript")))
    seen, words, is_linked = _stripped(tree)
    begins = case.text if _size(case.text) > _SHORT else words or instead
    return _View(
        titles=(*titles, _name(case.title)),
        headings=headings,
        opening=tuple(_opening(begins, titles or headings)),
        code=code,
        traits=traits | _set("(links)" * is_linked) | _set("(again)" * (refresh == _place(url))),
        said=_size(case.text or words),
        claimed=claimed,
        refresh=refresh,
        is_canonical=bool(canonical),
        is_bare=links <= _FEW_LINKS and seen <= _LONG,
        is_empty=seen <= _FEW_BYTES,
        is_hidden=is_unlisted or refresh is not None,
        is_dated=any(mark in code for mark in _PUBLISHED),
    )


def _titles(tree: Any) -> Iterator[str]:
    """Yield the window's title, without a site's name before or behind it, and with it."""
    window = _first(tree, "//title/text()")[: 2 * _NAME].strip()
    separators = [found.span() for found in _SEPARATOR.finditer(window)]
    if separators:
        yield window[: separators[-1][0]]
        yield window[separators[0][1] :]
    if window:
        yield window


def _headings(tree: Any) -> Iterator[str]:
    yield from _texts(tree.xpath("//h1") or tree.xpath("//h2"))


def _traits(tree: Any) -> Iterator[str]:
    for element in tree.xpath("/html | /html/body"):
        yield from f"{element.get('class', '')} {element.get('id', '')}".lower().split()
    if tree.xpath(_PASSWORD):
        yield "(password)"


def _stripped(tree: Any) -> tuple[int, str, bool]:
    """Take *tree* apart. Return the bytes of all that is seen, the words without the frame, and if most are links.

    A banner that asks for consent belongs to the frame, unless there is nothing else.
    """
    etree.strip_elements(tree, *_NEVER_SEEN, with_tail=False)
    seen = _length(tree)
    etree.strip_elements(tree, *_FRAME, with_tail=False)
    unlinked, unasked = deepcopy(tree), deepcopy(tree)
    etree.strip_elements(unlinked, "a", with_tail=False)
    for banner in unasked.xpath(_BANNER):
        banner.tag = "aside"
    etree.strip_elements(unasked, "aside", with_tail=False)
    is_linked = tree.xpath("count(//a[@href])") > _FEW_LINKS and _length(unlinked) <= 0.4 * _length(tree)
    return seen, _words(unasked if _length(unasked) > _FEW_BYTES else tree), is_linked


def _words(tree: Any) -> str:
    """Return the words of *tree*, a line an element that is none within a line."""
    etree.strip_tags(tree, *_INLINE)
    return "\n".join(filter(None, map(str.strip, tree.itertext())))


def _length(tree: Any) -> int:
    return _size(" ".join(etree.tostring(tree, method="text", encoding="unicode").split()))


def _opening(text: str, titles: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines with which *text* begins; those that only say the title again don't count."""
    yield from (said for line in text[:_OPENING].splitlines() if (said := _line(line)) not in titles)


def _refresh(tree: Any, url: str) -> _Place | None:
    """Return where the page sends its readers; None where it lets them read for ten seconds or longer."""
    found = _AT_ONCE.match(_first(tree, _REFRESH))
    return _place(found[1] or url, url) if found else None


def _first(tree: Any, path: str) -> str:
    return str(next(iter(tree.xpath(path)), ""))


def _texts(elements: list[Any]) -> Iterator[str]:
    for element in elements[:3]:
        yield "".join(element.itertext())


def _line(text: str) -> str:
    """Return the beginning of *text* in one spelling: on one line, in lower case, without variants of characters."""
    return " ".join(normalize("NFKC", text[: 2 * _OPENING]).casefold().replace("’", "'").split())[:_OPENING]


def _name(text: str) -> str:
    return _line(text)[:_NAME]


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


# What addresses and texts have in common.


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page lies: its host without ``www``, the language that its path names, the rest of the path."""

    host: str = ""
    language: str = ""
    path: tuple[str, ...] = ()
    query: str = ""

    def is_same(self, other: _Place) -> bool:
        """Say whether two addresses can be one page's: it may have moved, under the same name in the same language."""
        is_named_alike = self.path == other.path or self.path[-1:] == other.path[-1:] != ()
        return is_named_alike and not _differ(self.language, other.language) and not _differ(self.query, other.query)

    def is_near(self, other: _Place) -> bool:
        return f".{self.host}".endswith(f".{other.host}") or f".{other.host}".endswith(f".{self.host}")

    def is_above(self, other: _Place) -> bool:
        return len(self.path) < len(other.path) and self.path == other.path[: len(self.path)]


_LANGUAGES = frozenset(("de", "en", "es", "fr", "ja", "jp", "ko", "pt", "zh"))


def _place(address: str, base: str = "") -> _Place:
    """Return where *address* leads, the same however it is spelt; nowhere for what is no page's."""
    parts = urlsplit((address and absolute(address, base)) or "")
    segments = [segment.removesuffix(".html") for segment in unquote(parts.path).casefold().split("/")]
    languages = [segment for segment in segments if segment in _LANGUAGES]
    path = tuple(segment for segment in segments if segment and segment not in _LANGUAGES and segment != "index")
    return _Place((parts.hostname or "").removeprefix("www."), "".join(languages[:1]), path, parts.query)


def _segments(address: str) -> set[str]:
    """Return the names of folders, files and hosts in *address*."""
    parts = urlsplit(absolute(address, "") or "")
    return {*unquote(parts.path).casefold().split("/"), *(parts.hostname or "").split(".")}


def _differ(one: str, other: str) -> bool:
    """Say whether two addresses disagree in what both of them tell."""
    return bool(one and other) and one != other


def _kept(before: str, now: str) -> float:
    """Return the share of the text *before* that is there *now*."""
    some, others = _runs(before), _runs(now)
    return len(some & others) / len(some) if some else float(before == now)


def _runs(text: str) -> frozenset[str]:
    """Return the runs of three letters in *text*."""
    letters = _letters(text)
    return frozenset(letters[at : at + 3] for at in range(len(letters) - 2))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, normalize("NFKC", text[:_COMPARED]).casefold()))
