"""Whatever one site answers, it costs that site's news of that run: nobody else's, nothing that is known, no memory."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from re import search
from typing import Any

import pytest

from demo.replica import Replica
from store.database import Database
from store.export import record
from store.runs import Run, RunOutcome, Runs
from store.tables import hosts
from tests.faults import FAULTS, Part
from tests.hostile import Site, hostile
from tests.playground import Playground

SOURCES = ("iclei", "iges-en-news")
VICTIM, HOST = "iclei", "iclei.org"
HOSTS = {HOST, "www.iges.or.jp"}
MEGABYTES = 300
MORE = 3  # announcements: one of each of these, and one that nobody asks for
ROOT = Path(__file__).parents[1]
QUICK = {("cut, without a length", Part.DOCUMENTS), ("robots.txt is a page", Part.ROBOTS)}
CASES = [
    pytest.param(name, part, id=f"{name}-{part}", marks=() if (name, part) in QUICK else (pytest.mark.slow,))
    for name, fault in FAULTS.items()
    for part in fault.parts
]

Records = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Ground:
    """A site that can be broken, and a directory with an archive of what it announced."""

    site: Site
    replica: Replica
    directory: Path

    @property
    def playground(self) -> Playground:
        return Playground(self.replica, self.site.url, self.directory)

    def crawl(self, *arguments: str) -> tuple[int, float]:
        """Crawl in a process of its own; return its exit status and how many megabytes it took at most."""
        process = self.playground.start("tests.hurried", *SOURCES, "--quiet", *arguments, PYTHONPATH=str(ROOT))
        _, said = process.communicate(timeout=240)
        assert said.splitlines()[-1].isdecimal(), said
        return process.returncode, int(said.splitlines()[-1]) / 1024

    def records(self) -> Records:
        """Return what an export holds, by address, without the times at which a page came here or changed."""
        records = {each.url: record(each) for each in self.playground.announcements()}
        return {url: kept | {"first_seen": "", "updated": ""} for url, kept in records.items()}

    def runs(self) -> dict[str, Run]:
        with closing(Database(self.playground.database_url)) as database:
            return Runs(database).last()

    def heal(self) -> None:
        """Let the site be well again, and the time pass that it asked for."""
        self.site.heal()
        with closing(Database(self.playground.database_url)) as database, database.writing() as connection:
            connection.execute(hosts.delete())

    def copied(self, directory: Path) -> Ground:
        shutil.copytree(self.directory, directory, dirs_exist_ok=True)
        return Ground(self.site, self.replica, directory)


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """What two sites have in front; a moment later each announces something more."""
    replica = Replica(now=lambda: datetime.now(UTC))
    for _ in range(MORE):
        replica.announce()
    with hostile(replica) as site:
        ground = Ground(site, replica, tmp_path_factory.mktemp("healthy"))
        assert ground.crawl()[0] == 0
        for _ in range(MORE):
            replica.announce()
        yield ground


@pytest.fixture(scope="module")
def control(healthy: Ground, tmp_path_factory: pytest.TempPathFactory) -> Records:
    """What is known when nothing goes wrong."""
    ground = healthy.copied(tmp_path_factory.mktemp("control"))
    assert ground.crawl("--recheck")[0] == 0
    records = ground.records()
    assert len(records) == len(healthy.records()) + len(SOURCES)
    return records


def of(records: Records, *sources: str) -> Records:
    return {url: kept for url, kept in records.items() if kept["source"] in sources}


@pytest.mark.parametrize(("name", "part"), CASES)
def test_a_fault_costs_its_site_one_run_and_nobody_anything_else(
    healthy: Ground, control: Records, tmp_path: Path, name: str, part: Part
) -> None:
    ground, fault = healthy.copied(tmp_path), FAULTS[name]
    ground.site.asked.clear()
    ground.site.break_(HOST, name, part)
    status, megabytes = ground.crawl("--recheck")
    ground.heal()

    others = [source for source in SOURCES if source != VICTIM]
    assert of(ground.records(), *others) == of(control, *others)
    assert megabytes <= MEGABYTES
    assert {asked.host for asked in ground.site.asked} == HOSTS
    run = ground.runs()[VICTIM]
    if fault.said:
        assert (status, run.outcome) == (1, RunOutcome.FAILED)
        assert any(search(fault.said, problem) and HOST in problem for problem in run.problems), run.problems
        assert of(ground.records(), VICTIM) == of(healthy.records(), VICTIM)
    else:
        assert (status, run.outcome) == (0, RunOutcome.OK)
        assert ground.records() == control

    assert ground.crawl("--recheck")[0] == 0
    assert ground.records() == control
