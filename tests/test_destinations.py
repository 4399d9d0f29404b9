"""Whom the settings name is told as they say; a wrong one is an error in a line, without what nobody is to see."""

import base64
import logging
import re
import tomllib
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from feeds.channels import NOTES, Channel
from feeds.push import services
from feeds.push.destinations import BadDestination, Destination, Every, destinations
from store.query import Query

ALL = Channel("all", "All", Query(gone=False))
CITIES = Channel("cities", "Cities", Query(words="city", gone=False), formerly=("towns",))
CHANNELS = [ALL, CITIES, *NOTES]
SECRET = base64.b64encode(b"0123456789abcdef01234567").decode()
HOOK = {"webhook": "https://user:pw@example.org/hook", "secret": f"whsec_{SECRET}"}
MAIL = {"to": "mailtos://user:pw@example.org?to=climate@city.example"}

needs_apprise = pytest.mark.skipif(not services.INSTALLED, reason="needs apprise")


def one(**given: Any) -> Destination:
    [found] = destinations({"office": given}, CHANNELS)
    return found


def refusal(given: dict[str, Any]) -> str:
    """The error's line, which shows no password."""
    with pytest.raises(BadDestination) as raised:
        one(**given)
    said = str(raised.value)
    assert (len(said.splitlines()), raised.value.__cause__, "pw" in said) == (1, None, False)
    return said


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@needs_apprise
def test_a_destination_is_told_of_each_announcement_in_english_unless_it_says_otherwise() -> None:
    found = one(**MAIL)
    assert (found.name, found.channels, found.health, found.every) == ("office", (ALL,), False, Every.ANNOUNCEMENT)
    assert (found.at, found.zone.key, found.language) == (time(8), "Asia/Tokyo", "en")


@needs_apprise
def test_all_can_be_said_otherwise() -> None:
    found = one(
        **MAIL,
        channels=["towns", "cities", "health"],
        every="week",
        at="23:05",
        timezone="Europe/Berlin",
        language="ja",
    )
    assert (found.channels, found.health, found.every) == ((CITIES,), True, Every.WEEK)
    assert (found.at, found.zone.key, found.language) == (time(23, 5), "Europe/Berlin", "ja")


def test_a_secret_may_be_written_with_its_prefix_or_without() -> None:
    assert one(**HOOK).secret == one(webhook=HOOK["webhook"], secret=SECRET).secret == b"0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "office: expected either `to`, an address for apprise, or `webhook`, an address for JSON"),
        (HOOK | MAIL, "office: expected either `to`"),
        (HOOK | {"chanels": []}, "office: unknown 'chanels'; there are to, webhook, secret, channels"),
        (HOOK | {"channels": "all"}, 'office: channels: expected a list of names, such as ["all"]'),
        (HOOK | {"channels": []}, "office: channels: expected a list"),
        (HOOK | {"channels": [7]}, "office: channels: expected a list"),
        (
            HOOK | {"channels": ["citys"]},
            "office: channels: unknown channel 'citys'; there are all, towns, cities, health",
        ),
        (HOOK | {"channels": ["updates"]}, "office: channels: unknown channel 'updates'"),
        (HOOK | {"every": "day"}, "office: every: expected with `to` only"),
        (HOOK | {"language": "ja"}, "office: language: expected with `to` only"),
        ({"webhook": HOOK["webhook"]}, "office: secret: expected 24 to 64 bytes in base64"),
        (HOOK | {"secret": "pw"}, "office: secret: expected 24 to 64 bytes in base64"),
        (HOOK | {"secret": "環境省"}, "office: secret: expected 24 to 64 bytes in base64"),
        (HOOK | {"secret": 7}, "office: secret: expected 24 to 64 bytes in base64"),
        (HOOK | {"webhook": "ftp://user:pw@example.org"}, "office: webhook: expected an address such as https://"),
        (HOOK | {"webhook": "https://user:pw@[example"}, "office: webhook: expected an address such as https://"),
        (HOOK | {"webhook": "https:///pw"}, "office: webhook: expected an address such as https://"),
        (HOOK | {"webhook": 7}, "office: webhook: expected an address such as https://"),
    ],
)
def test_a_wrong_destination_is_an_error_that_says_what_was_expected(given: dict[str, Any], said: str) -> None:
    assert refusal(given).startswith(said)


