"""Every command in the documents does what they show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.docs.sandboxes import HOME, build, fits, play
from tests.docs.stories import Story, documents, stories
from tests.docs.update import rewritten
from tests.support.shared import once, shared

STORIES = [story for document in documents() for story in stories(document)]
UPDATE = "to update the document: python -m tests.docs.update"


def printed(story: Story, factory: pytest.TempPathFactory) -> dict[int, str]:
    """Return the output of each shown command by line; a test run plays each story once."""

    def record(place: Path) -> None:
        sandbox = once(folder / "sample", build)
        place.mkdir()
        (place / "outputs").write_text(json.dumps(play(story, sandbox)), encoding="utf-8")

    folder = shared(factory, "docs")
    outputs = json.loads((once(folder / story.name, record) / "outputs").read_text("utf-8"))
    return {int(line): output for line, output in outputs.items()}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_the_output_is_the_one_shown(
    story: Story, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Times, ids, ages and paths may differ, and a line `…` stands for anything."""
    outputs = printed(story, tmp_path_factory)
    for command in story.commands:
        if not command.hidden and not fits(command.output, outputs[command.line]):
            expected = "\n".join(command.output)
            pytest.fail(
                f"{story.document.name}, line {command.line + 1}: $ {command.text}\n"
                f"--- the document\n{expected}\n--- now\n{outputs[command.line]}\n--- {UPDATE}",
                pytrace=False,
            )


def test_the_demo_releases_five_services(tmp_path_factory: pytest.TempPathFactory) -> None:
    """It prints each command before its output, and says what the tutorial does with the rest."""
    (story,) = (each for each in STORIES if each.document.name == "tutorial.md")
    assert story.commands[0].text == "multigit demo sample"
    shown = printed(story, tmp_path_factory)[story.commands[0].line]
    assert "1 published, 2 not published, 1 unhealthy." in shown
    assert "3 published, 3 deployed." in shown
    for command in (
        "status", "push dev", "promote dev stg", "promote stg main", "backmerge", "log",
    ):  # fmt: skip
        assert f"$ multigit {command}" in shown
    assert "\x1b" not in shown
    assert [line for line in shown.splitlines() if line.startswith("$ ")][-3:] == [
        f"$ cd {HOME}/sample/shop",
        "$ multigit promote dev stg",
        "$ multigit promote dev stg --skip-blocked",
    ]


def test_a_document_that_is_right_is_not_rewritten() -> None:
    """Outputs that match stay as they are, so that an update changes only what is different."""
    for document in documents():
        lines = document.read_text(encoding="utf-8").splitlines()
        outputs = [
            (story, {c.line: "\n".join(c.output) for c in story.commands if not c.hidden})
            for story in stories(document)
        ]
        assert rewritten(lines, outputs) == lines


@pytest.mark.parametrize(
    ("expected", "output", "fit"),
    [
        (["api 1a2b3c4 now"], "api  9f8e7d6  2min", True),
        (["published"], "failed", False),
        (["one", "…", "three"], "one\ntwo\nthree", True),
        (["one", "…", "three"], "one\ntwo", False),
        (["api deploy-20260101-000000"], "api deploy-20261120-091917", True),
        (["stg now · main …"], "stg 1min · ma…", True),
    ],
)
def test_only_what_matters_is_compared(expected: list[str], output: str, *, fit: bool) -> None:
    """A changed word is noticed, a new run is not."""
    assert fits(expected, output) is fit
