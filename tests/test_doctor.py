"""The doctor finds each kind of damage, mends what can be made anew and names the rest."""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select, text

from store.announcement import Announcement, Archived, Attachment, Event
from store.archive import Archive
from store.care.doctor import Finding, examine
from store.database import Database
from store.export import announcement as exported
from store.identity import first_id
from store.query import Query
from store.tables import attachments
from tests.builders import NOON, an_announcement, an_archived
from tests.conftest import LATER
from tests.playground import Playground

GOLDEN = Path(__file__).parent / "golden"
TOLD = (
    "イクレイ日本は、アジアの12都市が参加する脱炭素フォーラムを横浜市で開催します。各都市は住宅の断熱改修、"
    "公共施設の太陽光発電、電気バスの導入について経験を持ち寄り、翌年度の共同事業を話し合います。参加は無料です。"
)
JAPANESE, ENGLISH = "https://www.env.go.jp/press/1.html", "https://www.env.go.jp/en/press/1.html"
ALIKE = "https://japan.iclei.org/forum/"


def sound() -> list[Announcement]:
    """Announcements with every kind of part, two of which are alike."""
    files = (
        Attachment(url="https://www.env.go.jp/1.pdf", type="application/pdf", title="要領", length=9, text="要領"),
    )
    dated = (Event(kind="deadline", starts=LATER, timezone="Asia/Tokyo"),)
    first = an_announcement(
        url=JAPANESE, text=TOLD, attachments=files, events=dated, topics=("jcm",), aliases=("https://www.env.go.jp/1",)
    )
    return [
        first,
        an_announcement(url=ALIKE, source="iclei-japan-ja", organisation="iclei", text=TOLD),
        an_announcement(url="https://www.env.go.jp/press/2.html", title="会議の結果", text="結果を公表します。"),
    ]


@pytest.fixture
def kept(database: Database, archive: Archive) -> Database:
    """A sound archive: with revisions, a story, and a translation."""
    for announcement in sound():
        archive.save(announcement, now=NOON)
    for number, said in enumerate(("改めて公表します。", "三度公表します。"), 1):
        changed = an_announcement(url="https://www.env.go.jp/press/2.html", title="会議の結果", text=said)
        archive.save(changed, now=NOON + number * (LATER - NOON))
    original = archive.get(JAPANESE)
    assert original is not None
    translated = an_archived(url=ENGLISH, language="en", source="moej-en", title="Cities", translations=(original.id,))
    archive.take_in(replace(translated, translation_reasons=("alternate",)))
    assert found(database, repair=True) == [("translation", True)]  # the way back, which the import can't know
    return database


def found(database: Database, *, repair: bool) -> list[tuple[str, bool]]:
    findings = list(examine(database, repair=repair))
    return sorted((finding.check, finding.repaired) for finding in findings)


def harm(database: Database, *statements: str) -> None:
    """Do what a fault does, past all that the engine would refuse."""
    engine = create_engine(database.name)
    with engine.begin() as connection:
        if database.dialect == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            assert connection.execute(text(statement)).rowcount != 0
    engine.dispose()


def state(database: Database) -> list[Archived]:
    return sorted(Archive(database).all(), key=lambda one: one.id)


def test_a_sound_archive_has_no_finding(kept: Database) -> None:
    assert found(kept, repair=True) == []


def test_the_archive_of_the_demo_has_no_finding(database: Database, archive: Archive) -> None:
    seen = "2026-11-30T00:00:00+00:00"
    for path in sorted(GOLDEN.glob("*.json")):
        for record in json.loads(path.read_text(encoding="utf-8")):
            archive.take_in(exported(json.dumps(dict.fromkeys(("published", "first_seen", "updated"), seen) | record)))
    assert archive.count() > 100
    assert list(examine(database)) == []


