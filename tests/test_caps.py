"""No answer costs more than it may, and none passes for whole that is cut: real answers of servers that misbehave."""

import gzip
import time
import zlib
from collections.abc import Callable, Iterator

import pytest

from crawler.middlewares.caps import LONGEST_HEAD, BadAnswer, unpack
from tests.fetching import WITHOUT_PACE, Asked, Fetched, Got, fetch
from tests.site import Bytes, Site, answer, playing

MEBIBYTE = 1024 * 1024
TEXT = "脱炭素先行地域の公募について。".encode() * 1000


def deflate(body: bytes, window: int = zlib.MAX_WBITS) -> bytes:
    packer = zlib.compressobj(wbits=window)
    return packer.compress(body) + packer.flush()


def bomb() -> bytes:
    """Return a gigabyte of zeros in gzip, as members of 16 MiB."""
    return gzip.compress(bytes(16 * MEBIBYTE)) * 64


@pytest.mark.parametrize(
    ("codings", "packed"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("x-gzip", gzip.compress(TEXT)),
        ("GZip", gzip.compress(TEXT)),
        ("gzip", gzip.compress(TEXT[:600]) + gzip.compress(TEXT[600:])),
        ("gzip", gzip.compress(b"") + gzip.compress(TEXT)),
        ("gzip", gzip.compress(TEXT) + bytes(512)),
        ("gzip", gzip.compress(TEXT) + b"<!-- served in 0.02 s -->"),
        ("deflate", deflate(TEXT)),
        ("deflate", deflate(TEXT, -zlib.MAX_WBITS)),
        ("deflate", deflate(TEXT) + b"rubbish"),
        ("deflate, gzip", gzip.compress(deflate(TEXT))),
        ("identity", TEXT),
        ("identity, gzip", gzip.compress(TEXT)),
    ],
)
def test_a_body_is_unpacked_however_it_was_packed(codings: str, packed: bytes) -> None:
    assert unpack(packed, codings, most_bytes=len(TEXT)) == TEXT


def test_nothing_is_nothing_in_any_coding() -> None:
    assert unpack(b"", "gzip", most_bytes=1) == unpack(gzip.compress(b""), "gzip", most_bytes=1) == b""


