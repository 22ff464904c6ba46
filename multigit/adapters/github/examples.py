"""Examples of GitHub workflows that multigit can start: what `init --workflows` writes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString, PlainScalarString

from multigit.adapters.github.workflow_file import FOLDER, file_name
from multigit.adapters.github.workflow_uses import (
    Use,
    common,
    distinguishing,
    is_required,
    target_input,
    version_input,
)
from multigit.adapters.github.yaml import written
from multigit.core.values.deploy_config import Deploy, GithubRunner
from multigit.core.values.deployment import unknown_keys
from multigit.core.values.problem import Problem
from multigit.core.values.start_time import STAMP
from multigit.core.values.workspace import Repo, Stage, Workspace

_KEY = "{key}"
_FILE = re.compile(r"[^/\\]+\.ya?ml")
_INPUTS = {"version": "{release}", "key": _KEY}  # what multigit proposes without a deploy table
_MEANINGS = {
    "{release}": "The release: a deploy tag",
    "{tag}": "The deploy tag",
    "{sha}": "The commit",
    "{branch}": "The branch",
    "{stage}": "The stage",
    "{environment}": "The environment",
    "{repo}": "The repository",
    "{target}": "Where it is deployed to",
    _KEY: "Identifies this deployment",
}

# The action is pinned to a commit, since a tag could be moved.
_CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683"
_CHECKOUT_TAG = "v4.2.2"
_HEALTH = {
    "name": "Check its health",
    "if": "vars.HEALTH_URL != ''",
    "run": LiteralScalarString(
        """\
for try in 1 2 3 4 5 6 7 8 9 10; do
  curl --fail --silent --show-error --max-time 5 "$HEALTH_URL" && exit 0
  sleep 10
done
exit 1
"""
    ),
    "env": {"HEALTH_URL": "${{ vars.HEALTH_URL }}"},
}


@dataclass(frozen=True, slots=True)
class Example:
    """A workflow that a repository needs: its text, or the problem that prevents one."""

    repo: Repo
    path: PurePosixPath
    text: str = ""
    problem: Problem | None = None


def workflows(workspace: Workspace) -> Iterator[Example]:
    """Yield the workflow files that the deployments of each repository need.

    Stages without a deploy table get one, too, if they have deploy tags.
    """
    for repo in workspace.repos:
        files: dict[str, list[Use]] = {}
        for stage in workspace.stages_of(repo):
            if use := _use(workspace, repo, stage):
                files.setdefault(file_name(use.runner.workflow), []).append(use)
        for file, uses in files.items():
            problem = _problem(file, uses)
            text = "" if problem else workflow(uses, file)
            yield Example(repo, PurePosixPath(FOLDER, file), text, problem)


def workflow(uses: Sequence[Use], file: str) -> str:
    """Return the example for one stage, or for several that an input distinguishes."""
    first = uses[0]
    environment, version = _environment(uses), _version(uses)
    keys = [name for name in common(uses) if _KEY in first.runner.inputs[name]]
    key = f" ({_expression(_input(keys[0]))})" if keys else ""
    job = {
        "runs-on": "ubuntu-latest",
        "timeout-minutes": max(math.ceil(use.seconds / 60) for use in uses),
        "environment": environment,
        "steps": _steps(uses, version),
    }
    parts: Sequence[Mapping[str, Any]] = (
        {
            "name": "Deploy" if len(uses) > 1 else f"Deploy to {first.environment}",
            "run-name": f"Deploy {version} to {environment}{key}",
        },
        {PlainScalarString("on"): _pushes(first) if first.runner.by_push else _dispatches(uses)},
        {"permissions": {"contents": "read"}},
        {"concurrency": {"group": f"deploy-{environment}", "cancel-in-progress": False}},
        {"jobs": {"deploy": job}},
    )
    return "\n".join((_about(uses, file), *map(written, parts)))


def _steps(uses: Sequence[Use], version: str) -> CommentedSeq:
    """Return the steps of the job: check out what is deployed, deploy it, check its health."""
    checkout = CommentedMap(uses=_CHECKOUT)
    checkout.yaml_add_eol_comment(_CHECKOUT_TAG, "uses", column=0)
    if "inputs" in version:
        checkout["with"] = {"ref": version}
    target = target_input(uses)
    variables = {"VERSION": version, **({"TARGET": _expression(_input(target))} if target else {})}
    arguments = " ".join(f'"${name}"' for name in variables)
    deploy = {"name": "Deploy", "run": f"./deploy.sh {arguments}", "env": variables}
    steps = CommentedSeq([checkout, deploy, _HEALTH])
    for place in (1, 2):
        steps.yaml_set_comment_before_after_key(place, before="\n")  # an empty line
    return steps


def _use(workspace: Workspace, repo: Repo, stage: Stage) -> Use | None:
    """Return how a stage deploys a repository by a workflow, None if it does not."""
    match workspace.deploy(repo, stage):
        case Deploy(runner=GithubRunner() as runner, timeout=seconds):
            return Use(stage, runner, seconds)
        case None if stage.tag and stage.name not in repo.deploys:
            proposed = GithubRunner(f"deploy-{stage.name}.yml", inputs=_INPUTS)
            return Use(stage, proposed, configured=False)
        case _:
            return None


def _problem(file: str, uses: Sequence[Use]) -> Problem | None:
    """Return why there is no example that all of these stages could use, or None."""
    if not _FILE.fullmatch(file):
        message = f"the workflow {file} of {uses[0].stage.name} is not a file in {FOLDER}."
        hint = 'Set it to the name of a file, such as workflow = "deploy.yml".'
        return Problem("workflow_no_file", message, hint)
    if len(uses) > 1 and not distinguishing(uses):
        stages = " and ".join(use.stage.name for use in uses)
        return Problem(
            "workflow_shared",
            f"{stages} use the same {file}, but no input says which of them is deployed.",
            "Use a file for each, or add an input that says which, such as "
            'inputs = {environment = "{environment}"}, without trigger = "push".',
        )
    return None


def _environment(uses: Sequence[Use]) -> str:
    if len(uses) > 1:
        return _expression(_input(distinguishing(uses)))
    return uses[0].environment.replace("${{", "${{ '${{' }}")


def _version(uses: Sequence[Use]) -> str:
    """Return the expression for what is deployed: an input, or what the run was started on."""
    given = version_input(uses)
    if given and all(use.always_names_version(given) for use in uses):
        return _expression(_input(given))
    if given:
        return _expression(f"{_input(given)} || github.sha")
    on_tag = all(use.runner.ref == "tag" for use in uses)
    return _expression("github.ref_name" if on_tag else "github.sha")


def _input(name: str) -> str:
    """Return how an expression reads an input."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name):
        return f"inputs.{name}"
    quoted = name.replace("'", "''")
    return f"inputs['{quoted}']"


