"""Kept answers in, in the order in which they were fetched; what is read in them today into the archive.

Where the archive has the wording that a page became, today's reading takes its place: no id, date or revision comes of
it. Where it has not, the page is announced as on the day when it was fetched, so that an empty archive becomes what the
kept crawls made. What was fetched at one time was fetched by one run: what the source repeats is learnt as it was then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from crawler.attachments import read as read_file
from crawler.digest import digest
from crawler.errors import CrawlError, NoContent
from crawler.files import type_of
from crawler.provenance import KeptFile, KeptPage, Unknowable, answer_of, known_of
from crawler.reading import announced, question
from crawler.repeated import Repeated
from crawler.spec import Source
from crawler.topics import Topic
from crawler.worker import Failed, Killed, Worker
from store.announcement import Announcement, Archived
from store.archive import Outcome
from store.kept_pages import KeptPages, Kind, Wording
from store.stores import Stores
from store.warc import Kept, Place, TornFile, places, read

T = TypeVar("T")

COUNTED = ("new", "changed", "same", "files", "left", "failed")


@dataclass(slots=True)
class _Run:
    """The run of a source that is replayed: when it was, and what the source was known to repeat when it began."""

    at: datetime
    repeated: Repeated


@dataclass(frozen=True, slots=True)
class _Replayed:
    """A kept answer, where it lies, and who reads it again."""

    kept: Kept
    place: Place
    source: type[Source]
    worker: Worker

    async def read(self, function: Callable[..., T], *arguments: Any) -> T:
        """Return what *function* makes of *arguments*. Raises CrawlError where that was given up."""
        try:
            return await self.worker.run(function, *arguments)
        except (Killed, Failed, RecursionError) as error:
            raise CrawlError(self.source.name, self.kept.url, f"expected to read it, gave up: {error}") from error


@dataclass(slots=True, kw_only=True)
class Recrawl:
    """Reads kept answers again. ``counts`` are by COUNTED, ``problems`` a line each.

    ``left`` are pages that are no announcements by today's reading: they are named, and what they became stays.
    """

    sources: Mapping[str, type[Source]]
    stores: Stores
    kept: KeptPages
    topics: Sequence[Topic] = ()
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    _runs: dict[str, _Run] = field(default_factory=dict)

    async def replay(self, files: Iterable[Path]) -> None:
        """Read again what was kept in *files*; what can't be is named, and costs nothing else."""
        with Worker() as worker:
            for place in self._in_order(files):
                try:
                    await self._again(place, worker)
                except NoContent as error:
                    self._note("left", error)
                except (TornFile, Unknowable, CrawlError) as error:
                    self._note("failed", error)
        for run in self._runs.values():
            run.repeated.clean_earlier()

    def _in_order(self, files: Iterable[Path]) -> list[Place]:
        found: list[Place] = []
        for path in files:
            try:
                for place in places(path):  # what stands before a torn place is taken
                    found.append(place)  # noqa: PERF402
            except TornFile as error:
                self._note("failed", error)
        return sorted(found)

    async def _again(self, place: Place, worker: Worker) -> None:
        kept = read(place.path, place.offset)
        known = known_of(kept)
        source = self.sources.get(known.source)
        if source is None:
            raise CrawlError(known.source, kept.url, f"expected one of the sources {', '.join(self.sources)}")
        if isinstance(known, KeptFile):
            await self._file(_Replayed(kept, place, source, worker), known)
        else:
            await self._page(_Replayed(kept, place, source, worker), known)

    async def _file(self, replayed: _Replayed, known: KeptFile) -> None:
        answer = answer_of(replayed.kept)
        contents = await replayed.read(read_file, answer.body, answer.content_type)
        kind, length = type_of(answer, known.type), len(answer.body)
        self.stores.archive.read_file(known.url, length=length, kind=kind, text=contents.text, problem=contents.why)
        if wording := self.kept.attaching(known.url):
            self.kept.keep(replayed.kept, Kind.FILE, wording, at=replayed.place)
        self.counts["files"] += 1

    async def _page(self, replayed: _Replayed, known: KeptPage) -> None:
        wording = self.kept.wording(replayed.kept.record) or known.wording
        here = self.stores.archive.get(wording.announcement)
        repeated = self._run_of(replayed.source, replayed.kept.fetched).repeated
        made, edges = await self._today(replayed, known, _text(here, wording.seen), repeated.keys)
        if here is None or wording.seen > here.updated:
            wording = self._announce(made, wording.seen, repeated, edges)
        elif not self._rewrite(made, wording):
            return
        self.kept.keep(replayed.kept, Kind.PAGE, wording, at=replayed.place)

    async def _today(
        self, replayed: _Replayed, known: KeptPage, earlier_text: str, repeated: frozenset[str]
    ) -> tuple[Announcement, frozenset[str]]:
        """Return today's reading of a page, and the blocks at its ends. Raises NoContent, CrawlError."""
        source, answer = replayed.source, answer_of(replayed.kept)
        asked = question(source, known.candidate, earlier_text=earlier_text, repeated=repeated)
        today = await replayed.read(digest, answer, asked)
        if known.declared and not today.extracted.declared:
            raise NoContent(source.name, answer.url, f"expected the text at {source.page.body!r}")
        seen = known.wording.seen
        return announced(source, known.candidate, answer, today, now=seen, topics=self.topics), today.edges

    def _announce(self, made: Announcement, seen: datetime, repeated: Repeated, edges: frozenset[str]) -> Wording:
        """Save what the archive does not have yet as on the day when it was fetched; return which wording that is."""
        outcome = self.stores.archive.save(made, now=seen)
        self.counts[outcome.value] += 1
        if outcome is Outcome.NEW:
            repeated.add(edges)
        known = self.stores.archive.known([made.url])[made.url]
        return Wording(known.id, known.updated)

    def _rewrite(self, made: Announcement, wording: Wording) -> bool:
        """Put today's reading in the place of *wording*; say whether it is here: one corrected at once is not."""
        try:
            changed = self.stores.archive.rewrite(wording.announcement, made, seen=wording.seen)
        except KeyError:
            self.counts["same"] += 1
            return False
        self.counts["changed" if changed else "same"] += 1
        return True

    def _run_of(self, source: type[Source], at: datetime) -> _Run:
        """Return the run of *source* that fetched at *at*; one before it ends, and what it taught counts."""
        run = self._runs.get(source.name)
        if run is None or run.at != at:
            if run is not None:
                run.repeated.clean_earlier()
            run = self._runs[source.name] = _Run(at, Repeated(source.name, self.stores))
        return run

    def _note(self, what: str, error: Exception) -> None:
        self.counts[what] += 1
        self.problems.append(str(error))


def _text(here: Archived | None, seen: datetime) -> str:
    """Return the text that is known of the wording first seen at *seen*, else of the newest."""
    if here is None:
        return ""
    return next((earlier.text for earlier in here.revisions if earlier.seen == seen), here.text)
