"""A record becomes one line, whatever others wrote, and no line holds a secret."""

import io
import json
import logging
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logs import formatter
from settings import LOG_FORMATS, Settings

ROOT = Path(__file__).parents[1]
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (?:INFO|WARNING|ERROR|CRITICAL) ")
EVIL = "lost\n2026-11-22T10:00:00Z INFO crawled source=moej-ja\r\x1b[2J\x9b31m\u2028\u202e\x00\ud800"
PRINTED = string.ascii_letters + string.digits + "!\"$%&'()+,-.;<=>@[]^_{|}~"
SECRETS = st.text(PRINTED, min_size=4, max_size=40).map("9$x7".__add__)  # no word of the lines themselves


@contextmanager
def logging_to(stream: io.StringIO, settings: Settings) -> Iterator[logging.Logger]:
    """A logger of the family that the program has."""
    handler, log = logging.StreamHandler(stream), logging.getLogger("zerowire.tests")
    handler.setFormatter(formatter(settings))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False  # pytest would keep what was said, and can't send a half of a surrogate pair on
    try:
        yield log
    finally:
        log.removeHandler(handler)
        log.propagate = True


def written(message: str, *arguments: object, settings: Settings | None = None, **fields: object) -> str:
    stream = io.StringIO()
    with logging_to(stream, settings or Settings()) as log:
        log.info(message, *arguments, extra=fields)
    return stream.getvalue()


def failed(text: str, settings: Settings) -> str:
    """What is logged of an exception that says *text*."""
    stream = io.StringIO()
    with logging_to(stream, settings) as log:
        try:
            raise ValueError(text)
        except ValueError:
            log.exception("failed")
    return stream.getvalue()


def in_json(message: str, **fields: object) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(written(message, settings=Settings(log_format="json"), **fields))
    return told


def test_a_line_of_text_says_when_how_bad_what_and_of_what() -> None:
    line = written("crawled", source="moej-ja", run=17, new=3)
    assert LINE.match(line)
    assert line.split(" ", 1)[1] == "INFO crawled source=moej-ja run=17 new=3\n"


def test_a_line_of_json_says_the_same_with_numbers_as_numbers() -> None:
    told = in_json("crawled", source="moej-ja", run=17, title="脱炭素 先行地域")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told.pop("time"))
    expected = {"level": "INFO", "event": "crawled", "source": "moej-ja", "run": 17, "title": "脱炭素 先行地域"}
    assert told == expected


def test_a_value_that_would_be_read_as_more_stands_in_quotation_marks() -> None:
    line = written("crawled", reason='no "title" a=b', route="")
    assert line.endswith(' crawled reason="no \\"title\\" a=b" route=""\n')
    assert written("a=b").endswith(' INFO "a=b"\n')


def test_what_a_library_logs_names_the_library() -> None:
    record = logging.LogRecord("apscheduler.scheduler", logging.WARNING, "", 0, "missed %s", ("send",), None)
    assert formatter(Settings()).format(record).endswith(" WARNING missed send logger=apscheduler.scheduler")


@pytest.mark.parametrize("log_format", LOG_FORMATS)
def test_hostile_text_is_one_line_without_controls(log_format: str) -> None:
    settings = Settings(log_format=log_format)
    for line in (written(EVIL, settings=settings, reason=EVIL), failed(EVIL, settings)):
        assert line.endswith("\n")
        assert line[:-1].isprintable()


@pytest.mark.parametrize("log_format", LOG_FORMATS)
@given(text=st.text())
def test_no_text_begins_another_line(text: str, log_format: str) -> None:
    line = written("%s", text, settings=Settings(log_format=log_format), reason=text)
    assert (line.count("\n"), line[:-1].isprintable()) == (1, True)


def test_a_text_without_end_is_cut() -> None:
    assert len(written("problem", reason="x" * 1_000_000)) < 10_000


@pytest.mark.parametrize("log_format", LOG_FORMATS)
@given(secret=SECRETS, before=st.text(), after=st.text())
def test_no_secret_of_the_settings_is_in_any_line(log_format: str, secret: str, before: str, after: str) -> None:
    settings = Settings(
        log_format=log_format,
        database_url=f"postgresql+psycopg://zero:{quote(secret, safe='')}@db/zero",
        notify={"desk": {"webhook": "https://example.org/hook", "secret": secret}},
    )
    text = f"{before}{secret}{after}"
    lines = (
        written("%s", text, settings=settings, reason=text, problem=repr(text), url=quote(text, errors="ignore")),
        failed(text, settings),
    )
    for line in lines:
        assert "***" in line
        assert secret not in line.replace('\\"', '"')
        assert quote(secret) not in line


@pytest.mark.parametrize(
    ("notify", "hidden"),
    [
        ({"webhook": "https://hooks.example/T0000001/abcdefgh12345"}, "abcdefgh12345"),
        ({"to": "mailtos://user:pa%24%24word@example.org"}, "pa$$word"),
        ({"to": "slack://TokenAAAA/TokenBBBB/TokenCCCC"}, "TokenBBBB"),
        ({"to": "tgram://123456789:abcdefg_hijklmnop/12315544/"}, "abcdefg_hijklmnop"),
    ],
)
def test_no_piece_of_a_destinations_address_is_told(notify: dict[str, str], hidden: str) -> None:
    line = written(f"POST {hidden} failed", settings=Settings(notify={"desk": notify}))
    assert line.endswith(" INFO POST *** failed\n")


def test_what_says_how_a_destination_is_told_stays_readable() -> None:
    settings = Settings(notify={"desk": {"to": "mailto://a:bcdefghi@c.example", "every": "announcement"}})
    assert "put off announcement" in written("put off announcement", settings=settings)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://user:pw@example.org/a", "https://***@example.org/a"),
        ("postgresql://zero:p%40w@db/zero", "postgresql://***@db/zero"),
        ("Authorization: Basic dXNlcjpwdw==", "Authorization: Basic ***"),
        ("authorization: opaque", "authorization: ***"),
        ("sent Bearer abc.def", "sent Bearer ***"),
        ("https://example.org/hook?access_token=abc&x=1", "https://example.org/hook?access_token=***&x=1"),
        ("whsec_bWFrZSBvbmU=", "***"),
        ("https://example.org/@user", "https://example.org/@user"),
    ],
)
def test_what_looks_like_a_secret_is_hidden_whoever_wrote_it(text: str, told: str) -> None:
    assert in_json(text)["event"] == told


@pytest.mark.parametrize("log_format", LOG_FORMATS)
def test_warnings_and_crashes_are_lines_too(log_format: str) -> None:
    program = (
        "import logging, threading, warnings; from logs import to_stderr; from settings import Settings\n"
        f"to_stderr(Settings(log_format={log_format!r}, hub='https://a:hunter2@example.org'))\n"
        "logging.getLogger('zerowire.x').info('begun'); log = logging.getLogger('scrapy')\n"
        "log.setLevel(logging.DEBUG); log.info('quiet')\n"
        "warnings.warn('old'); thread = threading.Thread(target=int, args=('hunter2',))\n"
        "thread.start(); thread.join()\n"
        "raise RuntimeError('hunter2')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    read: list[str] = done.stderr.splitlines()
    assert (done.returncode, len(read), "hunter2" in done.stderr) == (1, 4, False), done.stderr
    assert [re.search(r"begun|old|ValueError|RuntimeError", line) is not None for line in read] == [True] * 4
    assert all(LINE.match(line) if log_format == "text" else json.loads(line) for line in read)
