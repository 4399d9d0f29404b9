"""Pages, in one run: what each costs at a hundred thousand announcements, and a thousand people who read at once.

    python -m bench.web [--size 100000] [--keep DIR] [--repeat 20] [--seconds 10] [--readers 1000]

What a page made anew costs is measured by itself (bench.pages); what it costs to hand out one that is kept, and to
serve readers (bench.readers), beside a bare Starlette application that sends the same from memory, under the same
uvicorn. Costs are CPU time of the serving process. With ``--keep`` the archive stays in that directory, and another run
goes on with it. Exits with 1 where something falls short.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from itertools import cycle
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench import pages, watched
from bench.pages import LOCALES, PLOTS, Cost, Questions
from bench.readers import Reading, allow, read
from bench.servers import COMPRESSED, Answer, Headers, Server, apart, free_port, ours, sent, without_body
from bench.serving import rate
from settings import Settings
from store.database import Database

MOST_MILLISECONDS, MOST_KILOBYTES = 50.0, 60.0
LEAST_OF_BARE = 0.6
_LIBRARIES = ("starlette", "uvicorn", "h11", "jinja2", "babel", "sqlalchemy")
_LATELY = 2_000
_KINDS = ("latest", "search", "announcement", "calendar")
_TURNS = 30  # of readers: kept pages of two languages, less than the server keeps
_ROUNDS = 3

Costs = Mapping[str, Mapping[str, Cost]]
Rates = Mapping[str, Mapping[str, float]]
Readings = Mapping[str, Reading]


class Found(NamedTuple):
    """What was measured: pages made anew, pages that are kept, and readers."""

    costs: Costs
    rates: Rates
    readings: Readings


def measure(settings: Settings, size: int, *, lately: int, repeat: int, readers: int, seconds: float) -> Found:
    """Fill the archive that *settings* name, and measure its pages."""
    with closing(Database(settings.database_url)) as database:
        watched.fill(database, size, lately=lately, now=datetime.now(UTC))
        questions = Questions(database, size, lately)
    targets = turns(questions)
    with ExitStack() as running:
        first = running.enter_context(ours(settings))
        costs = pages.measure(first, questions, repeat)
        sys.stderr.write("pages were made\n")
        second = running.enter_context(bare({target: first.answer(target, COMPRESSED) for target in targets}))
        rates = handed_out((first, second), dict(zip(_KINDS, targets, strict=False)), seconds / 10)
        sys.stderr.write("kept pages were handed out\n")
        asked = {
            "ours, none made yet": (first, targets),
            "ours, most of them kept": (first, targets),
            "bare Starlette": (second, targets),
            "ours, everybody another page": (first, alone(questions, readers)),
        }
        found = {
            name: read(server.port, each, COMPRESSED, readers=readers, seconds=seconds)
            for name, (server, each) in asked.items()
        }
    return Found(costs, rates, found)


@contextmanager
def bare(answers: Mapping[str, Answer]) -> Iterator[Server]:
    port = free_port()
    with apart("bare Starlette", port, serve_bare, port, answers) as server:
        yield server


def serve_bare(port: int, answers: Mapping[str, Answer]) -> None:
    """Serve *answers* by what is asked for, as a Starlette application of a few lines does."""

    async def page(request: Request) -> Response:
        scope = request.scope
        answer = answers[f"{scope['path']}?{scope['query_string'].decode()}".rstrip("?")]
        if request.headers.get("if-none-match") == answer.headers["etag"]:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=sent(without_body(answer.headers)))
        return Response(answer.body, headers=sent(answer.headers))

    application = Starlette(routes=[Route("/{path:path}", page)])
    uvicorn.Server(uvicorn.Config(application, port=port, log_config=None, access_log=False)).run()


def handed_out(servers: Sequence[Server], targets: Mapping[str, str], seconds: float) -> dict[str, dict[str, float]]:
    """Return by what is asked for, and by server, how many of *targets* it answers in a second of CPU."""
    asked = {
        f"{name}, {status}": (target, headers)
        for name, target in targets.items()
        for status, headers in ways(servers[0].answer(target, COMPRESSED))
    }
    taken: dict[str, dict[str, list[float]]] = {name: {} for name in asked}
    for _ in range(_ROUNDS):
        for name, (target, headers) in asked.items():
            for server in servers:
                taken[name].setdefault(server.name, []).append(rate(server, target, headers, seconds))
    return {name: {server: median(rates) for server, rates in found.items()} for name, found in taken.items()}


def ways(answer: Answer) -> Iterator[tuple[str, Headers]]:
    """Yield how a client asks that doesn't have the page of *answer* yet, and one that has."""
    yield "200", COMPRESSED
    yield "304", {**COMPRESSED, "If-None-Match": answer.headers["etag"]}


def turns(questions: Questions) -> list[str]:
    """Return what readers ask for, one after the other: some of it by many of them."""
    kinds = (questions.common_word, questions.announcement, questions.month)
    return [
        f"/{language}{path}"
        for _ in range(_TURNS)
        for language in LOCALES
        for path in ("/", *(make() for make in kinds))
    ]


