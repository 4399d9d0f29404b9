"""Addresses in, identities out: which addresses are one, and the id that is given once.

Pure. Spelling an address in the way of its site is the crawler's business; here two spellings are only compared.
"""

from __future__ import annotations

import uuid
from datetime import datetime


def key(address: str) -> str:
    """Return what addresses of one page share: no scheme, no fragment, no slash at the end.

    >>> key("http://iclei.org/news/") == key("https://iclei.org/news#top")
    True
    """
    rest = address.partition("#")[0].partition("://")[2]
    host, slash, path = rest.partition("/")
    path, question, query = path.partition("?")
    return f"{host.lower()}{slash}{path}".rstrip("/") + question + query


def first_id(url: str) -> str:
    """Return the id of the announcement first seen at *url*: a UUID of version 5 over the address (RFC 9562, 5.5)."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, url)}"


def reused_id(url: str, published: datetime) -> str:
    """Return the id of another announcement at an address that was another's before: its date sets it apart."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{url}#{published.isoformat()}')}"
