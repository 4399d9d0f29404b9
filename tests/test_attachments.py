"""What a file says comes out as it is read; what can't be had is said in a word; no bytes do harm."""

from __future__ import annotations

import random
import re
import tracemalloc
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from time import perf_counter
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdfium2 import PdfDocument
from pypdfium2.internal import ObjectTracker

from crawler import attachments
from crawler.attachments import MOST_PAGES, MOST_XML, Contents, Why, read
from crawler.language import language

SITE = Path(__file__).parents[1] / "demo" / "site"
PDFS = sorted(SITE.rglob("*.pdf"))
MUTATED_FILES = 300

ENCRYPTED = b"/Encrypt<</Filter/Standard/V 1/R 2/O<%b>/U<%b>/P -4>>/ID[<00><00>]" % (b"41" * 32, b"42" * 32)
LOCKED_OTHERWISE = b"/Encrypt<</Filter/Unheard.Of/V 9>>"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    yield
    assert not any(ObjectTracker.values())


def a_pdf(*pages: Iterable[str], trailer: bytes = b"") -> bytes:
    """A PDF of pages of lines; the second object of a page is what it shows."""
    return a_pdf_that_shows(*(_lines(page) for page in pages), trailer=trailer)


def _lines(lines: Iterable[str]) -> bytes:
    shown = b" ".join(b"(%b) Tj T*" % line.encode("cp1252") for line in lines)
    return b"BT /F1 9 Tf 10 TL 50 800 Td %b ET" % shown


def a_pdf_that_shows(*streams: bytes, trailer: bytes = b"", resources: bytes = b"") -> bytes:
    kids = b" ".join(b"%d 0 R" % number for number in range(4, 4 + 2 * len(streams), 2))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(streams), kids),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    for stream in streams:
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>%b>>>>"
        objects.append(page % (len(objects) + 2, resources))
        objects.append(b"<</Length %d>>stream\n%b\nendstream" % (len(stream), stream))
    return _with_table(objects, trailer)


def _with_table(objects: list[bytes], trailer: bytes) -> bytes:
    body, places = b"%PDF-1.4\n", []
    parts = [body]
    at = len(body)
    for number, one in enumerate(objects, 1):
        places.append(at)
        parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, one))
        at += len(parts[-1])
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, table))
    parts.append(b"trailer<</Size %d/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF" % (size, trailer, at))
    return b"".join(parts)


def a_zip(parts: dict[str, str], method: int = ZIP_DEFLATED) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", method) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return file.getvalue()


def a_document(body: str) -> bytes:
    return a_zip({"word/document.xml": f'<w:document xmlns:w="urn:w"><w:body>{body}</w:body></w:document>'})


@pytest.mark.parametrize("path", PDFS, ids=lambda path: str(path.relative_to(SITE)))
def test_every_file_of_the_replica_says_what_its_title_promises_in_its_language(path: Path) -> None:
    contents = read(path.read_bytes(), "application/pdf")
    with PdfDocument(path.read_bytes()) as document:
        title = document.get_metadata_value("Title")
    assert contents.why is Why.WHOLE
    assert "".join(title.split()) in "".join(contents.text.split())
    assert len(contents.text) > 90
    assert language(contents.text, "") == ("ja" if re.search("[ぁ-ん]", title) else "en")
    assert not re.search(r"[\0-\x09\x0b-\x1f\xad\ufffe]|  | \n|\n |\n{3}", contents.text)


def test_japanese_is_read_as_it_is_written() -> None:
    text = read((SITE / "www.env.go.jp/content/000400090.pdf").read_bytes()).text
    assert "プラスチックごみの海洋流出を減らす港町モデル事業の中間発表会について" in text
    assert "半年で34トンが集まり、衣料用の糸に生まれ変わりました。境港の浮き柵は大雨の後の3日間に" in text
    assert text.endswith("合計が一致しないことがあります。\n- 1 -")


