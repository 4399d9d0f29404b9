"""Extraction beside its peers, on gold sets, in one run: F1 and CPU a page.

    python bench/extraction.py [DIRECTORY ...]

Without a directory the set is the replica in ``demo/site``: what each page's declared article element says is its gold
text, and no extractor is told where that is. A directory holds a gold set in one of two forms:

* scrapinghub's article-extraction-benchmark: ``ground-truth.json`` ({id: {"articleBody": …}}) and ``html/ID.html.gz``
* trafilatura's evaluation set: ``evaldata.py`` or ``eval*.json`` ({address: {"file", "with": […], "without": […]}}) and
  the pages beside it, in any folder below

F1 of the first form is over shingles of four tokens (a Japanese character is a token), averaged over the pages as the
benchmark does it: from the counts of a page, precision and recall, each averaged. F1 of the second is over the
segments that must and must not be found.
"""

from __future__ import annotations

import ast
import gzip
import json
import platform
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lxml import html as lxml_html

from crawler.boilerplate import edges, is_repeated
from crawler.decode import decode
from crawler.digest import cleaned
from crawler.extract import extract
from crawler.spec import load
from demo.replica import Replica

Extractor = Callable[[str, str], str]
_TOKEN = re.compile(r"[\u3041-\u30ff\u3400-\u9fff々]|[^\W\u3041-\u30ff\u3400-\u9fff]+")
_SHINGLE = 4


@dataclass(frozen=True, slots=True)
class Case:
    """A page and what is known of its text: all of it, or segments that it has (``true``) and has not."""

    url: str
    html: str
    text: str = ""
    true: Sequence[str] = ()
    false: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Score:
    precision: float
    recall: float
    cpu_ms: float
    failed: int

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def extractors() -> dict[str, Extractor]:
    """Return what can be imported here, by name and version; name what can't on stderr."""
    found: dict[str, Extractor] = {"zerowire (none declared)": lambda html, url: extract(html, url).text}
    makers = {
        "trafilatura": _trafilatura,
        "readability-lxml": _readability,
        "newspaper4k": _newspaper,
        "resiliparse": _resiliparse,
    }
    for package, make in makers.items():
        try:
            found |= {f"{name} {version(package)}".strip(): each for name, each in make().items()}
        except (ImportError, PackageNotFoundError) as error:
            sys.stderr.write(f"{package}: not compared: {error}\n")
    return found


def _trafilatura() -> dict[str, Extractor]:
    plain = import_module("trafilatura").extract
    options: dict[str, dict[str, bool]] = {"": {}, " precision": {"favor_precision": True}, " fast": {"fast": True}}
    return {
        f"trafilatura{name}": lambda html, url, given=given: plain(html, url=url, include_comments=False, **given) or ""
        for name, given in options.items()
    }


def _readability() -> dict[str, Extractor]:
    document = import_module("readability").Document

    def read(html: str, url: str) -> str:
        return str(lxml_html.fromstring(document(html, url=url).summary()).text_content())

    return {"readability-lxml": read}


def _newspaper() -> dict[str, Extractor]:
    article = import_module("newspaper").Article

    def read(html: str, url: str) -> str:
        page = article(url)
        page.download(input_html=html)
        page.parse()
        return str(page.text)

    return {"newspaper4k": read}


def _resiliparse() -> dict[str, Extractor]:
    plain = import_module("resiliparse.extract.html2text").extract_plain_text
    return {"resiliparse": lambda html, _url: plain(html, main_content=True, comments=False)}


