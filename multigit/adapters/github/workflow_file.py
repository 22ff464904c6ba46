"""A workflow file, as far as multigit needs it: what starts it, and its environments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from multigit.core.values.refs import branch_ref, tag_ref

FOLDER = ".github/workflows"
EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_PART = re.compile(r"\*\*/|\*\*|\*|\?|\+|\[[^\]]+\]|.", re.DOTALL)
_WILD = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "?", "+": "+"}


@dataclass(frozen=True, slots=True)
class Filter:
    """The patterns of a push trigger for branches, tags or paths; None if the key is absent."""

    only: tuple[str, ...] | None = None
    ignored: tuple[str, ...] | None = None

    @property
    def absent(self) -> bool:
        """True when nothing is said about this kind of ref."""
        return self.only is None and self.ignored is None

    def matches(self, name: str) -> bool:
        """Return whether a name passes; the last pattern that matches it decides."""
        if self.only is None:
            return not any(fits(name, pattern) for pattern in self.ignored or ())
        matching = [each for each in self.only if fits(name, each.removeprefix("!"))]
        return bool(matching) and not matching[-1].startswith("!")


@dataclass(frozen=True, slots=True)
class PushTrigger:
    """The filters of a push trigger. Those of paths do not apply to tags."""

    branches: Filter = Filter()
    tags: Filter = Filter()
    paths: Filter = Filter()


@dataclass(frozen=True, slots=True)
class WorkflowJob:
    """A job; its name and environment may hold expressions. `skippable`: it may be skipped."""

    key: str
    name: str = ""
    environment: str = ""
    skippable: bool = False


@dataclass(frozen=True, slots=True)
class WorkflowFile:
    """What starts a workflow, its jobs, and the name of its runs, with expressions.

    `pushed` is None without a push trigger.
    """

    dispatchable: bool
    pushed: PushTrigger | None
    jobs: tuple[WorkflowJob, ...] = ()
    run_name: str = ""

    @property
    def environments(self) -> tuple[str, ...]:
        """Return the environments that its jobs name without an expression."""
        named = (job.environment for job in self.jobs)
        return tuple(dict.fromkeys(name for name in named if name and not EXPRESSION.search(name)))

    def shows(self, name: str) -> bool:
        """Return whether the name of a run shows an input."""
        words = re.escape(name)
        shown = rf"\binputs(?:\.{words}(?![\w-])|\[\s*'{words}'\s*\])"
        return any(re.search(shown, each) for each in EXPRESSION.findall(self.run_name))

    def started_by(self, *, branch: str = "", tag: str = "") -> tuple[str, ...]:
        """Return the full names of the refs whose push starts it, whatever the changed files."""
        if self.pushed is None:
            return ()
        branches, tags = self.pushed.branches, self.pushed.tags
        by_branch = (branch_ref(branch),) if branch and _starts(branch, branches, tags) else ()
        by_tag = (tag_ref(tag),) if tag and _starts(tag, tags, branches) else ()
        return (*by_branch, *by_tag)


def file_name(workflow: str) -> str:
    """Return a workflow's name in GitHub's API: that of its file, without the folder."""
    return workflow.removeprefix(f"{FOLDER}/")


def read_workflow(content: str) -> WorkflowFile:
    """Return what a workflow file says; raises ValueError if GitHub would not accept it."""
    try:
        document = YAML(typ="safe", pure=True).load(content)
    except (YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("it is not YAML.") from error
    if not isinstance(document, dict):
        raise ValueError("it is not a mapping.")  # noqa: TRY004  (what is wrong is the file's value)
    triggers = _triggers(document.get("on", document.get(True)))  # `on` is true in YAML 1.1
    push = triggers.get("push", False)
    return WorkflowFile(
        dispatchable="workflow_dispatch" in triggers,
        pushed=None if push is False else _filters(push),
        jobs=_jobs(document.get("jobs")),
        run_name=_text(document.get("run-name")),
    )


def fits(name: str, pattern: str) -> bool:
    """Return whether a ref or path matches one of GitHub's patterns; a broken one matches none.

    See docs.github.com, "Workflow syntax", "Filter pattern cheat sheet".
    """
    parts = (_WILD.get(part) or _literal(part) for part in _PART.findall(pattern))
    try:
        return re.fullmatch("".join(parts), name, re.DOTALL) is not None
    except re.error:
        return False


def _literal(part: str) -> str:
    return part if part.startswith("[") and part.endswith("]") else re.escape(part)


def _starts(name: str, own: Filter, other: Filter) -> bool:
    """Return whether a push of this name starts it; filters for tags alone exclude branches."""
    return other.absent if own.absent else own.matches(name)


def _triggers(on: Any) -> Mapping[Any, Any]:
    """Return the triggers, which may be a word, a list of words, or a mapping."""
    if isinstance(on, str):
        return {on: None}
    if isinstance(on, list):
        return dict.fromkeys(each for each in on if isinstance(each, str))
    if isinstance(on, dict):
        return on
    raise ValueError("it does not say what triggers it.")


def _filters(push: Any) -> PushTrigger:
    given = push if isinstance(push, dict) else {}
    kinds = ("branches", "tags", "paths")
    keys = ((kind, f"{kind}-ignore") for kind in kinds)
    return PushTrigger(*(Filter(*(_patterns(given.get(key)) for key in pair)) for pair in keys))


def _patterns(given: Any) -> tuple[str, ...] | None:
    if given is None:
        return None
    return tuple(map(str, given if isinstance(given, list) else [given]))


def _jobs(jobs: Any) -> tuple[WorkflowJob, ...]:
    rows = jobs.items() if isinstance(jobs, dict) else ()
    return tuple(_job(str(key), job if isinstance(job, dict) else {}) for key, job in rows)


def _job(key: str, job: Mapping[Any, Any]) -> WorkflowJob:
    given = job.get("environment")
    environment = given.get("name") if isinstance(given, dict) else given
    skippable = "if" in job or "uses" in job
    return WorkflowJob(key, _text(job.get("name")), _text(environment), skippable)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
