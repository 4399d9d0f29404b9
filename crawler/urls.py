"""One spelling an address. The only module that knows courlan."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import SplitResult, urljoin, urlsplit

from courlan import normalize_url

_NONE: Mapping[str, str] = MappingProxyType({})
_LONGEST = 2048


def absolute(address: str, base: str) -> str | None:
    """Return *address*, found on the page *base*, as an absolute one without fragment; None if it is no page's.

    >>> absolute("../news/#top", "https://iclei.org/en/x/")
    'https://iclei.org/en/news/'
    >>> absolute("mailto:a@example.org", "https://iclei.org/")
    """
    try:
        parts = urlsplit(urljoin(base, address.strip()))
        named = (parts.hostname or "").strip(".")
        usable = parts.scheme in ("http", "https") and named and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    if not usable:
        return None
    joined = parts._replace(fragment="").geturl()
    return joined if len(joined) <= _LONGEST else None


def canonical(address: str, *, base: str = "", hosts: Mapping[str, str] = _NONE) -> str | None:
    """Return the one spelling of *address*: https, lower-case host, no default port, no tracking, sorted query.

    *hosts* maps staging hosts to the live ones. A slash at the end is left as it is: the site decides about that.

    >>> canonical("HTTP://Iclei.org:80/a/?utm_source=rss&b=2&a=1#top")
    'https://iclei.org/a/?a=1&b=2'
    """
    joined = absolute(address, base)
    if joined is None:
        return None
    parts = urlsplit(normalize_url(joined))
    host = _host(parts)
    return parts._replace(scheme="https", netloc=hosts.get(host, host), path=parts.path or "/").geturl()


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    return host if parts.port in (None, 80, 443) else f"{host}:{parts.port}"
