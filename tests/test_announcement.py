"""An announcement is valid from its first moment, and its hash moves only with its content."""

from dataclasses import FrozenInstanceError
from datetime import datetime
from typing import Any

import pytest

from store.announcement import Attachment, Event, From
from tests.builders import NOON, an_announcement, an_archived

PDF = Attachment(url="https://www.env.go.jp/content/000123.pdf", type="application/pdf", title="別紙1", length=2048)


@pytest.mark.parametrize("name", ["source", "organisation", "url", "title", "language"])
def test_what_an_announcement_can_not_be_without_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"expected {name} to be set"):
        an_announcement(**{name: ""})


def test_a_date_of_publication_has_a_zone() -> None:
    with pytest.raises(ValueError, match="published has no time zone"):
        an_announcement(published=datetime(2026, 6, 11, 12, 0))  # noqa: DTZ001


def test_a_date_that_was_found_is_there() -> None:
    with pytest.raises(ValueError, match="expected a date from page"):
        an_announcement(published=None, published_from=From.PAGE)


def test_a_source_may_say_no_date() -> None:
    assert an_announcement(published=None, published_from=From.FIRST_SEEN).published is None


@pytest.mark.parametrize("zone", ["", "JST", "Asia", "Asia/Edo", "../etc/passwd", "/etc/localtime", "a" * 300])
def test_a_zone_is_one_that_this_machine_knows(zone: str) -> None:
    with pytest.raises(ValueError, match="expected a time zone"):
        an_announcement(timezone=zone)


def test_an_archived_announcement_obeys_the_same_rules() -> None:
    with pytest.raises(ValueError, match="expected title to be set"):
        an_archived(title="")


def test_an_announcement_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        an_announcement().title = "訂正"  # type: ignore[misc]


@pytest.mark.parametrize(
    "change",
    [
        {"title": "別の題"},
        {"text": "訂正します。"},
        {"text": ""},
        {"attachments": (PDF,)},
    ],
)
def test_another_content_has_another_hash(change: dict[str, Any]) -> None:
    assert an_announcement(**change).content_hash != an_announcement().content_hash


@pytest.mark.parametrize(
    "change",
    [
        {"title": " 脱炭素先行地域の選定結果について\n"},
        {"text": "\u3000環境省は、脱炭素先行地域を選定しました。\r\n\n"},
        {"html": "<p class='new'>環境省は、脱炭素先行地域を選定しました。</p>"},
        {"summary": "要約"},
        {"tags": ("大気",), "topics": ("adaptation",)},
        {"aliases": ("https://www.env.go.jp/press/1",), "url": "https://www.env.go.jp/press/2"},
        {"events": (Event(kind="deadline", starts=NOON),)},
    ],
)
def test_what_is_no_content_leaves_the_hash(change: dict[str, Any]) -> None:
    assert an_announcement(**change).content_hash == an_announcement().content_hash


def test_words_that_move_from_the_title_to_the_text_are_a_change() -> None:
    before, after = an_announcement(title="公募 開始", text="要領"), an_announcement(title="公募", text="開始 要領")
    assert before.content_hash != after.content_hash


def test_what_was_read_of_a_file_is_no_change_and_another_file_is() -> None:
    read = Attachment(url=PDF.url, type=PDF.type, title=PDF.title, length=4096, text="別紙の本文")
    other = Attachment(url=PDF.url.replace("123", "124"), type=PDF.type)
    plain, again, changed = (an_announcement(attachments=(file,)).content_hash for file in (PDF, read, other))
    assert plain == again != changed
