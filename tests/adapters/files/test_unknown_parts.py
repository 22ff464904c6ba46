"""Journals of other versions: older ones are read, and newer ones are refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from multigit.adapters.files.journal import Journal
from multigit.core.planning.steps import Step
from multigit.core.progress.journal import without_hints
from multigit.errors import RefusedError
from tests.adapters.files.journal_of_everything import JOURNALS, everything, write_everything

Document = dict[str, Any]
RENAMED = {"sight": "status"}  # keys of version 0.1.0 and their current names


def objects(content: object, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the path of every object with fixed fields in a line."""
    named = {"made", "later", "inputs", "params", "progress", "deployments"}
    free = {*named, "holds", "repos", "there"}  # their keys are names
    pairs: list[tuple[Any, Any]] = []
    if isinstance(content, dict):
        if not free & set(at[-1:]) and "made" not in at:
            yield at
        pairs = list(content.items())
    elif isinstance(content, list):
        pairs = list(enumerate(content))
    for key, value in pairs:
        yield from objects(value, (*at, key))


def inside(content: Any, at: tuple[Any, ...]) -> Any:
    """Return the value at a path."""
    for key in at:
        content = content[key]
    return content


def assert_holds(value: Any, content: object) -> None:
    """Assert that a value has everything that a document has; it may have more."""
    match content:
        case dict():
            for name, each in content.items():
                key = RENAMED.get(str(name), str(name))
                assert_holds(value[key] if isinstance(value, dict) else getattr(value, key), each)
        case list():
            assert len(value) == len(content)
            for each, part in zip(value, content, strict=True):
                assert_holds(each, part)
        case _:
            assert value == content


def refusal(file: Path, lines: list[Document]) -> RefusedError:
    """Write a journal of these lines, and return the error of reading it."""
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    with pytest.raises(RefusedError) as refused:
        Journal(file).read()
    return refused.value


@pytest.fixture
def lines(tmp_path: Path) -> list[Document]:
    """Return the lines of a journal of this version."""
    return [json.loads(line) for line in write_everything(tmp_path).read_text().splitlines()]


def test_every_step_is_there() -> None:
    """A new type of step must be added to the journal that these tests read."""
    kinds = {type(step) for repo in everything().repos for step in repo.steps}
    assert {kind for part in get_args(Step) for kind in (get_args(part) or (part,))} == kinds


def in_an_older_version(file: Path) -> list[Document]:
    """Return the lines of a 0.1.0 journal, rearranged as this version stores the same content."""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    repos = [repo for line in lines if "plan" in line for repo in line["plan"]["repos"]]
    for problem in (each for repo in repos for each in repo["problems"]):
        problem["hint"] = ""
    for repo in repos:
        for key in ("made", "published", "begun", "deployed"):
            repo.pop(key, None)
    for step in (each for repo in repos for each in repo["steps"] if each["type"] == "merge"):
        result = {key: step.pop(key) for key in ("commit", "tree", "files")}
        own = {key: step.pop(key) for key in ("source_branch", "branch", "type")}
        merge = {key: step.pop(key) for key in [*step]}
        step.update(own, merge=merge | {"result": result})
    return lines


def test_a_journal_of_an_older_version_is_read() -> None:
    """All of its content is read except hints, which are meant for another folder."""
    file = JOURNALS / "0.1.0.jsonl"
    known = Journal(file).read()
    assert known
    begun, publishing, settled, deployment = in_an_older_version(file)
    assert_holds(known.plan, begun["plan"])
    assert_holds(known.actor, begun["actor"])
    api = known.state.of("api")
    assert api.made == publishing["made"]["api"]
    assert api.settled == settled["state"]
    assert_holds(api.deployments["fra"], deployment["deployment"])


def test_what_an_older_version_had_found_when_it_continued_is_known() -> None:
    """It kept that in the plan: what was made, published, started and deployed so far."""
    file = JOURNALS / "0.1.0-continued.jsonl"
    known = Journal(file).read()
    assert known
    plan = json.loads(file.read_text().splitlines()[-1])["plan"]
    before = {repo["repo"]: repo for repo in plan["repos"]}
    assert {name: known.state.of(name).made for name in before} == {
        name: repo["made"] for name, repo in before.items()
    }
    assert known.state.published() == {"database"}
    assert {name for name in before if known.state.of(name).begun} == {"database", "docs"}
    (fra,) = known.state.of("database").deployments.values()
    assert_holds(fra, before["database"]["deployed"][0])
    assert [*known.state.flights] == ["docs"]
    assert known.before == replace(known.state, flights=known.before.flights)


def test_the_status_of_a_deployment_is_known_by_its_older_key(
    lines: list[Document], tmp_path: Path
) -> None:
    """It was called `sight`, including in the progress of an earlier attempt."""
    expected = Journal(tmp_path / "everything.jsonl").read()
    for row in (lines[3]["deployment"], lines[0]["progress"]["api"]["deployments"]["nrt"]):
        row["sight"] = row.pop("status")
    file = tmp_path / "old.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert Journal(file).read() == expected