ID = f"(SELECT number FROM announcement WHERE id = '{first_id(JAPANESE)}')"
OTHER = f"(SELECT number FROM announcement WHERE id = '{first_id(ALIKE)}')"
MENDED = {
    "an entry of the index that is missing": (
        "index",
        "DELETE FROM search WHERE {place} = (SELECT min(place) FROM announcement)",
    ),
    "a hash of another wording": ("hash", "UPDATE announcement SET content_hash = 'x' WHERE number = 1 OR number > 1"),
    "a hash of another revision": ("hash", "UPDATE revision SET content_hash = 'x'"),
    "a place of another second": ("place", f"UPDATE announcement SET place = 77 WHERE number = {ID}"),
    "an address that leads nowhere": ("address", f"DELETE FROM address WHERE address = '{JAPANESE}'"),
    "an address that leads elsewhere": (
        "address",
        f"UPDATE address SET announcement = (SELECT max(number) FROM announcement) WHERE address = '{JAPANESE}'",
    ),
    "a sketch that is missing": ("sketch", f"DELETE FROM sketch WHERE announcement = {ID}"),
    "a sketch of another text": (
        "sketch",
        "UPDATE sketch SET sketch = (SELECT sketch FROM sketch WHERE length(sketch) = 0 LIMIT 1)",
    ),
    "a band that is missing": (
        "sketch",
        f"DELETE FROM band WHERE bucket = (SELECT min(bucket) FROM band) AND announcement = {ID}",
    ),
    "a band of another text": ("sketch", f"INSERT INTO band (bucket, announcement) VALUES (7, {ID})"),
    "a sketch of nobody": (
        "orphan",
        "INSERT INTO sketch (announcement, sketch) SELECT 9999999, sketch FROM sketch LIMIT 1",
    ),
    "a likeness of one side": ("likeness", f"DELETE FROM likeness WHERE announcement = {ID}"),
    "a translation of one side": ("translation", f"DELETE FROM translation WHERE announcement = {ID}"),
    "a story of another": ("story", f"UPDATE announcement SET story = 'x' WHERE number = {OTHER}"),
    "a story of one alone": ("story", "UPDATE announcement SET story = 'x' WHERE story IS NULL"),
    "a story that is not told": ("story", "UPDATE announcement SET story = NULL WHERE story IS NOT NULL"),
    "a revision that is lost": ("revisions", "DELETE FROM revision WHERE position = 0"),
}


@pytest.mark.parametrize(("check", "fault"), MENDED.values(), ids=MENDED)
def test_what_can_be_made_anew_is_found_and_mended(kept: Database, check: str, fault: str) -> None:
    before = state(kept)
    harm(kept, fault.format(place="rowid" if kept.dialect == "sqlite" else "place"))
    looked = found(kept, repair=False)
    assert (check, False) in looked
    assert {repaired for _, repaired in found(kept, repair=True)} == {True}
    assert list(examine(kept)) == []
    if check != "revisions":
        assert state(kept) == before


def test_an_entry_with_other_words_is_made_anew(kept: Database) -> None:
    columns = "title = 'x', facets = 'x'" if kept.dialect == "sqlite" else "words = 'x'"
    harm(kept, f"UPDATE search SET {columns}")
    assert found(kept, repair=True) == [("index", True)] * 4
    assert [one.url for one in Archive(kept).find(Query(words="要領"))] == [JAPANESE]


def test_an_entry_without_its_facts_is_made_anew(kept: Database) -> None:
    harm(kept, f"UPDATE search SET {'facets' if kept.dialect == 'sqlite' else 'document'} = 'x'")
    assert Archive(kept).find(Query(words="topic:jcm")) == []
    assert found(kept, repair=True) == [("index", True)] * 4
    assert [one.url for one in Archive(kept).find(Query(words="topic:jcm"))] == [JAPANESE]


def test_an_entry_of_no_announcement_is_dropped(kept: Database) -> None:
    if kept.dialect == "sqlite":
        harm(kept, "INSERT INTO search (rowid, title, body, facets) VALUES (5, 'x', 'x', 'x')")
    else:
        harm(kept, "INSERT INTO search (place, words, document) VALUES (5, 'x', 'x')")
    assert found(kept, repair=True) == [("index", True)]
    assert list(examine(kept)) == []


def test_a_search_index_that_sqlite_finds_broken_is_made_anew(open_database: Callable[[str], Database]) -> None:
    database = open_database("sqlite")
    Archive(database).save(an_announcement(), now=NOON)
    harm(database, "UPDATE search_content SET c0 = 'x'")  # behind the index's back
    assert ("index", False) in found(database, repair=False)
    assert set(found(database, repair=True)) == {("index", True)}
    assert list(examine(database)) == []


