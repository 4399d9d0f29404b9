"""A source that breaks is told of once when it does and once when it is well again, to the operator and nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.playground import Playground
from tests.receivers import receiving
from tests.test_telling import hook

HOST, SOURCE = "www.iges.or.jp", "iges-en-news"


def state(playground: Playground) -> dict[str, Any]:
    """Crawl, and return what `zerowire sources` says of it then."""
    playground.zerowire("crawl", SOURCE)
    rows = map(json.loads, playground.zerowire("sources", "--json").stdout.splitlines())
    return next(row for row in rows if row["source"] == SOURCE)


def titles(playground: Playground, channel: str) -> list[str]:
    return [item["title"] for item in json.loads(playground.feeds()[f"{channel}.json"])["items"]]


@pytest.mark.slow
def test_an_outage_is_one_alert_and_one_recovery_and_in_no_subscribers_feed(playground: Playground) -> None:
    assert state(playground)["health"] == "ok"
    with receiving() as receiver:
        told = {"ZEROWIRE_NOTIFY": hook(receiver)}
        playground.zerowire("publish", **told)
        news = titles(playground, "all")
        playground.replica.outage(HOST)
        broken, again = state(playground), state(playground)
        playground.replica.heal(HOST)
        assert state(playground)["health"] == "ok"
        playground.zerowire("publish", **told)
        assert [each["notice"]["title"].split(":")[0] for each in receiver.took.values()] == [
            f"{SOURCE} is broken",
            f"{SOURCE} is well again",
        ]
    assert (broken["health"], broken["fault"]) == ("broken", "unreachable")
    assert again["since"] == broken["since"]
    assert [title.split(":")[0] for title in titles(playground, "health")] == [
        f"{SOURCE} is well again",
        f"{SOURCE} is broken",
    ]
    assert titles(playground, "all") == news


@pytest.mark.slow
def test_a_redesign_is_seen_in_the_next_run(playground: Playground) -> None:
    playground.zerowire("crawl", "moej-ja", "--since", "2026-11-01")
    playground.replica.redesign("www.env.go.jp")
    playground.zerowire("crawl", "moej-ja")
    (line,) = (each for each in playground.zerowire("sources").stdout.splitlines() if each.startswith("moej-ja\t"))
    assert "degraded since 20" in line
    assert "expected the list at" in line
