"""Only the source's own host is asked, and only at a public address: whatever spells another, and whoever names it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis.strategies import ip_addresses
from scrapy import Request
from scrapy.settings import Settings as Given
from scrapy.utils.datatypes import LocalCache
from twisted.internet._resolver import SimpleResolverComplexifier
from twisted.internet.base import ThreadedResolver
from twisted.internet.defer import succeed
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.interfaces import IProtocolFactory, IResolverSimple
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import MemoryReactorClock

from crawler.middlewares.guard import PublicResolver, is_public, objection_to
from crawler.scrapy_settings import scrapy_settings
from demo.replica import Replica
from settings import Settings
from store.database import Database
from store.runs import Runs
from tests.builders import NOON
from tests.fetching import WITHOUT_PACE, Asked, Got, fetch
from tests.playground import Playground
from tests.site import Site, answer, certificate, encrypted, playing, redirect

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from twisted.internet.base import ReactorBase

OWN = "news.example.org"
OTHER = "other.example.org"

INSIDE = [
    "127.0.0.1", "127.1", "127.0.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "017700000001", "127.0.0.1.",
    "0", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.169.254",
    "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::ffff:8.8.8.8]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::1]", "[100::1]",
    "[2001::1]", "[2001:db8::1]", "[2002:7f00:1::1]", "[3fff::1]", "[5f00::1]", "[fc00::1]", "[fd00:ec2::254]",
    "[fe80::1]", "[fec0::1]", "[ff02::1]",
]  # fmt: skip
LOOPBACK = [*INSIDE[:9], "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"]
OUTSIDE = ["8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "[2606:4700::1111]"]


@pytest.mark.parametrize("host", INSIDE)
def test_an_address_inside_is_refused_in_any_spelling(host: str) -> None:
    assert objection_to(f"https://{host}/", own=OWN) == f"{host.strip('[]')} is no public address"
    assert objection_to(f"https://{host}/", own=host) == f"{host.strip('[]')} is no public address"


@pytest.mark.parametrize("host", OUTSIDE)
def test_a_public_address_is_one_host_among_others(host: str) -> None:
    assert objection_to(f"https://{host}/", own=host) == ""
    assert objection_to(f"https://{host}/", own=OWN) == f"{host} is not {OWN}, where the source is"


@pytest.mark.parametrize(
    ("url", "objection"),
    [
        (f"https://{OWN}/a?b", ""),
        (f"http://{OWN}/", ""),
        (f"https://{OWN.upper()}/", ""),
        (f"https://{OWN}:443/", ""),
        (f"http://{OWN}:80/", ""),
        (f"https://{OWN}:22/", f"{OWN}:22 is not {OWN}, where the source is"),
        (f"https://{OWN}./", f"{OWN}. is not {OWN}, where the source is"),
        (f"https://www.{OWN}/", f"www.{OWN} is not {OWN}, where the source is"),
        (f"https://{OWN}.evil.example/", f"{OWN}.evil.example is not {OWN}, where the source is"),
        ("https://localhost/", f"localhost is not {OWN}, where the source is"),
        (f"https://name:word@{OWN}/", f"the address names a user of {OWN}"),
        (f"https://{OWN}@127.0.0.1/", "the address names a user of 127.0.0.1"),
        (f"https://evil.example\\@{OWN}/", f"the address names a user of {OWN}"),
        ("file:///etc/passwd", "file: is no way to the web"),
        (f"ftp://{OWN}/", "ftp: is no way to the web"),
        ("data:text/html,x", "data: is no way to the web"),
    ],
)
def test_only_the_source_s_own_host_is_asked_as_the_web_is(url: str, objection: str) -> None:
    assert objection_to(url, own=OWN) == objection


@pytest.mark.parametrize("host", ["１２７.０.０.１", "127。0。0。1", "①②⑦.0.0.1", "ⓛocalhost", "127.0.0.1%00"])
def test_what_a_request_makes_of_other_letters_is_refused_too(host: str) -> None:
    assert objection_to(Request(f"https://{host}/").url, own=OWN)


@given(ip_addresses())
def test_nothing_is_public_that_python_knows_to_be_special(address: IPv4Address | IPv6Address) -> None:
    special = not address.is_global or address.is_multicast or address.is_reserved or address.is_link_local
    assert not (special and is_public(address))


@given(ip_addresses(v=4))
def test_no_ipv6_address_that_holds_an_ipv4_address_is_public(address: IPv4Address) -> None:
    for begins in ("::ffff:0:0", "::", "64:ff9b::", "64:ff9b:1::"):
        assert not is_public(IPv6Address(int(ip_address(begins)) + int(address)))
    assert not is_public(IPv6Address((0x2002 << 112) + (int(address) << 80)))
    assert not is_public(IPv6Address((0x2001_0000 << 96) + (~int(address) & 0xFFFFFFFF)))


def memory() -> Any:
    """Return a reactor that only remembers what it is to connect to."""
    return MemoryReactorClock()  # type: ignore[no-untyped-call]


def resolver(monkeypatch: pytest.MonkeyPatch, *addresses: str, **changes: object) -> PublicResolver:
    """Return the resolver of a crawl, on a name server that answers with *addresses*, one after the other."""
    answers = iter(addresses)
    monkeypatch.setattr(ThreadedResolver, "getHostByName", lambda *asked: succeed(next(answers)))
    monkeypatch.setattr("scrapy.resolver.dnscache", LocalCache(0 if "DNSCACHE_ENABLED" in changes else 100))
    process = SimpleNamespace(settings=Given(scrapy_settings(Settings()) | changes))
    return PublicResolver.from_crawler(cast("Crawler", process), cast("ReactorBase", memory()))


def connected_to(host: str, resolver: PublicResolver) -> list[str]:
    """Return what Twisted connects to when it is to connect to *host*."""
    reactor, protocols = memory(), cast(IProtocolFactory, Factory.forProtocol(Protocol))
    reactor.installNameResolver(SimpleResolverComplexifier(cast(IResolverSimple, resolver)))
    HostnameEndpoint(reactor, host, 443).connect(protocols).addErrback(lambda failure: None)
    return [address for address, *_ in reactor.tcpClients]


def test_what_was_judged_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_once = resolver(monkeypatch, "8.8.8.8")  # a second question would have no answer
    assert connected_to(OWN, asked_once) == ["8.8.8.8"]


@pytest.mark.parametrize("address", [host for host in INSIDE if re.fullmatch(r"\d+(?:\.\d+){3}", host)])
def test_nothing_is_connected_to_for_a_name_that_points_inside(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    assert connected_to(OWN, resolver(monkeypatch, address)) == []


def test_a_name_that_points_inside_the_second_time_is_refused_then(monkeypatch: pytest.MonkeyPatch) -> None:
    rebinding = resolver(monkeypatch, "8.8.8.8", "127.0.0.1", DNSCACHE_ENABLED=False)
    assert [connected_to(OWN, rebinding) for _ in range(2)] == [["8.8.8.8"], []]


def test_a_name_that_points_inside_is_refused_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    remembering = resolver(monkeypatch, "10.0.0.1")
    assert [connected_to(OWN, remembering) for _ in range(2)] == [[], []]


@pytest.mark.parametrize("proxy", ["http://proxy.example:3128", "proxy.example:3128"])
def test_the_operators_proxy_may_be_inside(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", OWN)
    assert connected_to("proxy.example", resolver(monkeypatch, "10.0.0.1")) == ["10.0.0.1"]
    assert connected_to(OWN, resolver(monkeypatch, "10.0.0.1")) == []


def test_through_a_mirror_nothing_but_the_mirror_may_be_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    mirror = {"ZEROWIRE_MIRROR": "http://mirror.example:8801"}
    assert connected_to("mirror.example", resolver(monkeypatch, "10.0.0.1", **mirror)) == ["10.0.0.1"]
    assert connected_to("proxy.example", resolver(monkeypatch, "10.0.0.1", **mirror)) == []


@pytest.fixture(scope="module")
def trap() -> Iterator[Site]:
    """A server inside, which nobody is to reach."""
    with playing({}) as site:
        yield site


WITHOUT_ROBOTS = {"crawler.middlewares.robots.RobotsMiddleware": None} | WITHOUT_PACE["DOWNLOADER_MIDDLEWARES"]
WITHOUT_GUARD = {"crawler.middlewares.guard.GuardMiddleware": None} | WITHOUT_ROBOTS


def test_a_host_that_is_inside_is_named_and_not_tried_again(trap: Site) -> None:
    inside = f"localhost:{trap.port}"
    asked = [Asked(f"http://{inside}/", own=inside), Asked(f"https://{inside}/", own=inside)]
    fetched = fetch(asked, DOWNLOADER_MIDDLEWARES=WITHOUT_ROBOTS)
    reason = "Refused: localhost is at 127.0.0.1, which is no public address"
    assert [(each.problem, each.tries) for each in fetched.got] == [(reason, 1)] * 2
    assert trap.accepted == 0


def test_no_spelling_of_loopback_is_connected_to_even_if_nobody_judged_it_before(trap: Site) -> None:
    hosts = ["localhost", *LOOPBACK]
    asked = [Asked(f"http://{host}:{trap.port}/", own=OWN) for host in hosts]
    fetched = fetch(asked, RETRY_TIMES=0, DOWNLOADER_MIDDLEWARES=WITHOUT_GUARD)
    assert [each.status for each in fetched.got] == [0] * len(hosts)
    assert trap.accepted == 0


@pytest.fixture(scope="module")
def unguarded(trap: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Got]:
    """What comes of requests to loopback when nothing guards it; one of the certificates there is trusted."""
    trusted, unknown = (certificate(tmp_path_factory.mktemp(name)) for name in ("trusted", "unknown"))
    with playing({}) as plain, encrypted(trusted) as well, encrypted(unknown) as badly:
        urls = {
            "plain": f"http://localhost:{plain.port}/",
            "trusted": f"https://localhost:{well.port}/",
            "of another name": f"https://127.0.0.1:{well.port}/",
            "unknown": f"https://localhost:{badly.port}/",
        }
        fetched = fetch(
            [Asked(url, own=OWN) for url in urls.values()],
            environment={"SSL_CERT_FILE": str(trusted)},
            TWISTED_DNS_RESOLVER="scrapy.resolver.CachingThreadedResolver",
            RETRY_TIMES=0,
            DOWNLOADER_MIDDLEWARES=WITHOUT_GUARD,
        )
    return dict(zip(urls, fetched.got, strict=True))


def test_without_the_guard_loopback_would_be_reached(unguarded: dict[str, Got]) -> None:
    assert [unguarded[name].status for name in ("plain", "trusted")] == [404, 404]


@pytest.mark.parametrize(("name", "reason"), [("unknown", "verify failed"), ("of another name", "Mismatch")])
def test_a_certificate_is_verified(unguarded: dict[str, Got], name: str, reason: str) -> None:
    assert re.match(f"DownloadFailedError: .*{reason}", unguarded[name].problem)


REDIRECTS = {
    "to-loopback": ("http://127.0.0.1:{port}/", "Refused: 127.0.0.1 is no public address"),
    "to-loopback-by-name": ("http://localhost:{port}/", "Refused: localhost:{port} is not {own}, where the source is"),
    "to-metadata": ("http://169.254.169.254/latest/", "Refused: 169.254.169.254 is no public address"),
    "to-a-number": ("http://2130706433:{port}/", "Refused: 2130706433 is no public address"),
    "to-ipv6": ("//[::1]:{port}/", "Refused: ::1 is no public address"),
    "to-wide-digits": ("http://１２７.０.０.１:{port}/", "Refused: 127.0.0.1 is no public address"),
    "to-another-source": (f"https://{OTHER}/", f"Refused: {OTHER} is not {{own}}, where the source is"),
    "to-another-port": ("https://{own}:8443/", "Refused: {own}:8443 is not {own}, where the source is"),
    "to-a-user": ("https://name:word@{own}/", "Refused: the address names a user of {own}"),
    "to-itself": ("/", "IgnoreRequest: max redirections reached"),
}


@pytest.fixture(scope="module")
def redirected(trap: Site) -> Iterator[tuple[Site, dict[str, Got]]]:
    """What came of redirects, each of a host of its own; and of one that takes robots.txt elsewhere."""
    answers = {
        f"/{name}.example/": redirect(to.format(port=trap.port, own=f"{name}.example"))
        for name, (to, _) in REDIRECTS.items()
    }
    answers |= {"/robots.example/robots.txt": redirect(f"http://127.0.0.1:{trap.port}/robots.txt")}
    answers |= {"/file.example/": redirect("file:///etc/passwd")}
    answers |= {
        "/refresh.example/": answer(
            f'<meta http-equiv="refresh" content="0; url=http://127.0.0.1:{trap.port}/">'.encode()
        )
    }
    answers |= {f"/hops.example/{hop}": redirect(f"/{hop + 1}") for hop in range(5)} | {
        "/hops.example/5": answer(b"there")
    }
    names = [*REDIRECTS, "robots", "file", "refresh"]
    asked = [Asked(f"https://{name}.example/", own=f"{name}.example") for name in names]
    with playing(answers) as site:
        fetched = fetch([*asked, Asked("https://hops.example/0", own="hops.example")], mirror=site.url, **WITHOUT_PACE)
        yield site, dict(zip([*names, "hops"], fetched.got, strict=True))


@pytest.mark.parametrize("name", REDIRECTS)
def test_a_redirect_that_leads_elsewhere_is_refused(
    redirected: tuple[Site, dict[str, Got]], trap: Site, name: str
) -> None:
    _, got = redirected
    assert got[name].problem == REDIRECTS[name][1].format(port=trap.port, own=f"{name}.example")


def test_a_redirect_of_robots_txt_that_leads_elsewhere_closes_its_host(redirected: tuple[Site, dict[str, Got]]) -> None:
    _, got = redirected
    assert got["robots"].problem.startswith("Unreadable: robots.txt of robots.example could not be read")


def test_a_redirect_out_of_the_web_and_a_meta_refresh_are_not_followed(redirected: tuple[Site, dict[str, Got]]) -> None:
    _, got = redirected
    assert [got[name].status for name in ("file", "refresh")] == [302, 200]


def test_five_redirects_are_followed(redirected: tuple[Site, dict[str, Got]]) -> None:
    _, got = redirected
    assert got["hops"].body == "there"


def test_no_redirect_reaches_the_trap_or_another_host(redirected: tuple[Site, dict[str, Got]], trap: Site) -> None:
    site, _ = redirected
    hosts = {path.split("/")[1] for path in site.paths}
    assert hosts == {f"{name}.example" for name in (*REDIRECTS, "robots", "file", "refresh", "hops")}
    assert trap.accepted == 0


def feed(*links: str) -> bytes:
    items = "".join(f"<item><title>Call {link[-20:]}</title><link>{link}</link></item>" for link in links)
    return f'<rss version="2.0"><channel><title>News</title>{items}</channel></rss>'.encode()


def sitemap_index(*links: str) -> bytes:
    parts = "".join(f"<sitemap><loc>{link}</loc></sitemap>" for link in links)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{parts}</sitemapindex>'.encode()


def page(head: str = "", links: str = "") -> bytes:
    text = "<p>Cities may apply for support of their zero-carbon plans until the end of the month.</p>" * 3
    return f"<title>Call</title>{head}<main><h1>Call for cities</h1>{text}{links}</main>".encode()


HERE, ELSEWHERE = "https://iclei.org", "https://japan.iclei.org"


def leading_away(inside: str) -> dict[str, bytes]:
    """Return a site, path by path, each of whose documents and pages leads to *inside*, or to another source."""
    pages = {
        "/refresh/": answer(page(f'<meta http-equiv="refresh" content="0; url={inside}/">')),
        "/canonical/": answer(page(f'<link rel="canonical" href="{inside}/">')),
        "/files/": answer(page(links=f'<a href="{inside}/a.pdf">a</a><a href="{ELSEWHERE}/b.pdf">b</a>')),
        "/inside/": redirect(f"{inside}/"),
        "/elsewhere/": redirect(f"{ELSEWHERE}/"),
    }
    links = [f"{inside}/news/", f"{ELSEWHERE}/news/", "http://169.254.169.254/latest/", "file:///etc/passwd"]
    listing = f'<article><h2><a href="{inside}/">A</a></h2></article><a rel="next" href="{inside}/2">2</a>'
    return pages | {
        "/news/rss/": answer(feed(*links, *(f"{HERE}{path}" for path in pages))),
        "/feed/": redirect(f"{inside}/"),
        "/wp-json/wp/v2/posts?per_page=100&page=1": redirect(f"{ELSEWHERE}/"),
        "/sitemap_index.xml": answer(sitemap_index(f"{inside}/post-sitemap.xml", f"{ELSEWHERE}/post-sitemap.xml")),
        "/news/": answer(page(links=listing)),
    }


def test_nothing_that_a_site_names_leads_a_crawl_elsewhere(trap: Site, tmp_path: Path) -> None:
    away = {f"/iclei.org{path}": sent for path, sent in leading_away(f"http://127.0.0.1:{trap.port}").items()}
    with playing(away) as site:
        playground = Playground(Replica(now=lambda: NOON), site.url, tmp_path)
        playground.start("crawler", "iclei").communicate(timeout=120)
    with closing(Database(playground.database_url)) as database:
        problems = "\n".join(Runs(database).last()["iclei"].problems)
    assert set(away) <= set(site.paths)
    assert {path.split("/")[1] for path in site.paths} == {"iclei.org"}
    assert trap.accepted == 0
    assert re.search(f"{HERE}/feed/: .*127.0.0.1 is no public address", problems)
    assert re.search(f"{HERE}/inside/: .*127.0.0.1 is no public address", problems)
    assert re.search(f"{HERE}/elsewhere/: .*japan.iclei.org is not iclei.org, where the source is", problems)
