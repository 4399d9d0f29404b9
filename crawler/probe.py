"""A look at every route of a source: what answers, how much it names, a sample. Keeps nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from crawler.answer import Answer
from crawler.candidate import Candidate
from crawler.crawl import Document
from crawler.discovery import Found, discover
from crawler.errors import Ours, RouteFailed, Unreachable
from crawler.plan import DOCUMENTS
from crawler.spec import Sitemap, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one route answered: ``problem`` is empty where it works; the sample is the first that it names."""

    source: str
    kind: str
    route: str
    verified: bool
    candidates: int
    sample_title: str
    sample_url: str
    problem: str


@dataclass(slots=True)
class Probe:
    """The probe of one source; asks for each route's first document, and for the parts of a sitemap."""

    source: type[Source]
    _named: dict[int, list[Candidate]] = field(default_factory=dict)
    _problems: dict[int, str] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    def begin(self) -> Iterator[Document]:
        for position, route in enumerate(self.source.routes):
            yield Document(position, route.start, is_first=True)

    def validators(self, url: str) -> dict[str, str]:
        return {}

    def reads(self, document: Document, answer: Answer) -> bool:
        return answer.status == 200

    def on_document(
        self, document: Document, answer: Answer, read: Found | RouteFailed | None = None
    ) -> Iterator[Document]:
        route = self.source.routes[document.position]
        try:
            found = read or discover(route, answer, self.source)
        except RouteFailed as error:
            found = error
        if isinstance(found, RouteFailed):
            self._problems.setdefault(document.position, str(found))
            return
        self._named.setdefault(document.position, []).extend(found.candidates)
        if isinstance(route, Sitemap):
            yield from self._parts(document, found)

    def _parts(self, document: Document, found: Found) -> Iterator[Document]:
        """Yield the parts of a sitemap, each once: an index may name itself."""
        for further in found.further:
            if further.url not in self._asked and len(self._asked) < DOCUMENTS:
                self._asked.add(further.url)
                yield Document(document.position, further.url, is_first=False)

    def on_document_error(self, document: Document, reason: str) -> Iterator[Document]:
        error = Unreachable(self.source.name, document.url, f"expected an answer: {reason}")
        self._problems.setdefault(document.position, str(error))
        yield from ()

    def count(self, what: str, number: int = 1) -> None:
        """A probe has no run to count for."""

    def fault(self, url: str, reason: str) -> None:
        self._problems[-1] = str(Ours(self.source.name, url, f"expected no fault of ours: {reason}"))

    def reports(self) -> Iterator[Report]:
        """Yield a report a route, in the order in which a run tries them."""
        for position, route in enumerate(self.source.routes):
            named = self._named.get(position, [])
            yield Report(
                source=self.source.name,
                kind=type(route).__name__.lower(),
                route=route.start,
                verified=route.verified,
                candidates=len(named),
                sample_title=named[0].title if named else "",
                sample_url=named[0].url if named else "",
                problem=self._problems.get(position, ""),
            )

    def works(self) -> bool:
        """Say whether a run would find a route that names something, and nothing of ours failed."""
        return any(self._named.values()) and -1 not in self._problems
