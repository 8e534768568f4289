"""/docs: the API written out of its own description, as one plain page: no script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import Any

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;"
    "border-top:1px solid #8886}code{font-size:.9em}h2{margin-top:2.5rem}"
)
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-{}'"


def policy() -> str:
    """The page's own Content-Security-Policy: its style, by its hash, and nothing else."""
    return POLICY.format(base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode())


def page(description: dict[str, Any], limits: dict[str, tuple[Any, str]]) -> str:
    """HTML of an OpenAPI description and of the server's limits, by name with value and meaning."""
    routes = "".join(
        _route(path, method, operation, description)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    )
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code><td>{escape(f'{value:,}')}<td>{escape(what)}"
        for name, (value, what) in limits.items()
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(description["info"]["title"])}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
        f"<h1>{escape(description['info']['title'])}</h1><p>{escape(description['info']['description'])}</p>"
        f'<p>For programs: <a href="/openapi.json">/openapi.json</a>.</p>{routes}'
        f"<h2>Limits</h2><table><tr><th>name<th>here<th>what{rows}</table></html>"
    )


def _route(path: str, method: str, operation: dict[str, Any], description: dict[str, Any]) -> str:
    answers = ", ".join(f"{status} {escape(each['description'])}" for status, each in operation["responses"].items())
    return (
        f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{escape(operation.get('description', ''))}</p>"
        f"{_fields(operation, description)}<p>Answers: {answers}</p>"
    )


def _fields(operation: dict[str, Any], description: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return ""
    schema = description["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code>{'' if name not in schema.get('required', ()) else ' (needed)'}"
        f"<td>{escape(_kind(field))}<td>{escape(field.get('description', ''))}"
        for name, field in schema["properties"].items()
    )
    return f"<table><tr><th>field<th>kind<th>what{rows}</table>"


def _kind(field: dict[str, Any]) -> str:
    """'integer 1 to 4096', 'string or list'."""
    if "$ref" in field:
        return field["$ref"].rpartition("/")[2]
    if "anyOf" in field:
        kinds = [_kind(each) for each in field["anyOf"] if each.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    kind = {"array": "list", "object": "object"}.get(field.get("type", ""), field.get("type", "")) or repr(field)
    low = field.get("minimum", field.get("exclusiveMinimum"))
    high = field.get("maximum")
    return kind if low is None or high is None else f"{kind} {low:.15g} to {high:.15g}"
