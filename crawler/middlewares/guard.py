"""The guard: only the source's own host on the web is asked, and only at an address that is public.

Twice a request is judged. Its address as it is written, whatever named it: a link, a redirect, a sitemap, robots.txt.
And the address of the connection: names are resolved here, once, and what was judged is what is connected to, so that
nothing is won by a name that points inside, or that points elsewhere the second time (DNS rebinding).

Two may be anywhere, as the operator chose them: the mirror, and the proxy that ``http_proxy`` or ``https_proxy`` names.
Through either, the live address is judged as it is written, and who resolves its host is the proxy. IPv4 only, as
Scrapy's resolver.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy.exceptions import CannotResolveHostError, IgnoreRequest
from scrapy.resolver import CachingThreadedResolver, dnscache
from twisted.internet.error import DNSLookupError

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings
    from twisted.internet.base import ReactorBase
    from twisted.internet.defer import Deferred

# All that is special by IANA's registries (RFC 6890), not ``is_global``: that changed within 3.11 and 3.12, and calls
# multicast and relays global.
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291, 2.4: no other part of IPv6 is in public use
_SPECIAL = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this network (RFC 791, 3.2)
            "10.0.0.0/8",  # private (RFC 1918)
            "100.64.0.0/10",  # shared by a provider's customers (RFC 6598)
            "127.0.0.0/8",  # loopback (RFC 1122, 3.2.1.3)
            "169.254.0.0/16",  # link-local (RFC 3927), where clouds keep their secrets
            "172.16.0.0/12",  # private (RFC 1918)
            "192.0.0.0/24",  # protocol assignments (RFC 6890, 2.1)
            "192.0.2.0/24",  # documentation (RFC 5737)
            "192.88.99.0/24",  # 6to4 relays (RFC 7526)
            "192.168.0.0/16",  # private (RFC 1918)
            "198.18.0.0/15",  # benchmarks (RFC 2544)
            "198.51.100.0/24",  # documentation (RFC 5737)
            "203.0.113.0/24",  # documentation (RFC 5737)
            "224.0.0.0/4",  # multicast (RFC 5771)
            "240.0.0.0/4",  # reserved (RFC 1112, 4), and broadcast (RFC 919)
            "2001::/23",  # protocol assignments (RFC 2928), Teredo among them (RFC 4380)
            "2001:db8::/32",  # documentation (RFC 3849)
            "2002::/16",  # 6to4 (RFC 3056)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)


class Refused(IgnoreRequest):
    """A request that leads to where no source is: which way, and why not."""


class GuardMiddleware:
    """Lets requests through to the source's own host. Raises Refused for the rest, and says it of a refused connection.

    It stands inside the retries, so that what is refused is not tried again, and before robots.txt is asked for.
    """

    def process_request(self, request: Request) -> None:
        if objection := objection_to(request.url, own=_own_host(request)):
            raise Refused(objection)

    def process_exception(self, request: Request, exception: Exception) -> None:
        host = urlsplit(request.url).hostname or ""
        address = dnscache.get(host)
        if isinstance(exception, CannotResolveHostError) and address and not is_public(address):
            raise Refused(f"{host} is at {address}, which is no public address") from exception


class PublicResolver(CachingThreadedResolver):
    """Resolves names, and addresses in any spelling, to public addresses; everything else it does not find.

    Every connection begins here, and Twisted connects to the very address that it is given.
    """

    _trusted: frozenset[str] = frozenset()

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> Self:
        resolver = super().from_crawler(crawler, reactor)
        resolver._trusted = _trusted(crawler.settings)
        return resolver

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802 Twisted's
        found = super().getHostByName(name, timeout)
        return found if name.lower() in self._trusted else found.addCallback(_public, name)


def objection_to(url: str, *, own: str) -> str:
    """Return what speaks against asking for *url* on behalf of the host *own*; nothing if it is on it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    literal = _literal(host)
    if parts.scheme not in ("http", "https"):
        return f"{parts.scheme}: is no way to the web"
    if "@" in parts.netloc:
        return f"the address names a user of {host}"
    if literal and not is_public(literal):
        return f"{host} is no public address"
    if parts.netloc.lower() not in (own, f"{own}:80", f"{own}:443"):
        return f"{parts.netloc} is not {own}, where the source is"
    return ""


def is_public(address: str | IPv4Address | IPv6Address) -> bool:
    """Say whether *address* is one host on the internet, the same from everywhere.

    >>> is_public("8.8.8.8"), is_public("169.254.169.254"), is_public("::ffff:8.8.8.8")
    (True, False, False)
    """
    known = ip_address(address)
    if known.version == 6 and known not in _GLOBAL_UNICAST:
        return False
    return not any(known in network for network in _SPECIAL)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that *host* spells, None where it is a name.

    In whatever way the system's resolver would take for an address: ``127.1``, ``0x7f.1``, ``0177.0.0.1``,
    ``2130706433``.
    """
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host.rstrip(".")))
    except OSError:
        return None


def _public(address: str, name: str) -> str:
    """Return *address*, which *name* was resolved to. Raises DNSLookupError where it is not public."""
    if not is_public(address):
        raise DNSLookupError(f"{name} is at {address}, which is no public address")
    return address


def _own_host(request: Request) -> str:
    """Return the host that a request may ask: its source's; for robots.txt the one that it began at."""
    task = request.cb_kwargs.get("task")
    if task is not None:
        return str(task.source.host())
    first: str = request.meta.get("redirect_urls", [request.url])[0]
    return urlsplit(first).netloc


def _trusted(settings: BaseSettings) -> frozenset[str]:
    """Return the hosts that the operator chose to stand between the sites and us."""
    if mirror := settings["ZEROWIRE_MIRROR"]:
        between = [mirror]
    else:
        proxies = getproxies()
        between = [proxies[scheme] for scheme in ("http", "https") if scheme in proxies]
    return frozenset(urlsplit(each if "//" in each else f"//{each}").hostname or "" for each in between)
