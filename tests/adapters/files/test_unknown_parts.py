"""Journals of other versions: older ones are read, newer ones refused, never read over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from multigit.adapters.files.journal import Journal
from multigit.core.planning.plan import Step
from multigit.core.progress.journal import without_hints
from multigit.errors import RefusedError
from tests.adapters.files.journal_of_everything import JOURNALS, everything, write_everything

Document = dict[str, Any]


def objects(content: object, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the place of every object with fixed fields in a line."""
    free = {"made", "inputs", "params"}  # their keys are refs, repositories and templates
    pairs: list[tuple[Any, Any]] = []
    if isinstance(content, dict):
        if not free & set(at):
            yield at
        pairs = list(content.items())
    elif isinstance(content, list):
        pairs = list(enumerate(content))
    for key, value in pairs:
        yield from objects(value, (*at, key))


def inside(content: Any, at: tuple[Any, ...]) -> Any:
    """Return what stands at a place."""
    for key in at:
        content = content[key]
    return content


def assert_holds(value: Any, content: object) -> None:
    """Assert that all of a document stands in a value; what has a default may be new there."""
    match content:
        case dict():
            for key, each in content.items():
                assert_holds(value[key] if isinstance(value, dict) else getattr(value, key), each)
        case list():
            assert len(value) == len(content)
            for each, part in zip(value, content, strict=True):
                assert_holds(each, part)
        case _:
            assert value == content


def refusal(file: Path, lines: list[Document]) -> RefusedError:
    """Write a journal of these lines, and return why it is not read."""
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    with pytest.raises(RefusedError) as refused:
        Journal(file).story()
    return refused.value


@pytest.fixture
def lines(tmp_path: Path) -> list[Document]:
    """Return the lines of a journal of this version."""
    return [json.loads(line) for line in write_everything(tmp_path).read_text().splitlines()]


def test_every_step_is_there() -> None:
    """A new type of step belongs into the journal that these tests read."""
    kinds = {type(step) for repo in everything().repos for step in repo.steps}
    assert {kind for part in get_args(Step) for kind in (get_args(part) or (part,))} == kinds


@pytest.mark.parametrize("file", sorted(JOURNALS.glob("*.jsonl")), ids=lambda file: file.stem)
def test_journals_of_older_versions_are_read(file: Path) -> None:
    """Whatever they hold is in the story, but for hints, which were for another folder."""
    story = Journal(file).story()
    assert story
    begun, publishing, settled, deployment = map(json.loads, file.read_text().splitlines())
    for problem in (each for repo in begun["plan"]["repos"] for each in repo["problems"]):
        problem["hint"] = ""
    assert_holds(story.plan, begun["plan"])
    assert_holds(story.actor, begun["actor"])
    assert story.made == publishing["made"]
    assert story.settled == dict.fromkeys(settled["repos"], settled["state"])
    assert_holds(story.deployments["api"]["fra"], deployment["deployment"])


def test_what_has_a_default_may_be_missing(lines: list[Document], tmp_path: Path) -> None:
    """An older version did not know it."""
    del lines[0]["plan"]["pace"], lines[0]["plan"]["repos"][0]["wave"], lines[0]["by"]
    file = tmp_path / "old.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    story = Journal(file).story()
    assert story
    assert story.plan.repos == without_hints(everything()).repos


def test_an_unknown_field_is_refused_wherever_it_stands(
    lines: list[Document], tmp_path: Path
) -> None:
    """In a record, a plan, a step, a runner, a health check: never read over."""
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
    """With the reason and a way out that loses nothing; the file stays as it is."""
    inside(lines, at[:-1])[at[-1]] = word
    error = refusal(tmp_path / "new.jsonl", lines)
    assert error.code == "journal_newer"
    assert str(word) in error.message
    assert "move it away" not in error.hint


def test_the_version_to_install_is_named(lines: list[Document], tmp_path: Path) -> None:
    """Of what another version wrote; also where it left out what this one needs."""
    lines[0]["by"] = "9.1.0"
    del lines[0]["plan"]["command"]
    error = refusal(tmp_path / "new.jsonl", lines)
    assert error.code == "journal_newer"
    assert "9.1.0" in error.hint


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ((0, "plan", "repos", 0, "steps", 0, "ours"), "stg-1"),
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
    """A value of another shape is not from the future."""
    inside(lines, at[:-1])[at[-1]] = value
    assert refusal(tmp_path / "bad.jsonl", lines).code == "journal_damaged"