@needs_apprise
@pytest.mark.parametrize(
    ("given", "said"),
    [
        (MAIL | {"secret": SECRET}, "office: secret: expected with `webhook` only"),
        ({"to": "nosuch://user:pw@example.org"}, "office: to: expected an address that apprise knows"),
        ({"to": "pw"}, "office: to: expected an address that apprise knows"),
        ({"to": 7}, "office: to: expected an address that apprise knows"),
        (MAIL | {"every": "month"}, "office: every: expected one of announcement, day, week, got 'month'"),
        (MAIL | {"every": ["day"]}, "office: every: expected one of announcement, day, week"),
        (MAIL | {"at": "8:00"}, "office: at: expected a time of day such as 08:00, got '8:00'"),
        (MAIL | {"at": "24:00"}, "office: at: expected a time of day such as 08:00, got '24:00'"),
        (MAIL | {"at": 8}, "office: at: expected a time of day such as 08:00, got 8"),
        (MAIL | {"timezone": "Tokyo"}, "office: timezone: expected a name such as Asia/Tokyo, got 'Tokyo'"),
        (MAIL | {"timezone": "../x"}, "office: timezone: expected a name such as Asia/Tokyo, got '../x'"),
        (MAIL | {"timezone": 9}, "office: timezone: expected a name such as Asia/Tokyo, got 9"),
        (MAIL | {"language": "fr"}, "office: language: expected one of en, ja, got 'fr'"),
    ],
)
def test_so_is_one_that_is_told_through_apprise(given: dict[str, Any], said: str) -> None:
    assert refusal(given).startswith(said)


@pytest.mark.parametrize(("name", "given"), [("an office", HOOK), (":hub", HOOK), ("", HOOK), ("office", "https://pw")])
def test_a_destination_is_a_table_with_a_plain_name(name: str, given: object) -> None:
    with pytest.raises(BadDestination, match="expected") as raised:
        destinations({name: given}, CHANNELS)
    assert "pw" not in str(raised.value)


def test_without_apprise_an_address_for_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "INSTALLED", False)
    with pytest.raises(BadDestination, match=r"office: to: expected apprise, .* install -e '\.\[notify\]'"):
        one(**MAIL)


@needs_apprise
def test_no_password_is_shown_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    assert "pw" not in f"{one(**HOOK)} {one(**MAIL)}"
    with pytest.raises(BadDestination):
        one(to="mailto://user:pw@")
    assert "pw" not in caplog.text
    assert SECRET not in f"{one(**HOOK)}"


@needs_apprise
@pytest.mark.parametrize(
    ("given", "now", "period"),
    [
        ({}, "2026-06-11T08:00+09:00", "2026-06-11T08:00+09:00"),
        ({}, "2026-06-11T07:59:59+09:00", "2026-06-10T08:00+09:00"),
        ({"every": "week"}, "2026-06-11T12:00+09:00", "2026-06-08T08:00+09:00"),
        ({"every": "week"}, "2026-06-08T07:00+09:00", "2026-06-01T08:00+09:00"),
        ({"timezone": "Europe/Berlin", "at": "02:30"}, "2026-03-29T03:29+02:00", "2026-03-28T02:30+01:00"),
        ({"timezone": "Europe/Berlin", "at": "02:30"}, "2026-03-29T12:00+02:00", "2026-03-29T03:30+02:00"),
        ({"timezone": "Europe/Berlin", "at": "02:30"}, "2026-10-25T02:29+01:00", "2026-10-25T02:30+02:00"),
        ({"timezone": "Europe/Berlin", "at": "02:30"}, "2026-10-25T12:00+01:00", "2026-10-25T02:30+02:00"),
    ],
)
def test_a_period_begins_at_its_time_in_its_zone(given: dict[str, str], now: str, period: str) -> None:
    assert one(**{"every": "day"} | MAIL | given).last_period(at(now)) == at(period)


@needs_apprise
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Tokyo"])
def test_a_year_has_as_many_daily_periods_as_days_in_any_zone(zone: str) -> None:
    daily = one(**MAIL, every="day", at="02:15", timezone=zone)
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    periods = {daily.last_period(noon + timedelta(hours=hours)) for hours in range(365 * 24)}
    assert len(periods) in (365, 366)


@needs_apprise
def test_what_the_documentation_shows_is_taken() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", Path(__file__).parents[1].joinpath("docs/push.md").read_text(), re.DOTALL)
    shown = tomllib.loads("".join(blocks))["notify"]
    channels = [*CHANNELS, *(Channel(name, name, Query()) for name in ("jcm", "zero-carbon-cities"))]
    assert [found.name for found in destinations(shown, channels)] == ["dashboard", "office"]