@pytest.mark.parametrize(
    ("codings", "packed", "reason"),
    [
        ("br", b"\x0b\x02\x80", "expected gzip or deflate, got 'br'"),
        ("zstd", b"\x28\xb5\x2f\xfd", "expected gzip or deflate, got 'zstd'"),
        ("gzip, br", TEXT, "expected gzip or deflate, got 'gzip, br'"),
        ("gzip, gzip, gzip", TEXT, "expected gzip or deflate, got 'gzip, gzip, gzip'"),
        ("gzip", TEXT, "expected gzip: "),
        ("deflate", TEXT, "expected deflate: "),
        ("gzip", gzip.compress(TEXT)[:-8] + bytes(8), "expected gzip: "),
        ("gzip", gzip.compress(b"") * 101, "expected at most 100 members in gzip"),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_refused_by_name(codings: str, packed: bytes, reason: str) -> None:
    with pytest.raises(BadAnswer, match=reason):
        unpack(packed, codings, most_bytes=MEBIBYTE)


@pytest.mark.parametrize("codings", ["gzip", "deflate"])
def test_a_body_that_is_cut_anywhere_is_refused_by_name(codings: str) -> None:
    packed = gzip.compress(TEXT) if codings == "gzip" else deflate(TEXT)
    for length in range(2, len(packed)):
        with pytest.raises(BadAnswer, match=f"expected the whole of a body in {codings}, got a part of it"):
            unpack(packed[:length], codings, most_bytes=MEBIBYTE)


@pytest.mark.parametrize(
    ("codings", "packed"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("gzip", gzip.compress(TEXT[:600]) + gzip.compress(TEXT[600:])),
        ("deflate", deflate(TEXT)),
        ("deflate, gzip", gzip.compress(deflate(TEXT))),
    ],
)
def test_a_body_that_is_larger_than_it_may_be_is_refused_by_name(codings: str, packed: bytes) -> None:
    with pytest.raises(BadAnswer, match=f"expected at most {len(TEXT) - 1} bytes"):
        unpack(packed, codings, most_bytes=len(TEXT) - 1)


def dripping(head: bytes, drop: bytes) -> Callable[[], Iterator[bytes]]:
    """Send *head*, then a *drop* now and then, for longer than anybody waits."""

    def drip() -> Iterator[bytes]:
        yield head
        for _ in range(100):
            time.sleep(0.1)
            yield drop

    return drip


def endless(head: bytes, more: bytes) -> Callable[[], Iterator[bytes]]:
    """Send *head*, then a gigabyte of *more*: nobody here listens to all of it."""

    def run() -> Iterator[bytes]:
        yield head
        yield from (more for _ in range(1024 * MEBIBYTE // len(more)))

    return run


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = answer(b"", "Transfer-Encoding: chunked")
MISBEHAVING: dict[str, tuple[Bytes, str]] = {
    "gzip-cut": (
        answer(gzip.compress(TEXT)[:-20], "Content-Encoding: gzip"),
        "BadAnswer: expected the whole of a body in gzip, got a part of it",
    ),
    "brotli": (answer(b"\x0b\x02\x80", "Content-Encoding: br"), "BadAnswer: expected gzip or deflate, got 'br'"),
    "gzip-bomb": (answer(bomb(), "Content-Encoding: gzip"), "BadAnswer: expected at most 33554432 bytes"),
    "deflate-bomb": (
        answer(deflate(bytes(40 * MEBIBYTE)), "Content-Encoding: deflate"),
        "BadAnswer: expected at most 33554432 bytes",
    ),
    "bomb-in-bomb": (
        answer(gzip.compress(bomb()), "Content-Encoding: gzip, gzip"),
        "BadAnswer: expected at most 33554432 bytes",
    ),
    "length-says-200-mb": (
        answer(b"", f"Content-Length: {200 * MEBIBYTE}"),
        "BadAnswer: expected at most 33554432 bytes",
    ),
    "endless-chunks": (
        endless(CHUNKED, b"10000\r\n" + bytes(65536) + b"\r\n"),
        "BadAnswer: expected at most 33554432 bytes",
    ),
    "endless-body": (endless(HEAD + b"\r\n", bytes(65536)), "BadAnswer: expected at most 33554432 bytes"),
    "endless-headers": (
        endless(HEAD, b"X-Header: x\r\n" * 1000),
        f"BadAnswer: expected the headers to end within {LONGEST_HEAD} bytes",
    ),
    "endless-short-headers": (
        endless(HEAD, b"a:\n" * 1000),
        f"BadAnswer: expected the headers to end within {LONGEST_HEAD} bytes",
    ),
    "endless-folded-header": (
        endless(HEAD + b"X-Header: x\r\n", b" x\r\n" * 1000),
        f"BadAnswer: expected the headers to end within {LONGEST_HEAD} bytes",
    ),
    "endless-interim-answers": (
        endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000),
        f"BadAnswer: expected the headers to end within {LONGEST_HEAD} bytes",
    ),
    "endless-header-line": (endless(HEAD + b"X-Header: ", b"x" * 65536), "DownloadFailedError: "),
    "endless-status-line": (endless(b"", b"x" * 65536), "DownloadFailedError: "),
    "many-headers": (
        answer(b"", *(f"X-Header-{number}: x" for number in range(300))),
        "BadAnswer: expected at most 200 headers, got 301",
    ),
    "small-page": (answer(TEXT), "BadAnswer: expected at most 1000 bytes"),
    "small-page-in-gzip": (
        answer(gzip.compress(TEXT), "Content-Encoding: gzip"),
        "BadAnswer: expected at most 1000 bytes, unpacked from gzip",
    ),
    "shorter-than-said": (answer(TEXT, f"Content-Length: {len(TEXT) + 1}"), "ResponseDataLossError: "),
    "chunks-cut": (CHUNKED + b"5\r\nabc", "ResponseDataLossError: "),
    "chunk-of-no-size": (CHUNKED + b"zzz\r\nabc", "ResponseDataLossError: "),
    "unknown-framing": (answer(TEXT, "Transfer-Encoding: gzip"), "DownloadFailedError: "),
    "two-lengths": (answer(b"", "Content-Length: 3", "Content-Length: 4"), "DownloadFailedError: "),
    "no-http": (b"220 mail.example.org ESMTP\r\n\r\n", "DownloadFailedError: "),
    "closed-at-once": (b"", "DownloadFailedError: "),
    "dripping-nothing": (dripping(b"", b""), "DownloadTimeoutError: "),
    "dripping-status": (dripping(b"HTTP", b"P"), "DownloadTimeoutError: "),
    "dripping-headers": (dripping(HEAD, b"X-Header: x\r\n"), "DownloadTimeoutError: "),
    "dripping-body": (dripping(answer(b"", "Content-Length: 500"), b"x"), "DownloadTimeoutError: "),
    "dripping-chunks": (dripping(CHUNKED, b"1\r\nx\r\n"), "DownloadTimeoutError: "),
}
BEHAVING: dict[str, tuple[Bytes, bytes]] = {
    "gzip": (answer(gzip.compress(TEXT), "Content-Encoding: gzip"), TEXT),
    "deflate-raw": (answer(deflate(TEXT, -zlib.MAX_WBITS), "Content-Encoding: deflate"), TEXT),
    "ends-with-its-connection": (HEAD + b"\r\n" + TEXT, TEXT),
    "longer-than-said": (answer(TEXT, "Content-Length: 30"), TEXT[:30]),
    "a-redirect-with-a-broken-body": (
        answer(b"x", "Content-Encoding: gzip", "Location: /there", status="302 Found"),
        TEXT,
    ),
    "many-cookies": (answer(TEXT, *(f"Set-Cookie: {number}=x" for number in range(150))), TEXT),
}
TOO_LARGE = ("gzip-bomb", "deflate-bomb", "bomb-in-bomb", "endless-chunks", "endless-body")
THERE = "/a-redirect-with-a-broken-body.example/there"


def page(name: str) -> Asked:
    """Return the request for a page on a host of its own, so that none waits for another."""
    limits = {"dripping": {"download_timeout": 1}, "small": {"download_maxsize": 1000}}
    return Asked(f"https://{name}.example/", own=f"{name}.example", meta=limits.get(name.partition("-")[0], {}))


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    sent = {f"/{name}.example/": sent for cases in (MISBEHAVING, BEHAVING) for name, (sent, _) in cases.items()}
    with playing(sent | {THERE: answer(TEXT)}) as one:
        yield one


@pytest.fixture(scope="module")
def fetched(site: Site) -> Fetched:
    """What came of all of them, as many at once as a crawl asks for."""
    return fetch(map(page, (*MISBEHAVING, *BEHAVING)), mirror=site.url, **WITHOUT_PACE)


def got(fetched: Fetched, name: str) -> Got:
    (found,) = (each for each in fetched.got if each.url.startswith(f"https://{name}.example/"))
    return found


@pytest.mark.parametrize("name", MISBEHAVING)
def test_an_answer_that_misbehaves_is_refused_with_its_reason(fetched: Fetched, name: str) -> None:
    assert got(fetched, name).problem.startswith(MISBEHAVING[name][1])


@pytest.mark.parametrize("name", BEHAVING)
def test_an_answer_that_is_merely_unusual_is_read(fetched: Fetched, name: str) -> None:
    assert got(fetched, name).body.encode("latin-1") == BEHAVING[name][1]


def test_one_that_is_too_large_fits_into_memory(site: Site) -> None:
    alone = fetch(map(page, TOO_LARGE), mirror=site.url, CONCURRENT_REQUESTS=1, **WITHOUT_PACE)
    assert alone.megabytes < 300


def test_as_many_of_them_as_are_asked_at_once_fit_into_memory(fetched: Fetched) -> None:
    assert fetched.megabytes < 450


def test_what_nobody_can_unpack_is_not_asked_for(fetched: Fetched, site: Site) -> None:
    assert len(site.heads) >= len(fetched.got)
    assert all("\r\nAccept-Encoding: gzip, deflate\r\n" in head for head in site.heads)
