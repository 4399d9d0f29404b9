"""A page's answer in; all that is read off it out: the heavy step of a crawl, which runs in a process of its own. Pure.

What a site repeats on page after page is dropped here, and whether this is really the page is judged here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from html import escape

from crawler import markup
from crawler.answer import Answer
from crawler.attachments import read
from crawler.boilerplate import edges, without
from crawler.decode import decode
from crawler.extract import Extracted, extract, summary, unsized
from crawler.language import language
from crawler.spec import Page
from crawler.verdict import Case, Verdict, verdict
from store.announcement import Attachment

_PREAMBLE = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to know for reading a page: the address *asked*, the title that its route *promised*, the text that is known
    of it, the blocks that its source *repeated* elsewhere, and where its source keeps what it says.
    """

    asked: str
    page: Page = field(default_factory=Page)
    zone: tzinfo = UTC
    promised: str = ""
    earlier_text: str = ""
    repeated: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What a page says, cleaned; the keys of the blocks at its ends, as they stood there; why it is not the page."""

    extracted: Extracted
    edges: frozenset[str]
    verdict: Verdict | None


def digest(answer: Answer, question: Question) -> Digest:
    """Return what *answer* says, a page or a document that stands for one."""
    if answer.body[:_PREAMBLE].lstrip().startswith(b"%PDF-"):
        return Digest(extracted=_document(answer, question), edges=frozenset(), verdict=None)
    html = decode(answer.body, answer.content_type)
    whole = extract(html, answer.url, question.page, zone=question.zone)
    extracted = cleaned(whole, question.repeated)
    case = Case(
        answer=answer,
        html=html,
        asked=question.asked,
        promised=question.promised,
        title=extracted.title,
        text=extracted.text,
        earlier_text=question.earlier_text,
        retry_after=answer.retry_after,
    )
    return Digest(extracted=extracted, edges=frozenset(edges(whole.html)), verdict=verdict(case))


def _document(answer: Answer, question: Question) -> Extracted:
    """Return what a PDF says. Its title is the one that its listing gave, and so is its text where none can be read."""
    contents, title = read(answer.body), unsized(question.promised)
    text = contents.text or title
    return Extracted(
        title=title,
        text=text,
        html=f'<p><a href="{escape(answer.url)}">{escape(title)}</a></p>',
        summary=summary(text),
        language=language(text, ""),
        attachments=(
            Attachment(
                url=answer.url,
                type="application/pdf",
                title=title,
                length=len(answer.body),
                problem=contents.why,
            ),
        ),
    )


def cleaned(extracted: Extracted, repeated: frozenset[str]) -> Extracted:
    """Return *extracted* without the blocks at its ends that its site repeats."""
    html = without(extracted.html, repeated)
    if html == extracted.html:
        return extracted
    text = markup.plain(html)
    return replace(extracted, html=html, text=text, summary=summary(text))