def _expression(code: str) -> str:
    return f"${{{{ {code} }}}}"


def _pushes(use: Use) -> dict[str, Any]:
    if use.runner.ref == "branch":
        return {"push": {"branches": [use.stage.branch]}}
    return {"push": {"tags": [tag_filter(use.stage.tag)]}}


def tag_filter(template: str) -> str:
    """Return GitHub's pattern for a stage's tags, including -2 after a tag that was taken."""
    end = "" if template.endswith(STAMP) else "*"
    return template.replace(STAMP, "[0-9]+-[0-9]*") + end


def _dispatches(uses: Sequence[Use]) -> dict[str, Any]:
    names = dict.fromkeys(name for use in uses for name in use.runner.inputs)
    inputs = {name: _declared(name, uses) for name in names}
    return {"workflow_dispatch": {"inputs": inputs} if inputs else None}


def _declared(name: str, uses: Sequence[Use]) -> dict[str, Any]:
    """Return the declaration of an input; a value that all deployments share is its default."""
    giving = [use for use in uses if name in use.runner.inputs]
    meanings = {_MEANINGS.get(use.runner.inputs[name], "") for use in giving}
    values = {use.value(name) for use in giving}
    (meaning, *others), (value, *more) = meanings, values
    declared: dict[str, Any] = {"description": meaning} if meaning and not others else {}
    if is_required(name, uses):
        declared["required"] = True
    elif not more and (value == _KEY or not unknown_keys(value, ())):
        declared["default"] = "by hand" if value == _KEY else value
    return {**declared, "type": "string"}


def _about(uses: Sequence[Use], file: str) -> str:
    """Return the comment at the top of the file: who starts it, and with what."""
    stages = " and ".join(use.stage.name for use in uses)
    tables = " and ".join(f"[stages.{use.stage.name}.deploy]" for use in uses)
    lines = [f"Deploys this repository to {stages}."]
    if uses[0].runner.by_push:
        lines += ["The push starts it; multigit finds the run and watches it."]
    elif all(use.configured for use in uses):
        lines += [f"multigit starts it with the inputs of {tables}."]
    else:
        inputs = ", ".join(f'{name} = "{value}"' for name, value in _INPUTS.items())
        lines[0] += " multigit starts it with:"
        lines += ["", f"  {tables}", '  runner = "github"', f'  workflow = "{file}"']
        lines += [f"  inputs = {{{inputs}}}"]
    return "".join(f"# {line}".rstrip() + "\n" for line in lines)
