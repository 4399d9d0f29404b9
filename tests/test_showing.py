"""`zerowire show`: an announcement, its wordings, what changed between them, and its page as HTML and Markdown."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import cli
from store.announcement import Attachment, Revision
from store.archive import Archive
from store.database import Database
from tests.builders import NOON, an_announcement, an_archived
from tests.conftest import LATER

URL = an_announcement().url
PDF = Attachment(url="https://www.env.go.jp/content/1.pdf", type="application/pdf", title="別紙1")
ENGLISH = an_archived(
    url="https://www.env.go.jp/en/press/press_05099.html", title="Selection Results", language="en", source="moej-en"
)
Show = Callable[..., Result]


@pytest.fixture
def show(database: Database) -> Show:
    return lambda *arguments: CliRunner().invoke(
        cli, ["show", *arguments], env={"ZEROWIRE_DATABASE_URL": database.name}
    )


def twice(archive: Archive, **changes: Any) -> None:
    """Save an announcement, and an hour later another wording of it."""
    archive.save(an_announcement(), now=NOON)
    archive.save(an_announcement(**changes), now=LATER)


def objects(shown: Result) -> list[dict[str, Any]]:
    assert shown.exit_code == 0, shown.output
    return [json.loads(line) for line in shown.stdout.splitlines()]


def test_an_announcement_is_asked_for_by_id_or_by_an_address_in_any_spelling(archive: Archive, show: Show) -> None:
    archive.save(an_announcement(), now=NOON)
    known = archive.get(URL)
    assert known is not None
    spellings = (known.id, known.id.removeprefix("urn:uuid:"), URL, URL.replace("https", "http"))
    assert {shown["id"] for spelling in spellings for shown in objects(show(spelling, "--json"))} == {known.id}


@pytest.mark.parametrize("form", ["--revisions", "--diff", "--html", "--markdown", "--json"])
def test_what_is_not_here_is_named(show: Show, form: str) -> None:
    done = show("https://example.org/", form)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "https://example.org/" in done.stderr


def test_what_is_printed_is_what_there_is(archive: Archive, show: Show) -> None:
    archive.save(an_announcement(), now=NOON)
    shown = show(URL).stdout.splitlines()
    assert shown[0] == "脱炭素先行地域の選定結果について"
    assert shown[-1] == "環境省は、脱炭素先行地域を選定しました。"
    assert not any(line.startswith(("gone:", "story:", "translations:", "revisions:")) for line in shown)


def test_a_page_that_is_gone_is_said_to_be(archive: Archive, show: Show) -> None:
    archive.save(an_announcement(), now=NOON)
    archive.mark_gone(URL, now=LATER)
    assert f"gone:         {LATER.isoformat()}" in show(URL).stdout.splitlines()


def test_its_translations_are_named_with_the_reason(archive: Archive, show: Show) -> None:
    unknown = "urn:uuid:00000000-0000-5000-8000-00000000000f"
    pairs = {"translations": (unknown, ENGLISH.id), "translation_reasons": ("", "hreflang")}
    archive.take_in(ENGLISH, an_archived(**pairs))
    shown = show(URL).stdout
    assert f"translations: {unknown}\n" in shown
    assert f"           en Selection Results: {ENGLISH.url} (hreflang)\n" in shown


def test_its_story_is_named_with_who_else_tells_it(archive: Archive, show: Show) -> None:
    text = "環境省は、第7回の脱炭素先行地域に12の市町村を選定し、11月25日に選定証の授与式を行います。" * 5
    archive.save(an_announcement(text=text), now=NOON)
    archive.save(an_announcement(text=text, source="iges-ja-news", url="https://www.iges.or.jp/jp/news/1"), now=NOON)
    found = archive.get(URL)
    assert found is not None
    other = "iges-ja-news 脱炭素先行地域の選定結果について: https://www.iges.or.jp/jp/news/1"
    assert f"story:        {found.story}\n              {other}\n" in show(URL).stdout


def test_wordings_are_listed_with_when_each_was_first_seen(archive: Archive, show: Show) -> None:
    twice(archive, title="訂正版", attachments=(PDF,))
    rows = [line.split("\t") for line in show(URL, "--revisions").stdout.splitlines()]
    assert rows == [
        ["2026-06-11T03:00:00+00:00", "20", "0", "脱炭素先行地域の選定結果について"],
        ["2026-06-11T04:00:00+00:00", "20", "1", "訂正版"],
    ]


def test_wordings_are_records_for_programs(archive: Archive, show: Show) -> None:
    twice(archive, text="訂正します。", attachments=(PDF,))
    old, new = objects(show(URL, "--revisions", "--json"))
    assert (old["seen"], old["text"], old["attachments"]) == (NOON.isoformat(), an_announcement().text, [])
    assert (new["seen"], new["text"]) == (LATER.isoformat(), "訂正します。")
    assert [file["url"] for file in new["attachments"]] == [PDF.url]


def test_what_changed_is_marked_as_wdiff_marks_it(archive: Archive, show: Show) -> None:
    twice(archive, title="脱炭素先行地域の追加選定について", attachments=(PDF,))
    assert show(URL, "--diff").stdout.splitlines() == [
        "2026-06-11T03:00:00+00:00 → 2026-06-11T04:00:00+00:00",
        "脱炭素先行地域の{+追加+}選定[-結果-]について",
        "{+別紙1: https://www.env.go.jp/content/1.pdf+}",
        "",
    ]


def test_every_step_from_wording_to_wording_is_shown(archive: Archive, show: Show) -> None:
    wordings = tuple(Revision(seen=NOON, title="題", text=f"第{number}回") for number in (3, 4))
    archive.take_in(an_archived(title="題", text="第5回", revisions=wordings, updated=LATER))
    assert [line for line in show(URL, "--diff").stdout.splitlines() if "第" in line] == [
        "第[-3-]{+4+}回",
        "第[-4-]{+5+}回",
    ]


def test_what_stayed_is_shown_shortly(archive: Archive, show: Show) -> None:
    text = "環境省は、次のとおり公募します。" * 20
    archive.take_in(an_archived(text=f"{text}第4回", revisions=(Revision(seen=NOON, title="題", text=f"{text}第3回"),)))
    shown = show(URL, "--diff").stdout.splitlines()
    assert shown[2].startswith("…")
    assert shown[2].endswith("公募します。第[-3-]{+4+}回")
    assert len(shown[2]) < 50


def test_what_changed_is_pieces_for_programs(archive: Archive, show: Show) -> None:
    twice(archive, title="追加の選定結果について", attachments=(PDF,))
    (step,) = objects(show(URL, "--diff", "--json"))
    assert (step["from"], step["to"]) == (NOON.isoformat(), LATER.isoformat())
    assert step["text"] == [{"kind": "same", "text": an_announcement().text}]
    assert {piece["kind"] for piece in step["title"]} == {"removed", "added", "same"}
    assert (step["removed"], step["added"]) == ([], [{"url": PDF.url, "title": "別紙1"}])


def test_one_wording_is_said_to_be_one(archive: Archive, show: Show) -> None:
    archive.save(an_announcement(), now=NOON)
    done = show(URL, "--diff")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"{URL}: there is but one wording\n"


def test_a_terminal_shows_what_was_removed_struck_in_red_and_what_was_added_in_green(
    archive: Archive, database: Database
) -> None:
    twice(archive, title="脱炭素先行地域の選定方針について")
    assert on_a_terminal(database, "show", URL, "--diff").count("\x1b[9;31m結果\x1b[0m\x1b[32m方針\x1b[0m") == 1


def on_a_terminal(database: Database, *arguments: str) -> str:
    ours, theirs = pty.openpty()
    environment = os.environ | {"ZEROWIRE_DATABASE_URL": database.name, "TERM": "xterm-256color", "COLUMNS": "200"}
    environment.pop("NO_COLOR", None)
    subprocess.run([sys.executable, "-m", "cli", *arguments], stdout=theirs, env=environment, check=True, timeout=60)
    os.close(theirs)
    shown = os.read(ours, 65_536).decode()
    os.close(ours)
    return shown


def test_the_html_is_the_stored_one(archive: Archive, show: Show) -> None:
    archive.save(an_announcement(), now=NOON)
    assert show(URL, "--html").stdout == f"{an_announcement().html}\n"
    assert objects(show(URL, "--html", "--json"))[0]["html"] == an_announcement().html


def test_the_markdown_has_headings_lists_links_and_tables(archive: Archive, show: Show) -> None:
    html = (
        '<h2>概要</h2><p>*注 <a href="https://www.env.go.jp/a_b.html">a_b.html</a> 1+1=2</p><ul><li>一</li></ul>'
        "<table><tbody><tr><td>市町村</td><td>数</td></tr><tr><td>甲|乙</td><td>2</td></tr></tbody></table>"
        "<h3>1. 要領</h3><p>1. 対象</p><p># 備考 &lt;b&gt;</p><p>+5%</p>"
    )
    archive.save(an_announcement(html=html, title="公募_要領_ 2026"), now=NOON)
    assert show(URL, "--markdown").stdout.splitlines() == [
        *("# 公募_要領\\_ 2026", "", "## 概要", ""),
        *("\\*注 [a_b.html](https://www.env.go.jp/a_b.html) 1+1=2", "", "- 一", ""),
        *("| 市町村 | 数 |", "| --- | --- |", "| 甲\\|乙 | 2 |", ""),
        *("### 1. 要領", "", "1\\. 対象", "", "\\# 備考 \\<b>", "", "+5%"),
    ]


def test_markdown_for_programs_is_an_object(archive: Archive, show: Show) -> None:
    archive.save(an_announcement(), now=NOON)
    (shown,) = objects(show(URL, "--markdown", "--json"))
    assert shown["url"] == URL
    assert shown["markdown"].startswith("# 脱炭素先行地域の選定結果について\n\n環境省は、")


def test_html_nested_too_deep_is_one_line(archive: Archive, show: Show) -> None:
    archive.save(an_announcement(html="<div>" * 5000 + "公募" + "</div>" * 5000), now=NOON)
    done = show(URL, "--markdown")
    assert (done.exit_code, done.stdout) == (1, "")
    assert URL in done.stderr


@pytest.mark.parametrize("form", [(), ("--revisions",), ("--diff",), ("--html",), ("--markdown",)])
def test_a_terminal_obeys_nothing_of_what_is_stored(archive: Archive, show: Show, form: tuple[str, ...]) -> None:
    hostile = "\x1b[2J\x1b]0;x\x07\x9b31m\u202e"
    stored = an_archived(title=f"題{hostile}", text=f"文{hostile}", html=f"<p>{hostile}</p>", attachments=(PDF,))
    earlier = Revision(seen=NOON, title=f"{hostile}旧題", text=f"旧文{hostile}")
    archive.take_in(replace(stored, revisions=(earlier,), attachments=(replace(PDF, title=hostile),)))
    done = show(URL, *form)
    assert done.exit_code == 0
    assert not set(done.stdout) & set("\x1b\x07\x9b\u202e")
