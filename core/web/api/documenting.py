"""How operations are written down: once, in a decorator, from which routing and OpenAPI both come."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask
from flask_smorest import Api, Blueprint  # type: ignore[import-untyped]  # it ships no types
from marshmallow import RAISE, Schema, fields

from core.web.api.access import needs_scope
from core.web.api.answering import needs_body
from core.web.api.fields import Body, Each, Moment, PositiveAmount, Text, WholeInQuery, YesNoInQuery
from core.web.api.paths import Segment, Whole
from core.web.api.problem_details import CONTENT_TYPE, ProblemSchema
from core.web.schemas import DecimalText

MOST_ROWS = 100
VERSION = "1"
SECURITY = "token"
_ABOUT = """\
Orders in, tracking numbers back. Every request carries a token, `Authorization: Bearer …`; each operation
names the scope that the token needs.

**Pages.** A list answers `{items, next_cursor}`: pass `next_cursor` on as `cursor` until it is null.

**Money** is a decimal number as text with its currency. **Times** are RFC 3339 in UTC.

**Sent twice, done once.** A POST may carry an `Idempotency-Key`, best a UUID. The same request under the
same key within 24 hours is answered as the first one was, with `Idempotency-Replayed: true`, and nothing is
done a second time. Another request under that key is refused (422). What was refused did nothing and is not
kept.

**Conditions.** What is read has an `ETag`: with `If-None-Match` the answer is 304 if nothing has changed; a
PATCH or PUT with `If-Match` is refused (412) if something has.

**Errors** are problem details (RFC 9457): `code` for machines, `detail` for people, `fields` by field.

**Personal data**, which is `buyer`, `buyer_name`, `addresses` and a customer's names and email address, is
null unless the token has the scope `personal_data:read`.

