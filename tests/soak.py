"""A soak: ``zerowire run`` for minutes beside sites that fail at random and change; then everything must be there.

By hand: ``make soak ARGS="--minutes 30 --seed 7"``. Each round breaks three hosts of ten, in a way of
``tests.hostile``, and lets things happen on the sites. At the end all is healed, what a person would ask for is asked
for once, and the archive must equal that of an undisturbed crawl. Left out is what asks for hours of quiet, which would
be given; what hangs comes less often, as each time costs minutes.
"""

from __future__ import annotations

import argparse
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import feedparser

from crawler.spec import load
from demo.replica import Replica
from store.hosts import Hosts
from store.runs import Runs
from tests.hostile import FAULTS, Site, hostile
from tests.playground import BEGINNING, Playground

SHARE = 0.3  # of the hosts are broken at a time
MOST_GROWTH = 20  # megabytes
_WARM = 0.2  # of the time, after which it must need no more than it does
_ROUND = 4.0  # seconds between two changes of what is broken
_PATIENCE = 180.0  # seconds for what must come true
_HOURS = {"429 for an hour", "429 for ever", "503 until a date", "robots.txt is busy"}
_SLOW = {name for name in FAULTS if any(word in name for word in ("hang", "drip", "patience", "endless"))}
_SELDOM = 0.1


@dataclass
class Sample:
    """What the process that runs holds: megabytes, and open files but the archive's; the least of each in a while."""

    megabytes: float
    files: int


@dataclass
class Soaked:
    """What came of a soak: ``runs`` by outcome, and what the process held early on and at the end."""

    runs: Counter[str]
    faults: Counter[str]
    early: Sample
    late: Sample
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        outcomes = ", ".join(f"{number} {outcome}" for outcome, number in sorted(self.runs.items()))
        return (
            f"{self.runs.total()} runs ({outcomes}), {self.faults.total()} faults of {len(self.faults)} kinds; "
            f"memory {self.early.megabytes:.1f} -> {self.late.megabytes:.1f} MB, "
            f"open files {self.early.files} -> {self.late.files}; "
            f"{'as published' if not self.problems else '; '.join(self.problems)}"
        )


def soak(directory: Path, *, minutes: float, seed: int) -> Soaked:
    """Let the program run for *minutes* in *directory*; which faults come when follows from *seed*."""
    dice = random.Random(seed)  # noqa: S311
    replica = Replica(now=lambda: datetime.now(UTC))
    with hostile(replica) as site:
        here = Playground(replica, site.url, directory)
        faults: Counter[str] = Counter()
        with _running(here) as process:
            _expect(lambda: len(_well(here)) == len(load()), "a first run of every source")
            faults.update(_soak(process, site, replica, dice, minutes * _WARM))
            early = _least(process)
            faults.update(_soak(process, site, replica, dice, minutes * (1 - _WARM)))
            site.heal()
            _wait_for_quiet(here)
            late = _least(process)
        return Soaked(_outcomes(here), faults, early, late, [*_held(early, late), *_missing(here)])


def _soak(
    process: subprocess.Popen[bytes], site: Site, replica: Replica, dice: random.Random, minutes: float
) -> Iterator[str]:
    """Break the sites and let things happen on them for *minutes*; yield which faults came."""
    until = time.monotonic() + minutes * 60
    while time.monotonic() < until:
        yield from _break(site, dice)
        _change(replica, dice)
        time.sleep(_ROUND)
        if process.poll() is not None:
            raise AssertionError(f"expected it to run on, it ended with {process.returncode}")


