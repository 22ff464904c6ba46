"""The example workflows match the deploy tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from multigit.adapters.github.examples import Example, tag_filter, workflows
from multigit.adapters.github.workflow_file import read_workflow
from multigit.core.values.deploy_config import CommandRunner, Deploy, GithubRunner, Trigger
from multigit.core.values.workspace import Repo, Stage, Workspace

API = Repo("api", "api")
STG = Stage("stg", "stg", tag="stg-{timestamp}")
MAIN = Stage("main", "main", tag="deploy-{timestamp}", environment="production")
GIVEN = {"version": "{release}", "where": "{target}", "token": "run {key}", "roll back": "no"}


def github(file: str = "deploy.yml", **changes: Any) -> Deploy:
    """Return a deployment by a workflow."""
    return Deploy(GithubRunner(file, **changes))


def examples(*stages: Stage, repo: Repo = API) -> list[Example]:
    """Return the examples for one repository."""
    return list(workflows(Workspace(Path(), stages, (repo,))))


def text_of(stage: Stage, deploy: Deploy | None) -> str:
    """Return the only example for a stage."""
    (example,) = examples(replace(stage, deploy=deploy))
    assert example.problem is None
    return example.text


def parsed(text: str) -> Any:
    """Return the content of the file as GitHub reads it: `on` is a string."""
    return YAML(typ="safe", pure=True).load(text)


def step(text: str, name: str) -> Any:
    """Return a step of the job."""
    return next(s for s in parsed(text)["jobs"]["deploy"]["steps"] if s.get("name") == name)


def test_a_stage_without_a_deploy_table_is_shown_one() -> None:
    """A tagged stage gets an example; one without tags, left out or with a command gets none."""
    (example,) = examples(STG, Stage("dev", "dev"))
    assert example.path.name == "deploy-stg.yml"
    assert '#   inputs = {version = "{release}", key = "{key}"}' in example.text
    assert examples(STG, repo=replace(API, deploys={"stg": None})) == []
    assert examples(replace(STG, deploy=Deploy(CommandRunner(("./deploy.sh",))))) == []


def test_the_inputs_are_those_of_the_table() -> None:
    """GitHub would refuse others; a value that is always the same is the default."""
    text = text_of(MAIN, github(inputs={**GIVEN, "env": "{environment}"}))
    assert parsed(text)["on"]["workflow_dispatch"]["inputs"] == {
        "version": {
            "description": "The release: a deploy tag",
            "required": True,
            "type": "string",
        },
        "where": {"description": "Where it is deployed to", "type": "string"},
        "token": {"type": "string"},
        "roll back": {"default": "no", "type": "string"},
        "env": {"description": "The environment", "default": "production", "type": "string"},
    }
    run_name = "Deploy ${{ inputs.version }} to production (${{ inputs.token }})"
    assert parsed(text)["run-name"] == run_name
    assert step(text, "Deploy") == {
        "name": "Deploy",
        "run": './deploy.sh "$VERSION" "$TARGET"',
        "env": {"VERSION": "${{ inputs.version }}", "TARGET": "${{ inputs.where }}"},
    }
    assert "runner =" not in text


def test_without_inputs_the_ref_of_the_run_is_deployed() -> None:
    """The version is the name of the tag, or the commit of the branch."""
    text = text_of(MAIN, github())
    assert parsed(text)["on"] == {"workflow_dispatch": None}
    assert step(text, "Deploy")["env"] == {"VERSION": "${{ github.ref_name }}"}
    assert "ref:" not in text
    branch = text_of(MAIN, github(ref="branch"))
    assert step(branch, "Deploy")["env"] == {"VERSION": "${{ github.sha }}"}


def test_on_a_branch_the_release_may_be_empty() -> None:
    """Then the input is not required, and the commit is used."""
    text = text_of(MAIN, github(ref="branch", inputs={"v-1": "{release}"}))
    assert parsed(text)["on"]["workflow_dispatch"]["inputs"]["v-1"] == {
        "description": "The release: a deploy tag",
        "type": "string",
    }
    assert "ref: ${{ inputs.v-1 || github.sha }}" in text


@pytest.mark.parametrize("ref", ["tag", "branch"])
def test_what_a_push_starts_has_a_push_trigger(ref: Any) -> None:
    """The trigger is for the tag or the branch, and there are no inputs."""
    deploy = github(ref=ref, trigger=Trigger.PUSH, inputs={"version": "{release}"})
    text = text_of(MAIN, deploy)
    file = read_workflow(text)
    assert not file.dispatchable
    assert bool(file.started_by(branch="main")) == (ref == "branch")
    for name in ("deploy-20250115-150130", "deploy-20250115-150130-2"):
        assert bool(file.started_by(tag=name)) == (ref == "tag")
    for name in ("stg-deploy-20250115-150130", "deploy-me"):
        assert not file.started_by(tag=name)
    assert "inputs" not in text.partition("on:")[2]
    assert parsed(text)["jobs"]["deploy"]["environment"] == "production"


def test_the_pattern_of_a_tag_that_does_not_end_in_its_timestamp() -> None:
    """A number that makes a tag unique is at its end."""
    assert tag_filter("{timestamp}-main") == "[0-9]+-[0-9]*-main*"


def test_names_that_yaml_would_misread_are_quoted() -> None:
    """The branch, environment, stage and inputs are read back unchanged."""
    odd = replace(MAIN, name="on", branch="1.0", environment="- a: *b # ${{ c }}")
    inputs = {"yes": "{release}", "a: b": "# {stage}", "it's": "*{key}"}
    text = text_of(odd, github(inputs=inputs))
    document = parsed(text)
    assert list(document["on"]["workflow_dispatch"]["inputs"]) == list(inputs)
    assert document["on"]["workflow_dispatch"]["inputs"]["a: b"]["default"] == "# on"
    assert document["name"] == "Deploy to - a: *b # ${{ c }}"
    assert document["jobs"]["deploy"]["environment"] == "- a: *b # ${{ '${{' }} c }}"
    assert "(${{ inputs['it''s'] }})" in document["run-name"]
    pushed = text_of(odd, github(trigger=Trigger.PUSH, ref="branch"))
    assert parsed(pushed)["on"] == {"push": {"branches": ["1.0"]}}


def test_two_stages_share_a_file_that_an_input_distinguishes() -> None:
    """It has the inputs of both, and the environment is an input."""
    both = {"to": "{environment}", "version": "{release}"}
    (example,) = examples(
        replace(STG, deploy=Deploy(GithubRunner("d.yml", inputs=both), timeout=60)),
        replace(MAIN, deploy=Deploy(GithubRunner("d.yml", inputs={**both, "x": "y"}), timeout=61)),
    )
    document = parsed(example.text)
    assert document["jobs"]["deploy"]["environment"] == "${{ inputs.to }}"
    assert document["jobs"]["deploy"]["timeout-minutes"] == 2
    assert document["concurrency"]["group"] == "deploy-${{ inputs.to }}"
    assert document["on"]["workflow_dispatch"]["inputs"] == {
        "to": {"description": "The environment", "required": True, "type": "string"},
        "version": {"description": "The release: a deploy tag", "required": True, "type": "string"},
        "x": {"default": "y", "type": "string"},
    }


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"inputs": {"version": "{release}"}},
        {"inputs": {"to": "{environment}"}, "trigger": Trigger.PUSH},
    ],
)
def test_two_stages_that_no_input_distinguishes_get_no_file(changes: Any) -> None:
    """Otherwise each could deploy to the environment of the other one."""
    deploy = github(**changes)
    (example,) = examples(replace(STG, deploy=deploy), replace(MAIN, deploy=deploy))
    assert example.text == ""
    assert example.problem
    assert example.problem.code == "workflow_shared"
    assert "stg and main use the same deploy.yml" in example.problem.message


def test_a_file_that_another_stage_would_get_by_default_is_shared_too() -> None:
    """No stage is skipped silently."""
    (example,) = examples(STG, replace(MAIN, deploy=github("deploy-stg.yml")))
    assert example.problem
    assert example.problem.code == "workflow_shared"


@pytest.mark.parametrize("name", ["../deploy.yml", "a/deploy.yml", "12345", "deploy", ".yml"])
def test_a_workflow_that_is_not_a_file_of_the_folder_cannot_be_written(name: str) -> None:
    """GitHub also accepts an id; nothing is written outside the folder."""
    (example,) = examples(replace(STG, deploy=github(name)))
    assert example.problem
    assert example.problem.code == "workflow_no_file"


def test_the_name_may_include_the_folder() -> None:
    """It is the same file with and without the folder."""
    (example,) = examples(replace(STG, deploy=github(".github/workflows/d.yaml")))
    assert str(example.path) == ".github/workflows/d.yaml"
