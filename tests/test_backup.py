"""A backup is one state of the archive, whole or not there, made while others write; and it opens at once."""

import json
import resource
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest

from store.announcement import Archived, Attachment
from store.archive import Archive
from store.care.backup import BackupFailed, BadTarget, backup
from store.care.doctor import examine
from store.database import Database
from store.export import line
from store.query import Query
from store.runs import Runs
from tests.builders import NOON, an_announcement, an_archived
from tests.conftest import LATER
from tests.playground import Playground

ROOT = Path(__file__).parent.parent
LONG = "環境省は、脱炭素先行地域を選定しました。" * 50
WRITER = """
import sys
from itertools import count
from store.archive import Archive
from store.database import Database
from tests.builders import NOON, an_announcement
archive = Archive(Database(sys.argv[1]))
for number in count():
    archive.save(an_announcement(url=f"https://child/{number}", text=f"第{number}回"), now=NOON)
    print(number, flush=True)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups" / "zerowire.db"


def opened(file: Path) -> closing[Database]:
    return closing(Database(f"sqlite:///{file}"))


def state(database: Database) -> list[str]:
    return [line(announcement) for announcement in Archive(database).all()]


def many(count: int, *, text: str = LONG) -> list[Archived]:
    return [an_archived(url=f"https://x/{number}", text=f"{number} {text}") for number in range(count)]


def beside(file: Path) -> list[str]:
    return sorted(path.name for path in file.parent.iterdir())


def test_a_backup_holds_what_the_archive_holds(database: Database, archive: Archive, file: Path) -> None:
    files = (Attachment(url="https://x/1.pdf", type="application/pdf", text="要領"),)
    archive.save(an_announcement(topics=("jcm",), attachments=files), now=NOON)
    archive.save(an_announcement(topics=("jcm",), attachments=files, text="訂正"), now=LATER)
    Runs(database).start("moej-ja", now=NOON, every_route=True)
    assert backup(database, file) == 1
    assert beside(file) == [file.name]
    with opened(file) as copy:
        assert state(copy) == state(database)
        assert Runs(copy).last() == Runs(database).last()
        assert [one.title for one in Archive(copy).find(Query(words="要領 topic:jcm"))] == [an_announcement().title]
        assert list(examine(copy, repair=False)) == []


def test_what_was_backed_up_takes_new_announcements(database: Database, archive: Archive, file: Path) -> None:
    archive.save(an_announcement(), now=NOON)
    backup(database, file)
    with opened(file) as copy:
        Archive(copy).save(an_announcement(url="https://www.env.go.jp/2", title="二", text="二"), now=LATER)
        assert Archive(copy).count() == 2
        assert list(examine(copy, repair=False)) == []


@contextmanager
def writing(database: Database) -> Iterator[None]:
    """Let a thread and a child process save one announcement after another, in their order."""
    stop, archive = Flag(), Archive(database)

    def save() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            archive.save(an_announcement(url=f"https://thread/{number}", text=f"第{number}回"), now=NOON)

    child = [sys.executable, "-c", WRITER, database.name]
    with subprocess.Popen(child, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        thread = Thread(target=save)
        thread.start()
        assert process.stdout
        process.stdout.readline()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            process.kill()


def test_a_backup_while_others_write_is_one_state(database: Database, archive: Archive, file: Path) -> None:
    archive.take_in(*many(60))
    with writing(database):
        held = [backup(database, file.with_name(f"{number}.db")) for number in range(3)]
        count = archive.count()
    assert 60 < held[0] < held[2] <= count
    for number, announcements in enumerate(held):
        with opened(file.with_name(f"{number}.db")) as copy:
            urls = [one.url for one in Archive(copy).all()]
            assert len(urls) == announcements
            own = sorted(int(url.rpartition("/")[2]) for url in urls if url.startswith("https://child/"))
            assert own == list(range(len(own)))
            assert list(examine(copy, repair=False)) == []


@pytest.mark.parametrize("kind", ["postgresql"])
@pytest.mark.slow
def test_the_memory_that_a_backup_takes_does_not_grow(database: Database, archive: Archive, file: Path) -> None:
    peaks = []
    for number in (250, 600):
        archive.take_in(*many(number))
        tracemalloc.start()
        backup(database, file, overwrite=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


def test_a_file_that_is_there_stays_unless_told_otherwise(database: Database, archive: Archive, file: Path) -> None:
    backup(database, file)
    archive.save(an_announcement(), now=NOON)
    before = file.read_bytes()
    with pytest.raises(BadTarget, match="is there already"):
        backup(database, file)
    assert (file.read_bytes(), beside(file)) == (before, [file.name])
    assert backup(database, file, overwrite=True) == 1


def test_only_an_archive_is_replaced(database: Database, file: Path, tmp_path: Path) -> None:
    notes, link = tmp_path / "notes.txt", tmp_path / "link.db"
    notes.write_text("公募", encoding="utf-8")
    link.symlink_to(notes)
    for target in (notes, link):
        with pytest.raises(BadTarget, match="is no archive"):
            backup(database, target, overwrite=True)
    assert notes.read_text("utf-8") == "公募"


def test_a_file_is_not_replaced_under_a_log_that_belongs_to_another(database: Database, file: Path) -> None:
    file.with_name("zerowire.db-wal").write_bytes(b"x")
    with pytest.raises(BadTarget, match=r"zerowire\.db-wal lies beside"):
        backup(database, file, overwrite=True)


def test_the_archive_itself_is_no_place_for_its_backup(open_database: type[Database], tmp_path: Path) -> None:
    database = open_database("sqlite")
    (tmp_path / "link.db").symlink_to(tmp_path / "archive.db")
    for name in ("archive.db", "link.db", "archive.db-wal"):
        with pytest.raises(BadTarget, match="the archive itself"):
            backup(database, tmp_path / name, overwrite=True)


@pytest.mark.parametrize("name", ["a b.db", "脱炭素.db", "what?.db", "100%41.db", "a#b&c.db"])
def test_a_backup_may_have_any_name(database: Database, file: Path, name: str) -> None:
    backup(database, file.with_name(name))
    assert beside(file) == [name]


@pytest.fixture
def own(tmp_path: Path) -> Playground:
    playground = Playground(None, "", tmp_path)  # type: ignore[arg-type]
    with closing(Database(playground.database_url)) as database:
        Archive(database).take_in(*many(100))
    return playground


def test_the_command_says_what_it_wrote(own: Playground) -> None:
    done = own.zerowire("backup", "copy.db", "--json")
    said = json.loads(done.stdout)
    assert said == {"file": "copy.db", "announcements": 100, "bytes": (own.directory / "copy.db").stat().st_size}
    assert own.zerowire("doctor", ZEROWIRE_DATABASE_URL="sqlite:///copy.db").returncode == 0


@pytest.mark.parametrize("target", ["nowhere/copy.db", ".", "zerowire.db", "link.db"])
def test_a_file_that_can_not_be_is_one_line_and_status_2(own: Playground, target: str) -> None:
    (own.directory / "link.db").symlink_to("zerowire.db")
    before = beside(own.directory / "x")
    done = own.zerowire("backup", target, "--overwrite")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert target in done.stderr
    assert beside(own.directory / "x") == before


def test_a_disk_that_is_full_is_one_line_and_leaves_nothing(own: Playground) -> None:
    before = beside(own.directory / "x")
    done = subprocess.run(
        [sys.executable, "-m", "cli", "backup", "copy.db"],
        cwd=own.directory,
        env=own.environment(),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)),
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "copy.db: not written" in done.stderr
    assert beside(own.directory / "x") == before


def test_a_directory_without_room_for_a_file_is_named(database: Database) -> None:
    with pytest.raises(BackupFailed, match="not written"):
        backup(database, Path("/proc/zerowire.db"))
