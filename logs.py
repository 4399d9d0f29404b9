"""Log records in, one line each out, on stderr: as text (logfmt) or as JSON.

What a line is about stands in its fields: ``log.info("crawled", extra={"source": "moej-ja", "run": 17, "new": 3})`` is
``2026-11-22T10:00:00Z INFO crawled source=moej-ja run=17 new=3``. What others wrote can't begin another line, nor steer
a terminal, and no secret gets through: this module alone knows how.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from pythonjsonlogger.core import RESERVED_ATTRS, BaseJsonFormatter

from settings import Settings

_RENAMED = {"asctime": "time", "levelname": "level", "message": "event", "name": "logger", "exc_info": "traceback"}
_OTHERS = ("color_message", "spider")  # what uvicorn and Scrapy add to their records
_LONGEST = 8_000  # characters of a field
_HIDDEN = "***"
_TELLING = re.compile(
    r"(?P<kept>//)[^/\s@]+(?=@)"  # who, with which password, in an address
    r"|(?P<named>\b(?:proxy-)?authorization\W{1,4}(?:(?:basic|bearer|token)\s+)?|\bbearer\s+)[^\s\"',]+"
    r"|(?P<given>[?&;](?:\w+_)?(?:token|key|secret|password)=)[^&\s\"']+"
    r"|\bwhsec_[A-Za-z0-9+/=]+",
    re.IGNORECASE,
)
_OPEN = {"channels", "every", "at", "timezone", "language"}  # of a destination: the rest says where, and with what key
_SHORTEST_SECRET, _SHORTEST_PIECE = 4, 8  # characters: what is shorter stands in half of all words

log = logging.getLogger("zerowire")


def to_stderr(settings: Settings, *, quiet: bool = False) -> None:
    """Log to stderr as *settings* say, only what went wrong where *quiet*; of libraries never more than that.

    Warnings and uncaught exceptions of any thread become such lines, too.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(settings))
    handler.addFilter(_is_told)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    log.setLevel(logging.WARNING if quiet else logging.INFO)
    logging.captureWarnings(capture=True)
    sys.excepthook = _crashed
    threading.excepthook = _thread_crashed


def formatter(settings: Settings) -> logging.Formatter:
    """Return what makes a line of a record, without any secret that *settings* hold."""
    return (_Json if settings.log_format == "json" else _Text)(_Mask(settings))


class _Mask:
    """Hides what *settings* keep secret, however it is written, and what looks like a secret anywhere."""

    def __init__(self, settings: Settings) -> None:
        spelt = {spelling for secret in _secrets(settings) for spelling in _spellings(secret)}
        longest_first = sorted(spelt, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def __call__(self, text: str) -> str:
        return _TELLING.sub(_hidden, self._known.sub(_HIDDEN, text))


class _Json(BaseJsonFormatter):
    """One JSON object a line: ``time level event``, the fields, ``logger``, ``traceback``."""

    converter = staticmethod(time.gmtime)

    def __init__(self, mask: _Mask) -> None:
        first, reserved = ("asctime", "levelname", "message"), [*RESERVED_ATTRS, *_OTHERS]
        super().__init__(first, "%Y-%m-%dT%H:%M:%SZ", rename_fields=_RENAMED, reserved_attrs=reserved)
        self._mask = mask

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        super().add_fields(log_data, record, message_dict)
        if not record.name.startswith(log.name):
            log_data["logger"] = record.name

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {name: self._told(value) for name, value in log_data.items()}

    def jsonify_log_record(self, log_data: dict[str, Any]) -> str:
        return _harmless(json.dumps(log_data, ensure_ascii=False))

    def _told(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        text = self._mask(str(value))
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


class _Text(_Json):
    """``TIME LEVEL EVENT NAME=VALUE…``, with quotation marks where a value, or an event, would be read as more."""

    def jsonify_log_record(self, log_data: dict[str, Any]) -> str:
        fields = dict(log_data)
        when, level, event = (fields.pop(name) for name in ("time", "level", "event"))
        told = event if re.fullmatch(r'[^="\\]+', event) else _quoted(event)
        return " ".join([when, level, _harmless(told), *(f"{name}={_value(value)}" for name, value in fields.items())])


def _value(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if re.fullmatch(r'[^\s="\\]+', text) and text.isprintable() else _quoted(text)


def _quoted(text: str) -> str:
    return _harmless(json.dumps(text, ensure_ascii=False))


def _harmless(text: str) -> str:
    """Return *text* with JSON's escapes for all that isn't printed: controls, ends of lines, marks of direction."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)


def _hidden(found: re.Match[str]) -> str:
    return f"{found['kept'] or found['named'] or found['given'] or ''}{_HIDDEN}"


def _secrets(settings: Settings) -> Iterator[str]:
    """Yield what *settings* hold that nobody may read: passwords of addresses, and of ``notify`` wherever it leads."""
    for address in (settings.database_url, settings.hub, settings.mirror, settings.base_url):
        yield _password(address)
    for text in _texts(settings.notify):
        yield from (text, _password(text))
        yield from (piece for piece in re.split(r"[/:@?&#=]+", text) if len(piece) >= _SHORTEST_PIECE)


def _texts(given: Any) -> Iterator[str]:
    if isinstance(given, str):
        yield given
    elif isinstance(given, Mapping):
        for name, value in given.items():
            if name not in _OPEN:
                yield from _texts(value)


def _password(address: str) -> str:
    try:
        return urlsplit(address).password or ""
    except ValueError:
        return ""


def _spellings(secret: str) -> Iterator[str]:
    """Yield *secret* as it may stand in a line: as it is, in an address, in what shows a Python value, in JSON."""
    plain = unquote(secret)
    if len(plain) >= _SHORTEST_SECRET:
        yield from (secret, plain, quote(plain), quote(plain, safe=""), repr(plain)[1:-1])
        yield from (json.dumps(plain)[1:-1], json.dumps(plain, ensure_ascii=False)[1:-1])


def _is_told(record: logging.LogRecord) -> bool:
    """Say whether it is ours, or went wrong: what a library asks its own loggers for, the root's level doesn't stop."""
    return record.name.startswith(log.name) or record.levelno >= logging.WARNING


def _crashed(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    log.critical("crashed", exc_info=(kind, error, where))


def _thread_crashed(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_value is not None:
        _crashed(crash.exc_type, crash.exc_value, crash.exc_traceback)