@contextmanager
def _running(here: Playground) -> Iterator[subprocess.Popen[bytes]]:
    """Run the scheduler; each source is due every few seconds. It must end within 10 seconds when told to."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    schedule = "{" + ", ".join(f"{name} = 0.1" for name in load()) + "}"
    settings = here.environment(
        ZEROWIRE_LISTEN=listen, ZEROWIRE_BASE_URL=f"http://{listen}", ZEROWIRE_SCHEDULE=schedule
    )
    with (here.directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "run"], cwd=here.directory, env=settings, stdout=log, stderr=log
        )
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        if process.wait(timeout=10) != 0:
            raise AssertionError(f"expected it to end well, it ended with {process.returncode}")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _break(site: Site, dice: random.Random) -> Iterator[str]:
    site.heal()
    for host in sorted({source.host() for source in load().values()}):
        if dice.random() < SHARE:
            name = dice.choice([name for name in FAULTS if name not in _HOURS])
            if name not in _SLOW or dice.random() < _SELDOM:
                site.break_(host, name, dice.choice(FAULTS[name].parts))
                yield name


def _change(replica: Replica, dice: random.Random) -> None:
    if dice.random() < 0.2:
        url = replica.announce()
        if dice.random() < 0.5:
            replica.edit(url, "</p>", f" ({dice.randrange(1000)})</p>")
    host = dice.choice(sorted({source.host() for source in load().values()}))
    match dice.randrange(20):
        case 0:
            replica.redesign(host)
        case 1:
            replica.outage(host, dice.choice([500, 502, 503, 404]))
        case 2 | 3 | 4:
            replica.heal(host)
        case _:
            pass


def _least(process: subprocess.Popen[bytes]) -> Sample:
    samples = []
    for _ in range(20):
        samples.append(_sample(process.pid))
        time.sleep(0.5)
    return Sample(min(one.megabytes for one in samples), min(one.files for one in samples))


def _sample(number: int) -> Sample:
    proc = Path(f"/proc/{number}")
    resident = next(line for line in (proc / "status").read_text().splitlines() if line.startswith("VmRSS"))
    return Sample(int(resident.split()[1]) / 1024, len(list(_files(proc / "fd"))))


def _files(opened: Path) -> Iterator[str]:
    """Yield what is open but for the archive: of the connections to that a pool keeps five at most."""
    for file in opened.iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            if ".db" not in (name := str(file.readlink())):
                yield name


def _held(early: Sample, late: Sample) -> Iterator[str]:
    if late.megabytes - early.megabytes > MOST_GROWTH:
        yield f"expected to grow by {MOST_GROWTH} MB at most, grew by {late.megabytes - early.megabytes:.1f}"
    if late.files > early.files:
        yield f"expected {early.files} open files, got {late.files}"


def _missing(here: Playground) -> Iterator[str]:
    """Yield what is not in the archive as it was published, after a person has asked for everything once."""
    for host in {source.host() for source in load().values()}:
        here.replica.heal(host)
    with here.database() as database:
        if away := Hosts(database, "soak").away(now=datetime.now(UTC)):
            yield f"expected no host to be left alone, got {away}"
    asked = here.zerowire("crawl", "--since", BEGINNING, "--recheck")
    if asked.returncode:
        yield f"expected every source to be well again, got {asked.stdout} {asked.stderr}"
    control = replace(here, directory=here.directory / "control")
    control.directory.mkdir()
    control.zerowire("crawl", "--since", BEGINNING)
    ours, theirs = _said(here), _said(control)
    yield from (f"{url} is not as published" for url in sorted(theirs) if ours.get(url) != theirs[url])
    yield from (f"{url} was never published" for url in sorted(ours.keys() - theirs.keys()))
    ids = Counter(one.id for one in here.announcements())
    yield from (f"{id_} is there {count} times" for id_, count in ids.items() if count > 1)
    here.zerowire("publish")
    for name, written in here.feeds().items():
        if name.endswith((".atom", ".rss")) and feedparser.parse(written).bozo:
            yield f"{name} is not well-formed"


def _said(here: Playground) -> dict[str, object]:
    return {
        one.url: (one.id, one.source, one.title, one.text, one.html, [file.url for file in one.attachments], one.gone)
        for one in here.announcements()
    }


def _well(here: Playground) -> set[str]:
    with here.database() as database:
        return {name for name in load() if Runs(database).latest(name).well}


def _outcomes(here: Playground) -> Counter[str]:
    with here.database() as database:
        return Counter(run.outcome.value for run in Runs(database).since(0))


def _wait_for_quiet(here: Playground) -> None:
    """Wait until what was under way when the sites were healed has ended."""
    with here.database() as database:
        runs = Runs(database)
        healed = runs.newest()
        _expect(lambda: all(run.finished for run in runs.since(0) if run.number <= healed), "an end of every run")


def _expect(holds: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + _PATIENCE * 2
    while not holds():
        if time.monotonic() > until:
            raise AssertionError(f"expected {what} within {_PATIENCE * 2:g} seconds")
        time.sleep(1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="keep archive, feeds and log in this directory")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory = given.keep or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        soaked = soak(directory, minutes=given.minutes, seed=given.seed)
    sys.stdout.write(f"seed {given.seed}, {given.minutes:g} minutes: {soaked}\n")
    return 1 if soaked.problems else 0


if __name__ == "__main__":
    sys.exit(main())
