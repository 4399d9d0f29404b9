"""The archive at several sizes, in one run: what it costs to fill, to look something up, to search.

    python -m bench.archive [--sizes 10000,100000,1000000] [--database URL] [--keep DIR] [--repeat 200]

The announcements are those of bench.announcements. The last two thousand of a size are saved one by one as a crawl
does, a transaction each, and tell what an insert costs; those before them come in many at a time (bench.bulk). A
smaller size is the beginning of a larger one: one database grows through them all. With ``--keep`` it stays in that
directory, with what was measured, and another run goes on where the last one stopped, in the middle of a fill, too.

Costs are CPU time of this process, in which SQLite works; of PostgreSQL, whose server does the work, the clock's time.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy.engine import make_url

from bench import bulk
from bench.announcements import COMMON, STREAMS, announcement, rare, rare_pair, seen
from store.archive import Archive, Outcome
from store.database import Database
from store.index.results import Sort
from store.query import Query
from store.search import BadQuestion

_MEASURED = 2000  # the last inserts before a size, which tell the rate
_PAGE = 20
_NEWS = 50
_TOLD_EVERY = 10_000
_FIRST_BLOCK = 10_000  # announcements with a rare pair of characters
_RATIO_OF_RATES = 0.6
_MOST_MEMORY = 300.0  # MB
_MOST_MILLISECONDS = {"look-up by address": 1.0, "newest 50": 5.0, "newest first": 10.0, "by rank": 50.0}

Ask = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of one question; ``given_up`` are those that the archive had no time for."""

    p50: float
    p99: float
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class Fill:
    """What a thousand of the last inserts took, in seconds."""

    cpu: float
    wall: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One size: its fill, its questions by name, megabytes on disk and at most in memory."""

    size: int
    fill: Fill
    costs: dict[str, Cost]
    disk: float
    memory: float

    @classmethod
    def read(cls, kept: dict[str, Any]) -> Measured:
        costs = {name: Cost(**cost) for name, cost in kept["costs"].items()}
        return cls(**kept | {"fill": Fill(**kept["fill"]), "costs": costs})


class Notes:
    """What was measured of a kept database so far; without a file, of this run."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._noted: dict[str, Any] = json.loads(file.read_text("utf-8")) if file and file.exists() else {}

    def __getitem__(self, name: str) -> Any:
        return self._noted.get(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self._noted[name] = value
        if self._file:
            self._file.write_text(json.dumps(self._noted, indent=1), "utf-8")


def fill(database: Database, size: int) -> Fill:
    """Bring the archive up to *size*, the last of it by saves; return what those cost, without the making of them."""
    archive = Archive(database)
    begun = time.monotonic()
    start = there = archive.count()
    for there in bulk.fill(database, start, size - _MEASURED):
        if there % _TOLD_EVERY == 0:
            rate = (there - start) / (time.monotonic() - begun)
            sys.stderr.write(f"{there:,} of {size:,}: {rate:.0f} a second\n")
    cpu = wall = 0.0
    for number in range(there, size):
        made, now = announcement(number), seen(number)
        before, clock = time.process_time(), time.perf_counter()
        outcome = archive.save(made, now=now)
        cpu, wall = cpu + time.process_time() - before, wall + time.perf_counter() - clock
        if outcome is not Outcome.NEW:
            raise RuntimeError(f"{made.url}: expected a new announcement, got {outcome}")
    counted = max(size - there, 1)
    return Fill(cpu / counted * 1000, wall / counted * 1000)


def questions(archive: Archive, size: int, random: Random) -> Iterator[tuple[str, Iterator[Ask]]]:
    """Yield what is asked for, and without end how, each time in other words."""
    yield "look-up by address", _asks(lambda: partial(archive.get, announcement(random.randrange(size)).url))
    yield "known by address", _asks(lambda: partial(archive.known, [announcement(random.randrange(size)).url]))
    yield "save of one unchanged", _asks(lambda: _unchanged(archive, random.randrange(size)))
    yield "newest 50", _asks(lambda: partial(archive.find, Query(), limit=_NEWS))
    yield (
        "newest 50 of a source",
        _asks(lambda: partial(archive.find, Query(source=random.choice(STREAMS).name), limit=_NEWS)),
    )
    for order, sort in (("newest first", Sort.NEWEST), ("by rank", Sort.RELEVANCE)):
        for name, query in _queries(size, random):
            yield f"{name}, {order}", _searches(archive, query, sort)


def _searches(archive: Archive, query: Callable[[], Query], sort: Sort) -> Iterator[Ask]:
    return _asks(lambda: partial(archive.search, query(), limit=_PAGE, sort=sort))


def _asks(make: Callable[[], Ask]) -> Iterator[Ask]:
    while True:
        yield make()


def _queries(size: int, random: Random) -> Iterator[tuple[str, Callable[[], Query]]]:
    yield "rare word", lambda: Query(words=_rare(size, random))
    yield "common word", lambda: Query(words=_common(random))
    yield "common two characters", lambda: Query(words=random.choice(_two(COMMON["ja"])))
    yield "rare two characters", lambda: Query(words=rare_pair(random.randrange(min(size, _FIRST_BLOCK))))
    yield "phrase", lambda: Query(words=f'"{_stretch(size, random)}"')
    yield "two common words", lambda: Query(words=" ".join(random.sample(_language(random), 2)))
    yield "common word of a source", lambda: _narrowed(random)
    yield "common word without another", lambda: Query(words=" -".join(random.sample(_language(random), 2)))


def _unchanged(archive: Archive, number: int) -> Ask:
    same, now = announcement(number), seen(number)

    def save() -> None:
        if archive.save(same, now=now) is not Outcome.SAME:
            raise RuntimeError(f"{same.url}: expected what is there already")

    return save


def _narrowed(random: Random) -> Query:
    stream = random.choice(STREAMS)
    return Query(words=random.choice(COMMON[stream.language]), source=stream.name)


def _language(random: Random) -> Sequence[str]:
    return COMMON[random.choice(("ja", "en"))]


def _common(random: Random) -> str:
    return random.choice(_language(random))


def _two(words: Sequence[str]) -> list[str]:
    return [word for word in words if len(word) == 2]


def _rare(size: int, random: Random) -> str:
    number = random.randrange(size)
    return rare(announcement(number).language, number)


def _stretch(size: int, random: Random) -> str:
    """Return three words, or six characters, that stand in one of the texts."""
    made = announcement(random.randrange(size))
    if made.language == "ja":
        start = random.randrange(len(made.text) - 6)
        return made.text[start : start + 6]
    words = made.text.split()
    start = random.randrange(len(words) - 3)
    return " ".join(words[start : start + 3])


def cost(asks: Iterator[Ask], repeat: int, clock: Callable[[], float]) -> Cost:
    """Return what one of *asks* takes, after a tenth of as many to warm up."""
    for _ in range(repeat // 10):
        _answered(next(asks))
    taken, given_up = [], 0
    for _ in range(repeat):
        ask = next(asks)
        began = clock()
        given_up += not _answered(ask)
        taken.append((clock() - began) * 1000)
    taken.sort()
    return Cost(taken[len(taken) // 2], taken[int(len(taken) * 0.99)], given_up)


def _answered(ask: Ask) -> bool:
    try:
        ask()
    except BadQuestion:
        return False
    return True


def measure(database: Database, url: str, size: int, repeat: int, notes: Notes) -> Measured:
    """Fill *database* up to *size* and ask it everything."""
    archive = Archive(database)
    if archive.count() < size or not notes[f"fill {size}"]:
        notes[f"fill {size}"] = asdict(fill(database, size))
    clock = time.process_time if database.dialect == "sqlite" else time.perf_counter
    costs = {}
    for name, asks in questions(archive, size, Random(size)):  # noqa: S311  (no secret)
        costs[name] = cost(asks, repeat, clock)
        sys.stderr.write(f"{size:,}: {name}: {costs[name].p50:.2f} ms, {costs[name].p99:.2f} ms\n")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(size, Fill(**notes[f"fill {size}"]), costs, _on_disk(database, url), memory)


def _on_disk(database: Database, url: str) -> float:
    """Return the megabytes of the database, its log included."""
    if database.dialect == "sqlite":
        file = Path(make_url(url).database or "")
        return sum(path.stat().st_size for path in file.parent.glob(f"{file.name}*")) / 1e6
    with database.reading() as connection:
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()) / 1e6


def table(measured: Sequence[Measured]) -> Iterator[str]:
    """Yield the lines of a table: a row a question, and how its p99 grows from size to size."""
    yield "| | " + " | ".join([*(f"{each.size:,}" for each in measured), *_steps(measured)]) + " |"
    yield "|---|" + "---:|" * (2 * len(measured) - 1)
    yield _row("insert, CPU s a thousand", [each.fill.cpu for each in measured], "{:.2f}")
    yield _row("insert, wall s a thousand", [each.fill.wall for each in measured], "{:.2f}")
    for name in measured[0].costs:
        costs = [each.costs[name] for each in measured]
        shown = [f"{each.p50:.2f} / {each.p99:.2f}{_given_up(each)}" for each in costs]
        yield _line(name, [*shown, *_ratios([each.p99 for each in costs])])
    yield _row("disk, MB", [each.disk for each in measured], "{:.0f}")
    yield _row("memory at most, MB", [each.memory for each in measured], "{:.0f}")


def _given_up(measured: Cost) -> str:
    return f" ({measured.given_up} given up)" if measured.given_up else ""


def _steps(measured: Sequence[Measured]) -> list[str]:
    return [f"{large.size / small.size:.0f} times" for small, large in pairwise(measured)]


def _row(name: str, values: Sequence[float], form: str) -> str:
    return _line(name, [*map(form.format, values), *_ratios(values)])


def _ratios(values: Sequence[float]) -> list[str]:
    return [f"× {large / small:.2f}" if small else "" for small, large in pairwise(values)]


def _line(name: str, cells: Sequence[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def shortfalls(dialect: str, measured: Sequence[Measured]) -> Iterator[str]:
    """Yield where the largest size misses what is to be reached."""
    first, last = measured[0], measured[-1]
    for name, got in last.costs.items():
        for ending, most in _MOST_MILLISECONDS.items():
            if name.endswith(ending) and got.p99 > most:
                yield f"{name}: p99 {got.p99:.2f} ms, expected at most {most:g} ms"
        if got.given_up:
            yield f"{name}: {got.given_up} questions took too long to answer"
    before, after = (each.fill.cpu if dialect == "sqlite" else each.fill.wall for each in (first, last))
    rate = before / after if after else 1.0
    if rate < _RATIO_OF_RATES:
        yield f"insert rate: {rate:.2f} of that at {first.size:,}, expected {_RATIO_OF_RATES}"
    if last.memory > _MOST_MEMORY:
        yield f"memory: {last.memory:.0f} MB, expected at most {_MOST_MEMORY:.0f} MB"


def run(sizes: Sequence[int], url: str, notes: Notes, repeat: int) -> None:
    """Measure each of *sizes* that is not measured yet; print the table of all."""
    database = Database(url)
    measured = []
    for size in sorted(sizes):
        if not notes[f"size {size}"]:
            if Archive(database).count() > size:
                sys.stderr.write(f"{size:,}: the kept archive is larger: not measured\n")
                continue
            notes[f"size {size}"] = asdict(measure(database, url, size, repeat, notes))
        measured.append(Measured.read(notes[f"size {size}"]))
    database.close()
    if measured:
        sys.stdout.writelines(f"{line}\n" for line in report(database.dialect, measured))


def report(dialect: str, measured: Sequence[Measured]) -> Iterator[str]:
    time_of = "CPU" if dialect == "sqlite" else "wall"
    here = f"Python {platform.python_version()}, {platform.machine()}, {dialect}"
    yield f"{datetime.now(UTC).date()}, {here}; {time_of} ms, p50 / p99:"
    yield ""
    yield from table(measured)
    yield ""
    short = list(shortfalls(dialect, measured))
    yield f"Short at {measured[-1].size:,} of what is to be reached at 1,000,000:" if short else "Nothing falls short."
    yield from (f"- {line}" for line in short)


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.archive", description="The archive at several sizes.")
    parser.add_argument("--sizes", default="10000,100000,1000000", help="parted by commas")
    parser.add_argument("--database", help="an empty one; without it, SQLite in a directory that is removed, or kept")
    parser.add_argument("--keep", type=Path, help="the directory in which the archive and its figures stay")
    parser.add_argument("--repeat", type=int, default=200, help="questions of a kind")
    return parser.parse_args(given)


def main(given: Sequence[str]) -> None:
    arguments = _arguments(given)
    sizes = [int(size) for size in arguments.sizes.split(",")]
    with TemporaryDirectory() as passing:
        directory = arguments.keep or Path(passing)
        directory.mkdir(parents=True, exist_ok=True)
        url = arguments.database or f"sqlite:///{directory / 'archive.db'}"
        run(sizes, url, Notes(directory / "measured.json" if arguments.keep else None), arguments.repeat)


if __name__ == "__main__":
    main(sys.argv[1:])
