"""Every command in the documents does what they show."""

from __future__ import annotations

import pytest

from tests.docs.sandboxes import build, fits, play
from tests.docs.stories import Story, documents, stories
from tests.docs.update import rewritten
from tests.support.shared import once, shared

STORIES = [story for document in documents() for story in stories(document)]
UPDATE = "to update the document: python -m tests.docs.update"


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_the_output_is_the_one_shown(
    story: Story, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Times, ids, ages and paths may differ, and a line `…` stands for anything."""
    sandbox = once(shared(tmp_path_factory, "docs") / "sample", build)
    printed = play(story, sandbox)
    for command in story.commands:
        if not command.hidden and not fits(command.output, printed[command.line]):
            expected = "\n".join(command.output)
            pytest.fail(
                f"{story.document.name}, line {command.line + 1}: $ {command.text}\n"
                f"--- the document\n{expected}\n--- now\n{printed[command.line]}\n--- {UPDATE}",
                pytrace=False,
            )


def test_a_document_that_is_right_is_not_rewritten() -> None:
    """Outputs that match stay as they are, so that an update changes only what is different."""
    for document in documents():
        lines = document.read_text(encoding="utf-8").splitlines()
        printed = [
            (story, {c.line: "\n".join(c.output) for c in story.commands if not c.hidden})
            for story in stories(document)
        ]
        assert rewritten(lines, printed) == lines


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