**Paths.** A segment is percent-encoded by itself: the order `A/1` is `/orders/A%2F1`.
"""
_ETAG = {"ETag": {"description": "Of this very document.", "schema": {"type": "string"}}}
_LOCATION = {"Location": {"description": "Where it can be read.", "schema": {"type": "string"}}}
_REPLAYED = {
    "Idempotency-Replayed": {
        "description": "`true`: this is the answer that the same request had before.",
        "schema": {"type": "string", "const": "true"},
    }
}
_HEADERS_OF: dict[str, list[dict[str, Any]]] = {
    "GET": [
        {
            "in": "header",
            "name": "If-None-Match",
            "description": "The ETag that you have: the answer is 304 if it still fits.",
            "schema": {"type": "string"},
        }
    ],
    "POST": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "description": "Your key for this request: sent again, it is not done again.",
            "schema": {"type": "string", "pattern": "^[\x21-\x7e]{1,255}$"},
        }
    ],
    "PATCH": [
        {
            "in": "header",
            "name": "If-Match",
            "description": "The ETag that you have read: 412 if it has changed since.",
            "schema": {"type": "string"},
        }
    ],
}
_HEADERS_OF["PUT"] = _HEADERS_OF["PATCH"]
_PROBLEMS = (401, 403, 404, 406, 429)
_PROBLEMS_OF = {"GET": (), "POST": (409, 413, 415, 422), "PUT": (409, 412, 413, 415, 422)}
_PROBLEMS_OF["PATCH"] = _PROBLEMS_OF["PUT"]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Gives:
    """What an operation answers when all is well: a document of this form, with this status.

    problems  what it may answer besides those that every operation of its method may
    """

    schema: type[Schema] | Schema
    status: int = 200
    problems: tuple[int, ...] = ()


class Noun(Blueprint):  # type: ignore[misc]  # flask-smorest ships no types
    """The operations of one noun. Their docstrings are their descriptions."""

    def operation(self, method: str, rule: str, scope: str, gives: Gives) -> Callable[[F], F]:
        """Register a view under a path, with the scope that it needs and what it answers."""

        def decorate(function: F) -> F:
            _describe(needs_scope(function, scope), method, scope, gives)
            self.add_url_rule(rule, function.__name__, function, methods=[method])
            return function

        return decorate

    def reads_query(self, schema: type[Schema]) -> Callable[[F], F]:
        """Hand the view what the address asks for; what is not known there is refused."""
        decorator: Callable[[F], F] = self.arguments(schema, location="query", unknown=RAISE)
        return decorator

    def reads_body(self, schema: type[Schema], *, required: bool = True) -> Callable[[F], F]:
        """Hand the view what was sent; without a body, and if none is required, what stands for nothing."""

        def decorate(function: F) -> F:
            read: F = self.arguments(schema, required=required)(function)
            return needs_body(read) if required else read

        return decorate


class PageQuery(Schema):
    """Which page of a list."""

    cursor = Text(1, 500, metadata={"description": "`next_cursor` of the page before."})
    limit = WholeInQuery(1, MOST_ROWS, load_default=50, metadata={"description": "At most so many."})


def _describe_each(converter: Any, field: fields.Field[Any], **_: Any) -> dict[str, Any]:
    """What an item should be; anything else is answered for by itself."""
    return {"anyOf": [converter.resolve_nested_schema(field.schema), {}]} if isinstance(field, Each) else {}


def page_of(item: type[Schema]) -> type[Schema]:
    """The form of one page of these."""
    name = item.__name__.removesuffix("Schema")
    last = "Where the next page starts; null on the last one."
    return Schema.from_dict(
        {
            "items": fields.List(fields.Nested(item)),
            "next_cursor": fields.String(allow_none=True, metadata={"description": last}),
        },
        name=f"{name}Page",
    )


class _Described(OpenAPIConverter):
    """What is answered has all of its fields, null or not, except those marked `sometimes`."""

    def schema2jsonschema(self, schema: Schema) -> dict[str, Any]:
        described: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]  # apispec's
        if not isinstance(schema, Body):
            always = (each for each in schema.fields.values() if not each.metadata.get("sometimes"))
            described["required"] = sorted(each.data_key or each.name for each in always)
        return described


class _Describing(MarshmallowPlugin):
    Converter = _Described


class DescribedApi(Api):  # type: ignore[misc]  # flask-smorest ships no types
    """flask-smorest's, with our own form of errors, and fields of our own described as what they are."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        app.config.update(
            API_TITLE="Entrepot", API_VERSION=VERSION, OPENAPI_VERSION="3.1.0",
            API_SPEC_OPTIONS={"info": {"description": _ABOUT}},
        )  # fmt: skip
        super().__init__(app, spec_kwargs={"marshmallow_plugin": _Describing()})
        for field, *form in (
            (DecimalText, "string", "decimal"), (PositiveAmount, "string", "decimal"),
            (Moment, "string", "date-time"), (Text, "string", None),
            (WholeInQuery, "integer", None), (YesNoInQuery, "boolean", None), (Each, None, None),
        ):  # fmt: skip
            self.register_field(field, *form)
        self.ma_plugin.converter.add_attribute_function(_describe_each)
        self.register_converter(Segment, lambda _: {"type": "string", "minLength": 1})
        self.register_converter(Whole, lambda _: {"type": "integer", "minimum": 0, "maximum": 10**18 - 1})
        scheme = {"type": "http", "scheme": "bearer", "description": "`entrepot tokens add` makes a token."}
        self.spec.components.security_scheme(SECURITY, scheme)

    def _register_error_handlers(self) -> None:
        """Errors are answered by `problem_details`."""

    def _register_pagination_header(self) -> None:
        """There is none: pages have a cursor."""

    def _register_responses(self) -> None:
        """A problem for every status, and for what is not listed."""
        form = {CONTENT_TYPE: {"schema": ProblemSchema}}
        named = {status.name: status.phrase for status in HTTPStatus if status >= 400}
        for name, phrase in {**named, self.DEFAULT_ERROR_RESPONSE_NAME: "Any other problem."}.items():
            self.spec.components.response(name, {"description": phrase, "content": form}, lazy=True)


def _describe(function: Callable[..., Any], method: str, scope: str, gives: Gives) -> None:
    """Leave word for flask-smorest, in the form that its own decorators use."""
    doc = deepcopy(getattr(function, "_apidoc", {}))
    doc.setdefault("arguments", {}).setdefault("parameters", []).extend(deepcopy(_HEADERS_OF[method]))
    responses = doc.setdefault("response", {}).setdefault("responses", {})
    status = HTTPStatus(gives.status)
    headers = _REPLAYED if method == "POST" else _ETAG
    if status == HTTPStatus.CREATED:
        headers = {**headers, **_LOCATION}
    schema = gives.schema() if isinstance(gives.schema, type) else gives.schema
    responses[int(status)] = [
        {"schema": schema, "description": status.phrase, "headers": headers, "content_type": None}
    ]
    if method == "GET":
        responses[304] = [{"description": "It is as you have it.", "headers": _ETAG, "content_type": None}]
    for code in (*_PROBLEMS, *_PROBLEMS_OF[method], *gives.problems):
        responses[code] = [HTTPStatus(code).name]
    doc["manual_doc"] = {"security": [{SECURITY: [scope]}]}
    function._apidoc = doc  # type: ignore[attr-defined]  # where flask-smorest looks for it
