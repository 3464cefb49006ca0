"""The reference: the description of the API as one page, which needs no script."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask, render_template, request
from jinja2 import StrictUndefined
from markupsafe import Markup, escape

from core.web.api.paths import PREFIX

_METHODS = ("get", "post", "put", "patch", "delete")
_MARKS = re.compile(r"(`[^`]+`|\*\*[^*]+\*\*)")
_MANY = 12
Description = Mapping[str, Any]


def prepare_reference(app: Flask) -> None:
    """Let the page's template write sentences."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["prose"] = prose


def show_reference(description: Description) -> str:
    """The page."""
    schemas = description["components"]["schemas"]
    return render_template(
        "api/reference.html",
        info=description["info"],
        nouns=list(_nouns(description)),
        forms=[{"name": name, "fields": list(_fields(schemas[name]))} for name in sorted(schemas)],
        static=f"{request.script_root.removesuffix(PREFIX)}/static",
    )


def prose(text: str) -> Markup:
    """A text of which backticks mark code and two asterisks what is strong."""
    parts = []
    for part in _MARKS.split(text):
        if part.startswith("`"):
            parts.append(Markup("<code>{}</code>").format(part.strip("`")))
        elif part.startswith("**"):
            parts.append(Markup("<strong>{}</strong>").format(part.strip("*")))
        else:
            parts.append(escape(part))
    return Markup("").join(parts)


def _nouns(description: Description) -> Iterator[dict[str, Any]]:
    for tag in description["tags"]:
        operations = [
            _operation(description, method, path, item[method])
            for path, item in description["paths"].items()
            for method in _METHODS
            if method in item and tag["name"] in item[method]["tags"]
        ]
        yield {**tag, "operations": operations}


def _operation(description: Description, method: str, path: str, found: Description) -> dict[str, Any]:
    item = description["paths"][path]
    body = found.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return {
        "id": re.sub(r"[^a-z]+", "-", f"{method}{path}").strip("-"),
        "method": method.upper(),
        "path": path,
        "summary": found["summary"],
        "description": found.get("description", ""),
        "scope": next(iter(found["security"][0].values()))[0],
        "body": _name(body.get("$ref")),
        "parameters": [_parameter(each) for each in (*item.get("parameters", ()), *found["parameters"])],
        "answers": [
            _answer(description, status, found["responses"][status])
            for status in sorted(found["responses"], key=str)
            if status < "4"
        ],
        "problems": [
            (status, _answer(description, status, found["responses"][status])["meaning"])
            for status in sorted(found["responses"], key=str)
            if "4" <= status < "6"
        ],
    }


def _parameter(found: Description) -> dict[str, str]:
    return {
        "name": found["name"],
        "place": found["in"],
        "form": _form(found["schema"]),
        "meaning": found.get("description", ""),
    }


def _answer(description: Description, status: str, found: Description) -> dict[str, Any]:
    if "$ref" in found:
        found = description["components"]["responses"][_name(found["$ref"])]
    schemas = [content["schema"] for content in found.get("content", {}).values()]
    form = _name(schemas[0].get("$ref")) if schemas else None
    return {"status": status, "meaning": found["description"], "form": form}


def _fields(schema: Description) -> Iterator[dict[str, Any]]:
    for name, found in schema.get("properties", {}).items():
        yield {
            "name": name,
            "form": _form(found),
            "meaning": found.get("description", ""),
            "required": name in schema.get("required", ()),
        }


def _form(schema: Description) -> str:
    """What a value looks like, in a few words."""
    if "$ref" in schema:
        return str(_name(schema["$ref"]))
    if "anyOf" in schema:
        return " or ".join(_form(each) for each in schema["anyOf"])
    if "items" in schema:
        return f"list of {_form(schema['items'])}"
    types = schema.get("type", "any")
    words = " or ".join(types if isinstance(types, list) else [types])
    if "format" in schema:
        words += f" ({schema['format']})"
    if "enum" in schema:
        shown = [str(value) for value in schema["enum"][:_MANY]]
        words = ", ".join(shown) + (", …" if len(schema["enum"]) > _MANY else "")
    for key, text in (("minimum", "from {}"), ("maximum", "to {}"), ("maxLength", "at most {} characters")):
        if key in schema:
            words += f", {text.format(schema[key])}"
    return words


def _name(reference: str | None) -> str | None:
    return reference.rpartition("/")[2] if reference else None
