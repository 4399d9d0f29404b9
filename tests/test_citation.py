"""A reference to an announcement is read by other programs as it was meant, whatever its title holds."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import rispy
from bibtexparser.entrypoint import parse_string
from hypothesis import given
from hypothesis import strategies as st
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from feeds.text import line
from store.announcement import Archived, From
from tests.builders import NOON, an_archived
from web.citation import bibtex, key, plain, ris

SOURCE = "環境省 報道発表"
URL = "https://www.env.go.jp/press/press_05099.html"
HOSTILE = st.lists(
    st.one_of(
        st.text(max_size=6),
        st.sampled_from(["{", "}", "\\", "%", "&", "\n", "\r\nTY  - BOOK", "ER  - ", "@book{a,", "脱炭素", "--", '"']),
    )
).map("".join)


def bibtex_fields(announcement: Archived) -> dict[str, str]:
    library = parse_string(bibtex(announcement, source=SOURCE))
    (entry,) = library.entries
    assert not library.failed_blocks
    assert (entry.entry_type, entry.key) == ("online", key(announcement))
    return {name: field.value for name, field in entry.fields_dict.items()}


def ris_fields(announcement: Archived) -> dict[str, Any]:
    (record,) = rispy.loads(ris(announcement, source=SOURCE))
    return dict(record)


def without_latex(text: str) -> str:
    """Return *text* as LaTeX sets it; of the commands pylatexenc lacks those of braces, and has another circumflex."""
    known = get_default_latex_context_db()
    braces = [MacroTextSpec("textbraceleft", "{"), MacroTextSpec("textbraceright", "}")]
    known.add_context_category("braces", prepend=True, macros=[*braces, MacroTextSpec("textasciicircum", "^")])
    return str(LatexNodes2Text(latex_context=known, strict_latex_spaces=True).latex_to_text(text))


def test_a_reference_for_people_is_in_their_language() -> None:
    told = an_archived(title="公募", url=URL, first_seen=datetime(2026, 6, 11, 16, tzinfo=UTC), timezone="Asia/Tokyo")
    assert plain(told, source=SOURCE, language="ja") == (
        f"環境省. “公募”. 環境省 報道発表. 2026-06-11. {URL}, (参照 2026-06-12)."
    )
    assert plain(told, source=SOURCE, language="en") == (
        f"Ministry of the Environment, Japan. “公募”. {SOURCE}, 11 June 2026. {URL} (archived 12 June 2026)."
    )


def test_a_day_that_the_source_does_not_tell_is_not_told() -> None:
    dateless = an_archived(published_from=From.FIRST_SEEN, published=NOON)
    assert ", n.d. https://" in plain(dateless, source=SOURCE, language="en")
    assert f"{SOURCE}. https://" in plain(dateless, source=SOURCE, language="ja")
    assert "date" not in bibtex_fields(dateless)
    assert not {"year", "date"} & ris_fields(dateless).keys()


def test_bibtex_tells_what_biblatex_asks_of_a_web_page() -> None:
    assert bibtex_fields(an_archived(title="公募 50%", url=URL)) == {
        "author": "{環境省}",
        "title": r"{公募 50\%}",
        "date": "2026-06-11",
        "organization": SOURCE,
        "url": URL,
        "urldate": "2026-06-11",
        "langid": "japanese",
    }


def test_ris_tells_what_a_record_of_a_web_page_holds() -> None:
    assert ris_fields(an_archived(title="公募", url=URL, id="urn:uuid:4bb11a5f-0000")) == {
        "type_of_reference": "ELEC",
        "id": "moej-20260611-4bb11a5f",
        "authors": ["環境省"],
        "title": "公募",
        "secondary_title": SOURCE,
        "publisher": "環境省",
        "year": "2026",
        "date": "2026/06/11",
        "access_date": "2026/06/11",
        "language": "ja",
        "urls": [URL],
    }


def test_an_organisation_is_no_person_with_a_first_name() -> None:
    assert bibtex_fields(an_archived(language="en"))["author"] == "{Ministry of the Environment, Japan}"
    assert ris_fields(an_archived(language="en"))["authors"] == ["Ministry of the Environment (Japan)"]


@given(HOSTILE.filter(line))
def test_any_title_survives_bibtex(title: str) -> None:
    fields = bibtex_fields(an_archived(title=title))
    assert without_latex(fields["title"].removeprefix("{").removesuffix("}")) == line(title)
    assert fields.keys() == {"author", "title", "date", "organization", "url", "urldate", "langid"}


@given(HOSTILE.filter(line))
def test_the_braces_of_an_entry_pair_for_parsers_that_know_no_backslash(title: str) -> None:
    depth = 0
    for brace in re.findall("[{}]", bibtex(an_archived(title=title), source=title)):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0


@given(HOSTILE.filter(line))
def test_any_title_survives_ris_on_one_line(title: str) -> None:
    written = ris(an_archived(title=title), source=SOURCE)
    assert ris_fields(an_archived(title=title))["title"] == line(title)
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", each) for each in written.removesuffix("\r\n").split("\r\n"))
    assert written.endswith("\r\nER  - \r\n")
    assert written.encode()


@pytest.mark.parametrize("title", ["a--b---c", "``a''", "¿?`!`", "a,,b", "-'-'", "<<a>>"])
def test_no_two_characters_become_another(title: str) -> None:
    assert without_latex(bibtex_fields(an_archived(title=title))["title"].strip("{}")) == title


def test_a_title_of_nothing_is_the_address() -> None:
    assert ris_fields(an_archived(title="\x01", url=URL))["title"] == URL


def test_keys_are_told_apart_by_the_id_and_stay() -> None:
    first, second = an_archived(url=URL), an_archived(url=f"{URL}?a")
    assert key(first) != key(second)
    assert key(first) == key(an_archived(url=URL, title="訂正", updated=datetime(2026, 7, 1, tzinfo=UTC)))
    assert key(an_archived(organisation="a b/{c}", id="x/../y")) == "abc-20260611-xy"
