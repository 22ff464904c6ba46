"""A workflow file: its triggers, its inputs and its jobs, as far as the double acts on them."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ruamel.yaml import YAML

FOLDER = ".github/workflows"

_EQUALS = re.compile(r"(?:\$\{\{)?\s*([\w.-]+)\s*(==|!=)\s*'([^']*)'\s*(?:\}\})?")
_EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
_MOST_FILES = 300  # of a diff that a path filter looks at
_DEFAULT_STEPS = ("Set up job", "Deploy", "Complete job")


@dataclass(frozen=True, slots=True)
class Input:
    """An input of `workflow_dispatch`; `options` is empty unless it is a choice."""

    name: str
    required: bool
    default: str | None
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Push:
    """The `push` trigger; None means that the key is absent."""

    branches: tuple[str, ...] | None
    tags: tuple[str, ...] | None
    branches_ignore: tuple[str, ...] | None
    tags_ignore: tuple[str, ...] | None
    paths: tuple[str, ...] | None = None
    paths_ignore: tuple[str, ...] | None = None

    def takes_files(self, changed: Sequence[str]) -> bool:
        """Whether changed files pass the path filter."""
        filters = (self.paths, self.paths_ignore)
        return any(_taken(path, *filters, other=False) for path in changed[:_MOST_FILES])

    def takes(self, ref: str) -> bool:
        """Whether a push to a full ref name starts the workflow."""
        name = ref.split("/", 2)[2]
        if ref.startswith("refs/tags/"):
            return _taken(name, self.tags, self.tags_ignore, other=self._only_branches())
        return _taken(name, self.branches, self.branches_ignore, other=self._only_tags())

    def _only_branches(self) -> bool:
        return self.branches is not None or self.branches_ignore is not None

    def _only_tags(self) -> bool:
        return self.tags is not None or self.tags_ignore is not None


@dataclass(frozen=True, slots=True)
class JobPlan:
    """A job and the names of its steps; `environment` may be an expression.

    `condition` is its `if`, `needs` are the keys of other jobs. A `skipped` job does not run.
    """

    name: str
    steps: tuple[str, ...] = _DEFAULT_STEPS
    environment: str | None = None
    key: str = ""
    condition: str = ""
    needs: tuple[str, ...] = ()
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow file. `inputs` is None without a `workflow_dispatch` trigger."""

    path: str
    name: str
    run_name: str | None
    inputs: tuple[Input, ...] | None
    push: Push | None
    jobs: tuple[JobPlan, ...]

    @property
    def file(self) -> str:
        """The file's name without its folder."""
        return self.path.rpartition("/")[2]


@functools.cache
def parse(path: str, text: str) -> Workflow:
    """The workflow of a file. Raises YAMLError if it is not YAML."""
    document = YAML(typ="safe", pure=True).load(text)
    triggers = _triggers(document["on"])
    return Workflow(
        path=path,
        name=document.get("name", path),
        run_name=document.get("run-name"),
        inputs=_inputs(triggers["workflow_dispatch"]) if "workflow_dispatch" in triggers else None,
        push=_push(triggers["push"] or {}) if "push" in triggers else None,
        jobs=tuple(_job(name, job or {}) for name, job in document.get("jobs", {}).items()),
    )


def expand(text: str, values: Mapping[str, str]) -> str:
    """`text` with expressions such as `${{ inputs.release }}` replaced; unknown ones are empty."""
    return _EXPRESSION.sub(lambda match: values.get(match[1], ""), text)


def planned(jobs: tuple[JobPlan, ...], values: Mapping[str, str]) -> tuple[JobPlan, ...]:
    """The jobs of a run that begins: their environments, and which of them are skipped.

    A job whose `if` is false is skipped, and so is one that needs it, unless it has an `if` itself.
    """
    made: dict[str, JobPlan] = {}
    for job in jobs:
        needy = not job.condition and any(made[key].skipped for key in job.needs)
        made[job.key] = replace(
            job,
            environment=job.environment and expand(job.environment, values),
            skipped=needy or not _holds(job.condition, values),
        )
    return tuple(made.values())


def _holds(condition: str, values: Mapping[str, str]) -> bool:
    """Whether an `if` holds: a constant, or one comparison with a string; else KeyError."""
    if match := _EQUALS.fullmatch(condition):
        return (values[match[1]] == match[3]) == (match[2] == "==")
    return {"": True, "true": True, "always()": True, "false": False}[condition]


def _triggers(on: Any) -> Mapping[str, Any]:
    if isinstance(on, str):
        return {on: None}
    return dict.fromkeys(on) if isinstance(on, list) else dict(on)


def _inputs(trigger: Mapping[str, Any] | None) -> tuple[Input, ...]:
    given = (trigger or {}).get("inputs") or {}
    return tuple(_input(name, one or {}) for name, one in given.items())


def _input(name: str, given: Mapping[str, Any]) -> Input:
    default = given.get("default")
    return Input(
        name=name,
        required=bool(given.get("required")),
        default=None if default is None else as_input(default),
        options=tuple(map(str, given.get("options", ()))),
    )


def as_input(value: Any) -> str:
    """The string that a workflow receives for an input: true, not True."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _push(given: Mapping[str, Any]) -> Push:
    def patterns(key: str) -> tuple[str, ...] | None:
        return tuple([given[key]] if isinstance(given[key], str) else given[key])

    keys = ("branches", "tags", "branches-ignore", "tags-ignore", "paths", "paths-ignore")
    return Push(*(patterns(key) if key in given else None for key in keys))


def _taken(
    name: str, only: tuple[str, ...] | None, ignored: tuple[str, ...] | None, *, other: bool
) -> bool:
    """A filter for branches alone excludes tags, and vice versa."""
    if only is None and ignored is None:
        return not other
    if ignored is not None:
        return not any(_fits(name, pattern) for pattern in ignored)
    taken = False
    for pattern in only or ():
        if _fits(name, pattern.removeprefix("!")):
            taken = not pattern.startswith("!")
    return taken


def _fits(name: str, pattern: str) -> bool:
    """`*` stops at a slash, `**` does not; `?` and `+` apply to the character before them.

    `**/` also matches no folder at all.
    """
    wild = {"*": "[^/]*", "**": ".*", "**/": "(.*/)?", "?": "?", "+": "+"}
    parts = re.split(r"(\*\*/|\*+|\?|\+|\[[\w-]+\])", pattern)
    made = (p if p.startswith("[") else wild.get(p, re.escape(p)) for p in parts)
    return re.fullmatch("".join(made), name) is not None


def _job(key: str, job: Mapping[str, Any]) -> JobPlan:
    environment = job.get("environment")
    if isinstance(environment, dict):
        environment = environment.get("name")
    named = tuple(_step(step) for step in job.get("steps") or ())
    needs = job.get("needs") or ()
    return JobPlan(
        name=job.get("name", key),
        steps=named or _DEFAULT_STEPS,
        environment=environment,
        key=key,
        condition=as_input(job.get("if", "")),
        needs=(needs,) if isinstance(needs, str) else tuple(needs),
    )


def _step(step: Mapping[str, Any]) -> str:
    run = str(step.get("run", "")).partition("\n")[0]
    return str(step.get("name") or f"Run {step.get('uses') or run}")
