"""Feeds, in one run: what it costs to render them, to publish those of a whole archive, and to serve them.

    python -m bench.feeds [--counts 50,500,5000] [--rounds 40] [--archive 10000] [--seconds 2]

Rendering is measured beside feedgen, lxml and json used bare (bench.rendering), publishing by itself
(bench.publishing), serving beside a bare ASGI application and nginx (bench.serving). Costs are CPU time of the process
that does the work. What is not installed is named.
"""

from __future__ import annotations

import argparse
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import publishing, rendering, serving
from bench.publishing import Publish
from bench.rendering import BARE, Took
from settings import Settings

_LIBRARIES = ("feedgen", "lxml", "icalendar", "starlette", "uvicorn", "h11")
_MOST_OF_LXML = 1.5  # of the time that bare lxml takes for an Atom feed of the fewest announcements
LEAST_OF_BARE = {"200 plain": 0.7, "200 gzip": 0.7, "304": 0.4}  # of what a bare ASGI application answers
_MOST_SECONDS = 5.0  # of a publish with nothing new
_ROUNDS_OF_SERVERS = 5

Rendering = Mapping[int, Mapping[str, Took]]
Rates = Mapping[str, Mapping[str, float]]
Publishes = Mapping[str, Publish]


def rendered(took: Rendering) -> Iterator[str]:
    """Yield the table of rendering: a row a way, a column a count of announcements."""
    yield _line("CPU ms, best / median", [f"{count:,}" for count in took])
    yield f"|---|{'---:|' * len(took)}"
    for name in took[min(took)]:
        yield _line(name, [_taken(each, name) for each in took.values()])


def _taken(took: Mapping[str, Took], name: str) -> str:
    shown = f"{took[name].best:.1f} / {took[name].median:.1f}"
    return f"{shown} (× {_times_bare(took, name):.2f})" if name in BARE else shown


def _times_bare(took: Mapping[str, Took], ours: str) -> float:
    return took[ours].best / took[BARE[ours]].best


def served(rates: Rates) -> Iterator[str]:
    """Yield the table of serving: a row a question, a column a server."""
    yield _line("answers a CPU second", [*rates, "ours of bare ASGI"])
    yield f"|---|{'---:|' * (len(rates) + 1)}"
    for name in LEAST_OF_BARE:
        yield _line(name, [*(f"{each[name]:,.0f}" for each in rates.values()), f"{_of_bare(rates, name):.2f}"])


def _of_bare(rates: Rates, name: str) -> float:
    return rates["ours"][name] / rates["bare ASGI"][name]


def published(publishes: Publishes) -> Iterator[str]:
    """Yield the table of publishing: a row a publish."""
    yield _line("publish", ["CPU s", "memory at most, MB", "feeds changed"])
    yield "|---|---:|---:|---:|"
    for name, cost in publishes.items():
        yield _line(name, [f"{cost.cpu:.2f}", f"{cost.memory:.0f}", str(cost.changed)])


def shortfalls(took: Rendering, rates: Rates, publishes: Publishes) -> Iterator[str]:
    """Yield what misses what is to be reached."""
    count = min(took)
    times = _times_bare(took[count], "Atom, ours")
    if times > _MOST_OF_LXML:
        yield f"Atom of {count:,}: {times:.2f} times bare lxml, expected at most {_MOST_OF_LXML}"
    for name, least in LEAST_OF_BARE.items():
        if _of_bare(rates, name) < least:
            yield f"{name}: {_of_bare(rates, name):.2f} of bare ASGI, expected {least}"
    for name, cost in publishes.items():
        if not cost.changed and cost.cpu > _MOST_SECONDS:
            yield f"publish, {name}: {cost.cpu:.1f} s, expected at most {_MOST_SECONDS:g} s"


def run(counts: Sequence[int], rounds: int, seconds: float, size: int, directory: Path) -> Iterator[str]:
    """Yield the report, table by table, as it is measured; what is made for it goes to *directory*."""
    settings = Settings(
        database_url=f"sqlite:///{directory / 'archive.db'}",
        public_dir=str(directory / "public"),
        base_url="https://wire.example",
    )
    yield f"{datetime.now(UTC).date()}, {_versions()}"
    yield ""
    took = {count: rendering.measure(count, max(rounds * min(counts) // count, 3)) for count in sorted(counts)}
    yield from (*rendered(took), "")
    publishes = dict(publishing.measure(settings, size))
    yield from (*published(publishes), "")
    rates = serving.measure(settings, directory, rounds=_ROUNDS_OF_SERVERS, seconds=seconds)
    yield from (*served(rates), "")
    short = list(shortfalls(took, rates, publishes))
    yield "Short of what is to be reached:" if short else "Nothing falls short."
    yield from (f"- {line}" for line in short)


def _line(name: str, cells: Sequence[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def _versions() -> str:
    """Return what was measured with, and what could not be."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    programs = ", ".join((_program("nginx", serving.NGINX, "-v"), _program("wrk", serving.WRK, "-v")))
    return f"Python {platform.python_version()}, {platform.machine()}; {libraries}; {programs}"


def _program(name: str, path: str | None, option: str) -> str:
    if path is None:
        return f"{name} is not installed"
    told = subprocess.run([path, option], check=False, capture_output=True, text=True)  # noqa: S603  (our own words)
    found = re.search(r"\d+(?:\.\d+)+", told.stdout + told.stderr)
    return f"{name} {found[0] if found else '?'}"


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.feeds", description="Feeds: rendered, published, served.")
    parser.add_argument("--counts", default="50,500,5000", help="announcements in a feed, parted by commas")
    parser.add_argument("--rounds", type=int, default=40, help="of rendering the fewest of them; more take fewer")
    parser.add_argument("--archive", type=int, default=10_000, help="announcements in the archive that is published")
    parser.add_argument("--seconds", type=float, default=2, help="that a server is asked at a time")
    return parser.parse_args(given)


def main(given: Sequence[str]) -> None:
    arguments = _arguments(given)
    counts = [int(count) for count in arguments.counts.split(",")]
    with TemporaryDirectory() as passing:
        told = run(counts, arguments.rounds, arguments.seconds, arguments.archive, Path(passing))
        for line in told:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
