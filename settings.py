"""Everything that differs between machines: read once, at the edge, from ``zerowire.toml`` and the environment."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PREFIX = "ZEROWIRE_"
FILE = "zerowire.toml"
LOG_FORMATS = ("text", "json")


_EXAMPLES = {
    "mirror": "http://127.0.0.1:8801",
    "base_url": "https://wire.example",
    "hub": "https://hub.example/",
}


class SettingsError(Exception):
    """A setting that is unknown or can't be read: which one, and what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings, with the defaults that fit one machine.

    ``delay`` is in seconds between two requests to a host; None means 3, and none through a mirror.
    ``schedule`` maps a source to the minutes between its runs; the others keep what they declare. ``topics`` adds to
    the word lists that are shipped, or replaces some (``crawler.topics``). ``searches`` are channels of one's own
    (``feeds.channels``), ``hub`` is the WebSub hub that is told what changed, ``notify`` says who else is told
    (``feeds.push``): it holds passwords and is never shown. With ``keep_pages`` what was fetched is kept in WARC files
    in ``pages_dir``. ``log_format`` is ``text`` or ``json`` (``logs``). ``indexed`` lets search engines list the pages.
    """

    database_url: str = "sqlite:///zerowire.db"
    public_dir: str = "public"
    base_url: str = "http://127.0.0.1:8080"
    listen: str = "127.0.0.1:8080"
    contact: str = ""
    mirror: str = ""
    delay: float | None = None
    schedule: Mapping[str, float] = field(default_factory=dict)
    topics: Mapping[str, Any] = field(default_factory=dict)
    searches: Mapping[str, Any] = field(default_factory=dict)
    hub: str = ""
    notify: Mapping[str, Any] = field(default_factory=dict, repr=False)
    keep_pages: bool = False
    pages_dir: str = "pages"
    log_format: str = "text"
    indexed: bool = False

    def __post_init__(self) -> None:
        host, _, port = self.listen.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65_535:
            raise SettingsError(f"listen: expected HOST:PORT, got {self.listen!r}")
        if self.log_format not in LOG_FORMATS:
            raise SettingsError(f"log_format: expected one of {', '.join(LOG_FORMATS)}, got {self.log_format!r}")
        for name, example in _EXAMPLES.items():
            address = getattr(self, name)
            if address and not _is_address(address):
                shown = re.sub(r".*@", "***@", address)  # no password in a log
                raise SettingsError(f"{name}: expected an address such as {example}, got {shown!r}")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


def load(environment: Mapping[str, str]) -> Settings:
    """Return the settings of the file, overridden by those of *environment*. Raises SettingsError."""
    return Settings(**_from_file(environment) | _from_environment(environment))


def environment(settings: Settings) -> dict[str, str]:
    """Return the variables that hand *settings* to a crawl: all but ``notify``, which is none of its business."""
    given = {field.name: getattr(settings, field.name) for field in fields(settings) if field.name != "notify"}
    return {f"{PREFIX}{name.upper()}": _text(value) for name, value in given.items() if value not in (None, {})}


def _text(value: Any) -> str:
    """Return a setting's value as a variable holds it: a table as TOML writes it on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_quoted(name)} = {_text_inside(inner)}" for name, inner in value.items()) + "}"
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _text_inside(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_text_inside, value))}]"
    return _quoted(value) if isinstance(value, str) else _text(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # which TOML alone wants escaped


def _from_file(environment: Mapping[str, str]) -> dict[str, Any]:
    named = environment.get(f"{PREFIX}CONFIG")
    path = Path(named or FILE)
    if not named and not path.exists():
        return {}
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: {error}") from error
    return {_known(name, str(path)): _value(name, value, str(path)) for name, value in given.items()}


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    given = {
        name: value for name, value in environment.items() if name.startswith(PREFIX) and name != f"{PREFIX}CONFIG"
    }
    return {
        _known(name.removeprefix(PREFIX).lower(), name): _value(name, _parsed(name, value), name)
        for name, value in given.items()
    }


def _known(name: str, where: str) -> str:
    there_are = [field.name for field in fields(Settings)]
    if name not in there_are:
        raise SettingsError(f"{where}: unknown setting {name!r}; there are {', '.join(there_are)}")
    return name


def _parsed(variable: str, text: str) -> Any:
    """Return a variable's value: a TOML value where the setting is no text."""
    name = variable.removeprefix(PREFIX).lower()
    if name not in _KINDS:
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{variable}: expected a TOML value{_got(name, text)}") from error


def _value(name: str, value: Any, where: str) -> Any:
    name = name.removeprefix(PREFIX).lower()
    fits, expected = _KINDS.get(name, _TEXT)
    if not fits(value):
        raise SettingsError(f"{where}: {name}: expected {expected}{_got(name, value)}")
    return value


def _got(name: str, value: Any) -> str:
    return "" if name == "notify" else f", got {value!r}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_delay(value: Any) -> bool:
    return _is_positive(value) or (value == 0 and not _is_bool(value))


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")


def _is_table_of_minutes(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_positive(minutes) for minutes in value.values())


_Kind = tuple[Callable[[Any], bool], str]
_TEXT: _Kind = _is_text, "a text"
_KINDS: Mapping[str, _Kind] = {
    "delay": (_is_delay, "seconds"),
    "schedule": (_is_table_of_minutes, "a table of minutes by source"),
    "topics": (_is_table, "a table of topics by name"),
    "searches": (_is_table, "a table of searches by name"),
    "notify": (_is_table, "a table of destinations by name"),
    "keep_pages": (_is_bool, "true or false"),
    "indexed": (_is_bool, "true or false"),
}
"""What those settings are that are no text: the test, and in words."""


def _is_address(text: str) -> bool:
    try:
        return text.startswith(("http://", "https://")) and bool(urlsplit(text).hostname)
    except ValueError:
        return False
