"""What there is to tell in, HTML out, in the words of a language. This module alone knows Jinja2."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from feeds.channels import MEDIA_TYPES
from feeds.event_dates import dates
from feeds.text import beginning, line
from web.languages import NAMES, words

_HERE = Path(__file__).parents[1] / "templates"


class Templates:
    """The templates as they were when each was first asked for: an upgrade's never meet the code before it."""

    def __init__(self) -> None:
        self._environments = {language: _environment(language) for language in NAMES}

    def filled(self, template: str, language: str, **told: Any) -> str:
        """Return what *template* makes in *language* of what is *told*."""
        return self._environments[language].get_template(template).render(**told)


def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(words(language), newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {"languages": NAMES, "event_dates": dates, "media_types": MEDIA_TYPES}
    environment.filters |= {
        "beginning": lambda text: beginning(line(text)),
        "bare": _bare,
        "stamp": _stamp,
        "translated": words(language).gettext,  # of a title, which, unlike what a template says, is to be escaped
    }
    return environment


def _stamp(moment: datetime) -> str:
    """Return *moment* as ``time`` takes it: of a second HTML knows thousandths at most."""
    return moment.isoformat(timespec="seconds")


def _bare(identity: str) -> str:
    """Return an announcement's id as it stands in addresses."""
    return identity.removeprefix("urn:uuid:")
