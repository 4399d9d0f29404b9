"""What changed, what is gone, which source fails: entries with ids of their own, that never change."""

from dataclasses import replace
from datetime import timedelta

from feeds.notes import changes, removals, turns
from store.announcement import Attachment, Revision
from store.run import Run
from tests.builders import NOON, an_archived

HOUR = timedelta(hours=1)
PDF = Attachment(url="https://www.env.go.jp/1.pdf", type="application/pdf", title="別紙")
EDITED = an_archived(
    title="公募の締切について",
    text="応募の締切は8月31日です。",
    updated=NOON + 2 * HOUR,
    attachments=(PDF,),
    revisions=(
        Revision(seen=NOON, title="公募について", text="応募の締切は8月21日です。"),
        Revision(seen=NOON + HOUR, title="公募について", text="応募の締切は8月31日です。"),
    ),
)
BROKEN = Run(
    number=7,
    source="moej-ja",
    started=NOON,
    finished=NOON,
    health="broken",
    turned=True,
    reason="no route answers: listing: 404",
    problems=("moej-ja: listing: 404", "moej-ja: links: <b>empty</b>"),
)
WELL = replace(BROKEN, number=9, finished=NOON + HOUR, health="ok", reason="broken until now", problems=("a note",))


def test_each_change_is_an_entry_with_the_latest_first() -> None:
    last, first = changes([EDITED], limit=9)
    assert (first.published, last.published) == (NOON + HOUR, NOON + 2 * HOUR)
    assert first.title == "更新：公募について"
    assert "8月<del>21</del><ins>31</ins>日" in first.html


def test_a_change_tells_of_title_and_files() -> None:
    last, _ = changes([EDITED], limit=9)
    assert last.html.startswith("<p>タイトル：公募<ins>の締切</ins>について</p>")
    assert (
        '<p>追加された資料</p><ul><li><a href="https://www.env.go.jp/1.pdf" rel="noopener">別紙</a></li></ul>'
        in last.html
    )
    assert last.files == ()


def test_a_change_keeps_its_id_when_the_next_one_comes() -> None:
    before = replace(EDITED, revisions=EDITED.revisions[:1], title="公募について", updated=NOON + HOUR, attachments=())
    assert changes([before], limit=9)[0].id == changes([EDITED], limit=9)[1].id
    ids = {entry.id for entry in changes([EDITED], limit=9)} | {EDITED.id}
    assert len(ids) == 3


def test_markup_in_a_changed_text_is_text() -> None:
    said = an_archived(
        text="<script>x()</script>", revisions=(Revision(seen=NOON, title="題", text="無"),), updated=NOON + HOUR
    )
    (entry,) = changes([said], limit=9)
    assert "<script" not in entry.html
    assert "&lt;script&gt;" in entry.html.replace("<ins>", "").replace("</ins>", "")


def test_what_is_gone_is_told_once_with_what_it_said() -> None:
    (entry,) = removals([an_archived(gone=NOON + HOUR), an_archived(url="https://www.env.go.jp/2")])
    assert entry.title == "削除：脱炭素先行地域の選定結果について"
    assert (entry.published, entry.updated) == (NOON + HOUR, NOON + HOUR)
    assert "脱炭素先行地域を選定しました。" in entry.html
    assert entry.id != an_archived().id


def test_a_turn_is_told_with_its_reason_and_all_else_that_went_wrong() -> None:
    well, broken = turns([WELL, BROKEN], "https://wire.example")
    assert broken.title == "moej-ja is broken: no route answers: listing: 404"
    assert broken.html == "<p>no route answers: listing: 404</p>\n<p>links: &lt;b&gt;empty&lt;/b&gt;</p>"
    assert (well.title, well.html) == ("moej-ja is well again", "<p>broken until now</p>")
    assert (broken.published, well.published) == (NOON, NOON + HOUR)
    assert well.id != broken.id


def test_of_many_changes_the_latest_are_told() -> None:
    seen = tuple(Revision(seen=NOON + n * HOUR, title="題", text=f"本文{n}") for n in range(9))
    entries = changes([an_archived(revisions=seen, updated=NOON + 9 * HOUR)], limit=3)
    assert [entry.published for entry in entries] == [NOON + 9 * HOUR, NOON + 8 * HOUR, NOON + 7 * HOUR]
