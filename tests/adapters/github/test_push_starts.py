"""What a push starts, by the triggers and filters of a workflow's file."""

from __future__ import annotations

import pytest

from multigit.adapters.github.push_starts import MOST_COMMITS, MOST_FILES, push_starts
from multigit.adapters.github.workflow_file import read_workflow
from multigit.core.values.deployment import Idle
from multigit.core.values.pushed import Pushed

BRANCH, TAG = "refs/heads/main", "refs/tags/deploy-1"
DOCS = Pushed("docs", ("docs/a.md", "README.md"), 2)


def started(push: str, pushed: Pushed | None = DOCS) -> tuple[tuple[str, ...], Idle | None]:
    """Return the refs that start a workflow with this push trigger, and why none does."""
    file = read_workflow(f"on:\n  push: {push}\n")
    starts = push_starts("x.yml", file, "main", "deploy-1", pushed)
    return starts.refs, starts.idle


def code(idle: Idle | None) -> tuple[str, str]:
    """Return the code of a reason, which is a sentence, and how the deployment ends."""
    assert idle
    assert idle.reason.endswith(".")
    return idle.code, str(idle.end)


@pytest.mark.parametrize(
    ("push", "refs"),
    [
        ("{branches: [main], paths: ['docs/**']}", (BRANCH,)),
        ("{branches: [main], paths: ['src/**', '**.md', '!README.md']}", (BRANCH,)),
        ("{branches: [main], paths-ignore: ['docs/**']}", (BRANCH,)),
        ("{branches: [main]}", (BRANCH,)),
        ("{paths: ['src/**']}", (TAG,)),  # a path filter does not apply to tags
        ("{tags: ['deploy-*'], paths: ['src/**']}", (TAG,)),
        ("{paths: ['docs/**']}", (BRANCH, TAG)),
        ("", (BRANCH, TAG)),
    ],
)
def test_a_push_starts_what_passes_the_filters(push: str, refs: tuple[str, ...]) -> None:
    """One changed file that passes is enough; both refs may start the same file."""
    assert started(push) == (refs, None)


@pytest.mark.parametrize(
    "push",
    [
        "{branches: [main], paths: ['src/**']}",
        "{branches: [main], paths: ['**.md', '!docs/**', '!README.md']}",
        "{branches: [main], paths-ignore: ['**.md']}",
    ],
)
def test_a_path_filter_may_leave_out_everything(push: str) -> None:
    """That is what it is for."""
    refs, idle = started(push)
    assert (refs, code(idle)) == ((), ("path_filter", "skipped"))


def test_without_the_commit_its_files_are_unknown() -> None:
    """Then the path filter decides nothing."""
    assert started("{branches: [main], paths: ['src/**']}", None) == ((BRANCH,), None)


def test_a_trigger_for_other_refs_is_a_mistake() -> None:
    """Nothing starts, but not by design."""
    refs, idle = started("{branches: [dev]}")
    assert (refs, code(idle)) == ((), ("push_starts_nothing", "failed"))


@pytest.mark.parametrize("push", ["{branches: [main]}", "{tags: ['deploy-*']}", ""])
def test_an_instruction_in_the_message_skips_branches_and_tags(push: str) -> None:
    """Both are pushes of the commit that has it."""
    refs, idle = started(push, Pushed("docs [skip ci]", ("a",), 1))
    assert (refs, code(idle)) == ((), ("skip_instruction", "skipped"))


def test_a_trailer_in_the_wrong_place_may_skip() -> None:
    """A run is still expected."""
    refs, idle = started("{branches: [main]}", Pushed("a\n\nskip-checks: true", ("a",), 1))
    assert (refs, code(idle)) == ((BRANCH,), ("skip_instruction", "unknown"))


@pytest.mark.parametrize(
    ("others", "source", "commits", "expected"),
    [
        (MOST_FILES - 1, 1, 1, "starts"),
        (MOST_FILES, 1, 1, "unclear"),  # it may be the last one
        (MOST_FILES, MOST_FILES, 1, "unclear"),
        (MOST_FILES * 9, 0, 1, "nothing"),
        (1, 0, MOST_COMMITS, "nothing"),
        (1, 0, MOST_COMMITS + 1, "unclear"),
        (MOST_FILES * 9, 1, MOST_COMMITS + 1, "starts"),
    ],
)
def test_the_limits_of_a_comparison_are_taken_into_account(
    others: int, source: int, commits: int, expected: str
) -> None:
    """GitHub compares 300 files, in an order that is not documented, and up to 1,000 commits."""
    paths = (*(f"docs/{n}" for n in range(others)), *(f"src/{n}" for n in range(source)))
    refs, idle = started("{branches: [main], paths: ['src/**']}", Pushed("x", paths, commits))
    assert bool(refs) == (expected != "nothing")
    by = {
        "starts": None,
        "unclear": ("path_filter_unclear", "unknown"),
        "nothing": ("path_filter", "skipped"),
    }
    assert (code(idle) if idle else None) == by[expected]
