"""Everything that differs between machines: read once, at the edge, from ``zerowire.toml`` and the environment."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

PREFIX = "ZEROWIRE_"
FILE = "zerowire.toml"


class SettingsError(Exception):
    """A setting that is unknown or can't be read: which one, and what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings, with the defaults that fit one machine.

    ``delay`` is in seconds between two requests to a host; None means 3, and none through a mirror.
    ``schedule`` maps a source to the minutes between its runs; the others keep what they declare. ``topics`` adds to
    the word lists that are shipped, or replaces some (``crawler.topics``). With ``keep_pages`` what was fetched is kept
    in WARC files in ``pages_dir``.
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
    keep_pages: bool = False
    pages_dir: str = "pages"

    def __post_init__(self) -> None:
        host, _, port = self.listen.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65_535:
            raise SettingsError(f"listen: expected HOST:PORT, got {self.listen!r}")
        for name in ("mirror", "base_url"):
            address = getattr(self, name)
            if address and not address.startswith(("http://", "https://")):
                raise SettingsError(f"{name}: expected an address such as http://127.0.0.1:8801, got {address!r}")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


def load(environment: Mapping[str, str]) -> Settings:
    """Return the settings of the file, overridden by those of *environment*. Raises SettingsError."""
    return Settings(**_from_file(environment) | _from_environment(environment))


def environment(settings: Settings) -> dict[str, str]:
    """Return the variables that hand *settings* to a child process."""
    given = {field.name: getattr(settings, field.name) for field in fields(settings)}
    return {f"{PREFIX}{name.upper()}": _text(value) for name, value in given.items() if value not in (None, {})}


def _text(value: Any) -> str:
    """Return a setting's value as a variable holds it: a table as TOML writes it on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(name)} = {_text_inside(inner)}" for name, inner in value.items()) + "}"
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _text_inside(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_text_inside, value))}]"
    return json.dumps(value) if isinstance(value, str) else _text(value)


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
    if variable.removeprefix(PREFIX).lower() not in ("delay", "schedule", "topics", "keep_pages"):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{variable}: expected a TOML value, got {text!r}") from error


def _value(name: str, value: Any, where: str) -> Any:
    kind = name.removeprefix(PREFIX).lower()
    if kind == "schedule":
        fits = isinstance(value, dict) and all(_is_positive(minutes) for minutes in value.values())
        expected = "a table of minutes by source"
    elif kind == "topics":
        fits, expected = isinstance(value, dict), "a table of topics by name"
    elif kind == "keep_pages":
        fits, expected = isinstance(value, bool), "true or false"
    elif kind == "delay":
        fits, expected = _is_positive(value) or value == 0, "seconds"
    else:
        fits, expected = isinstance(value, str), "a text"
    if not fits:
        raise SettingsError(f"{where}: {kind}: expected {expected}, got {value!r}")
    return value


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")