def test_english_is_read_as_it_is_written() -> None:
    text = read((SITE / "www.env.go.jp/content/000400153.pdf").read_bytes()).text
    assert "Decarbonization Leading Areas\nThe Ministry of the Environment, Japan, announces" in text
    assert "one hundred and three in forty-two prefectures." in text


def test_pages_are_parted_by_an_empty_line_and_spaces_are_one() -> None:
    assert read(a_pdf(["One   page"], [], ["Another", "  line "])).text == "One page\n\nAnother\nline"


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["cutting emis-", "sions now"], "cutting emissions now"),
        (["zero-carbon: a zero-", "carbon city"], "zero-carbon: a zero-carbon city"),
        (["low tide, no carbon: low-", "carbon city"], "low tide, no carbon: low-carbon city"),
        (["net and work and network: a net-", "work"], "net and work and network: a network"),
        (["forty-", "two towns"], "forty-two towns"),
        (["from 2026-", "2030 on"], "from 2026-2030 on"),
        (["Asia-", "Pacific and EU-", "wide EMIS-", "SIONS"], "Asia-Pacific and EU-wide EMISSIONS"),
        (["points -", "and dashes"], "points -\nand dashes"),
    ],
)
def test_a_word_that_is_broken_at_the_end_of_a_line_is_whole_again(lines: list[str], text: str) -> None:
    assert read(a_pdf(lines)).text == text


def test_radicals_and_ligatures_are_the_characters_that_are_meant() -> None:
    to_unicode = b"\n".join(
        (
            b"/CIDInit/ProcSet findresource begin begincmap 1 begincodespacerange <00><ff> endcodespacerange",
            b"4 beginbfchar <41><2F47> <42><672C> <43><2ED1> <44><FB01> endbfchar endcmap end",
        )
    )
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding/ToUnicode 5 0 R>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[4 0 R]>>",
        font,
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 6 0 R/Resources<</Font<</F1 3 0 R>>>>>>",
        *(b"<</Length %d>>stream\n%b\nendstream" % (len(each), each) for each in (to_unicode, _lines(["ABCD"]))),
    ]
    assert read(_with_table(objects, b"")).text == "日本長fi"


@pytest.mark.parametrize("content_type", ["application/pdf", "text/html; charset=UTF-8", "", None])
def test_a_file_is_what_its_first_bytes_say(content_type: str | None) -> None:
    assert read(a_pdf(["Zero"]), content_type).text == "Zero"
    assert read(b"\r\n" * 300 + a_pdf(["Zero"]), content_type).text == "Zero"
    assert read(a_zip({"a.pdf": "%PDF-1.4"}, ZIP_STORED), content_type).why is Why.UNSUPPORTED


@pytest.mark.parametrize("body", [b"", b"<!DOCTYPE html>", b"a,b\n1,2\n", COMPOUND, b"\x89PNG"])
def test_what_is_not_read_is_unsupported(body: bytes) -> None:
    assert read(body, "application/octet-stream") == Contents(why=Why.UNSUPPORTED)


@pytest.mark.parametrize("trailer", [ENCRYPTED, LOCKED_OTHERWISE])
def test_a_file_that_asks_for_a_password_is_encrypted(trailer: bytes) -> None:
    assert read(a_pdf(["Secret"], trailer=trailer)) == Contents(why=Why.ENCRYPTED)
    assert read(COMPOUND + "EncryptedPackage".encode("utf-16-le")) == Contents(why=Why.ENCRYPTED)


@pytest.mark.parametrize("body", [b"%PDF-", b"%PDF-1.7\n" + b"\xde\xad" * 999, a_pdf(), a_pdf(["a"])[:99]])
def test_what_begins_like_a_pdf_and_is_none_is_broken(body: bytes) -> None:
    assert read(body) == Contents(why=Why.BROKEN)


def test_a_page_in_place_of_a_pdf_is_broken() -> None:
    assert read(b"<!DOCTYPE html>", "application/PDF; qs=0.001") == Contents(why=Why.BROKEN)