@pytest.mark.parametrize(
    ("message", "release", "asked"),
    [("Deploy r-1", "r-1", "r-1"), ("Deploy stg", "r-1", ""), ("Deploy ", "", "")],
)
def test_only_the_message_told_which_release_was_asked_for(
    lines: list[Document], tmp_path: Path, message: str, release: str, asked: str
) -> None:
    """What an older version has not noted is known from there; another command asked for none."""
    older = lines[0]["plan"]
    del older["asked_release"]
    older |= {"command": "deploy", "message": message, "release": release}
    file = tmp_path / "old.jsonl"
    for command, expected in (("deploy", asked), ("promote", "")):
        older["command"] = command
        file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        known = Journal(file).read()
        assert known
        assert known.plan.asked_release == expected


def test_an_older_version_does_not_read_over_how_far_this_one_got(lines: list[Document]) -> None:
    """The progress is in a field that an older version does not know, so it refuses the journal."""
    assert "progress" in lines[0]
    assert "progress" not in {key for repo in lines[0]["plan"]["repos"] for key in repo}


def test_what_has_a_default_may_be_missing(lines: list[Document], tmp_path: Path) -> None:
    """An older version did not write it."""
    del lines[0]["plan"]["pace"], lines[0]["plan"]["repos"][0]["wave"], lines[0]["by"]
    del lines[0]["plan"]["accepted"][0]["reason"]
    file = tmp_path / "old.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    known = Journal(file).read()
    assert known
    assert known.plan.repos == without_hints(everything()).repos
    assert known.plan.accepted == (replace(everything().accepted[0], reason=""),)


@pytest.mark.parametrize(
    ("key", "value"), [("made", ["x"]), ("deployed", "x"), ("deployed", [1]), ("repo", None)]
)
def test_what_no_older_version_wrote_is_damage(
    key: str, value: object, lines: list[Document], tmp_path: Path
) -> None:
    """It is an error, rather than being dropped with the fields that they did write."""
    lines[0]["plan"]["repos"][0] |= {"made": {}, "published": True, key: value}
    assert refusal(tmp_path / "bad.jsonl", lines).code == "journal_damaged"


def test_an_unknown_field_is_refused_wherever_it_stands(
    lines: list[Document], tmp_path: Path
) -> None:
    """This holds for records, plans, steps, runners and health checks."""
    places = [(number, *at) for number, line in enumerate(lines) for at in objects(line)]
    assert len(places) > 30
    for at in places:
        inside(lines, at)["invented"] = 1
        assert refusal(tmp_path / "new.jsonl", lines).code == "journal_newer", at
        del inside(lines, at)["invented"]


@pytest.mark.parametrize(
    ("at", "word"),
    [
        ((0, "plan", "repos", 0, "steps", 0, "type"), "cherry_pick"),
        ((0, "plan", "repos", 0, "steps", 4, "runner", "type"), "argo"),
        ((0, "plan", "repos", 0, "state"), "rolled_back"),
        ((0, "plan", "confirm"), "two_people"),
        ((2, "kind"), "swapped"),
        ((2, "state"), "rolled_back"),
        ((3, "deployment", "state"), "draining"),
        ((3, "journal"), 2),
    ],
)
def test_an_unknown_word_is_refused(
    at: tuple[Any, ...], word: object, lines: list[Document], tmp_path: Path
) -> None:
    """The error names the word, and the hint does not suggest moving the journal away."""
    inside(lines, at[:-1])[at[-1]] = word
    error = refusal(tmp_path / "new.jsonl", lines)
    assert error.code == "journal_newer"
    assert str(word) in error.message
    assert "move it away" not in error.hint


def test_the_version_to_install_is_named(lines: list[Document], tmp_path: Path) -> None:
    """The hint names the version that wrote the journal, even if a required field is missing."""
    lines[0]["by"] = "9.1.0"
    del lines[0]["plan"]["command"]
    error = refusal(tmp_path / "new.jsonl", lines)
    assert error.code == "journal_newer"
    assert "9.1.0" in error.hint


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ((0, "plan", "repos", 0, "steps", 0, "merge", "ours"), "stg-1"),
        ((0, "plan", "repos"), 7),
        ((0, "plan", "date"), None),
        ((1, "made"), ["api"]),
        ((2, "repos"), "api"),
        ((3, "journal"), "1"),
    ],
)
def test_what_no_version_writes_is_damage(
    at: tuple[Any, ...], value: object, lines: list[Document], tmp_path: Path
) -> None:
    """A value of the wrong type does not come from a newer version."""
    inside(lines, at[:-1])[at[-1]] = value
    assert refusal(tmp_path / "bad.jsonl", lines).code == "journal_damaged"
