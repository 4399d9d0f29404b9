"""An address is asked with what it answered itself, and says 304 to nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fetching import WITHOUT_PACE, Asked, Got, fetch
from tests.site import Site, answer, playing, redirect

NOT_MODIFIED = answer(status="304 Not Modified")
CONDITIONS = {"If-None-Match": '"1"', "If-Modified-Since": "Sun, 22 Nov 2026 03:00:00 GMT"}
ASKED = {
    name: Asked(f"https://{name}.example/", own=f"{name}.example", headers=headers)
    for name, headers in {"known": CONDITIONS, "unknown": {}, "moved": CONDITIONS, "moved-away": CONDITIONS}.items()
}
ANSWERS = {
    "/known.example/": NOT_MODIFIED,
    "/unknown.example/": NOT_MODIFIED,
    "/moved.example/": redirect("/there"),
    "/moved.example/there": answer(b"news"),
    "/moved-away.example/": redirect("/there"),
    "/moved-away.example/there": NOT_MODIFIED,
}


@pytest.fixture(scope="module")
def fetched() -> Iterator[tuple[Site, dict[str, Got]]]:
    with playing(ANSWERS) as site:
        got = fetch(ASKED.values(), mirror=site.url, **WITHOUT_PACE).got
        yield site, dict(zip(ASKED, got, strict=True))


def conditions(site: Site, path: str) -> list[str]:
    (head,) = (head for head in site.heads if head.split(" ")[1] == path)
    return sorted(line for line in head.split("\r\n") if line.startswith("If-"))


def test_an_address_is_asked_with_its_own_validators(fetched: tuple[Site, dict[str, Got]]) -> None:
    site, got = fetched
    assert conditions(site, "/known.example/") == [f"{name}: {value}" for name, value in sorted(CONDITIONS.items())]
    assert got["known"].status == 304


def test_where_a_redirect_leads_is_asked_without_any(fetched: tuple[Site, dict[str, Got]]) -> None:
    site, got = fetched
    assert len(conditions(site, "/moved.example/")) == 2
    assert conditions(site, "/moved.example/there") == []
    assert got["moved"].body == "news"


@pytest.mark.parametrize("name", ["unknown", "moved-away"])
def test_not_modified_is_no_answer_to_who_set_no_condition(fetched: tuple[Site, dict[str, Got]], name: str) -> None:
    _, got = fetched
    assert got[name].problem.startswith("NotAsked: expected an answer, got status 304")
