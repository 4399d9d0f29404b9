"""Our settings in, Scrapy's out: every default that is unsafe or rude for a monitor is set here, and said why."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from settings import Settings

_POLITE_SECONDS = 3.0
_MEBIBYTE = 1024 * 1024


def scrapy_settings(settings: Settings) -> dict[str, Any]:
    """Return Scrapy's settings for a crawl with *settings*."""
    return {
        "BOT_NAME": "zerowire",
        "USER_AGENT": user_agent(settings.contact),
        "ROBOTSTXT_USER_AGENT": "zerowire",
        **_manners(settings),
        **_limits(),
        **_protocols(settings),
        **_parts(),
        **_silence(),
    }


def user_agent(contact: str) -> str:
    """Return the name that sites see, with whom to write to."""
    return f"zerowire/{version('zerowire')}" + (f" (+{contact})" if contact else "")


def _manners(settings: Settings) -> dict[str, Any]:
    unset = 0.0 if settings.mirror else _POLITE_SECONDS
    return {
        "ROBOTSTXT_OBEY": False,  # crawler.middlewares.robots does it by RFC 9309
        "DOWNLOAD_DELAY": unset if settings.delay is None else settings.delay,
        "DOWNLOAD_DELAY_JITTER": 0,  # half the delay would be less than promised
        "CONCURRENT_REQUESTS": 8,  # as many hosts; each may send what DOWNLOAD_MAXSIZE allows
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "RETRY_TIMES": 2,
        "RETRY_GIVE_UP_LOG_LEVEL": "DEBUG",  # the run names the fault itself
        "RETRY_HTTP_CODES": [500, 502, 504, 522, 524],  # 429 and 503 ask for time, not for a second request at once
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": "ja,en;q=0.9",
        },
    }


def _limits() -> dict[str, Any]:
    return {
        "DOWNLOAD_MAXSIZE": 32 * _MEBIBYTE,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_TIMEOUT": 30,  # seconds in total
        "DOWNLOAD_FAIL_ON_DATALOSS": True,
        "DNS_TIMEOUT": 20,
        "REDIRECT_MAX_TIMES": 5,
        "DEPTH_LIMIT": 0,  # crawler.crawl limits documents and pages itself
        "CLOSESPIDER_TIMEOUT": 6 * 3600,
        "URLLENGTH_LIMIT": 2083,
    }


def _protocols(settings: Settings) -> dict[str, Any]:
    fetch = "crawler.middlewares.mirror.MirrorHandler" if settings.mirror else "crawler.middlewares.caps.CappedHandler"
    return {
        "ZEROWIRE_MIRROR": settings.mirror,
        # A link to file:///etc/passwd would be fetched by the handlers that are on by default.
        "DOWNLOAD_HANDLERS": {"http": fetch, "https": fetch, "file": None, "data": None, "ftp": None, "s3": None},
        "TWISTED_DNS_RESOLVER": "crawler.middlewares.guard.PublicResolver",
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "COOKIES_ENABLED": False,
        "METAREFRESH_ENABLED": False,
        "HTTPPROXY_ENABLED": not settings.mirror,
        "HTTPCACHE_ENABLED": False,  # it serves without asking; visits keep the validators
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
    }


def _parts() -> dict[str, Any]:
    return {
        "DOWNLOADER_MIDDLEWARES": {
            "crawler.middlewares.guard.GuardMiddleware": 560,  # inside the retries, and before anything is asked for
            "crawler.middlewares.robots.RobotsMiddleware": 570,
            "crawler.middlewares.caps.CapsMiddleware": 590,
            "crawler.middlewares.validators.ValidatorsMiddleware": 595,
            "crawler.middlewares.pace.PaceMiddleware": 990,  # the last before the network
            # In Scrapy's own, whatever ``dont_filter`` asks for is on site, and a cut body is whole.
            "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
            "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
        },
        "ITEM_PIPELINES": {"crawler.pipeline.ArchivePipeline": 300},
        # In the order of the listing, which is that of the archive where dates are equal.
        "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
        "SPIDER_MIDDLEWARES": {
            "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
        },
    }


def _silence() -> dict[str, Any]:
    return {
        "LOG_ENABLED": False,
        "LOG_INSTALL_ROOT_HANDLER": False,
        "LOGSTATS_INTERVAL": 0,
        "STATS_DUMP": False,
        "MEMUSAGE_ENABLED": False,
    }
