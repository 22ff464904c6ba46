"""The contract: the operation of a request, violations of the rules, and values that keep them.

github-rest.json is the part of GitHub's OpenAPI description that multigit uses; its license is in
github-rest.LICENSE next to it.
"""

from __future__ import annotations

import copy
import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import ImmutableMultiDict

from tests.doubles.loopback import Answer, Request

FILE = Path(__file__).parents[1] / "github-rest.json"
TIME = "2025-01-06T09:00:00Z"

_SLASHES = frozenset({"path", "ref", "branch", "basehead", "environment_name"})
_ERROR = 400
_PLAIN = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": list[Any]()}
_FORMATS = {"uri": "https://example.org/", "date-time": TIME}


@dataclass(frozen=True, slots=True)
class Operation:
    """A method on a path of the contract, such as `actions/create-workflow-dispatch`."""

    id: str
    method: str
    template: str
    pattern: re.Pattern[str]
    queries: frozenset[str]


@dataclass(frozen=True, slots=True)
class Match:
    """An operation, and the path parameters of a request for it, decoded."""

    operation: Operation
    params: Mapping[str, str]


@dataclass(slots=True)  # openapi-core may change it
class _Asked:
    """A request in the form of openapi-core: slashes in a parameter are percent-encoded."""

    host_url: str
    path: str
    method: str
    parameters: RequestParameters
    content_type: str
    body: bytes | None


@dataclass(slots=True)
class _Answered:
    """An answer in the form of openapi-core."""

    data: bytes | None
    status_code: int
    content_type: str
    headers: Mapping[str, Any]


class Contract:
    """The operations and schemas of the contract file."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._checker = OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))
        self._host = document["servers"][0]["url"]
        self.operations = sorted(_operations(document), key=_looseness)

    def match(self, method: str, path: str) -> Match | None:
        """The operation of a percent-encoded path; None if the contract has none."""
        for operation in self.operations:
            found = operation.pattern.fullmatch(path) if operation.method == method else None
            if found:
                return Match(operation, {k: unquote(v) for k, v in found.groupdict().items()})
        return None

    def request_errors(self, match: Match, request: Request) -> tuple[str, ...]:
        """What is wrong with a request, including undocumented query parameters."""
        strange = {name for name, _ in request.query} - match.operation.queries
        asked = self._asked(match, request)
        found = [_text(error) for error in self._checker.iter_request_errors(asked)]
        return (*found, *(f"undocumented query parameter {name}" for name in sorted(strange)))

    def answer_errors(self, match: Match, request: Request, answer: Answer) -> tuple[str, ...]:
        """What is wrong with an answer; an undocumented error may have the basic-error shape."""
        documented = str(answer.status) in self._responses(match.operation)
        if answer.status == 304 and not answer.body:
            return ()
        if answer.status >= _ERROR and not documented:
            return _basic_error_errors(answer)
        headers = dict(answer.headers)
        answered = _Answered(
            answer.body or None, answer.status, headers.get("Content-Type", ""), headers
        )
        asked = self._asked(match, request)
        return tuple(map(_text, self._checker.iter_response_errors(asked, answered)))

    def fill(self, schema: str, **values: Any) -> dict[str, Any]:
        """The smallest value of a schema, with `values` filled in."""
        return {**copy.deepcopy(self._smallest_of(schema)), **values}

    @functools.cache  # noqa: B019 - one contract lives as long as the process
    def _smallest_of(self, schema: str) -> Any:
        return self._smallest(self._document["components"]["schemas"][schema])

    def _smallest(self, schema: Mapping[str, Any]) -> Any:
        """The smallest value: null if allowed, the first choice, an object's required parts."""
        if "$ref" in schema:
            return self._smallest_of(schema["$ref"].rpartition("/")[2])
        if schema.get("nullable") or "enum" in schema:
            return None if schema.get("nullable") else schema["enum"][0]
        choices = schema.get("oneOf") or schema.get("anyOf")
        if choices:
            return self._smallest(choices[0])
        parts = [self._smallest_object(part) for part in schema.get("allOf", ())]
        if parts or schema.get("type", "object") == "object":
            merged = [*parts, self._smallest_object(schema)]
            return {name: value for part in merged for name, value in part.items()}
        if schema["type"] == "string":
            return _FORMATS.get(schema.get("format", ""), "0" * schema.get("minLength", 0))
        return _PLAIN[schema["type"]]

    def _smallest_object(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        if "$ref" in schema:
            return dict(self._smallest(schema))
        parts = schema.get("properties", {})
        return {name: self._smallest(parts[name]) for name in schema.get("required", ())}

    def _responses(self, operation: Operation) -> Mapping[str, Any]:
        found = self._document["paths"][operation.template][operation.method.lower()]
        responses: Mapping[str, Any] = found["responses"]
        return responses

    def _asked(self, match: Match, request: Request) -> _Asked:
        quoted = {name: quote(value, safe="") for name, value in match.params.items()}
        parameters = RequestParameters(
            query=ImmutableMultiDict(request.query), header=dict(request.headers)
        )
        return _Asked(
            host_url=self._host,
            path=match.operation.template.format(**quoted),
            method=request.method.lower(),
            parameters=parameters,
            content_type=request.headers.get("content-type", ""),
            body=request.body or None,
        )


@functools.cache
def contract() -> Contract:
    """The contract of github-rest.json, read once."""
    return Contract(json.loads(FILE.read_text(encoding="utf-8"), object_hook=_undiscriminated))


def _undiscriminated(part: dict[str, Any]) -> dict[str, Any]:
    """Drop discriminators: they only hint at `oneOf`, and openapi-core refuses arrays there."""
    if isinstance(part.get("discriminator"), dict):
        del part["discriminator"]
    return part


def _operations(document: Mapping[str, Any]) -> list[Operation]:
    named = document["components"]["parameters"]

    def queries(operation: Mapping[str, Any]) -> frozenset[str]:
        given = operation.get("parameters", ())
        full = [named[p["$ref"].rpartition("/")[2]] if "$ref" in p else p for p in given]
        return frozenset(p["name"] for p in full if p["in"] == "query")

    return [
        Operation(one["operationId"], method.upper(), template, _pattern(template), queries(one))
        for template, methods in document["paths"].items()
        for method, one in methods.items()
    ]


def _pattern(template: str) -> re.Pattern[str]:
    """A pattern for raw paths; parameters with slashes may have them unencoded, as on GitHub."""

    def group(match: re.Match[str]) -> str:
        name = match[1]
        return f"(?P<{name}>{'.+' if name in _SLASHES else '[^/]+'})"

    return re.compile(re.sub(r"\\\{(\w+)\\\}", group, re.escape(template)))


def _looseness(operation: Operation) -> tuple[bool, int, int]:
    """A sort key that puts the operations first that match the fewest paths."""
    template = operation.template
    loose = any(f"{{{name}}}" in template for name in _SLASHES)
    return (loose, template.count("{"), -len(template))


def _basic_error_errors(answer: Answer) -> tuple[str, ...]:
    try:
        value = json.loads(answer.body)
    except ValueError:
        return (f"{answer.status} without JSON",)
    known = ("message", "documentation_url", "status", "url")
    right = isinstance(value, dict) and isinstance(value.get("message"), str)
    if right and all(isinstance(value.get(name, ""), str) for name in known):
        return ()
    return (f"{answer.status} is not a basic-error",)


def _text(error: Exception) -> str:
    """An error of openapi-core in the schema's words, without the whole value."""
    details = [item.message for item in getattr(error.__cause__ or error, "schema_errors", ())]
    return f"{type(error).__name__}: {'; '.join(details) or error}"
