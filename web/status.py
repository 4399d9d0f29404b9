"""How the sources stand in; JSON for programs, an answer for monitors, figures for Prometheus out.

Nothing here writes. An archive that can't be read is a 503 of one line, never a 500.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from store.database import reason
from store.runs import Run
from web.documents import Document, answer
from web.metrics import MEDIA_TYPE, exposition
from web.standing import Standing, Watch

_UNKEPT = {"Cache-Control": "no-store"}
_CHECKED = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
_UNREADABLE = "The archive can't be read at the moment."
log = logging.getLogger(__name__)


class Status:
    """The answers. Its methods are plain functions, which Starlette runs in threads: they read the archive."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def routes(self) -> list[Route]:
        return [
            Route("/status.json", self.data),
            Route("/healthz", self.health),
            Route("/metrics", self.figures),
        ]

    def data(self, request: Request) -> Response:
        try:
            told = {
                "sources": [_told(each) for each in self._watch.standings()],
                "hosts_left_alone": {host: _when(until) for host, until in self._watch.away().items()},
                "deliveries_waiting": self._watch.waiting(),
            }
        except SQLAlchemyError as error:
            return _unreadable(error)
        return answer(request, Document.of(_json(told)), "application/json", _CHECKED)

    def health(self, _request: Request) -> Response:
        """Return 200 where all is well, or not known yet; else 503, with a line for each source that isn't."""
        try:
            reasons = [each.complaint for each in self._watch.standings() if each.complaint]
        except SQLAlchemyError as error:
            log.warning("archive unreadable", extra={"reason": reason(error)})
            reasons = [_UNREADABLE]
        told = {"status": "unhealthy", "reasons": reasons} if reasons else {"status": "ok"}
        status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
        return Response(_json(told), status, _UNKEPT, "application/json")

    def figures(self, request: Request) -> Response:
        try:
            body = exposition(self._watch)
        except SQLAlchemyError as error:
            return _unreadable(error)
        return answer(request, Document.of(body), MEDIA_TYPE, _UNKEPT)


def _told(standing: Standing) -> dict[str, Any]:
    source = standing.source
    return {
        "name": source.name,
        "title": source.title,
        "organisation": source.organisation,
        "language": source.language,
        "health": standing.health or None,
        "since": _when(standing.since),
        "reason": standing.reason,
        "overdue": standing.is_overdue,
        "running": standing.is_running,
        "next_run": _when(standing.due) if standing.ended else None,
        "last_run": _run(standing.ended, standing.problems) if standing.ended else None,
        "last_success": _when(standing.well.finished) if standing.well else None,
    }


def _run(run: Run, problems: list[str]) -> dict[str, Any]:
    return {
        "number": run.number,
        "started": _when(run.started),
        "finished": _when(run.finished),
        "outcome": run.outcome,
        "route": run.route,
        "counts": dict(run.counts),
        "problems": problems,
    }


def _when(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _json(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode(errors="ignore")


def _unreadable(error: Exception) -> Response:
    """Tell the operator why, and the client that it may come again."""
    log.warning("archive unreadable", extra={"reason": reason(error)})
    headers = _UNKEPT | {"Retry-After": "60"}
    return PlainTextResponse(f"{_UNREADABLE}\n", HTTPStatus.SERVICE_UNAVAILABLE, headers=headers)
