"""Scrapy is told everything that its defaults would have rude or unsafe, on the live web and through a mirror alike."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import default_settings
from scrapy.utils.misc import load_object

from crawler.scrapy_settings import scrapy_settings, user_agent
from settings import Settings

HERE = Path(__file__).parent
LEFT_AS_THEY_ARE = HERE / "scrapy_defaults.json"
MEBIBYTE = 1024 * 1024
MIRROR = "http://127.0.0.1:8801"
LIVE = scrapy_settings(Settings(contact="https://example.org/wire"))
MIRRORED = scrapy_settings(Settings(mirror=MIRROR))

both = pytest.mark.parametrize("given", [LIVE, MIRRORED], ids=["live", "mirrored"])


@pytest.fixture(scope="module")
def effective() -> dict[str, Any]:
    """What is at work in a crawl, whatever the source: all are carried by one spider."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.effective"], cwd=HERE.parent, env={}, capture_output=True, text=True, check=True
    )
    parts: dict[str, Any] = json.loads(done.stdout)
    return parts


def test_every_request_passes_these_middlewares_and_no_other(effective: dict[str, Any]) -> None:
    scrapys = "scrapy.downloadermiddlewares"
    assert effective["downloader middlewares"] == [
        f"{scrapys}.httpauth.HttpAuthMiddleware",
        f"{scrapys}.downloadtimeout.DownloadTimeoutMiddleware",
        f"{scrapys}.defaultheaders.DefaultHeadersMiddleware",
        f"{scrapys}.useragent.UserAgentMiddleware",
        f"{scrapys}.retry.RetryMiddleware",
        "crawler.middlewares.guard.GuardMiddleware",
        "crawler.middlewares.robots.RobotsMiddleware",
        "crawler.middlewares.caps.CapsMiddleware",
        "crawler.middlewares.validators.ValidatorsMiddleware",
        f"{scrapys}.redirect.RedirectMiddleware",
        f"{scrapys}.httpproxy.HttpProxyMiddleware",
        f"{scrapys}.stats.DownloaderStats",
        "crawler.middlewares.pace.PaceMiddleware",
    ]


def test_only_the_web_is_fetched_from_and_under_our_caps(effective: dict[str, Any]) -> None:
    assert effective["handlers"] == dict.fromkeys(("http", "https"), "crawler.middlewares.caps.CappedHandler")
    assert effective["settings"]["TWISTED_DNS_RESOLVER"] == "crawler.middlewares.guard.PublicResolver"


def test_no_other_part_of_scrapy_is_at_work(effective: dict[str, Any]) -> None:
    assert effective["spider middlewares"] == [
        f"scrapy.spidermiddlewares.{name}"
        for name in (
            "start.StartSpiderMiddleware",
            "referer.RefererMiddleware",
            "urllength.UrlLengthMiddleware",
            "depth.DepthMiddleware",
            "metacopy.MetaCopyDetectionMiddleware",
        )
    ]
    assert effective["extensions"] == [
        f"scrapy.extensions.{name}" for name in ("corestats.CoreStats", "logcount.LogCount", "closespider.CloseSpider")
    ]
    assert effective["pipelines"] == ["crawler.pipeline.ArchivePipeline"]


def test_what_is_set_is_what_there_is_in_the_end(effective: dict[str, Any]) -> None:
    ours = scrapy_settings(Settings())
    assert {name: effective["settings"][name] for name in ours} == ours


def test_every_default_that_is_left_as_it_is_has_been_read(
    effective: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    """A new default, or a new value, of a new Scrapy: read it, set it or leave it, and write the file anew."""
    left = {name: value for name, value in effective["settings"].items() if name not in LIVE | {"TEMPLATES_DIR": ""}}
    if request.config.getoption("--rewrite-golden"):
        LEFT_AS_THEY_ARE.write_text(json.dumps(left, indent=1, sort_keys=True) + "\n", "utf-8")
    assert left == json.loads(LEFT_AS_THEY_ARE.read_text("utf-8"))


def test_a_mirror_changes_the_way_and_the_pace_and_nothing_else() -> None:
    differing = {name for name, value in scrapy_settings(Settings()).items() if value != MIRRORED[name]}
    assert differing == {"ZEROWIRE_MIRROR", "DOWNLOAD_HANDLERS", "HTTPPROXY_ENABLED", "DOWNLOAD_DELAY"}


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
