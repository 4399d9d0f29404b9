"""One run of one source: answers in, the next addresses to ask for and announcements out. No Scrapy in here.

This module alone knows in which order routes are tried, when a run goes on to the next, and what an answer that is no
announcement means.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.announce import conflict
from crawler.answer import Answer
from crawler.candidate import Candidate
from crawler.decode import decode
from crawler.digest import Digest, Question, digest
from crawler.discovery import Found, Further, discover, kept, plain
from crawler.errors import CrawlError, EmptyRoute, Flooded, NoContent, Ours, RouteFailed, Unreachable
from crawler.files import File, Files
from crawler.plan import DOCUMENTS, FLOOD_FROM, FLOOD_TIMES, RECENT, Plan
from crawler.provenance import KeptPage, page_record
from crawler.reading import NOT_FOUND, announced, is_page, question
from crawler.repeated import Repeated
from crawler.spec import Route, Sitemap, Source
from crawler.tally import Tally
from crawler.topics import Topic
from crawler.verdict import Case, Verdict, verdict
from store.announcement import Announcement
from store.archive import Known, Outcome
from store.identity import key
from store.kept_pages import Kind, Wording
from store.stores import Stores
from store.visits import Visit

_SEEN = 256 * 1024  # bytes of a page that is not there: it says so at its beginning, and this is no worker's process
_NO_SUCH_PAGE = (400, 404, 410)  # WordPress's API answers 400 past its last page


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the route at *position* to ask for: the route's own, or one where it goes on."""

    position: int
    url: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page to ask for; ``known`` is the announcement that it became before."""

    candidate: Candidate
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class _Failed:
    """A document that failed. One that ``ends`` its route only says that there is nothing more."""

    document: Document
    error: RouteFailed
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """An announcement on its way from a page to the archive, and what to remember of the page.

    ``declared`` says that its text stood where its source declares it.
    """

    crawl: Crawl
    wanted: Wanted
    announcement: Announcement
    answer: Answer
    edges: frozenset[str]
    declared: bool


class Crawl:
    """The run of *source* that *plan* describes. Its methods are called with answers and say what to ask for next."""

    def __init__(
        self, source: type[Source], plan: Plan, tally: Tally, stores: Stores, topics: Sequence[Topic] = ()
    ) -> None:
        self.source = source
        self.plan = plan
        self.tally = tally
        self._archive = stores.archive
        self._visits = stores.visits
        self._quarantines = stores.quarantines
        self._kept = stores.kept
        self._topics = topics
        self._visited = stores.visits.of(source.name)
        self._repeated = Repeated(source.name, stores)
        self._asked: set[str] = set()  # keys of documents, pages and files, each asked for once
        self.files = Files(source, plan, tally, stores, self._asked)
        self._pages = self._documents = 0
        self._left: Counter[str] = Counter()  # what was not asked for, because of a limit
        self._routes_answered: list[tuple[str, Visit]] = []
        self._open: Counter[int] = Counter()  # documents under way, by position of the route
        self._failed: list[_Failed] = []
        self._named: defaultdict[int, set[str]] = defaultdict(set)  # addresses, by position of the route
        self._only_later: Counter[int] = Counter()

    def begin(self) -> Iterator[Document | Wanted | File]:
        yield from self._ask_route(0)
        yield from self.files.unread()

    def validators(self, url: str) -> dict[str, str]:
        """Return the headers of a conditional request (RFC 9110, 13.1) for a page or document that answered before."""
        visit = self._visited.get(key(url))
        if visit is None or visit.failures:
            return {}
        named = {"If-None-Match": visit.etag, "If-Modified-Since": visit.last_modified}
        return {header: value for header, value in named.items() if value}

    def reads(self, document: Document, answer: Answer) -> bool:
        """Say whether there is anything to read in the answer of a route: not where it is what it was."""
        return answer.status == 200 and not _is_as_before(answer, self._visited.get(key(document.url)))

    def on_document(
        self, document: Document, answer: Answer, read: Found | RouteFailed | None = None
    ) -> Iterator[Document | Wanted]:
        """Take the answer of a route, and yield what it makes worth asking for.

        *read* is what was found in it, or why nothing was; where it is None, that is done here.
        """
        try:
            before = self._visited.get(key(document.url))
            found = self._found(document, answer, before, read)
        except RouteFailed as error:
            self._failed.append(_Failed(document, error, _has_ended(document, answer, error)))
            yield from self._after(document)
            return
        carries = bool(found.candidates) and self.tally.carried is None
        if carries:
            self.tally.carried, self.tally.route = document.position, self._route(document).url
        yield from list(self._wanted(document, found, before))
        if carries:  # after what is new, which the limit on pages must not keep out
            yield from self._wanted_again(found)
        yield from self._further(document, found)
        yield from self._after(document)

    def on_document_error(self, document: Document, reason: str) -> Iterator[Document | Wanted]:
        """Take note that a route's document could not be had, and yield what to try instead."""
        error = Unreachable(self.source.name, document.url, f"expected an answer: {reason}")
        self._failed.append(_Failed(document, error))
        yield from self._after(document)

    def question(self, wanted: Wanted, answer: Answer) -> Question | None:
        """Return what to know for reading the answer of a page, None where there is nothing to be read."""
        if not is_page(self.source, answer):
            return None
        earlier = self._archive.get(wanted.known.id) if wanted.known else None
        earlier_text = earlier.text if earlier else ""
        return question(self.source, wanted.candidate, earlier_text=earlier_text, repeated=self._repeated.keys)

    def on_page(self, wanted: Wanted, answer: Answer, read: Digest | None = None) -> Reading | None:
        """Return the reading of a page, None where the answer is no news: unchanged, gone, or no announcement.

        *read* is what was read off the answer to its question; where it is None, that is done here.
        """
        if answer.status == 304:
            self._visits.unchanged(self.source.name, wanted.candidate.url, now=self.plan.now)
            self.tally.counts["same"] += 1
            return None
        if answer.status in NOT_FOUND:
            self._on_missing(wanted, answer)
            return None
        try:
            return self._read(wanted, answer, read)
        except NoContent as error:
            self._fail(wanted, error)
            return None

    def on_page_error(self, wanted: Wanted, reason: str) -> None:
        """Take note that a page could not be had."""
        self._fail(wanted, NoContent(self.source.name, wanted.candidate.url, f"expected a page: {reason}"))

    def keep(self, reading: Reading) -> None:
        """Save the announcement first, then its bytes, and only then remember that its page was visited."""
        outcome = self._archive.save(reading.announcement, now=self.plan.now)
        self.tally.counts[outcome.value] += 1
        if outcome is Outcome.NEW:
            self._repeated.add(reading.edges)
        self._keep_bytes(reading, outcome)
        for url in {reading.wanted.candidate.url, reading.announcement.url}:
            self._visits.answered(self.source.name, url, _visit(reading.answer, self.plan.now))

    def count(self, what: str, number: int = 1) -> None:
        self.tally.counts[what] += number

    def fault(self, url: str, reason: str) -> None:
        """Count a fault of our own, so that it is seen, and costs the one answer that it happened with."""
        self.tally.fail(Ours(self.source.name, url, f"expected no fault of ours: {reason}"))

    def end(self, *, finished: bool = True) -> None:
        """Do and say what the run as a whole leaves to do and say.

        What the routes answered is remembered only where the run *finished*: else the next one would take what changed
        in them for what it has seen, and never ask for those pages.
        """
        name = self.source.name
        for url, visit in self._routes_answered if finished else ():
            self._visits.answered(name, url, visit)
        self._repeated.clean_earlier()
        self._say_what_failed()
        for position, count in sorted(self._only_later.items()) if self.plan.since is None else ():
            expected = f"expected {count} more announcements, which {self.source.routes[position].url} names"
            self.tally.warn(RouteFailed(name, self.tally.route, expected))
        if self.files.left:
            self._left[f"{self.files.most} files"] = self.files.left
        for limit, count in self._left.items():
            left = f"expected at most {limit}, left {count} for the next run"
            self.tally.note(RouteFailed(name, self.tally.route, left))

    def _keep_bytes(self, reading: Reading, outcome: Outcome) -> None:
        """Keep the page behind each wording once: not a page that says the same again, unless its wording has none."""
        if self._kept is None:
            return
        url = reading.announcement.url
        known = self._archive.known([url])[url]
        wording = Wording(known.id, known.updated)
        if outcome is Outcome.SAME and self._kept.has_page(wording):
            return
        page = KeptPage(
            source=self.source.name,
            candidate=reading.wanted.candidate,
            wording=wording,
            declared=reading.declared,
        )
        record = page_record(page, reading.announcement, reading.answer, now=self.plan.now)
        self._kept.keep(record, Kind.PAGE, wording)

    def _say_what_failed(self) -> None:
        """Say each route that did not work, once, and each document that is missing of one that did."""
        fails = self.tally.carried is None
        carried = len(self.source.routes) if self.tally.carried is None else self.tally.carried
        useless = {failed.document.position: failed.error for failed in reversed(self._failed)}
        for position, error in sorted(useless.items()):
            if position < carried:
                (self.tally.fail if fails else self.tally.warn)(error)
        for failed in self._failed:
            if failed.document.position > carried and failed.document.is_first:
                self.tally.note(failed.error)
            elif failed.document.position >= carried and not failed.ends:
                self.tally.fail(failed.error)

    def _route(self, document: Document) -> Route:
        return self.source.routes[document.position]

    def _ask_route(self, position: int) -> Iterator[Document | Wanted]:
        """Ask for the route at *position*, if there is one."""
        if position == len(self.source.routes):
            return
        document = Document(position, self.source.routes[position].start, is_first=True)
        self._open[position] += 1
        self._asked.add(key(document.url))
        yield document

    def _after(self, document: Document) -> Iterator[Document | Wanted]:
        """Go on to the next route when this one is done: if none has carried the run yet, or all are to speak."""
        self._open[document.position] -= 1
        if not self._open[document.position] and (self.plan.every_route or self.tally.carried is None):
            yield from self._ask_route(document.position + 1)

    def _found(
        self, document: Document, answer: Answer, before: Visit | None, read: Found | RouteFailed | None
    ) -> Found:
        """Return what the answer names: read now, or kept from before where it is the same. Raises RouteFailed."""
        name, url = self.source.name, document.url
        if before is not None and before.named is not None and _is_as_before(answer, before):
            self._visits.unchanged(name, url, now=self.plan.now)
            return kept(before.named)
        if isinstance(read, RouteFailed):
            raise read
        found = read or discover(self._route(document), answer, self.source)
        if before is not None and before.named is not None and self.plan.since is None:
            self._hold_a_flood(document, usual=len(kept(before.named).candidates), named=len(found.candidates))
        self._routes_answered.append((url, _visit(answer, self.plan.now, named=found)))
        return found

    def _hold_a_flood(self, document: Document, *, usual: int, named: int) -> None:
        """Raise Flooded where a route names many times what it usually does, unless somebody has let that pass."""
        name, held = self.source.name, self._quarantines.of(self.source.name)
        if named <= max(FLOOD_TIMES * usual, usual + FLOOD_FROM) or (held and held.released):
            if held and document.is_first:
                self._quarantines.end(name)
            return
        self._quarantines.begin(name, usual=usual, named=named, now=self.plan.now)
        raise Flooded(name, document.url, f"expected about {usual} candidates, got {named}; held until released")

    def _wanted_again(self, found: Found) -> Iterator[Wanted]:
        """Yield the recent pages that are due again, whether the route still names them or not."""
        named = {candidate.url: candidate for candidate in found.candidates}
        for known in self._archive.recent(self.source.name, since=self.plan.now - RECENT):
            if self.plan.revisits(known, self._visited.get(key(known.found_at)), changed=False):
                candidate = named.get(known.found_at) or Candidate(url=known.found_at, address=known.found_at)
                yield from self._want(Wanted(candidate, known))

    def _wanted(self, document: Document, found: Found, before: Visit | None) -> Iterator[Wanted]:
        previous = {named.url: named for named in kept(before.named).candidates} if before and before.named else {}
        known = self._archive.known(candidate.url for candidate in found.candidates)
        for candidate in found.candidates:
            if candidate.url in known:
                if previous.get(candidate.url, candidate) != candidate or self._failed_before(candidate):
                    yield from self._want(Wanted(candidate, known[candidate.url]))
            elif self._is_due(document, candidate):
                if key(candidate.url) not in self._asked and document.position != self.tally.carried:
                    self._only_later[document.position] += 1
                yield from self._want(Wanted(candidate))

    def _failed_before(self, candidate: Candidate) -> bool:
        """Say whether the page was asked for last time and could not be had, though it was not missing."""
        visit = self._visited.get(key(candidate.url))
        if visit is None or not visit.failures or visit.missing_since is not None:
            return False
        return not visit.rests(self.plan.now)

    def _is_due(self, document: Document, candidate: Candidate) -> bool:
        visit = self._visited.get(key(candidate.url))
        if visit is not None and visit.rests(self.plan.now) and not self.plan.asked:
            return False
        front = document.is_first and document.position == self.tally.carried
        return self.plan.wants(candidate, sitemap=isinstance(self._route(document), Sitemap), front=front)

    def _want(self, wanted: Wanted) -> Iterator[Wanted]:
        """Yield *wanted* unless it was asked for, or the run has asked for as many pages as it may."""
        spelt = key(wanted.candidate.url)
        if spelt in self._asked:
            return
        self._asked.add(spelt)
        if self._pages >= self.plan.most_pages:
            self._left[f"{self.plan.most_pages} pages"] += 1
            return
        self._pages += 1
        yield wanted

    def _further(self, document: Document, found: Found) -> Iterator[Document]:
        """Yield where the route goes on: the parts of a sitemap always, older documents for a back-fill only."""
        news = {candidate.url for candidate in found.candidates} - self._named[document.position]
        self._named[document.position] |= news
        if not isinstance(self._route(document), Sitemap) and not (self.plan.since and self._goes_on(found, news)):
            return
        for further in found.further:
            if self.plan.reaches(further.until):
                yield from self._ask_further(document, further)

    def _goes_on(self, found: Found, news: set[str]) -> bool:
        """A pager goes on as long as its page names something that no earlier one named, and that is recent enough."""
        return any(candidate.url in news and self.plan.reaches(candidate.newest()) for candidate in found.candidates)

    def _ask_further(self, document: Document, further: Further) -> Iterator[Document]:
        spelt = key(further.url)
        if spelt in self._asked:
            return
        self._asked.add(spelt)
        if self._documents >= DOCUMENTS:
            self._left[f"{DOCUMENTS} documents"] += 1
        else:
            self._documents += 1
            self._open[document.position] += 1
            yield Document(document.position, further.url, is_first=False)

    def _on_missing(self, wanted: Wanted, answer: Answer) -> None:
        """Take note of a page that is not there; a firewall or maintenance may say 404 too, and deletes nothing."""
        html = decode(answer.body[:_SEEN], answer.content_type)
        case = Case(answer=answer, html=html, asked=wanted.candidate.url)
        if (reason := verdict(case)) is not Verdict.NOT_FOUND:
            expected = f"expected the page, got {reason} (status {answer.status}, {answer.url})"
            self._fail(wanted, NoContent(self.source.name, wanted.candidate.url, expected))
            return
        missing = self._visits.missing(self.source.name, wanted.candidate.url, now=self.plan.now)
        error = NoContent(self.source.name, wanted.candidate.url, f"expected a page, got status {answer.status}")
        if wanted.known is None:
            self._cover_failed(wanted)
            self.tally.fail(error)
        elif missing and self._archive.mark_gone(wanted.candidate.url, now=self.plan.now):
            self.tally.counts["gone"] += 1
        else:
            self.tally.note(error)

    def _read(self, wanted: Wanted, answer: Answer, read: Digest | None) -> Reading | None:
        """Return the reading of a page that answered. Raises NoContent."""
        name, url = self.source.name, wanted.candidate.url
        asked = self.question(wanted, answer)
        if asked is None:
            raise NoContent(name, url, f"expected a page, got {answer.kind}")
        read = read or digest(answer, asked)
        made = announced(self.source, wanted.candidate, answer, read, now=self.plan.now, topics=self._topics)
        page = read.extracted
        self.tally.cover(made, page)
        if disagree := conflict(wanted.candidate, page):
            self.tally.note(NoContent(name, url, disagree))
        if not page.declared:
            self.tally.warn(NoContent(name, answer.url, f"expected the text at {self.source.page.body!r}"))
            if wanted.known is not None:  # what was searched for is no ground to change what was read where it stands
                self._visits.unchanged(name, url, now=self.plan.now)
                return None
        return Reading(self, wanted, made, answer, read.edges, page.declared)

    def _cover_failed(self, wanted: Wanted) -> None:
        """Let a page that became nothing count, but for one that had become nothing before: that is known."""
        before = self._visited.get(key(wanted.candidate.url))
        if before is None or not (before.failures or before.missing_since):
            self.tally.cover()

    def _fail(self, wanted: Wanted, error: CrawlError) -> None:
        self._cover_failed(wanted)
        self._visits.failed(self.source.name, wanted.candidate.url, now=self.plan.now)
        self.tally.fail(error)


def _is_as_before(answer: Answer, before: Visit | None) -> bool:
    """Say whether a route's answer names what it did when it was read *before*."""
    if before is None or before.named is None:
        return False
    return answer.status == 304 or (answer.status == 200 and answer.body_hash == before.body_hash)


def _has_ended(document: Document, answer: Answer, error: RouteFailed) -> bool:
    """Say whether a later document of a route only says that there is nothing more."""
    return not document.is_first and (isinstance(error, EmptyRoute) or answer.status in _NO_SUCH_PAGE)


def _visit(answer: Answer, now: datetime, *, named: Found | None = None) -> Visit:
    return Visit(
        checked=now,
        etag=answer.etag,
        last_modified=answer.last_modified,
        body_hash=answer.body_hash,
        named=plain(named) if named is not None else None,
    )
