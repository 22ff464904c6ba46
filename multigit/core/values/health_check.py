"""Whether an answer of a deployed service is the one that its health check requires."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from multigit.core.values.deploy_config import HealthCheck
from multigit.core.values.text import cut, visible

LONGEST_PAUSE = 60.0  # seconds that a service may ask to wait before the next check
SHOWN = 200  # characters of an answer that a sentence quotes


@dataclass(frozen=True, slots=True)
class HealthAnswer:
    """An HTTP answer: status, body as text, headers by lower-case name.

    `fault` says why the body is not whole: the end of a sentence that begins with “its answer is”.
    `pause` is how many seconds the service asks to wait, because of a limit or a restart.
    """

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks of a service so far: how often it was asked, and how many answers were right.

    `row` counts the right ones since the last wrong one, of which `wrong` says what was wrong.
    """

    asked: int = 0
    right: int = 0
    row: int = 0
    wrong: str = ""

    def after(self, wrong: str) -> Checks:
        """Return the checks after one more; `wrong` is empty for a right answer."""
        if wrong:
            return Checks(self.asked + 1, self.right, 0, wrong)
        return Checks(self.asked + 1, self.right + 1, self.row + 1, self.wrong)

    def reason(self, check: HealthCheck) -> str:
        """Return why the service is not healthy, in sentences that begin with its last answer."""
        if self.row:
            last = "the last answer was" if self.row == 1 else f"the last {self.row} answers were"
            before = f" Before: {self.wrong}" if self.wrong else ""
            return f"{last} right, but {check.successes} in a row are required.{before}"
        if self.right:
            were = "was" if self.right == 1 else "were"
            return f"{self.wrong} Of {self.asked} answers, {self.right} {were} right."
        return self.wrong or "it was not checked."


def unhealthy(check: HealthCheck, wanted: str, answer: HealthAnswer) -> str:
    """Return what is wrong with an answer, or empty; `wanted` is what the named part must equal."""
    if answer.status != check.status:
        more = answer.headers.get("location", "") or answer.body
        return f"it answers {answer.status}, not {check.status}{_quoted(more)}."
    if check.header:
        found = answer.headers.get(check.header.lower())
        return _differs(f"the header {check.header}", found, wanted)
    if check.json and answer.fault:  # what is missing could replace what was read
        return f"its answer is {answer.fault}, so {check.json} cannot be read."
    if check.json:
        try:
            value = json.loads(answer.body)
        except (ValueError, RecursionError):
            return f"its answer is not JSON{_quoted(answer.body)}."
        return _differs(check.json, _at(value, check.json), wanted)
    return ""


def _quoted(text: str) -> str:
    return f": {excerpt(text)}" if text.strip() else ""


def _differs(what: str, found: object, wanted: str) -> str:
    if found is None:
        return f"{what} is missing from its answer."
    text = found if isinstance(found, str) else json.dumps(found)
    return "" if text == wanted else f"{what} is {excerpt(text)}, not {wanted}."


def _at(value: Any, path: str) -> object:
    """Return what is at a dotted path, or None; a number counts list items."""
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def excerpt(text: str) -> str:
    """Return the beginning of a text from outside, harmless and on one line."""
    line = visible(" ".join(text[: 2 * SHOWN].split()))
    return cut(line, SHOWN) or "nothing"
