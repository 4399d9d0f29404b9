"""One process at a time crawls a source, over all machines; what a dead one of this machine held is free at once."""

import subprocess
import sys
from datetime import timedelta

from store.claims import Claims
from store.database import Database
from store.lease import TERM, Lease, here
from tests.builders import NOON

_CLAIM = """
import sys
from datetime import datetime
from store.claims import Claims
from store.database import Database
from store.lease import here
print(Claims(Database(sys.argv[1]), here()).take(["iclei"], now=datetime.fromisoformat(sys.argv[2])))
"""


def test_a_source_that_another_process_crawls_is_refused_and_the_others_are_taken(database: Database) -> None:
    first, second = Claims(database, "first"), Claims(database, "second")
    assert first.take(["moej-ja", "iclei"], now=NOON) == {}
    assert second.take(["iclei", "citytalk"], now=NOON) == {"iclei": "first"}
    assert first.take(["citytalk"], now=NOON) == {"citytalk": "second"}


def test_what_is_released_is_free(database: Database) -> None:
    first, second = Claims(database, "first"), Claims(database, "second")
    first.take(["iclei"], now=NOON)
    first.release()
    assert second.take(["iclei"], now=NOON) == {}


def test_what_is_renewed_is_kept_and_what_was_lost_is_told(database: Database) -> None:
    first, second = Claims(database, "first"), Claims(database, "second")
    first.take(["iclei", "citytalk"], now=NOON)
    assert first.renew(now=NOON + TERM / 2)
    assert second.take(["iclei"], now=NOON + TERM) == {"iclei": "first"}
    assert second.take(["iclei"], now=NOON + 2 * TERM) == {}
    assert not first.renew(now=NOON + 2 * TERM)
    assert second.take(["citytalk"], now=NOON + 2 * TERM) == {"citytalk": "first"}


def test_what_a_process_of_this_machine_held_when_it_died_is_free_at_once(database: Database) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CLAIM, database.name, NOON.isoformat()], capture_output=True, text=True, check=True
    )
    assert done.stdout == "{}\n"
    assert Claims(database, here()).take(["iclei"], now=NOON + timedelta(seconds=1)) == {}


def test_of_a_process_of_another_machine_nobody_knows_whether_it_died(database: Database) -> None:
    Lease(database, "crawl iclei", "elsewhere:4000000@12345678").acquire(now=NOON)
    assert Claims(database, here()).take(["iclei"], now=NOON) == {"iclei": "elsewhere:4000000"}