def learnt(cases: Sequence[Case]) -> Extractor:
    """Return our extractor as it is after a crawl of all *cases*: rid of what their sites repeat."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    totals: Counter[str] = Counter()
    for case in cases:
        site = urlsplit(case.url).netloc
        totals[site] += 1
        seen[site].update(edges(extract(case.html, case.url).html))
    repeated = {
        site: frozenset(key for key, count in counts.items() if is_repeated(count, of=totals[site]))
        for site, counts in seen.items()
    }
    return lambda html, url: cleaned(extract(html, url), repeated[urlsplit(url).netloc]).text


def replica() -> Iterator[Case]:
    """Yield the announcements of the replica with the text of their declared article element."""
    site, sources = Replica(now=lambda: datetime.now(UTC)), load()
    for file in sorted(Path("tests/golden").glob("*.json")):
        source = sources[file.stem]
        for announcement in json.loads(file.read_text("utf-8")):
            parts = urlsplit(announcement["url"])
            answer = site.answer(parts.netloc, parts.path)
            if answer.status != 200:
                answer = site.answer(parts.netloc, f"{parts.path}/")
            if answer.body.startswith(b"%PDF-"):
                continue
            html = answer.body.decode()
            yield Case(announcement["url"], html, _declared(html, source))


def _declared(html: str, source: Any) -> str:
    tree = lxml_html.document_fromstring(html)
    for path in source.page.drop:
        for element in tree.xpath(path):
            element.drop_tree()
    bodies = tree.cssselect(source.page.body)
    outermost = [body for body in bodies if not any(ancestor in bodies for ancestor in body.iterancestors())]
    return "\n".join(" ".join(body.itertext()) for body in outermost)


def gold(directory: Path) -> Iterator[Case]:
    """Yield the cases of a gold set in either form."""
    truth = directory / "ground-truth.json"
    if truth.exists():
        for name, known in json.loads(truth.read_text("utf-8")).items():
            body = gzip.decompress((directory / "html" / f"{name}.html.gz").read_bytes())
            yield Case(known.get("url", "https://example.org/"), decode(body), known["articleBody"])
        return
    for file in sorted([*directory.rglob("evaldata.py"), *directory.rglob("eval*.json")]):
        for url, known in _evaluation(file).items():
            page = next(directory.rglob(known["file"]), None)
            if page is not None:
                yield Case(url, decode(page.read_bytes()), "", known.get("with", ()), known.get("without", ()))


def _evaluation(file: Path) -> dict[str, Any]:
    text = file.read_text("utf-8")
    if file.suffix == ".json":
        return dict(json.loads(text))
    values = [node.value for node in ast.parse(text).body if isinstance(node, ast.Assign)]
    return dict(ast.literal_eval(values[0]))


def score(cases: Sequence[Case], extractor: Extractor) -> Score:
    precisions, recalls, counts, failed = [], [], Counter[str](), 0
    began = time.process_time()
    texts = []
    for case in cases:
        try:
            texts.append(extractor(case.html, case.url) or "")
        except Exception as error:  # noqa: BLE001  (a peer may raise whatever it likes; it is counted, and named)
            failed += 1
            texts.append("")
            sys.stderr.write(f"{case.url}: {type(error).__name__}: {error}\n")
    cpu = (time.process_time() - began) * 1000 / max(len(cases), 1)
    for case, text in zip(cases, texts, strict=True):
        if case.text:
            precision, recall = _shingled(case.text, text)
            precisions.append(precision)
            recalls.append(recall)
        counts.update(_segments(case, text))
    if precisions:
        return Score(sum(precisions) / len(precisions), sum(recalls) / len(recalls), cpu, failed)
    found, missed, wrong = counts["found"], counts["missed"], counts["wrong"]
    return Score(found / max(found + wrong, 1), found / max(found + missed, 1), cpu, failed)


def _shingled(gold_text: str, text: str) -> tuple[float, float]:
    expected, got = _shingles(gold_text), _shingles(text)
    common = sum((expected & got).values())
    return common / max(sum(got.values()), 1), common / max(sum(expected.values()), 1)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = _TOKEN.findall(text.lower())
    return Counter(tuple(tokens[at : at + _SHINGLE]) for at in range(max(len(tokens) - _SHINGLE + 1, 1)))


def _segments(case: Case, text: str) -> Counter[str]:
    line = " ".join(text.split())
    held = Counter("found" if " ".join(part.split()) in line else "missed" for part in case.true)
    return held + Counter("wrong" for part in case.false if " ".join(part.split()) in line)


def main(arguments: Sequence[str]) -> None:
    sets = {path: list(gold(Path(path))) for path in arguments} or {"the replica": list(replica())}
    sys.stdout.write(f"{datetime.now(UTC).date()}, Python {platform.python_version()}, {platform.machine()}\n")
    for name, cases in sets.items():
        sys.stdout.write(
            f"\n{name}: {len(cases)} pages\n\n| extractor | F1 | precision | recall | CPU ms a page | failed |\n"
        )
        sys.stdout.write("|---|---:|---:|---:|---:|---:|\n")
        ours = {"zerowire (none declared, the site learnt)": learnt(cases)}
        for extractor, each in (ours | extractors()).items():
            got = score(cases, each)
            figures = f"{got.f1:.3f} | {got.precision:.3f} | {got.recall:.3f} | {got.cpu_ms:.1f} | {got.failed}"
            sys.stdout.write(f"| {extractor} | {figures} |\n")


if __name__ == "__main__":
    main(sys.argv[1:])