NAMED = {
    "an id that is none": ("id", f"UPDATE announcement SET id = 'urn:uuid:7' WHERE number = {ID}"),
    "a file of nobody": ("orphan", "UPDATE attachment SET announcement = 9999999"),
    "an event of nobody": ("orphan", "UPDATE event SET announcement = 9999999"),
    "a topic of nobody": ("orphan", "UPDATE topic SET announcement = 9999999"),
    "a translation that is not here": (
        "translation",
        f"INSERT INTO translation (announcement, other, reason) VALUES ({OTHER}, 'urn:uuid:x', '')",
    ),
    "a zone that is none": ("row", f"UPDATE announcement SET timezone = 'Mars/Base' WHERE number = {ID}"),
}


@pytest.mark.parametrize(("check", "fault"), NAMED.values(), ids=NAMED)
def test_what_cannot_be_made_anew_is_named_and_left(kept: Database, check: str, fault: str) -> None:
    harm(kept, fault)
    assert (check, False) in found(kept, repair=True)
    assert (check, False) in found(kept, repair=True)


def test_rows_of_nobody_are_found_in_every_table_that_names_announcements(kept: Database) -> None:
    with kept.reading() as connection:
        lost = connection.execute(select(func.count()).select_from(attachments)).scalar_one()
    assert lost == 1
    harm(kept, "DELETE FROM announcement")
    tables = {finding.where.split()[0] for finding in examine(kept, repair=False) if finding.check == "orphan"}
    assert {
        "address",
        "attachment",
        "event",
        "topic",
        "revision",
        "translation",
        "sketch",
        "band",
        "likeness",
    } <= tables


def test_a_finding_says_what_and_where(kept: Database) -> None:
    harm(kept, f"DELETE FROM address WHERE announcement = {ID}")
    [finding] = examine(kept, repair=False)
    assert first_id(JAPANESE) in finding.where
    assert finding == Finding("address", finding.where, f"{JAPANESE} to lead to it", repaired=False)


def test_a_doctor_goes_through_many_announcements(database: Database, archive: Archive) -> None:
    many = [an_archived(url=f"https://www.env.go.jp/{number}", text=f"第{number}回") for number in range(450)]
    archive.take_in(*many)
    harm(database, "DELETE FROM search")
    assert found(database, repair=True) == [("index", True)] * 450
    assert list(examine(database)) == []


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive in a file, for every test to copy."""
    path = tmp_path_factory.mktemp("large") / "zerowire.db"
    with closing(Database(f"sqlite:///{path}")) as database:
        Archive(database).take_in(*(an_archived(url=f"https://x/{number}", text=TOLD * 20) for number in range(200)))
    return path


@pytest.fixture
def own(large: Path, tmp_path: Path) -> Playground:
    """A directory with an archive of its own, for the command."""
    shutil.copy(large, tmp_path)
    return Playground(None, "", tmp_path)  # type: ignore[arg-type]


def test_the_command_says_nothing_of_a_sound_archive(own: Playground) -> None:
    done = own.zerowire("doctor")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_command_ends_with_1_while_something_is_left(own: Playground) -> None:
    with closing(Database(own.database_url)) as database:
        harm(database, "DELETE FROM address WHERE announcement = 7")
    looked = own.zerowire("doctor", "--dry-run", "--json")
    assert (looked.returncode, json.loads(looked.stdout)["repaired"]) == (1, False)
    mended = own.zerowire("doctor")
    assert (mended.returncode, mended.stdout.startswith("repaired: address: announcement 7 ")) == (0, True)
    assert own.zerowire("doctor").stdout == ""


@pytest.mark.parametrize("at", [0.0, 0.3, 0.9, *(pytest.param(at, marks=pytest.mark.slow) for at in (0.05, 0.6))])
def test_a_file_with_other_bytes_in_it_is_a_line_and_status_1(own: Playground, at: float) -> None:
    path = own.directory / "zerowire.db"
    bytes_ = bytearray(path.read_bytes())
    start = int(at * len(bytes_))
    bytes_[start : start + 20_000] = b"\x5a" * 20_000
    path.write_bytes(bytes_)
    done = own.zerowire("doctor")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert str(path) in done.stdout + done.stderr


def test_a_database_that_lost_its_index_of_addresses_gets_it_anew(own: Playground) -> None:
    with closing(Database(own.database_url)) as database:
        harm(
            database,
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET sql = replace(sql, '(url)', '(title)') WHERE name = 'ix_announcement_url'",
        )
    done = own.zerowire("doctor")
    assert (done.returncode, "repaired: integrity" in done.stdout) == (0, True), done.stdout + done.stderr