@pytest.mark.parametrize("path", PDFS[::9], ids=lambda path: path.name)
def test_a_file_that_ends_early_is_broken_or_says_what_the_whole_says(path: Path) -> None:
    body = path.read_bytes()
    whole = read(body)
    assert read(body[:-20]) == whole  # its last lines only say where its table is
    assert {read(body[: len(body) * tenth // 10]) for tenth in range(1, 10)} <= {whole, Contents(why=Why.BROKEN)}


def test_a_page_that_can_not_be_read_costs_that_page() -> None:
    body = a_pdf(["One"], ["Two"], ["Three"]).replace(b"<</Type/Page/Parent", b"[ /Type/Page/Parent", 2)
    assert read(body.replace(b"[ /Type", b"<</Type", 1)) == Contents(text="One\n\nThree", why=Why.BROKEN)


def test_a_picture_of_a_page_is_scanned() -> None:
    image = b"q 500 0 0 500 50 50 cm BI /W 2 /H 2 /CS /G /BPC 8 ID \x00\xff\xff\x00 EI Q"
    assert read(a_pdf_that_shows(image, image)) == Contents(why=Why.SCANNED)


def test_of_too_many_pages_the_first_are_read() -> None:
    contents = read(a_pdf(*([f"Page {number}"] for number in range(2_000))))
    assert contents.why is Why.HUGE
    assert contents.text.startswith("Page 0\n\nPage 1\n")
    assert contents.text.endswith(f"\n\nPage {MOST_PAGES - 1}")


def test_of_too_long_a_text_the_beginning_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [[f"Page {number}"] for number in range(9)]
    monkeypatch.setattr(attachments, "MOST_CHARACTERS", 20)
    assert read(a_pdf(*pages)) == Contents(text="Page 0\n\nPage 1\n\nPage", why=Why.HUGE)
    monkeypatch.setattr(attachments, "MOST_CHARACTERS", 200)
    assert read(a_pdf(*pages)).why is Why.WHOLE


def test_of_word_the_paragraphs_are_read_without_how_their_kanji_are() -> None:
    ruby = "<w:ruby><w:rt><w:t>だつたんそ</w:t></w:rt><w:rubyBase><w:t>脱炭素</w:t></w:rubyBase></w:ruby>"
    cell = "<w:tc><w:p><w:t>1</w:t></w:p></w:tc>"
    first = f"<w:p>{ruby}<w:t>先行</w:t><w:t>地域</w:t><w:tab/><w:t>a &amp; b</w:t><w:br/><w:t>c</w:t></w:p><w:p/>"
    assert read(a_document(f"{first}<w:tbl>{cell}{cell}</w:tbl>")).text == "脱炭素先行地域 a & b\nc\n1\n1"


def test_of_word_a_text_box_is_read_once() -> None:
    box = "<w:p><w:t>box</w:t></w:p>"
    both = f"<w:AlternateContent><w:Choice>{box}</w:Choice><w:Fallback>{box}</w:Fallback></w:AlternateContent>"
    assert read(a_document(f"<w:p><w:t>a</w:t>{both}<w:t>b</w:t></w:p>")).text == "a\nbox\nb"


def test_of_powerpoint_the_slides_are_read_in_their_order() -> None:
    slides = {f"ppt/slides/slide{number}.xml": f"<s><p><t>Slide {number}</t></p></s>" for number in (10, 2, 1)}
    assert read(a_zip(slides | {"ppt/presentation.xml": "<t>no</t>"})).text == "Slide 1\n\nSlide 2\n\nSlide 10"


def test_of_excel_the_texts_of_the_cells_are_read() -> None:
    strings = "<sst><si><t>都市</t><rPh><t>トシ</t></rPh></si><si><r><t>ze</t></r><r><t>ro</t></r></si></sst>"
    sheet = "<sheet><c><v>0</v></c><c><is><t>inline</t></is></c></sheet>"
    parts = {"xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": strings}
    assert read(a_zip(parts)).text == "都市\nzero\n\ninline"


@pytest.mark.parametrize(
    "body",
    [
        b"PK\x03\x04",
        a_document("<w:p><w:t>cut</w:t></w:p>")[:-30],
        a_zip({"word/document.xml": "<w:p>"}),
        a_zip({"word/document.xml": '<!DOCTYPE a [<!ENTITY b "c">]><p><t>&b;</t></p>'}),
    ],
)
def test_office_files_that_are_damaged_or_define_entities_are_broken(body: bytes) -> None:
    assert read(body) == Contents(why=Why.BROKEN)


def test_an_archive_without_a_text_is_unsupported_and_a_text_without_words_is_scanned() -> None:
    assert read(a_zip({"mimetype": "application/epub+zip"})).why is Why.UNSUPPORTED
    assert read(a_zip({"word/document.xml": "<p/>"}, ZIP_BZIP2)).why is Why.UNSUPPORTED  # none of Office's
    assert read(a_document("<w:p/>")).why is Why.SCANNED


def test_a_part_with_a_password_is_encrypted() -> None:
    body = bytearray(a_document("<w:p/>"))
    body[body.rindex(b"PK\x01\x02") + 8] |= 1
    assert read(bytes(body)).why is Why.ENCRYPTED


def test_what_unpacks_to_too_much_is_not_unpacked() -> None:
    slide = "<p><t>Slide</t></p>"
    bomb = a_zip({"ppt/slides/slide1.xml": slide, "ppt/slides/slide2.xml": slide + " " * MOST_XML})
    assert len(bomb) < 20_000
    assert read(bomb) == Contents(text="Slide", why=Why.HUGE)


def test_what_lies_about_how_much_it_unpacks_to_fills_no_memory() -> None:
    bomb = bytearray(a_zip({"word/document.xml": " " * 4 * MOST_XML}))
    at = bomb.rindex(b"PK\x01\x02") + 24
    bomb[at : at + 4] = (1_000).to_bytes(4, "little")
    tracemalloc.start()
    contents = read(bytes(bomb))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert contents == Contents(why=Why.BROKEN)
    assert peak < MOST_XML


def mutated(body: bytes, chance: random.Random) -> bytes:
    """Return *body* with a few of its bytes flipped, replaced, removed, doubled or cut off."""
    for _ in range(chance.choice((1, 2, 5, 20))):
        at = chance.randrange(len(body) + 1)
        upto = at + chance.choice((1, 2, 10, 300))
        piece = body[at:upto]
        instead = chance.choice((b"", piece * 2, chance.randbytes(len(piece)), bytes(byte ^ 1 for byte in piece)))
        body = body[:at] + instead + (b"" if chance.random() < 0.02 else body[upto:])
    return body


def test_no_damage_to_a_file_does_harm() -> None:
    chance = random.Random(19)  # noqa: S311
    office = [a_zip({f"word/{part}.xml": "<p><t>Word</t></p>" for part in ("document", "footnotes")}, ZIP_STORED)]
    files = [path.read_bytes() for path in PDFS[::4]] + office * 6
    for _ in range(MUTATED_FILES):
        contents = read(mutated(chance.choice(files), chance))
        assert contents.text or contents.why
        contents.text.encode()


@given(st.sampled_from([b"", b"%PDF-1.7\n", b"PK\x03\x04", COMPOUND]), st.binary(), st.none() | st.text())
def test_no_bytes_do_harm(magic: bytes, body: bytes, content_type: str | None) -> None:
    assert read(magic + body, content_type).why


def test_a_page_takes_milliseconds() -> None:
    body = PDFS[0].read_bytes()
    read(body)
    start = perf_counter()
    for _ in range(20):
        read(body)
    assert (perf_counter() - start) / 20 < 0.1  # twenty times that, for slow machines