def alone(questions: Questions, readers: int) -> list[str]:
    """Return a page for each reader that nobody else reads."""
    makes = (questions.latest, questions.announcement)
    return [f"/en{make()}" for _, make in zip(range(readers), cycle(makes), strict=False)]


def made(cost: Costs) -> Iterator[str]:
    """Yield the table of pages made anew: a row a page."""
    yield _line("a page made anew", [f"{language}, {what}" for language in LOCALES for what in ("CPU ms", "kB")])
    yield f"|---|{'---:|' * 2 * len(LOCALES)}"
    for name, by_language in cost.items():
        yield _line(name, [cell for language in LOCALES for cell in _cells(by_language.get(language))])


def _cells(cost: Cost | None) -> tuple[str, str]:
    return (f"{cost.median:.1f} / {cost.worst:.1f}", f"{cost.size:.1f}") if cost else ("", "")


def served(rates: Rates) -> Iterator[str]:
    """Yield the table of kept pages: a row a question, a column a server."""
    yield _line("answers a CPU second", ["ours", "bare Starlette", "ours of bare"])
    yield "|---|---:|---:|---:|"
    for name, by_server in rates.items():
        yield _line(name, [*(f"{each:,.0f}" for each in by_server.values()), f"{_of_bare(by_server):.2f}"])


def _of_bare(rates: Mapping[str, float]) -> float:
    return rates["ours"] / rates["bare Starlette"]


def read_at_once(found: Readings) -> Iterator[str]:
    """Yield the table of readers: a row a server and what they read."""
    yield _line("readers at once", ["answers", "a second", "p50, ms", "p99, ms", "longest, ms", "errors"])
    yield f"|---|{'---:|' * 6}"
    for name, each in found.items():
        waits = (each.percentile(share) * 1000 for share in (0.5, 0.99, 1.0))
        rate_of = len(each.took) / each.seconds
        yield _line(name, [f"{value:,.0f}" for value in (len(each.took), rate_of, *waits, len(each.errors))])


def shortfalls(found: Found) -> Iterator[str]:
    """Yield what misses what is to hold."""
    for name, by_language in found.costs.items():
        for language, cost in by_language.items():
            if cost.median > MOST_MILLISECONDS and name != PLOTS:
                yield f"{name}, {language}: {cost.median:.1f} ms of CPU, expected at most {MOST_MILLISECONDS:g}"
            if cost.size > MOST_KILOBYTES:
                yield f"{name}, {language}: {cost.size:.1f} kB, expected at most {MOST_KILOBYTES:g}"
    for name, by_server in found.rates.items():
        if _of_bare(by_server) < LEAST_OF_BARE:
            yield f"{name}: {_of_bare(by_server):.2f} of bare Starlette, expected {LEAST_OF_BARE}"
    for name, each in found.readings.items():
        if each.errors:
            yield f"{name}: {len(each.errors)} errors ({', '.join(sorted(set(each.errors)))}), expected none"


def report(found: Found, size: int, readers: int) -> Iterator[str]:
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    yield f"{datetime.now(UTC).date()}, Python {platform.python_version()}, {platform.machine()}; {libraries};"
    yield f"{size:,} announcements, {readers:,} readers:"
    yield ""
    yield from (*made(found.costs), "")
    yield from (*served(found.rates), "")
    yield from (*read_at_once(found.readings), "")
    short = list(shortfalls(found))
    yield "Short of what is to hold:" if short else "Nothing falls short."
    yield from (f"- {line}" for line in short)


def _line(name: str, cells: Sequence[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.web", description="Pages: made, handed out, read at once.")
    parser.add_argument("--size", type=int, default=100_000, help="announcements; some more are saved as crawls do")
    parser.add_argument("--keep", type=Path, help="the directory in which the archive stays")
    parser.add_argument("--repeat", type=int, default=20, help="pages of a kind")
    parser.add_argument("--seconds", type=float, default=10, help="that readers read")
    parser.add_argument("--readers", type=int, default=1_000, help="at once")
    return parser.parse_args(given)


def main(given: Sequence[str]) -> int:
    """Measure, print the report, and return the exit status: 1 where something falls short."""
    arguments = _arguments(given)
    size, readers = arguments.size, arguments.readers
    allow(readers)
    with TemporaryDirectory() as passing:
        directory = arguments.keep or Path(passing)
        directory.mkdir(parents=True, exist_ok=True)
        settings = Settings(
            database_url=f"sqlite:///{directory / 'archive.db'}",
            public_dir=str(directory / "public"),
            base_url="https://wire.example",
        )
        told = {"repeat": arguments.repeat, "readers": readers, "seconds": arguments.seconds}
        found = measure(settings, size, lately=_LATELY, **told)
    sys.stdout.writelines(f"{line}\n" for line in report(found, size, readers))
    return int(any(shortfalls(found)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
