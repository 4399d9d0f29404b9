"""Requests as a crawl makes them: its settings, middlewares and handlers, in a process of its own.

``python -m tests.fetching`` reads what to fetch from standard input and prints what came of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.scrapy_settings import scrapy_settings
from crawler.spec import Listing, Source
from settings import Settings
from tests.declared import a_source

HERE = Path(__file__).parent.parent
WITHOUT_PACE: dict[str, Any] = {
    "RETRY_TIMES": 0,
    "DOWNLOADER_MIDDLEWARES": {"crawler.middlewares.pace.PaceMiddleware": None},
}


@dataclass(frozen=True)
class Asked:
    """A request for *url* on behalf of a source on the host *own*."""

    url: str
    own: str
    headers: dict[str, str] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Got:
    """What came of a request: an answer, whose body is given in Latin-1, or a problem."""

    url: str
    status: int = 0
    body: str = ""
    problem: str = ""
    tries: int = 1


@dataclass(frozen=True)
class Fetched:
    """What came of all requests, in their order, and the most memory that it took, in MB."""

    got: list[Got]
    megabytes: int


def fetch(
    asked: Iterable[Asked], *, mirror: str = "", environment: Mapping[str, str] | None = None, **changes: Any
) -> Fetched:
    """Make the requests, several at once, with the settings of a crawl and *changes* to those."""
    given = {"mirror": mirror, "changes": changes, "asked": [asdict(each) for each in asked]}
    done = subprocess.run(
        [sys.executable, "-m", "tests.fetching"],
        cwd=HERE,
        env=dict(environment or {}),
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return Fetched([Got(**each) for each in said["got"]], said["megabytes"])


@dataclass(frozen=True)
class Errand:
    """As much of a crawl's task as its requests show to the middlewares."""

    source: type[Source]


class _Fetching(scrapy.Spider):
    name = "fetching"

    def __init__(self, asked: list[Asked], got: dict[int, Got], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._asked = asked
        self._got = got

    async def start(self) -> AsyncIterator[scrapy.Request]:
        for number, asked in enumerate(self._asked):
            source = a_source(routes=(Listing(url=f"https://{asked.own}/"),))
            yield scrapy.Request(
                asked.url,
                callback=self.on_answer,
                errback=self.on_error,
                headers=asked.headers,
                meta=asked.meta,
                cb_kwargs={"task": Errand(source), "number": number},
                dont_filter=True,
            )

    def on_answer(self, response: Response, task: Errand, number: int) -> None:
        self._got[number] = Got(response.url, response.status, response.body.decode("latin-1"))

    def on_error(self, failure: Failure) -> None:
        request: scrapy.Request = failure.request  # type: ignore[attr-defined]
        problem = f"{type(failure.value).__name__}: {failure.value}"
        tries = request.meta.get("retry_times", 0) + 1
        self._got[request.cb_kwargs["number"]] = Got(request.url, problem=problem, tries=tries)


def main() -> None:
    given = json.load(sys.stdin)
    settings = scrapy_settings(Settings(mirror=given["mirror"], delay=0))
    middlewares = settings["DOWNLOADER_MIDDLEWARES"] | given["changes"].pop("DOWNLOADER_MIDDLEWARES", {})
    got: dict[int, Got] = {}
    process = AsyncCrawlerProcess(settings | given["changes"] | {"DOWNLOADER_MIDDLEWARES": middlewares})
    process.crawl(_Fetching, asked=[Asked(**each) for each in given["asked"]], got=got)
    process.start()
    json.dump({"got": [asdict(each) for _, each in sorted(got.items())], "megabytes": _megabytes()}, sys.stdout)


def _megabytes() -> int:
    """Return the most memory that this process took; getrusage(2) would tell the parent's, if that had more."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
