"""The description of the API, as an OpenAPI 3.1 document: from the table of parameters and the record itself. Pure.

This module alone knows OpenAPI; the schema of the record follows from its declaration, so that neither can drift.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import EnumType
from http import HTTPStatus
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from store.announcement import Archived
from web.parameters import NARROWING, PAGING, Parameter

_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
}
_MEANINGS = {
    "id": "urn:uuid:…, given at first sight; it never changes",
    "url": "its address, in one spelling",
    "aliases": "other addresses that lead to it",
    "alternates": "addresses at which its page says that it stands in another language",
    "language": "of most of the text",
    "title_language": "where the title is in another one than the text; else empty",
    "html": "sanitised when it was crawled, its addresses absolute; what was imported is as it came",
    "published": "what the source says, in its zone; where it says nothing, when it was first seen",
    "published_from": "where that was found",
    "precision": "a bare day is midnight in the source's zone",
    "updated": "moves only when the content does",
    "gone": "when the page was found removed for good",
    "story": "what announcements of several sources that tell one thing have in common",
    "translations": "ids",
    "translation_reasons": "why each is held for one, in the same order",
    "revisions": "earlier wordings, the oldest first",
    "length": "bytes; null while unknown",
    "problem": "why there is no text, or no file",
}
_PROBLEMS = {
    HTTPStatus.BAD_REQUEST: "A parameter is unknown or makes no sense, or the question can't be answered in time.",
    HTTPStatus.NOT_FOUND: "There is no such announcement.",
    HTTPStatus.REQUEST_URI_TOO_LONG: "The query string is too long.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The archive can't be read at the moment.",
}
_ASKED = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_URI_TOO_LONG, HTTPStatus.SERVICE_UNAVAILABLE)


def document(base_url: str) -> dict[str, Any]:
    """Return the description of the API below *base_url*, which has no slash at its end."""
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "zerowire",
            "version": "1",
            "description": "What ICLEI, IGES and Japan's Ministry of the Environment announce on zero-carbon policy, "
            "in English and Japanese. Everything can be read, nothing written.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": base_url}],
        "paths": _paths(),
        "components": {"schemas": _schemas()},
    }


def _paths() -> dict[str, Any]:
    link = {"description": 'The next page, rel="next" (RFC 8288); none after the last.', "schema": _PLAIN[str]}
    one = {"name": "id", "in": "path", "required": True, "schema": _PLAIN[str], "description": "With urn:uuid: or not."}
    return {
        "/api": {"get": _get("describe", "This description.", _kept({"type": "object"}))},
        "/api/announcements": {
            "get": _get(
                "announcements",
                "A page of what is found, with its hits marked.",
                _kept(_ref("page"), Link=link) | _problems(*_ASKED),
                (*NARROWING, *PAGING),
            )
        },
        "/api/announcements.jsonl": {
            "get": _get(
                "announcements_jsonl",
                "All that is found, newest first: one JSON object a line, as `zerowire import` takes it.",
                _streamed("application/jsonl") | _problems(*_ASKED),
                NARROWING,
            )
        },
        "/api/announcements.csv": {
            "get": _get(
                "announcements_csv",
                "All that is found, newest first, for spreadsheets: RFC 4180, with a heading and a byte-order mark.",
                _streamed("text/csv") | _problems(*_ASKED),
                NARROWING,
            )
        },
        "/api/announcements/{id}": {
            "parameters": [one],
            "get": _get(
                "announcement",
                "One announcement.",
                _kept(_ref("announcement")) | _problems(HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
            ),
        },
    }


def _get(name: str, summary: str, responses: dict[str, Any], parameters: Iterable[Parameter] = ()) -> dict[str, Any]:
    described = [_parameter(parameter) for parameter in parameters]
    return {"operationId": name, "summary": summary, "parameters": described, "responses": responses}


def _kept(schema: dict[str, Any], **headers: Any) -> dict[str, Any]:
    """Return the answers in JSON, which a client may keep and ask for again."""
    tag = {"description": "Follows from the answer, for If-None-Match.", "schema": _PLAIN[str]}
    told = {"description": "The answer.", "headers": {"ETag": tag, **headers}} | _content("application/json", schema)
    return {"200": told, "304": {"description": "The client has this answer.", "headers": {"ETag": tag}}}


def _streamed(media_type: str) -> dict[str, Any]:
    return {"200": {"description": "The whole result."} | _content(media_type, _PLAIN[str])}


def _problems(*statuses: HTTPStatus) -> dict[str, Any]:
    content = _content("application/problem+json", _ref("problem"))
    return {str(status.value): {"description": _PROBLEMS[status]} | content for status in statuses}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = dict(parameter.schema)
    several = {"schema": {"type": "array", "items": schema}, "style": "form", "explode": True}
    shape = several if parameter.several else {"schema": schema}
    return {"name": parameter.name, "in": "query", "description": parameter.description} | shape


def _schemas() -> dict[str, Any]:
    span = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}
    nullable = {"type": ["string", "null"]}
    found = {"type": "object", "properties": {"match": _ref("match")}, "required": ["match"]}
    return {
        "announcement": _schema(Archived),
        "match": _closed(
            snippet=_PLAIN[str] | {"description": "where the text, or an attachment's, answers the question"},
            hits={"type": "array", "items": span, "description": "from and to which character of the snippet"},
            found_in=_PLAIN[str] | {"description": "title or address of that attachment; empty where it is the text"},
        ),
        "page": _closed(
            announcements={"type": "array", "items": {"allOf": [_ref("announcement"), found]}},
            next=nullable | {"description": "address of the next page, without scheme and host; null after the last"},
            cursor=nullable | {"description": "the cursor in it"},
        ),
        "problem": _closed(
            type=_PLAIN[str] | {"const": "about:blank"},
            title=_PLAIN[str],
            status=_PLAIN[int],
            detail=_PLAIN[str] | {"description": "what is wrong, in one line"},
        )
        | {"description": "RFC 9457"},
    }


def _schema(kind: Any) -> dict[str, Any]:
    """Return the JSON Schema of what store.export makes of a value of type *kind*."""
    if is_dataclass(kind):
        declared = get_type_hints(kind)
        return _closed(**{field.name: _meaning(field.name, _schema(declared[field.name])) for field in fields(kind)})
    if get_origin(kind) is tuple:
        return {"type": "array", "items": _schema(get_args(kind)[0])}
    if get_origin(kind) is UnionType:
        known = _schema(next(each for each in get_args(kind) if each is not NoneType))
        return known | {"type": [known["type"], "null"]}
    if isinstance(kind, EnumType):
        return {"type": "string", "enum": [str(value) for value in kind]}  # type: ignore[var-annotated]
    return dict(_PLAIN[kind])


def _meaning(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return schema | {"description": _MEANINGS[name]} if name in _MEANINGS else schema


def _closed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _content(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {media_type: {"schema": schema}}}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}
