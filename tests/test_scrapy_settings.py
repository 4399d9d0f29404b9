"""Scrapy is told everything that its defaults would have rude or unsafe, on the live web and through a mirror alike."""

from typing import Any

import pytest
from scrapy.settings import Settings as Given
from scrapy.settings import default_settings
from scrapy.utils.misc import load_object

from crawler.scrapy_settings import scrapy_settings, user_agent
from settings import Settings

MEBIBYTE = 1024 * 1024
MIRROR = "http://127.0.0.1:8801"
LIVE = scrapy_settings(Settings(contact="https://example.org/wire"))
MIRRORED = scrapy_settings(Settings(mirror=MIRROR))

both = pytest.mark.parametrize("given", [LIVE, MIRRORED], ids=["live", "mirrored"])


@both
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DOWNLOAD_MAXSIZE", 32 * MEBIBYTE),
        ("DOWNLOAD_TIMEOUT", 30),
        ("DOWNLOAD_FAIL_ON_DATALOSS", True),
        ("DOWNLOAD_VERIFY_CERTIFICATES", True),
        ("REDIRECT_MAX_TIMES", 5),
        ("METAREFRESH_ENABLED", False),
        ("COOKIES_ENABLED", False),
        ("TELNETCONSOLE_ENABLED", False),
        ("REMOTE_CONTROL_ENABLED", False),
        ("HTTPCACHE_ENABLED", False),
        ("CONCURRENT_REQUESTS_PER_DOMAIN", 1),
        ("DOWNLOAD_DELAY_JITTER", 0),
        ("ROBOTSTXT_OBEY", False),
        ("ROBOTSTXT_USER_AGENT", "zerowire"),
        ("SCHEDULER_MEMORY_QUEUE", "scrapy.squeues.FifoMemoryQueue"),
    ],
)
def test_what_matters_for_safety_and_manners_is_set(given: dict[str, Any], name: str, value: object) -> None:
    assert given[name] == value


@both
def test_only_the_web_is_fetched_from(given: dict[str, Any]) -> None:
    by_default = Given(given).getwithbase("DOWNLOAD_HANDLERS").copy_to_dict()
    assert {scheme for scheme, handler in by_default.items() if handler is not None} == {"http", "https"}


@both
def test_robots_txt_is_obeyed_by_our_own_reading_of_it(given: dict[str, Any]) -> None:
    assert "crawler.middlewares.robots.RobotsMiddleware" in given["DOWNLOADER_MIDDLEWARES"]


@both
def test_a_host_that_asks_for_time_is_not_asked_again_at_once(given: dict[str, Any]) -> None:
    assert not {429, 503} & set(given["RETRY_HTTP_CODES"])
    assert given["RETRY_TIMES"] <= 2


@both
def test_a_crawl_ends_some_day(given: dict[str, Any]) -> None:
    assert 0 < given["CLOSESPIDER_TIMEOUT"] <= 6 * 3600


@both
def test_an_answer_that_is_no_page_reaches_the_crawl_which_says_what_it_means(given: dict[str, Any]) -> None:
    assert given["SPIDER_MIDDLEWARES"]["scrapy.spidermiddlewares.httperror.HttpErrorMiddleware"] is None


@both
def test_every_part_that_is_named_can_be_loaded(given: dict[str, Any]) -> None:
    parts = [*given["DOWNLOADER_MIDDLEWARES"], *given["SPIDER_MIDDLEWARES"], *given["ITEM_PIPELINES"]]
    handlers = [handler for handler in given["DOWNLOAD_HANDLERS"].values() if handler]
    for part in (*parts, *handlers, given["SCHEDULER_MEMORY_QUEUE"]):
        assert load_object(part)


@both
def test_every_setting_is_one_that_scrapy_knows(given: dict[str, Any]) -> None:
    known = set(vars(default_settings)) | {"ZEROWIRE_MIRROR"}
    assert set(given) - known == set()


def test_a_host_waits_three_seconds_between_two_requests() -> None:
    assert LIVE["DOWNLOAD_DELAY"] == 3
    assert scrapy_settings(Settings(delay=10))["DOWNLOAD_DELAY"] == 10


def test_a_mirror_waits_for_nothing_unless_told_to() -> None:
    assert MIRRORED["DOWNLOAD_DELAY"] == 0
    assert scrapy_settings(Settings(mirror=MIRROR, delay=0.5))["DOWNLOAD_DELAY"] == 0.5


def test_requests_go_through_the_mirror_only_where_there_is_one() -> None:
    handler = "crawler.middlewares.mirror.MirrorHandler"
    assert (MIRRORED["DOWNLOAD_HANDLERS"]["https"], MIRRORED["ZEROWIRE_MIRROR"]) == (handler, MIRROR)
    assert (LIVE["DOWNLOAD_HANDLERS"]["https"] == handler, LIVE["ZEROWIRE_MIRROR"]) == (False, "")


def test_no_proxy_stands_between_the_crawl_and_a_mirror() -> None:
    assert MIRRORED["HTTPPROXY_ENABLED"] is False
    assert LIVE["HTTPPROXY_ENABLED"] is True


def test_the_user_agent_says_who_asks_and_whom_to_write_to() -> None:
    assert LIVE["USER_AGENT"] == user_agent("https://example.org/wire")
    assert LIVE["USER_AGENT"].startswith("zerowire/")
    assert LIVE["USER_AGENT"].endswith(" (+https://example.org/wire)")
    assert "(" not in user_agent("")
